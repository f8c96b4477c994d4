#!/usr/bin/env bash
# The dump of a database and its proof, both from one snapshot, and that the dump can be read back.
# A part of backup.sh, sourced, never run.
#
# A change of a table that comes in the middle of its dump (ALTER TABLE, TRUNCATE: all who come after
# it wait, too) goes first, and that database is begun anew, twice; then the change waits, or there
# would never be a backup.
#
# ## Log lines
#
# - `event=dump id= db= folder= result=started|done jobs= seconds= bytes=`
# - `event=proof id= db= folder= result=started|done level= seconds= tables= rows=`
# - `event=decode id= db= folder= result=started|done seconds=`
set -Eeuo pipefail

readonly most_attempts=3
# The processes that run for this database, by what they do.
declare -A running=()

# attempt: dump and proof of this database, from one snapshot. Returns 1 when it must be begun anew.
attempt() {
    local since
    rm -rf "${partial:?}/$folder"
    mkdir "$partial/$folder" 2>"$work/errors" || write_failed 'the folder could not be made'
    run_proof sequences-before.jsonl -v only=sequences -f "$scripts/proof.sql" || proof_failed sequences-before.jsonl || return 1
    log "event=dump id=$backup_id db=$database_json folder=$folder result=started jobs=$dump_jobs bytes=$database_bytes"
    since=$SECONDS
    # Its own encoding, whatever client_encoding somebody gave to the database: any other may lack a character.
    PGDATABASE=$database PGPASSWORD=$password PGCLIENTENCODING=$encoding apart pg_dump -w -Fd -j "$dump_jobs" -Z "$compression" \
        --snapshot="$snapshot" --lock-wait-timeout=900 -f "$partial/$folder/dump" >"$work/dump.output" 2>"$work/dump.errors" &
    running=([dump]=$!)
    log "event=proof id=$backup_id db=$database_json folder=$folder result=started level=$level"
    prove "$work/proof.jsonl" -f "$scripts/proof.sql" &
    running[proof]=$!
    watch
    if [[ $blocked == yes ]]; then
        names_of_locked
        REPLY="a change of a table waits for this backup: $who"
        return 1
    fi
    if [[ $failed_first == dump ]]; then
        show "$work/dump.errors" pg_dump
        if grep -q -E 'could not obtain lock on relation|due to lock timeout' "$work/dump.errors"; then
            names_of_locked
            REPLY="a change of a table came in between: $who"
            return 1
        fi
        reason "$work/dump.errors"
        still_there || return 1
        fail "pg_dump of the database $database_json failed" "$SQLSTATE" "$REPLY"
    fi
    if [[ $failed_first == proof ]]; then
        proof_failed proof.jsonl || return 1
    fi
    case $failed_first in
        decode*) fail_by "$work/$failed_first.errors" pg_restore "the dump of the database $database_json cannot be read back" ;;
        sums) fail_by "$work/sums.errors" sha256sum "the dump of the database $database_json cannot be read" ;;
    esac
    run_proof database.json -f "$scripts/database.sql" || proof_failed database.json || return 1
    await prove "$work/definitions.raw" -f "$scripts/definitions.sql" || proof_failed definitions.raw || return 1
    await prove "$work/rows-needed" -f "$scripts/rehearsal-tables.sql" || proof_failed rows-needed || return 1
    run_proof sequences-after.jsonl -v only=sequences -f "$scripts/proof.sql" || proof_failed sequences-after.jsonl || return 1
    doing="looking whether the tables of $database_json are still the same"
    sql "$database" -f "$scripts/catalog-files.sql" || proof_failed errors || return 1
    if has_other_lines "$work/files" "$work/rows"; then
        REPLY='tables were emptied, rewritten or dropped meanwhile'
        return 1
    fi
    # Had it ended before, then so had the locks.
    ask snapshot 'select 1;'
    answer snapshot 60 || fail "the session that holds the snapshot of $database_json was lost" "$SQLSTATE" "$REPLY"
    close_session snapshot
    LC_ALL=C sort "$work/proof.jsonl" >"$partial/$folder/proof.jsonl" 2>"$work/errors" || write_failed 'the proof could not be written'
    count_rows "$partial/$folder/proof.jsonl"
    log "event=proof id=$backup_id db=$database_json folder=$folder result=done seconds=$((SECONDS - since)) tables=$proven_tables rows=${proven_rows:-}"
}

# watch: waits for all that runs for this database: the dump, the proof, and, from the dump's end on,
# what reads it back. Leaves in failed_first which of them failed first; what the others would give
# is then worth nothing, and they are ended. A change of a table that waits for us makes all wait
# who come after it, ourselves too: when one of ours has waited for a table, or somebody for two
# seconds for us, all are ended and blocked is `yes`; only the last attempt lets others wait.
watch() {
    local timer='' which name rc
    failed_first='' blocked=no
    while ((${#running[@]} > 0)); do
        # Who has ended while bash waited for another is heard of here alone.
        for name in "${!running[@]}"; do
            if ! kill -0 "${running[$name]}" 2>/dev/null; then
                rc=0
                wait "${running[$name]}" 2>/dev/null || rc=$?
                has_ended "$name" "$rc"
                continue 2
            fi
        done
        if [[ -z $timer ]]; then
            sleep 1 &
            timer=$!
        fi
        rc=0 which=''
        wait -n -p which "$timer" "${running[@]}" 2>/dev/null || rc=$?
        for name in "${!running[@]}"; do
            if [[ ${running[$name]} == "$which" ]]; then
                has_ended "$name" "$rc"
            fi
        done
        if ! kill -0 "$timer" 2>/dev/null; then
            timer=
            if [[ -n ${running[dump]-}${running[proof]-} && -z $failed_first ]] && is_blocked; then
                blocked=yes failed_first=none
                kill "${running[@]}" 2>/dev/null || true
            fi
        fi
    done
    kill "$timer" 2>/dev/null || true
}

# has_ended NAME STATUS: what follows from its end.
has_ended() {
    unset "running[$1]"
    if (($2 != 0)); then
        failed_first=${failed_first:-$1}
        ((${#running[@]} == 0)) || kill "${running[@]}" 2>/dev/null || true
    elif [[ $1 == dump && -z $failed_first ]]; then
        show "$work/dump.errors" pg_dump # its warnings
        log "event=dump id=$backup_id db=$database_json folder=$folder result=done seconds=$((SECONDS - since))"
        start_decoding
    fi
}

# is_blocked: whether one of ours waits for a table, or, unless this is the last attempt, somebody for us.
is_blocked() {
    ask lock "select count(*) filter (where usename = current_user and application_name = 'underpin backup' and waitstart < clock_timestamp() - interval '0.5 s'),
count(*) filter (where mode = 'AccessExclusiveLock' and waitstart < clock_timestamp() - interval '2 s' and exists (
    select from pg_stat_activity ours where ours.pid = any (pg_blocking_pids(l.pid)) and ours.usename = current_user and ours.application_name = 'underpin backup'))
from pg_locks l join pg_stat_activity a using (pid) where not granted and locktype = 'relation' and l.database = '$database_oid';"
    answer lock 60 || lost_lock "$REPLY"
    [[ ${ROWS[*]} != '0|'* ]] || { [[ ${ROWS[*]} != '0|0' ]] && ((tries < most_attempts - 1)); }
}

# prove FILE SQL ARGUMENTS…: runs one of the SQL files in the snapshot, as a child.
prove() {
    local file=$1
    shift
    PGDATABASE=$database PGPASSWORD=$password apart psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose \
        -v snap="$snapshot" -v level="$level" "$@" -o "$file" 2>"$file.errors"
}

# run_proof FILE SQL ARGUMENTS…: the same, waited for, its lines sorted, and put into the backup.
run_proof() {
    local name=$1
    shift
    await prove "$work/$name" "$@" || return 1
    if [[ $name == *.json ]]; then
        cat "$work/$name"
    else
        LC_ALL=C sort "$work/$name"
    fi >"$partial/$folder/$name" 2>"$work/errors" || write_failed "$name could not be written"
}

# proof_failed NAME: returns 1 when the proof may be begun anew, with why in REPLY.
proof_failed() {
    [[ $1 == errors ]] || cp "$work/$1.errors" "$work/errors"
    reason
    case $SQLSTATE in
        55P03 | 40P01) return 1 ;;
    esac
    show "$work/errors" psql
    still_there || return 1
    fail "the proof of the database $database_json failed" "$SQLSTATE" "$REPLY"
}

# has_other_lines ONE OTHER: whether a line of the one file is not in the other; how many, in REPLY.
has_other_lines() {
    LC_ALL=C sort -u "$1" >"$work/one"
    LC_ALL=C sort -u "$2" >"$work/other"
    REPLY=$(LC_ALL=C comm -23 "$work/one" "$work/other" | LC_ALL=C grep -c . || true)
    ((REPLY > 0))
}

# count_rows PROOF: leaves the number of tables in proven_tables, of their rows in proven_rows (empty:
# they were not counted).
count_rows() {
    local line
    proven_tables=0 proven_rows=0
    [[ $level != none ]] || proven_rows=''
    while IFS= read -r line; do
        case $line in
            '["table", '*) proven_tables=$((proven_tables + 1)) ;;
            '["more", '*) ;;
            *) continue ;;
        esac
        # From the end: names may hold anything.
        if [[ $line =~ ,\ \"([0-9]+)\",\ (null|\"-?[0-9]+\"),\ (null|\"-?[0-9]+\")\]$ ]]; then
            proven_rows=$((proven_rows + BASH_REMATCH[1]))
        fi
    done <"$1"
}

# start_decoding: everything is read back, because a listing of an archive reads its head alone. The
# hashes are made at the same time. With more jobs than one, two processes read half of it each.
start_decoding() {
    local dump=$partial/$folder/dump part size file line sums=(0 0)
    local -A part_of=()
    log "event=decode id=$backup_id db=$database_json folder=$folder result=started"
    await pg_restore -l "$dump" >"$work/list" 2>"$work/errors" || fail_by "$work/errors" pg_restore "the dump of the database $database_json cannot be listed"
    if ((JOBS > 1)); then
        # The largest first, each to the one who has less.
        while read -r size file; do
            part=$((sums[0] > sums[1]))
            sums[part]=$((sums[part] + size))
            part_of[${file%%.*}]=$part
        done < <(cd "$dump" && find . -name '*.dat*' -exec stat -c '%s %n' {} + | LC_ALL=C sed 's|\./||' | sort -rn)
        while IFS= read -r line; do
            file=${line%%;*}
            printf '%s\n' "$line" >&"$((${part_of[${file:-none}]-0} + 4))"
        done <"$work/list" 4>"$work/list.0" 5>"$work/list.1"
    fi
    for part in 0 1; do
        if ((JOBS == 1)); then
            ((part == 0)) || break
            cp "$work/list" "$work/list.0"
        fi
        apart pg_restore -f /dev/null -L "$work/list.$part" "$dump" 2>"$work/decode.$part.errors" &
        running[decode.$part]=$!
    done
    hash_folder "$folder" >"$work/sums.$folder" 2>"$work/sums.errors" &
    running[sums]=$!
}

# end_decoding: what was read back is what shall be there.
end_decoding() {
    doing="reading the dump of the database $database_json back"
    LC_ALL=C sed -n 's/^[0-9]*; 0 \([0-9]*\) TABLE DATA .*/\1/p' "$work/list" >"$work/archived"
    if has_other_lines "$work/tables" "$work/archived"; then
        ((REPLY == 1)) && REPLY='a table' || REPLY+=' tables'
        end 1 "the dump of the database $database_json lacks the rows of $REPLY that it must hold; a retry may help"
    fi
    schema_text "$partial/$folder/dump" >"$partial/$folder/schema.sql" 2>"$work/errors" || write_failed 'the schema of the dump could not be written'
    log "event=decode id=$backup_id db=$database_json folder=$folder result=done seconds=$((SECONDS - since))"
    ask_rehearsal
}

# hash_folder FOLDER: hashes of the files of its dump, whose names are pg_dump's: numbers.
hash_folder() {
    cd "$partial"
    find "./$1/dump" -type f -print0 | LC_ALL=C sort -z | apart xargs -0 sha256sum
}
