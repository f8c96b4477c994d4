#!/usr/bin/env bash
# Whose the backups on the volume are: this server's, or those of one that it knows nothing of. A
# part of backup.sh, sourced, never run.
#
# ## Log lines
#
# - `event=stranger name= result=left state=half|damaged detail=`: no whole backup; never touched
# - `event=adopted id=`: one that a copy of this server has made
set -Eeuo pipefail

# By id, the backups that are this server's own; by server, up to which id its backups are so, too.
declare -A is_mine=() descent=()

# A restored server goes on with the backups that it came from, and theirs in turn. Those of a server
# that it knows nothing of may be all that is left of a lost one: they are not buried.
whose() {
    local id row system through namespace changed=yes list foreign=()
    local -A known=()
    doing='looking whose backups there are'
    look
    for id in "${strangers[@]}"; do
        quote "$id"
        log "event=stranger name=$REPLY result=left"
    done
    for row in "${restored[@]}"; do
        IFS='|' read -r through system namespace <<<"$row"
        known[$system]=yes
        # Another namespace's backups may have been copied here: they were restored, but are not ours.
        [[ $namespace != "${NAMESPACE:?}" ]] || descend "$system" "$through" || true
    done
    if [[ $ADOPT == all ]]; then
        for id in "${ids[@]}"; do
            [[ ${state[$id]} != whole ]] || descend "${system_of[$id]}" "$id" || true
        done
    fi
    while [[ $changed == yes ]]; do
        changed=no
        for id in "${ids[@]}"; do
            own "$id" || continue
            list=${descent_of[$id]}
            while [[ $list =~ \"system_identifier\":\ \"([0-9]+)\",\ \"through\":\ \"([0-9TZa-z-]+)\"(.*) ]]; do
                system=${BASH_REMATCH[1]} through=${BASH_REMATCH[2]} list=${BASH_REMATCH[3]}
                if descend "$system" "$through"; then
                    changed=yes
                fi
            done
        done
    done
    for id in "${ids[@]}"; do
        if [[ ${state[$id]} != whole ]]; then
            quote "${damage[$id]}"
            log "event=stranger name=$id result=left state=${state[$id]} detail=$REPLY"
        elif own "$id"; then
            is_mine[$id]=yes
        elif [[ ${system_of[$id]} != "$system_identifier" && -z ${descent[${system_of[$id]}]-} && -z ${known[${system_of[$id]}]-} ]]; then
            foreign+=("$id")
        fi
    done
    know_again
    if ((${#foreign[@]} > 0)); then
        end 3 "older backups of this name exist: restore them, or adopt: ${#foreign[@]} on the volume, the newest ${foreign[0]}, are of another server (system identifier ${system_of[${foreign[0]}]}, this one is $system_identifier) and nothing of it was restored here. Restore one (RUNBOOK), or run a backup with ADOPT=all to take them as this server's own; until then nothing is published and nothing removed"
    fi
}

# know_again: whether this server has made the backups that say so. A copy of it has the same identifier, and so has what
# it was before it was set back: neither knows those that were made meanwhile. Which of two is the right one no server can
# tell. What it does not know it neither removes nor restores as its own.
know_again() {
    local id others=() tokens=() strange
    [[ -n $bootstrap ]] || return 0
    for id in "${ids[@]}"; do
        [[ ${is_mine[$id]-} != yes || ${system_of[$id]} != "$system_identifier" || -z ${token_of[$id]-} ]] || tokens+=("${token_of[$id]}")
    done
    sql "$home" -f - <<SQL || fail_by "$work/errors" psql 'the backups that the server knows could not be read'
select token from unnest('{$(IFS=, && printf '%s' "${tokens[*]-}")}'::text[]) as token where token not in (select token from underpin.backups);
select 'anew' where pg_postmaster_start_time() > (select max(at) from underpin.backups);
SQL
    strange=$'\n'$(<"$work/rows")$'\n'
    [[ $strange != *$'\nanew\n'* ]] || started_anew=yes
    for id in "${ids[@]}"; do
        [[ -n ${token_of[$id]-} && $strange == *$'\n'"${token_of[$id]}"$'\n'* ]] || continue
        others+=("$id")
        is_mine[$id]=no
    done
    ((${#others[@]} > 0)) || return 0
    if [[ $ADOPT == all ]]; then
        for id in "${others[@]}"; do
            sql "$home" -v id="$id" -v token="${token_of[$id]}" -v number="${number_of[$id]}" -f - <<'SQL' || fail_by "$work/errors" psql 'a backup could not be adopted'
begin read write;
call underpin.adopt_backup(:'id', :'token', :number);
commit;
SQL
            is_mine[$id]=yes
            log "event=adopted id=$id"
        done
        return 0
    fi
    end 3 "a copy of this server has backed up under this name, or this server was set back to an earlier state: it has not made ${#others[@]} of its backups, the newest ${others[0]}. Restore that one (RUNBOOK) if it holds what counts; or, if this server does, see that no copy of it backs up here any more, and run a backup with ADOPT=all to go on after them; until then nothing is published and nothing removed"
}

# descend SYSTEM THROUGH: the backups of that server up to that id are this server's own.
descend() {
    [[ $1 != "$system_identifier" ]] || return 1
    [[ -z ${descent[$1]-} || ${descent[$1]} < $2 ]] || return 1
    descent[$1]=$2
}

# own ID: whether that backup is this server's, by what is known so far.
own() {
    [[ ${state[$1]} == whole && ${name_of[$1]} == "${NAME:?}" && ${namespace_of[$1]} == "$NAMESPACE" ]] || return 1
    [[ ${system_of[$1]} != "$system_identifier" ]] || return 0
    [[ -n ${descent[${system_of[$1]}]-} && ! $1 > ${descent[${system_of[$1]}]} ]]
}
