#!/usr/bin/env bash
# Which backup is restored, and that it is as it was written. A part of restore.sh, sourced, never run.
#
# ## Log lines
#
# - `event=choice id= finished= server= result=chosen|damaged|other-name|possible`
set -Eeuo pipefail

# field KEY [FILE]: a simple value of a manifest, of the chosen one if none is named: one key a line.
field() {
    local line value
    REPLY=
    while IFS= read -r line; do
        if [[ $line == "  \"$1\": "* ]]; then
            value=${line#*: }
            value=${value%,}
            value=${value#\"}
            REPLY=${value%\"}
            return 0
        fi
    done <"${2-$work/manifest.json}"
    return 1
}

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

# whole ID: its manifest is there, is the one that was published, and is of that id.
whole() {
    local sum
    [[ -f $backups/$1/manifest.json && -f $backups/$1/manifest.sha256 ]] || return 1
    { sum=$(sha256sum <"$backups/$1/manifest.json"); } 2>/dev/null || return 1
    { read -r REPLY _ <"$backups/$1/manifest.sha256"; } 2>/dev/null || [[ -n $REPLY ]] || return 1
    [[ ${sum%% *} == "$REPLY" ]] && field id "$backups/$1/manifest.json" && [[ $REPLY == "$1" ]]
}

# A prune may take an old backup while it is read.
still_there() {
    [[ -f $backups/$id/manifest.json ]] ||
        end 1 "backup $id was pruned while it was read: nothing was changed; choose a newer one"
}

choose_backup() {
    local candidates=() own=() others=() known line latest=0 limit='' folder
    step choose 'choosing a backup'
    [[ -r /backups && -x /backups && (! -e $backups || -r $backups && -x $backups) ]] ||
        end 3 "the backup volume cannot be read by uid $(id -u): its mode and group come from the storage and fsGroup; a backup's pod, which mounts it to write, gives it to that group"
    [[ -d $backups ]] || end 3 "there are no backups of ${NAME:?}: /backups/$NAME is missing on the backup volume"
    if [[ -n $BEFORE ]]; then
        epoch "$BEFORE" || end 3 "BEFORE is \"$BEFORE\": write a time with its offset, as 2026-11-20T12:00:00Z"
        limit=$REPLY
    fi
    for folder in "$backups"/*/; do
        id=${folder%/} id=${id##*/}
        [[ $id =~ ^[0-9]{8}T[0-9]{6}Z-[a-z0-9]{5}$ ]] || continue
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

# read_backup: what the manifest says of the database, and that all files of it are as they were.
read_backup() {
    local server client finished
    cp "$backups/$id/manifest.json" "$work/manifest.json" 2>"$work/errors" || damaged manifest.json
    field finished && finished=$REPLY
    field system_identifier && origin=$REPLY
    field namespace && origin_namespace=$REPLY
    log "event=choice id=$id finished=$finished server=$origin result=chosen"
    step check "checking backup $id"
    field format && [[ $REPLY == 1 ]] || end 3 "backup $id has the format ${REPLY:-?}, which this Underpin does not know: use the Underpin that made it, or RESTORE.md beside it"
    field proof && [[ $REPLY == "$proof_version" ]] || end 3 "backup $id has a proof of version ${REPLY:-?}, which this Underpin does not know: use a newer one, or RESTORE.md beside it"
    field name && [[ $REPLY == "$NAME" ]] || end 3 "backup $id is one of \"$REPLY\", not of $NAME"
    field client_version && client=${REPLY%%[!0-9]*}
    field server_version && server=${REPLY%%[!0-9]*}
    # PGDATABASE goes by the environment: names are hostile.
    ((10#${server_version%%[!0-9]*} >= 10#$server)) ||
        end 3 "backup $id is of PostgreSQL $server, a newer major version than the server's ${server_version%% *}: use an image of PostgreSQL $server or newer"
    REPLY=$(pg_restore --version)
    REPLY=${REPLY#pg_restore (PostgreSQL) }
    ((10#${REPLY%%[!0-9]*} >= 10#$client)) ||
        end 3 "backup $id was made by the client of PostgreSQL $client, newer than the $REPLY of this image: use an image of PostgreSQL $client or newer"
    same_major=no
    [[ ${server_version%%[!0-9]*} != "$server" ]] || same_major=yes

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
    folder=$backups/$id/${BASH_REMATCH[1]} bytes=${BASH_REMATCH[2]}
    field verify && verify=$REPLY

    field sums
    { server=$(sha256sum <"$backups/$id/SHA256SUMS"); } 2>/dev/null || server=
    [[ ${server%% *} == "$REPLY" ]] || damaged SHA256SUMS
    grep -E "^[0-9a-f]{64} [ *](\./)?${folder##*/}/" "$backups/$id/SHA256SUMS" >"$work/sums" || damaged SHA256SUMS
    (cd "$backups/$id" && await sha256sum -c "$work/sums" >"$work/rows" 2>"$work/errors") || {
        damaged "$(grep -m 1 -v ': OK$' "$work/rows" | sed 's/: FAILED.*//')"
    }
    [[ -f $folder/dump/toc.dat ]] || damaged "${folder##*/}/dump/toc.dat"
    # After the load a prune cannot hurt any more.
    for REPLY in schema.sql database.json proof.jsonl sequences-before.jsonl sequences-after.jsonl; do
        cp "$folder/$REPLY" "$work/expected-$REPLY" 2>"$work/errors" || damaged "${folder##*/}/$REPLY"
    done
}

damaged() {
    still_there
    end 3 "backup $id is damaged: ${1:-a file} is not what was written; choose another (kubectl create job backups-1 --from=cronjob/$NAME-backups lists them)"
}
