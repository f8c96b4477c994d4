#!/usr/bin/env bash
# The dump of a database and its proof, both from one snapshot, and that the dump holds what the proof
# says. A part of backup.sh, sourced, never run.
#
# A change of a table that comes in the middle of its dump (ALTER TABLE, TRUNCATE: all who come after
# it wait, too) goes first, and that database is begun anew, twice; then the change waits, or there
# would never be a backup. What no lock stops, unchanged.sh sees. What an attempt writes has names of its own, and all its processes end with it.
#
# Changes that come several times a second wait for the session of the snapshot before pg_dump has its
# locks, and pg_dump behind them. So in the end only two of ours lock anything: that session, which then
# reads the rows for the proof too, and one process of pg_dump, which takes all its locks as it starts.
# Until it gets in between two changes, it is begun anew at once.
#
# ## Log lines
#
# - `event=dump id= db= folder= result=started|done jobs= seconds= bytes=`
# - `event=proof id= db= folder= result=started|done level= seconds= tables= rows=`
# - `event=decode id= db= folder= result=started|done seconds=`: the server is not needed any more
set -Eeuo pipefail

readonly most_attempts=3
# How long the last attempt may be begun anew, in seconds.
readonly last_patience=180
# Smaller tables are read back together, without a look at each.
readonly looked_at=$((1024 * 1024))
# The processes that run for this database, each with a group of its own, by what they do.
declare -A running=()

# attempt: dump and proof of this database, from one snapshot, and that the one is the other. When it must
# be begun anew, `again` says why. (An error ends no function that `if` or `||` call: none of these here
# tells by its status what becomes of a backup.)
attempt() {
    local since=$SECONDS through='' dump_jobs=$dump_jobs dump_patience=900
    if is_last; then
        through=snapshot dump_jobs=1 dump_patience=400
    fi
    again=
    papers=$(mktemp -d "$work/try.XXXXXX")
    trial=$partial/.${papers##*/}
    mkdir "$trial" 2>"$work/errors" || write_failed 'the folder could not be made'
    log "event=dump id=$backup_id db=$database_json folder=$folder result=started jobs=$dump_jobs bytes=$database_bytes"
    start dump dump_database
    log "event=proof id=$backup_id db=$database_json folder=$folder result=started level=$level"
    start proof prove
    watch
    if [[ $blocked == yes ]]; then
        names_of_locked
        again="a change of a table waits for this backup: $who"
    fi
    case $failed_first in
        dump) dump_failed ;;
        proof)
            if [[ -s $papers/ended ]]; then
                cp "$papers/ended" "$work/ended"
                [[ ! -e $papers/all ]] || : >"$work/all"
                exit "$failed_status"
            fi
            if [[ -s $papers/again ]]; then
                again=$(<"$papers/again")
            else
                proof_failed "$papers/proof.jsonl.errors"
            fi
            ;;
        '') compare_all ;;
    esac
    [[ -z $again ]] || return 0
    # Had the session ended before, then so had the locks.
    ask snapshot 'select 1;'
    answer snapshot 60 || fail "the session that holds the snapshot of $database_json was lost" "$SQLSTATE" "$REPLY"
    close_session snapshot
    read_back
    write_proof
    mv "$trial" "$partial/$folder" 2>"$work/errors" || write_failed 'the folder could not be renamed'
    ask_rehearsal
}

# is_last: whether others wait for this attempt.
is_last() {
    ((tries >= most_attempts - 1))
}

# start NAME COMMAND…: runs it as a child, in a process group of its own.
start() {
    local name=$1
    shift
    set -m
    "$@" </dev/null &
    set +m
    running[$name]=$!
}

# end_running: ends what runs for this database, and all that it started.
end_running() {
    local name signal patience
    for signal in TERM KILL; do
        for name in "${!running[@]}"; do
            kill -s "$signal" -- "-${running[$name]}" 2>/dev/null || true
        done
        for ((patience = 50; patience > 0; patience--)); do
            for name in "${!running[@]}"; do
                if ! kill -0 -- "-${running[$name]}" 2>/dev/null; then
                    wait "${running[$name]}" 2>/dev/null || true
                    unset "running[$name]"
                fi
            done
            ((${#running[@]} > 0)) || return 0
            sleep 0.1
        done
    done
    running=()
}

dump_database() {
    # Its own encoding, whatever client_encoding was given to the database: any other may lack a character.
    PGDATABASE=$database PGPASSWORD=$password PGCLIENTENCODING=$encoding PGOPTIONS="$PGOPTIONS$rows_options $(PGCLIENTENCODING=$encoding in_encoding)" \
        apart pg_dump -w -Fd -j "$dump_jobs" -Z "$compression" --snapshot="$snapshot" --lock-wait-timeout="$dump_patience" -f "$trial/dump" \
        >"$papers/dump.output" 2>"$papers/dump.errors"
}

# dump_failed: what follows from it.
dump_failed() {
    show "$papers/dump.errors" pg_dump
    # pg_dump waits for a lock with a statement_timeout.
    if grep -q -E 'could not obtain lock on relation|due to lock timeout|due to statement timeout' "$papers/dump.errors"; then
        names_of_locked
        again="a change of a table came in between: $who"
        return 0
    fi
    reason "$papers/dump.errors"
    fail_unless_changed "pg_dump of the database $database_json failed"
}

# proof_failed ERRORS: the same of psql.
proof_failed() {
    reason "$1"
    again=$REPLY
    case $SQLSTATE in
        55P03 | 40P01) return 0 ;;
    esac
    show "$1" psql
    fail_unless_changed "the proof of the database $database_json failed"
}

# fail_unless_changed WHAT: what follows from the error in REPLY and SQLSTATE: what was dropped or renamed in the middle
# is looked for in vain. Then `again` says so.
fail_unless_changed() {
    local why=$REPLY sqlstate=$SQLSTATE
    again=$why
    still_there || return 0
    again=
    compare_names names || true
    [[ -z $again ]] || return 0
    fail "$1" "$sqlstate" "$why"
}

# watch: waits for all that runs for this database. Leaves in failed_first which of them failed first, in
# failed_status how; what the others would give is then worth nothing, and they are ended. While the server is read, a change of
# a table that waits for us makes all wait who come after it, ourselves too: when one of ours has waited
# for a table, or another for two seconds for us, all are ended and blocked is `yes`; only the last
# attempt lets others wait.
watch() {
    local timer='' which name rc
    failed_first='' failed_status=0 blocked=no
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
            # One that failed ended the others with it.
            if [[ ${running[$name]-none} == "$which" ]]; then
                has_ended "$name" "$rc"
                break
            fi
        done
        if ! kill -0 "$timer" 2>/dev/null; then
            timer=
            if [[ -n ${running[dump]-}${running[proof]-} ]] && is_blocked; then
                blocked=yes failed_first=none
                end_running
            fi
        fi
    done
    [[ -z $timer ]] || kill "$timer" 2>/dev/null || true
}

# has_ended NAME STATUS: what follows from its end.
has_ended() {
    unset "running[$1]"
    if (($2 != 0)); then
        failed_first=$1 failed_status=$2
        end_running
    elif [[ $1 == dump ]]; then
        show "$papers/dump.errors" pg_dump # its warnings
        log "event=dump id=$backup_id db=$database_json folder=$folder result=done seconds=$((SECONDS - since))"
    fi
}

# is_blocked: whether one of ours waits for a table, or, unless this is the last attempt, another for us.
# A refresh of a materialized view is no change of a table: whoever wants one, waits for it, and a dump
# only wants its definition.
is_blocked() {
    local side oid list
    ask lock "select coalesce(string_agg(l.relation::text, ' ') filter (where usename = current_user and application_name = 'underpin backup' and waitstart < clock_timestamp() - interval '0.5 s'), ''),
coalesce(string_agg(l.relation::text, ' ') filter (where mode = 'AccessExclusiveLock' and waitstart < clock_timestamp() - interval '2 s' and exists (
    select from pg_stat_activity ours where ours.pid = any (pg_blocking_pids(l.pid)) and ours.usename = current_user and ours.application_name = 'underpin backup')), '')
from pg_locks l join pg_stat_activity a using (pid) where not granted and locktype = 'relation' and l.database = '$database_oid';"
    answer lock 60 || lost_lock "$REPLY"
    for side in ours others; do
        list=${ROWS[0]%|*}
        if [[ $side == others ]]; then
            ! is_last || return 1
            list=${ROWS[0]#*|}
        fi
        for oid in $list; do
            grep -q -x "$oid" "$work/matviews" || return 0
        done
    done
    return 1
}

# lacking ONE OTHER: how many lines of the one file are not in the other, in REPLY.
lacking() {
    # Written out, because an error in a pipe's first part would look like no line.
    if ! { LC_ALL=C sort -u "$1" >"$1.sorted" && LC_ALL=C sort -u "$2" >"$2.sorted" && LC_ALL=C comm -23 "$1.sorted" "$2.sorted" >"$work/lacking"; }; then
        end 1 "lists of the database $database_json could not be compared: is /tmp full? A retry may help"
    fi
    REPLY=$(wc -l <"$work/lacking")
}

# read_back: everything is read back, because a listing of an archive reads its head alone: by two
# processes, half of it each, where there are more jobs than one. What they read of a large table is
# held against its proof. The hashes are made at the same time.
read_back() {
    local since=$SECONDS part parts=1 size oid rest line sums=(0 0)
    local -A part_of=()
    doing="reading the dump of the database $database_json back"
    log "event=decode id=$backup_id db=$database_json folder=$folder result=started"
    await pg_restore -l "$trial/dump" >"$papers/list" 2>"$work/errors" || fail_by "$work/errors" pg_restore "the dump of the database $database_json cannot be listed"
    LC_ALL=C sed -n 's/^[0-9]*; 0 \([0-9]*\) TABLE DATA .*/\1/p' "$papers/list" >"$papers/archived_tables"
    lacking "$work/tables" "$papers/archived_tables"
    if ((REPLY > 0)); then
        ((REPLY == 1)) && REPLY='a table' || REPLY+=' tables'
        end 1 "the dump of the database $database_json lacks the rows of $REPLY that it must hold; a retry may help"
    fi
    ((JOBS == 1)) || parts=2
    : >"$papers/list.0" && : >"$papers/list.1"
    # The largest first, each to the one who has less.
    while read -r size line; do
        part=$((parts == 2 && sums[0] > sums[1]))
        sums[part]=$((sums[part] + size))
        part_of[$line.]=$part
    done < <(cd "$trial/dump" && find . -name '*.dat*' -exec stat -c '%s %n' {} + | LC_ALL=C sed 's|\./||; s|\..*||' | sort -rn)
    while IFS= read -r line; do
        printf '%s\n' "$line" >>"$papers/list.${part_of[${line%%;*}.]-0}"
    done <"$papers/list"
    for ((part = 0; part < parts; part++)); do
        start "decode.$part" decode "$part"
    done
    start sums hash_folder
    watch
    case $failed_first in
        decode*) fail_by "$papers/$failed_first.errors" pg_restore "the dump of the database $database_json cannot be read back" ;;
        sums) fail_by "$papers/sums.errors" sha256sum "the dump of the database $database_json cannot be read" ;;
    esac
    LC_ALL=C sed -n '/^[0-9]*; 0 [0-9]* SEQUENCE SET /p' "$papers/list" >"$papers/sequences"
    schema_text "$trial/dump" >"$trial/schema.sql" 2>"$work/errors" || write_failed 'the schema of the dump could not be written'
    log "event=decode id=$backup_id db=$database_json folder=$folder result=done seconds=$((SECONDS - since))"
}

# decode PART: reads what its list names.
decode() {
    local line oid bytes rows hash way
    local -A told=()
    exec 2>"$papers/decode.$1.errors"
    while read -r oid bytes rows hash way; do
        [[ $way != ordered || $bytes -lt $looked_at ]] || told[$oid]="$rows $hash"
    done <"$papers/proof.jsonl.tables"
    while IFS= read -r line; do
        read -r _ _ oid rows <<<"$line"
        if [[ $rows == 'TABLE DATA '* && -n ${told[$oid]-} ]]; then
            printf '%s\n' "$line" >"$papers/one.$1"
            read -r rows hash <<<"${told[$oid]}"
            read_table "$papers/one.$1" "$rows" "$hash" || return 1
        else
            printf '%s\n' "$line" >>"$papers/rest.$1"
        fi
    done <"$papers/list.$1"
    [[ ! -e $papers/rest.$1 ]] || apart pg_restore -f /dev/null -L "$papers/rest.$1" "$trial/dump"
}

# read_table LIST ROWS HASH: that the dump holds of the table in the list what its proof says: so many
# rows and then the line of the end, and all together of that hash, or null. They come after the line
# that ends in FROM stdin, of which a column's name can make more.
read_table() {
    local found line wanted='\.' heads
    [[ $3 == null ]] || wanted=${3//\"/}
    for heads in 1 2 3 4 5; do
        found=$(
            (apart pg_restore -f - -L "$1" "$trial/dump") | {
                while ((heads > 0)) && IFS= read -r line; do
                    [[ $line != *' FROM stdin;' ]] || heads=$((heads - 1))
                done
                head -n "$(($2 + 1))" | if [[ $3 == null ]]; then tail -n 1; else sha256sum; fi
                cat >/dev/null
            }
        ) || return 1
        [[ ${found%% *} != "$wanted" ]] || return 0
    done
    line=$(<"$1")
    quote "${line#*TABLE DATA }"
    printf 'error: the dump holds other rows than the table %s\n' "$REPLY" >&2
    return 1
}

# hash_folder: hashes and sizes of the files of its dump, whose names are pg_dump's: numbers.
hash_folder() {
    exec 2>"$papers/sums.errors"
    cd "$trial" || return 1
    find ./dump -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >"$papers/sums" || return 1
    find ./dump -type f -exec stat -c '%s %n' {} + >"$papers/sizes"
}

# write_proof: with the values of sequences, which are the archive's.
write_proof() {
    : >"$papers/values"
    if [[ -s $papers/sequences ]]; then
        await pg_restore -f "$papers/archived" -L "$papers/sequences" "$trial/dump" 2>"$work/errors" ||
            fail_by "$work/errors" pg_restore "the sequences of the dump of the database $database_json cannot be read"
        ARCHIVED=$papers/archived PGCLIENTENCODING=$encoding sql_inside -v archived=yes -f "$scripts/sequences.sql" ||
            fail_by "$work/errors" psql "the sequences of the dump of the database $database_json cannot be read"
        cp "$work/rows" "$papers/values"
    fi
    LC_ALL=C sort "$papers/proof.jsonl" "$papers/values" >"$trial/proof.jsonl" 2>"$work/errors" || write_failed 'the proof could not be written'
    if [[ $(grep -c '^\["sequence", ' "$trial/proof.jsonl") != "$(grep -c '^\["sequence-value", ' "$trial/proof.jsonl")" ]]; then
        end 1 "the dump of the database $database_json lacks the value of a sequence, or has one too many; a retry may help"
    fi
    count_rows
    sed "s|  \\./|  ./$folder/|" "$papers/sums" >"$work/sums.$folder"
    sed "s| \\./| ./$folder/|" "$papers/sizes" >"$work/sizes.$folder"
    log "event=proof id=$backup_id db=$database_json folder=$folder result=done seconds=$((SECONDS - since)) tables=$proven_tables rows=${proven_rows:-}"
}

# count_rows: leaves the number of tables in proven_tables, of their rows in proven_rows (empty: they
# were not counted).
count_rows() {
    local rows
    proven_tables=0 proven_rows=0
    while read -r _ _ rows _; do
        proven_tables=$((proven_tables + 1)) proven_rows=$((proven_rows + rows))
    done <"$papers/proof.jsonl.tables"
    [[ $level != none ]] || proven_tables=$(wc -l <"$work/tables") proven_rows=''
}
