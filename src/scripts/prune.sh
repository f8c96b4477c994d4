#!/usr/bin/env bash
# Which backups are kept, and the removal of the others. It is sourced, never run.
#
# `choose` is arithmetic alone: ids in, a verdict for each out; nothing else decides. The rules are
# those of restic: each walks from the newest back and takes the first of every day (week, month,
# year) until it has as many as it may; a day without a backup costs nothing. All in UTC; weeks
# begin on Monday. Beside them, the newest backup that holds a database of the spec stays, whatever
# became of that database since.
#
# ## Log lines
#
# - `event=prune id= result=started|removed`: one that no rule keeps
# - `event=prune result=done kept= removed=`
set -Eeuo pipefail

# keep_rule NAME: that number of KEEP, in REPLY.
keep_rule() {
    [[ $KEEP =~ \"$1\":\ *([0-9]{1,9})[^0-9] ]] || return 1
    REPLY=$((10#${BASH_REMATCH[1]}))
}

# choose NOW [PUBLISHED]: reads ids, one a line, the newest first, each with the databases of the spec that it holds, by
# any words without spaces, and writes for each, the newest first, `ID keep REASON,…` or `ID remove`.
# NOW is in the form of an id's start, PUBLISHED the id just made.
choose() {
    local now=$1 published=${2-} rule id holds reasons day week month year days i kept=0 newest=yes
    local last_day='' last_week='' last_month='' last_year=''
    local ids=() verdicts=()
    local -A left=() held=()
    for rule in last daily weekly monthly yearly minimum; do
        keep_rule "$rule" || return 1
        left[$rule]=$REPLY
    done
    mapfile -t ids
    for id in "${ids[@]}"; do
        id=${id%% *}
        # What is newer than now says nothing of the others; an older one that had a wrong clock is as the others.
        if [[ $newest == yes && ${id:0:16} > $now ]]; then
            verdicts+=(future)
            continue
        fi
        year=$((10#${id:0:4})) month=$((10#${id:4:2})) day=$((10#${id:6:2}))
        # Days since 1970-01-01, with the year beginning in March (Howard Hinnant's days_from_civil).
        i=$((month > 2 ? year : year - 1))
        days=$((146097 * (i / 400) + i % 400 * 365 + i % 400 / 4 - i % 400 / 100 + (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - 719468))
        week=$(((days + 719463) / 7)) # 1970-01-01 was a Thursday; no day that counts is below zero
        month=$((year * 12 + month))
        reasons=
        if ((left[last] > 0)); then
            left[last]=$((left[last] - 1)) reasons+=,last
        fi
        if ((left[daily] > 0)) && [[ $days != "$last_day" ]]; then
            left[daily]=$((left[daily] - 1)) last_day=$days reasons+=,daily
        fi
        if ((left[weekly] > 0)) && [[ $week != "$last_week" ]]; then
            left[weekly]=$((left[weekly] - 1)) last_week=$week reasons+=,weekly
        fi
        if ((left[monthly] > 0)) && [[ $month != "$last_month" ]]; then
            left[monthly]=$((left[monthly] - 1)) last_month=$month reasons+=,monthly
        fi
        if ((left[yearly] > 0)) && [[ $year != "$last_year" ]]; then
            left[yearly]=$((left[yearly] - 1)) last_year=$year reasons+=,yearly
        fi
        if [[ $newest == yes || $id == "$published" ]]; then
            reasons+=,newest
        fi
        newest=no
        [[ -z $reasons ]] || kept=$((kept + 1))
        verdicts+=("${reasons#,}")
    done
    for i in "${!ids[@]}"; do
        if [[ -z ${verdicts[i]} ]] && ((kept < left[minimum])); then
            verdicts[i]=minimum kept=$((kept + 1))
        fi
    done
    for i in "${!ids[@]}"; do
        read -r id holds <<<"${ids[i]}"
        if [[ ${verdicts[i]} != future ]]; then
            for rule in $holds; do
                [[ -n ${verdicts[i]} || -n ${held[$rule]-} ]] || verdicts[i]=database
            done
            if [[ -n ${verdicts[i]} ]]; then
                for rule in $holds; do
                    held[$rule]=yes
                done
            fi
        fi
        printf '%s\n' "$id ${verdicts[i]:+keep }${verdicts[i]:-remove}"
    done
}

# with_databases ID…: a line for each, with the numbers of those databases of the spec that it holds.
with_databases() {
    local id i line
    for id; do
        line=$id
        for i in ${wanted[@]+"${!wanted[@]}"}; do
            [[ $'\n'${databases_of[$id]-} != *$'\n'"${wanted[i]}"$'\n'* ]] || line+=" $i"
        done
        printf '%s\n' "$line"
    done
}

# prune NOW PUBLISHED ID…: removes those of these backups in $destination that no rule keeps. `hold`
# looks at the locks before each; `wanted` has the names of the spec's databases, `databases_of` those of
# each backup, as JSON strings. What is half removed has no manifest and counts no more.
prune() {
    local now=$1 published=$2 id verdict kept=0 removed=0
    shift 2
    with_databases "$@" | choose "$now" "$published" >"${work:?}/verdicts"
    (($(wc -l <"$work/verdicts") == $#)) || end 1 'what is to be kept could not be written down: is /tmp full?'
    while read -r id verdict; do
        if [[ $verdict != remove ]]; then
            kept=$((kept + 1))
            continue
        fi
        hold
        doing="removing the backup $id"
        log "event=prune id=$id result=started"
        # Said here, because no error ends what a caller asks with `if`.
        if ! { mv "${destination:?}/$id" "$destination/.prune-$id" && rm -f "$destination/.prune-$id/manifest.json" && await rm -rf "$destination/.prune-$id"; }; then
            end 1 "the backup $id could not be removed: look at the log above and at the owners and modes on the backup volume"
        fi
        log "event=prune id=$id result=removed"
        removed=$((removed + 1))
    done <"$work/verdicts"
    log "event=prune result=done kept=$kept removed=$removed"
}
