#!/usr/bin/env bash
# Rehearses the restore of each database while its backup is made: in a container of the backup's pod
# that has no password, no backup and no rights outside of it.
#
# The backup puts into /questions what a restore needs of a database but its rows, of which it brings the
# first hundred where an expression runs a function. They are restored into a throw-away server, by the
# parts of restore.sh, as the same role with the same rights. What comes back is held against what was
# dumped: a restore of this backup can give no more. Where objects do not come back, or with another
# meaning, it is tried once more with the database's own search_path.
#
# It runs as long as its pod, and is ended with it. A database that took all memory ends this container;
# the next one says so and does not try it again.
#
# ## Environment
#
# - `NAME`, `POD`: the name of the spec; this pod
# - `ROLES`, `BACKUP_ROLE`, `RESTORE_ROLE`, `MANAGED`, `AS_SUPERUSER`, `SETTINGS`, `MEMORY_BYTES`: as
#   drill.sh has them
# - `LOCALE_PROVIDER`, `LOCALE`, `LC_COLLATE_NAME`, `LC_CTYPE_NAME`: as start.sh has them
# - `REHEARSAL_SECONDS`: how long one database may take; `SCRATCH_BYTES`: how large `/scratch` may be
#
# Files: `/questions`, which the backup writes and this only reads; `/answers`, the other way around: what an
# owner's code might do here reaches nothing of the backup. `/scratch`, for the servers: one a database,
# so that no owner's code meets another's.
#
# `/questions/N/` is a database (N: the backup and its folder in it): `dump/toc.dat`, `database.json`, `schema.sql`,
# `definitions.tsv`; `rows/K.sql` with `rows/K.table`, its name; `name`, as JSON; and, last, `asked`. In
# `/answers/N/`, `begun` says that it was tried, and `answer` is written in one rename: `result=`, `path=`,
# `seconds=`, `detail=`, each on a line, then findings, one JSON object a line.
#
# ## Exit codes
#
# - 0: the pod was stopped
# - 1: it could not go on; kubelet starts it again
#
# ## Log lines
#
# - those of restoring.sh, load.sh, loader.sh, structure.sh and throwaway.sh
# - `event=step name= seconds=`: what begins now
# - `event=rehearsal db= path= result=started`, and
#   `result=restores|differs|fails|not-rehearsed seconds= findings= detail=`
# - `event=finding kind= name= detail= fix=`: what does not come back, or otherwise
set -Eeuo pipefail
readonly scripts=${BASH_SOURCE[0]%/*}
action=rehearsal
# The server of session.sh is the one in this container.
export PGDATABASE=postgres PGPORT=5432 BOOTSTRAP=none
[[ ${MANAGED:?} != true ]] || BOOTSTRAP=
source "$scripts/lib.sh"
source "$scripts/run.sh"
source "$scripts/session.sh"
source "$scripts/schema.sh"
source "$scripts/definitions.sh"
source "$scripts/needs.sh"
source "$scripts/proof.sh"
source "$scripts/restoring.sh"
source "$scripts/archive.sh"
source "$scripts/load.sh"
source "$scripts/loader.sh"
source "$scripts/structure.sh"
source "$scripts/throwaway.sh"
source "$scripts/findings.sh"

readonly questions=/questions answers=/answers
# A server as it was made.
readonly pristine=/scratch/pristine
export PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off -c role=none"
TABLES='[]' JOBS=1 id=rehearsal same_major=yes proof_version=2
# Of the database that is rehearsed: its folders in /questions and /answers, its name as JSON, when it began.
ask='' tell='' name='' began=0 looked=0

# step NAME WORDS: what follows is done on the server of this container, if it still runs.
step() {
    doing=$2
    log "event=step name=$1 seconds=$SECONDS"
    [[ -z $server_runs ]] || is_running || failure 'it was killed'
}

# failure WHAT: what keeps a restore from going on is a finding; what befell this container is none.
failure() {
    show "$work/errors"
    case $1 in
        *': No space left on device') end 1 "the rehearsal's scratch space is full, while $doing" ;;
        'it was killed' | *'worker process died'* | *'connection to server'* | *'closed the connection'* | *'terminating connection'* | \
            *'connection not open'* | *'no connection to the server'* | *'the database system is'* | *'could not send data'* | *'could not receive data'* | \
            *'out of memory'* | *'canceling statement'*)
            end 1 "the rehearsal's server ended, or gave up, while $doing ($1): it may need more memory"
            ;;
    esac
    find_failure step "$doing" "$1"
    conclude
}

# unmet SENTENCE: what a restore would be refused for.
unmet() {
    find_failure need '' "$1"
    conclude
}

# load_failed: pg_restore went on; all that it could not make is found.
load_failed() {
    find_failed_entries
}

# damaged FILE: what the backup has put there is not what pg_restore can read.
damaged() {
    end 1 "the rehearsal cannot read $1"
}

still_there() { :; }

clean_up() {
    stop_server
    empty_scratch
}

# ── One database ──────────────────────────────────────────────────────────────────────────────────

# new_server: one that no other database was in.
new_server() {
    if [[ -s $work/made ]]; then
        eval "$(<"$work/made")"
        rm -rf "$data" "$server_log"
        copy_server "$pristine" "$data"
    else
        make_server
        copy_server "$data" "$pristine"
        printf 'superuser_password=%s\n' "$superuser_password" >"$work/made"
    fi
    start_server
}

# copy_server FROM TO
copy_server() {
    await cp -a "$1" "$2" || end "$?" "the files of the rehearsal's server could not be copied"
}

# rehearse: in a subshell: it ends with 0 when `answer.partial` is whole, else its last line says why not.
rehearse() {
    local found_empty=''
    exec 2>&1
    DESCRIPTION=$ask/database.json folder=$ask
    export DESCRIPTION
    # Only so it names what it could not make, and goes on.
    on_error=(--verbose)
    new_server
    make_roles
    export PGHOST=$work PGUSER=$restorer
    password=$restorer_password
    for REPLY in database.json schema.sql definitions.tsv; do
        cp "$ask/$REPLY" "$work/expected-$REPLY"
    done
    if [[ $name == '"postgres"' && $MANAGED != true ]]; then
        AS_SUPERUSER=true PGUSER=postgres password=$superuser_password restorer=postgres restorer_password=$superuser_password
    fi
    step roles 'making the roles that the database names'
    make_missing_roles
    path=empty
    try_path
    if ((findings > 0)); then
        found_empty=$findings
        keep_findings
        path=own
        try_path
        ((findings < found_empty)) || take_kept_findings
    fi
    answer_with_findings
}

# try_path: a restore by `path`, in a subshell: `conclude` ends it in the middle where nothing can go on.
try_path() {
    local rc=0
    rm -f "$work/found"
    # (Not by `||`: an error must end it.)
    (
        restore_once
        conclude
    ) &
    wait "$!" 2>/dev/null || rc=$?
    ((rc == 0)) || exit "$rc"
    eval "$(<"$work/found")"
}

# restore_once: by `path`; leaves what was found.
restore_once() {
    log "event=rehearsal db=$name path=$path result=started"
    forget_findings
    check_needs
    open_loader
    create_database
    prepare_load
    split_entries
    make_schemas
    step load 'making objects'
    load "$work/early" --section=pre-data
    load_rows
    step keys 'making indexes and keys over the rows'
    load "$work/early" --section=post-data
    load "$work/defaults"
    finish_load
    empty_tables
    step triggers 'making foreign keys and triggers'
    # A restore makes them before row security: what a policy asks has no part in it.
    as_loader query "$working" <<<'select array_agg(oid) from pg_class where relrowsecurity'
    cp "$work/rows" "$work/secured"
    row_security disable
    load "$work/late"
    row_security enable
    : >"$work/verdict"
    compare_structure
    log_lines "$work/verdict"
    find_differences
}

# row_security enable|disable: of all tables that have it.
row_security() {
    SECURED=$work/secured as_loader query "$working" -v way="$1" <<'SQL'
\set tables `cat -- "$SECURED"`
select format('alter table %s %s row level security', oid::regclass, :'way') from pg_class where oid = any (nullif(:'tables', '')::oid[])
\gexec
SQL
}

# split_entries: foreign keys would miss the rows that were left away, and triggers would act on those that
# are here: both come when the tables are empty again. Large objects are rows.
split_entries() {
    rm -f "$work/early" "$work/late" "$work/kept_grants"
    LC_ALL=C awk -v work="$work" '
        / (ACL|COMMENT) - LARGE OBJECT / || /^[0-9]+; 2613 / || /^[0-9]+; 0 [0-9]+ BLOBS / { next }
        FILENAME == ARGV[2] { print > (work "/kept_grants"); next }
        /^[0-9]+; 2606 [0-9]+ FK CONSTRAINT / || /^[0-9]+; 2620 / || /^[0-9]+; 0 0 COMMENT .* (CONSTRAINT|TRIGGER) / { print > (work "/late"); next }
        { print > (work "/early") }
    ' "$work/objects" "$work/grants"
    : >>"$work/early"
    : >>"$work/late"
    : >>"$work/kept_grants"
    mv "$work/kept_grants" "$work/grants"
}

# load_rows: by the same path as a restore has while it loads rows.
load_rows() {
    local file options="$PGOPTIONS$money -c xmloption=content -c row_security=off -c search_path="
    [[ -d $ask/rows ]] || return 0
    [[ $path == empty ]] || options+=$own_path
    step rows 'loading the first rows'
    # All at once; one by one where that fails, to know which. (A failure leaves none of them.)
    find "$ask/rows" -name '*.sql' -exec cat {} + >"$work/all.sql"
    PGCLIENTENCODING=$encoding PGOPTIONS=$options as_loader sql "$working" -1 -f "$work/all.sql" && return 0
    for file in "$ask"/rows/*.sql; do
        [[ -e $file ]] || continue
        PGCLIENTENCODING=$encoding PGOPTIONS=$options as_loader sql "$working" -v VERBOSITY=default -f "$file" && continue
        find_failure rows "$(<"${file%.sql}.table")" "$(<"$work/errors")"
    done
}

# empty_tables: by the same path as they were filled. One that cannot be emptied is found by what comes after it.
empty_tables() {
    local PGOPTIONS=$PGOPTIONS
    [[ $path == empty ]] || PGOPTIONS+=" -c search_path=$own_path"
    as_loader query "$working" <<'SQL'
\set ON_ERROR_STOP off
select format('truncate only %s', oid::regclass) from pg_class
where relkind = 'r' and oid >= 16384 and pg_relation_size(oid) > 0
and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
\gexec
SQL
}

# conclude: it ends the subshell of `try_path`; what was found is in $work/found.
conclude() {
    declare -p found findings failures of_few_rows | sed 's/^declare /declare -g /' >"$work/found"
    exit 0
}

# answer_with_findings: the answer, and the end of the subshell of this database.
answer_with_findings() {
    local result=restores detail=''
    ((findings == 0)) || result=differs
    ((failures == 0)) || result=fails
    if ((failures > 0 && findings == of_few_rows)); then
        result=not-rehearsed detail='with all rows it may be otherwise, and a drill tells'
    fi
    {
        printf 'result=%s\npath=%s\nseconds=%s\ndetail=%s\n' "$result" "$path" "$((SECONDS - began))" "$detail"
        list_findings
    } >"$tell/answer.partial"
    log "event=rehearsal db=$name path=$path result=$result seconds=$((SECONDS - began)) findings=$findings"
    exit 0
}

# ── All of them ───────────────────────────────────────────────────────────────────────────────────

# not_rehearsed WHY: the answer when there is none.
not_rehearsed() {
    local why
    shorten "${1//$'\n'/ }" 500
    why=$REPLY
    printf 'result=not-rehearsed\npath=empty\nseconds=%s\ndetail=%s\n' "$((SECONDS - began))" "$why" >"$tell/answer.partial"
    mv "$tell/answer.partial" "$tell/answer"
    quote "$why"
    log "event=rehearsal db=$name path=empty result=not-rehearsed seconds=$((SECONDS - began)) findings=0 detail=$REPLY"
}

# too_much: whether the rehearsal that runs takes more than it may, with what in REPLY. A pod that fills its
# volume is evicted, and the backup with it.
too_much() {
    REPLY="it took longer than $REHEARSAL_SECONDS s"
    ((SECONDS - began < REHEARSAL_SECONDS)) || return 0
    ((SECONDS != looked)) || return 1
    looked=$SECONDS
    REPLY=$(du -sk /scratch 2>/dev/null) || true
    REPLY=${REPLY%%[!0-9]*}
    ((${REPLY:-0} > SCRATCH_BYTES * 3 / 4096)) || return 1
    REPLY="it filled its scratch space, $SCRATCH_BYTES bytes"
}

answer() {
    local child rc=0 why
    began=$SECONDS name=$(<"$ask/name")
    if [[ -e $tell/begun ]]; then
        not_rehearsed 'the container of the rehearsal ended in the middle of it: it may need more memory'
        return 0
    fi
    mkdir -p "$tell"
    : >"$tell/begun"
    # With a group of its own, so that nothing of it lives on in the rehearsal of the next database.
    set -m
    rehearse >"$work/log" 2>&1 </dev/null &
    set +m
    child=$!
    while kill -0 "$child" 2>/dev/null; do
        too_much || {
            pause 0.2
            continue
        }
        kill -s KILL -- "-$child" 2>/dev/null || true
        # Whoever is logged in ends with it.
        stop_server
        wait "$child" 2>/dev/null || true
        log_lines "$work/log"
        not_rehearsed "$REPLY"
        return 0
    done
    wait "$child" 2>/dev/null || rc=$?
    kill -s KILL -- "-$child" 2>/dev/null || true
    log_lines "$work/log"
    stop_server
    if ((rc == 0)) && [[ -s $tell/answer.partial ]]; then
        mv "$tell/answer.partial" "$tell/answer"
    elif ((rc == 0)); then
        not_rehearsed 'it ended without an answer'
    else
        ended_by_itself
        why=$(tail -n 1 "$work/log")
        ((rc != 137)) || why='it was killed: it may need more memory'
        not_rehearsed "${why:-$REPLY}"
    fi
}

main() {
    local folder
    begin
    trap 'exit 0' TERM INT
    empty_scratch
    : >"$answers/ready"
    while true; do
        for folder in "$questions"/*/; do
            ask=${folder%/}
            tell=$answers/${ask##*/}
            [[ ! -e $ask/asked || -e $tell/answer ]] || answer
        done
        pause 0.3
    done
}

main
