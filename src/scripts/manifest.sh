#!/usr/bin/env bash
# What a manifest says of its backup, and that the backup is as it was written: that of `id`, in the
# folder `backups`. A part of restore.sh and drill.sh, sourced, never run.
#
# ## Log lines
#
# - `event=choice id= finished= server= result=chosen`
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

# newest_first IDS…: these in the order of order.sh, in ORDERED.
newest_first() {
    local id system number
    in_order $# < <(for id; do
        system=- number=-
        ! is_plain "$backups/$id/manifest.json" || ! field number "$backups/$id/manifest.json" || [[ ! $REPLY =~ ^[1-9][0-9]{0,17}$ ]] || {
            number=$REPLY
            field system_identifier "$backups/$id/manifest.json" && system=${REPLY//[!0-9]/-}
        }
        printf '%s %s %s\n' "$id" "$system" "$number"
    done)
}

# look_at_backups: ends it where the volume cannot be read, or holds nothing of this name.
readonly like_an_id='^[0-9]{8}T[0-9]{6}Z-[a-z0-9]{5}$'
look_at_backups() {
    [[ -r /backups && -x /backups && (! -e $backups || -r $backups && -x $backups) ]] ||
        end 3 "the backup volume cannot be read by uid $(id -u): its mode and group come from the storage and fsGroup; a backup's pod, which mounts it to write, gives it to that group"
    [[ -d $backups ]] || end 3 "there are no backups of ${NAME:?}: /backups/$NAME is missing on the backup volume"
}

# whole ID: its manifest is there, is the one that was published, and is of that id.
whole() {
    local sum
    is_plain "$backups/$1/manifest.json" && is_plain "$backups/$1/manifest.sha256" || return 1
    { sum=$(sha256sum <"$backups/$1/manifest.json"); } 2>/dev/null || return 1
    { read -r -N 64 REPLY <"$backups/$1/manifest.sha256"; } 2>/dev/null || return 1
    [[ ${sum%% *} == "$REPLY" ]] && field id "$backups/$1/manifest.json" && [[ $REPLY == "$1" ]]
}

# A prune may take an old backup while it is read.
still_there() {
    [[ -f $backups/$id/manifest.json ]] ||
        end 1 "backup $id was pruned while it was read: nothing was changed; choose a newer one"
}

# read_manifest: that this Underpin and this server can read the chosen backup.
read_manifest() {
    local server client finished
    is_plain "$backups/$id/manifest.json" || damaged manifest.json
    cp "$backups/$id/manifest.json" "$work/manifest.json" 2>"$work/errors" || damaged manifest.json
    field finished && finished=$REPLY
    field system_identifier && origin=$REPLY
    field namespace && origin_namespace=$REPLY
    log "event=choice id=$id finished=$finished server=$origin result=chosen"
    step check "checking backup $id"
    field format && [[ $REPLY == 1 ]] || end 3 "backup $id has the format ${REPLY:-?}, which this Underpin does not know: use the Underpin that made it, or RESTORE.md beside it"
    field proof && [[ $REPLY =~ ^[12]$ ]] || end 3 "backup $id has a proof of version ${REPLY:-?}, which this Underpin does not know: use a newer one, or RESTORE.md beside it"
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
    field proof && proof_version=$REPLY
    field verify && verify=$REPLY
    same_major=no
    [[ ${server_version%%[!0-9]*} != "$server" ]] || same_major=yes
}

# check_database: that all files of the folder are as they were; copies of what the proof is compared with.
check_database() {
    local sums files=(schema.sql database.json proof.jsonl) file
    folder=$backups/$id/$folder
    # A pipe or a device would keep whoever opens it waiting for ever; a link says nothing of the backup.
    sums=$(find "$backups/$id" ! -type f ! -type d -print -quit 2>/dev/null) || true
    [[ -z $sums ]] || damaged "${sums#"$backups/$id/"}"
    field sums
    is_plain "$backups/$id/SHA256SUMS" || damaged SHA256SUMS
    # A FIFO would be read for ever.
    file=$(find "$folder" ! -type f ! -type d 2>/dev/null | head -n 1) || true
    [[ -z $file ]] || damaged "${folder##*/}/${file#"$folder/"}"
    { sums=$(sha256sum <"$backups/$id/SHA256SUMS"); } 2>/dev/null || sums=
    [[ ${sums%% *} == "$REPLY" ]] || damaged SHA256SUMS
    grep -E "^[0-9a-f]{64} [ *](\./)?${folder##*/}/" "$backups/$id/SHA256SUMS" >"$work/sums" || damaged SHA256SUMS
    (cd "$backups/$id" && await sha256sum -c "$work/sums" >"$work/rows" 2>"$work/errors") || {
        damaged "$(grep -m 1 -v ': OK$' "$work/rows" | sed 's/: FAILED.*//')"
    }
    [[ -f $folder/dump/toc.dat ]] || damaged "${folder##*/}/dump/toc.dat"
    # After the load a prune cannot hurt any more.
    [[ $proof_version != 1 ]] || files+=(sequences-before.jsonl sequences-after.jsonl)
    for REPLY in "${files[@]}"; do
        cp "$folder/$REPLY" "$work/expected-$REPLY" 2>"$work/errors" || damaged "${folder##*/}/$REPLY"
    done
    # Those of before have neither.
    rm -f "$work/expected-definitions.tsv"
    [[ ! -f $folder/definitions.tsv ]] || cp "$folder/definitions.tsv" "$work/expected-definitions.tsv" 2>"$work/errors" || damaged "${folder##*/}/definitions.tsv"
    path=empty
    [[ ! -f $folder/rehearsal.json ]] || ! field path "$folder/rehearsal.json" || path=$REPLY
}

damaged() {
    still_there
    REPLY=
    ! declare -F older_instead >/dev/null || older_instead
    end 3 "backup $id is damaged: ${1:-a file} is not what was written; $otherwise$REPLY"
}
