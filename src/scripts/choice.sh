#!/usr/bin/env bash
# Which backup is restored. A part of restore.sh, sourced, never run.
#
# `latest` is the newest, and no other: where that one cannot be restored, or does not hold the
# database, it is for a person to say that an older one will do.
#
# ## Log lines
#
# - `event=choice id= server= result=unfit|other-name|other-server|possible detail=`: `unfit`: it cannot be
#   restored, or does not tell what must be known of it
set -Eeuo pipefail

# All that may be restored, the newest first; of those that may not, why; what is chosen from.
candidates=() unfit=() eligible=()
declare -A why_unfit=()

# look_through: reads what each backup says of itself.
look_through() {
    local found
    look_at_backups
    for found in "$backups"/*/; do
        found=${found%/} found=${found##*/}
        is_id "$found" || continue
        if ! fit "$found"; then
            # A prune may have taken it.
            [[ -d $backups/$found ]] || continue
            unfit=("$found" "${unfit[@]}") why_unfit[$found]=$REPLY
            quote "$REPLY"
            log "event=choice id=$found result=unfit detail=$REPLY"
            continue
        fi
        field name "$backups/$found/manifest.json" || REPLY=
        if [[ $REPLY != "$NAME" && $found != "$BACKUP" ]]; then
            log "event=choice id=$found result=other-name"
            continue
        fi
        candidates=("$found" "${candidates[@]}")
    done
    newest_first "${candidates[@]}"
    candidates=("${ORDERED[@]}")
}

# fit ID: whether it is whole, and of a form that is known here; else REPLY says why not.
fit() {
    local manifest=$backups/$1/manifest.json
    if ! whole "$1"; then
        REPLY='it is damaged or was never finished: its manifest is missing or is not the one that was published under this id'
        return 1
    fi
    # Of one that is named, read_manifest says more.
    [[ $1 != "$BACKUP" ]] || return 0
    field format "$manifest" || REPLY='?'
    if [[ $REPLY != 1 ]]; then
        REPLY="it has the format $REPLY, which this Underpin does not know"
        return 1
    fi
    field proof "$manifest" || REPLY='?'
    if [[ ! $REPLY =~ ^[1-9][0-9]?$ ]] || ((REPLY > known_proof)); then
        REPLY="it has a proof of version $REPLY, which this Underpin does not know"
        return 1
    fi
    if ! field system_identifier "$manifest"; then
        REPLY='its manifest does not say of which server it is'
        return 1
    fi
    if ! field finished "$manifest" || ! epoch "$REPLY"; then
        REPLY='its manifest does not say when it ended'
        return 1
    fi
}

# known ID: whether this server knows that backup, if it says that it is its own. A copy of it may have made it.
known() {
    field system_identifier "$backups/$1/manifest.json" && [[ $REPLY == "$system_identifier" && -n $bootstrap ]] || return 0
    field token "$backups/$1/manifest.json" || return 0
    query "$home" -v token="$REPLY" -f - <<<"select 'known' from underpin.backups where token = :'token'"
    [[ $(<"$work/rows") == known ]]
}

# expect_known: ends it where the newest was made by a copy of this server, or by what it was before it was set back.
expect_known() {
    local found newest=$id
    ! known "$id" || return 0
    for found in "${eligible[@]}"; do
        if known "$found"; then
            again_with "BACKUP=$found" BEFORE=
            found="the newest that it has made is $found: $REPLY"
            break
        fi
        found='it has made none of them'
    done
    again_with "BACKUP=$newest" BEFORE=
    end 3 "the newest backup, $newest, was made by a copy of this server, or this server was set back to an earlier state since: it does not know it. To restore it all the same: $REPLY; $found"
}

choose_backup() {
    local found why
    step choose 'choosing a backup'
    look_through
    if [[ $BACKUP != latest ]]; then
        [[ -z ${why_unfit[$BACKUP]-} ]] || end 3 "backup $BACKUP cannot be restored: ${why_unfit[$BACKUP]}; $otherwise"
        for id in "${candidates[@]}"; do
            [[ $id != "$BACKUP" ]] || return 0
        done
        end 3 "there is no backup $BACKUP; there are: ${candidates[*]:0:10}"
    fi
    if ((${#candidates[@]} == 0)); then
        ((${#unfit[@]} == 0)) || end 3 "there is no whole backup of $NAME on the backup volume; the newest is ${unfit[0]}: ${why_unfit[${unfit[0]}]}"
        end 3 "there is no whole backup of $NAME on the backup volume"
    fi
    choose_latest
    expect_known
    for found in "${unfit[@]}"; do
        [[ $found > $id ]] || break
        if [[ -n $limit ]]; then
            epoch_of_id "$found"
            ((REPLY <= limit)) || continue
        fi
        why="the newest backup${limit:+ that was begun by $BEFORE} is $found, and it cannot be restored: ${why_unfit[$found]}. An older one is not taken in its place unless you say so"
        quote "$DATABASE"
        newest_that_holds "${eligible[@]}" || end 3 "$why. None of them holds a database $REPLY"
        id=$REPLY
        again_with "BACKUP=$id" BEFORE=
        end 3 "$why. The newest that can be is $id: $REPLY"
    done
}

# choose_latest: the newest of this server, or, if it has none, of the one other server that has some;
# with BEFORE, the newest of those that had ended by then.
choose_latest() {
    local own=() others=() known line several=no found manifest
    known=" $system_identifier $restored_from "
    for found in "${candidates[@]}"; do
        manifest=$backups/$found/manifest.json
        field system_identifier "$manifest" || continue
        # Own: of this server, or of one that something was restored from.
        if [[ $known == *" $REPLY "* ]]; then
            line=$(grep -F '"descends_from"' "$manifest" || true)
            while [[ $line =~ \"system_identifier\":\ *\"([0-9]+)\" ]]; do
                known+="${BASH_REMATCH[1]} "
                line=${line#*"${BASH_REMATCH[0]}"}
            done
            break
        fi
    done
    for found in "${candidates[@]}"; do
        manifest=$backups/$found/manifest.json
        if [[ -n $limit ]]; then
            field finished "$manifest" || continue
            epoch "$REPLY" || continue
            ((REPLY <= limit)) || continue
        fi
        field system_identifier "$manifest" || continue
        if [[ $known == *" $REPLY "* ]]; then own+=("$found"); else others+=("$found:$REPLY"); fi
    done
    if ((${#own[@]} > 0)); then
        id=${own[0]} eligible=("${own[@]}")
        for line in "${others[@]}"; do
            [[ ! ${line%:*} > $id ]] || log "event=choice id=${line%:*} server=${line#*:} result=other-server"
        done
        return 0
    fi
    ((${#others[@]} > 0)) || end 3 "no backup had ended by $BEFORE; the oldest is ${candidates[-1]}"
    for line in "${others[@]}"; do
        log "event=choice id=${line%:*} server=${line#*:} result=possible"
        [[ ${line#*:} == "${others[0]#*:}" ]] || several=yes
    done
    [[ $several == no ]] || end 3 "the backups are of more than one other server: choose one by its id; the newest are ${others[*]:0:10}"
    id=${others[0]%:*} eligible=("${others[@]%:*}")
}

# find_database: which folder of the chosen backup holds the database, and how large it was.
find_database() {
    local other newest=$id holds why words older=()
    quote "$DATABASE"
    words="does not hold a database $REPLY"
    look_for_database "$work/manifest.json"
    if [[ -n $found_in ]]; then
        folder=${found_in% *} bytes=${found_in#* }
        return 0
    fi
    holds=$held_instead why=$left_out_for
    [[ -z $why ]] || words+=", which was left out of it ($why)"
    [[ $BACKUP == latest ]] || end 3 "backup $id $words; it holds $holds"
    for other in "${eligible[@]}"; do
        [[ ! $other < $newest ]] || older+=("$other")
    done
    if newest_that_holds "${older[@]}"; then
        other=$REPLY
        again_with "BACKUP=$other" BEFORE=
        end 3 "the newest backup, $newest, $words; it holds $holds. The newest that does is $other: $REPLY"
    fi
    end 3 "backup $newest $words, and no older one does; it holds $holds"
}

# older_instead: where a file of the chosen backup is damaged, the newest before it that holds the database, and the line
# that restores that; in REPLY, empty if there is none.
older_instead() {
    local other older=()
    for other in "${candidates[@]}"; do
        { [[ $other < $id ]] && field system_identifier "$backups/$other/manifest.json"; } || continue
        [[ $REPLY != "${origin-}" && " ${eligible[*]-} " != *" $other "* ]] || older+=("$other")
    done
    REPLY=
    newest_that_holds ${older[@]+"${older[@]}"} || return 0
    other=$REPLY
    again_with "BACKUP=$other" BEFORE=
    REPLY=". The newest before it that holds the database is $other: $REPLY"
}

# newest_that_holds IDS…: the first of these, the newest first, that holds the database, in REPLY; 1 if none does.
newest_that_holds() {
    local other
    for other in "$@"; do
        [[ -f $backups/$other/manifest.json ]] || continue
        look_for_database "$backups/$other/manifest.json"
        if [[ -n $found_in ]]; then
            REPLY=$other
            return 0
        fi
    done
    return 1
}

# look_for_database MANIFEST: leaves its folder and size in found_in, or, if it is not there, what is in
# held_instead, and in left_out_for why it was left out, if that is known.
look_for_database() {
    local line
    found_in='' held_instead='' left_out_for=''
    MANIFEST=$1 query "$home" <<'SQL'
\set manifest `cat -- "$MANIFEST"`
\getenv database DATABASE
select 'held ' || folder || ' ' || bytes::text
from jsonb_to_recordset(:'manifest'::jsonb -> 'databases') as found(name text, folder text, bytes int8)
where name = :'database' and folder ~ '^\d+$';
select 'why ' || to_json(why)::text
from jsonb_to_recordset(:'manifest'::jsonb -> 'left_out') as found(name text, why text)
where name = :'database' and why is not null;
select 'names ' || string_agg(to_json(name)::text, ', ') from jsonb_to_recordset(:'manifest'::jsonb -> 'databases') as found(name text);
SQL
    while IFS= read -r line; do
        case $line in
            'held '*) found_in=${line#held } ;;
            'why '*) left_out_for=${line#why } ;;
            'names '*) held_instead=${line#names } ;;
        esac
    done <"$work/rows"
}
