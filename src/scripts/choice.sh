#!/usr/bin/env bash
# Which backup is restored. A part of restore.sh, sourced, never run.
#
# ## Log lines
#
# - `event=choice id= server= result=damaged|other-name|possible`
set -Eeuo pipefail

# epoch TIME: RFC 3339 to seconds since 1970, in REPLY; busybox's date cannot read it.
epoch() {
    local y m d days offset
    [[ $1 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt\ ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|([+-])([0-9]{2}):([0-9]{2}))$ ]] || return 1
    y=$((10#${BASH_REMATCH[1]})) m=$((10#${BASH_REMATCH[2]})) d=$((10#${BASH_REMATCH[3]}))
    if ((m <= 2)); then y=$((y - 1)) m=$((m + 12)); fi
    days=$((365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 719469))
    REPLY=$((days * 86400 + 10#${BASH_REMATCH[4]} * 3600 + 10#${BASH_REMATCH[5]} * 60 + 10#${BASH_REMATCH[6]}))
    # East of Greenwich it is later.
    if [[ -n ${BASH_REMATCH[9]} ]]; then
        offset=$((10#${BASH_REMATCH[10]} * 3600 + 10#${BASH_REMATCH[11]} * 60))
        if [[ ${BASH_REMATCH[9]} == + ]]; then REPLY=$((REPLY - offset)); else REPLY=$((REPLY + offset)); fi
    fi
}

choose_backup() {
    local candidates=() own=() others=() known line latest=0 limit='' folder
    step choose 'choosing a backup'
    look_at_backups
    if [[ -n $BEFORE ]]; then
        epoch "$BEFORE" || end 3 "BEFORE is \"$BEFORE\": write a time with its offset, as 2026-11-20T12:00:00Z"
        limit=$REPLY
    fi
    for folder in "$backups"/*/; do
        id=${folder%/} id=${id##*/}
        [[ $id =~ $like_an_id ]] || continue
        if ! whole "$id"; then
            log "event=choice id=$id result=damaged"
            [[ $id != "$BACKUP" ]] || end 3 "backup $id is damaged or was never finished: its manifest is missing or is not the one that was published under this id; choose another"
            continue
        fi
        field name "$backups/$id/manifest.json" || REPLY=
        if [[ $REPLY != "$NAME" && $id != "$BACKUP" ]]; then
            log "event=choice id=$id result=other-name"
            continue
        fi
        candidates=("$id" "${candidates[@]}") # newest first
    done
    ((${#candidates[@]} > 0)) || end 3 "there is no whole backup of $NAME on the backup volume"
    if [[ $BACKUP != latest ]]; then
        for id in "${candidates[@]}"; do
            [[ $id != "$BACKUP" ]] || return 0
        done
        end 3 "there is no backup $BACKUP; there are: ${candidates[*]:0:10}"
    fi
    # Own: of this server, or of one that something was restored from.
    known=" $system_identifier $restored_from "
    for id in "${candidates[@]}"; do
        field system_identifier "$backups/$id/manifest.json" || continue
        if [[ $known == *" $REPLY "* ]]; then
            line=$(grep -F '"descends_from"' "$backups/$id/manifest.json" || true)
            while [[ $line =~ \"system_identifier\":\ *\"([0-9]+)\" ]]; do
                known+="${BASH_REMATCH[1]} "
                line=${line#*"${BASH_REMATCH[0]}"}
            done
            break
        fi
    done
    for id in "${candidates[@]}"; do
        if [[ -n $limit ]]; then
            field finished "$backups/$id/manifest.json" || continue
            epoch "$REPLY" || continue
            ((REPLY <= limit)) || continue
        fi
        field system_identifier "$backups/$id/manifest.json" || continue
        if [[ $known == *" $REPLY "* ]]; then own+=("$id"); else others+=("$id:$REPLY"); fi
    done
    if ((${#own[@]} > 0)); then
        id=${own[0]}
        return 0
    fi
    ((${#others[@]} > 0)) || end 3 "no backup had ended by $BEFORE; the oldest is ${candidates[-1]}"
    for line in "${others[@]}"; do
        log "event=choice id=${line%:*} server=${line#*:} result=possible"
        [[ ${line#*:} == "${others[0]#*:}" ]] || latest=1
    done
    ((latest == 0)) || end 3 "the backups are of more than one other server: choose one by its id; the newest are ${others[*]:0:10}"
    id=${others[0]%:*}
}

# find_database: which folder of the chosen backup holds the database, and how large it was.
find_database() {
    MANIFEST=$work/manifest.json query "$home" <<'SQL'
\set manifest `cat -- "$MANIFEST"`
\getenv database DATABASE
select folder || ' ' || bytes
from jsonb_to_recordset(:'manifest'::jsonb -> 'databases') as found(name text, folder text, bytes int8)
where name = :'database';
\if :ROW_COUNT
\else
select 'none ' || string_agg(to_json(name)::text, ', ') from jsonb_to_recordset(:'manifest'::jsonb -> 'databases') as found(name text);
\endif
SQL
    REPLY=$(<"$work/rows")
    quote "${DATABASE:?}"
    [[ $(<"$work/rows") != none* ]] || end 3 "backup $id does not hold a database $REPLY; it holds $(cut -c6- "$work/rows")"
    REPLY=$(<"$work/rows")
    [[ $REPLY =~ ^([0-9]+)\ ([0-9]+)$ ]] || end 3 "the manifest of backup $id is not one that this Underpin reads"
    folder=${BASH_REMATCH[1]} bytes=${BASH_REMATCH[2]}
}
