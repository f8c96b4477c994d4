#!/usr/bin/env bash
# Whose the backups on the volume are: this server's, or those of one that it knows nothing of. A
# part of backup.sh, sourced, never run.
#
# ## Log lines
#
# - `event=stranger name= result=left state=half|damaged detail=`: no whole backup; never touched
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
    if ((${#foreign[@]} > 0)); then
        end 3 "older backups of this name exist: restore them, or adopt: ${#foreign[@]} on the volume, the newest ${foreign[0]}, are of another server (system identifier ${system_of[${foreign[0]}]}, this one is $system_identifier) and nothing of it was restored here. Restore one (RUNBOOK), or run a backup with ADOPT=all to take them as this server's own; until then nothing is published and nothing removed"
    fi
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
