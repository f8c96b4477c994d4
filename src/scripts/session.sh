#!/usr/bin/env bash
# Sessions on the server, and the two locks. It is sourced, never run, after lib.sh and run.sh.
#
# A session is a psql behind two FIFOs: `ask` writes SQL to it, `answer` reads its rows, and it ends
# with this script, whose end of the pipe closes. Any error of a statement ends a session, and with
# it its transaction and its locks. `sql` is for what needs no session.
#
# Who logs in: `PGUSER` with the password in `password`, which only psql and its kin ever get in
# their environment. Another role for one call: `PGUSER=… password=… open_session …`.
# Database names go by the environment: as an argument, `a=b host=evil` is a connection string.
#
# ## Environment
#
# - `PGDATABASE`: home: where the locks are and the catalog is read; no other job may have another one
# - `BOOTSTRAP`: the CronJob that makes roles and sets passwords, for advice (left out:
#   `<SERVER_POD>-bootstrap`); empty: none does, because the server is someone's who manages it,
#   without a superuser for us, and who may suspend it while nothing is active
#
# ## Log lines
#
# - `event=said by= text=`: what a program wrote to its stderr; `by` where the text does not say it
# - `event=lock name= result=waiting|held seconds=`: `server` is an advisory lock, `destination` a
#   file beside the backups
set -Eeuo pipefail

# Nothing that was given to a role or a database as its setting may stop or change what is done here,
# or by which role (none: by the one that logged in), and nothing that an owner made in his database is
# called (pg_catalog alone). A node that is lost says no goodbye: after a minute its sessions end, and
# with them what they had locked. One whose client was killed ends in the middle of a long statement, too.
export PGCLIENTENCODING=UTF8 PGAPPNAME="underpin ${action:?}"
export PGOPTIONS='-c search_path=pg_catalog -c client_min_messages=warning -c statement_timeout=0
 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0
 -c quote_all_identifiers=off -c role=none
 -c default_transaction_isolation=read\ committed -c default_transaction_deferrable=off -c array_nulls=on
 -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3
 -c tcp_user_timeout=60000 -c client_connection_check_interval=10s'
# Of a superuser's sessions, from 17 on.
readonly no_event_triggers=' -c event_triggers=off'

# pin_for VERSION: what an older server does not know.
pin_for() {
    ((10#${1%%[!0-9]*} < 17)) || PGOPTIONS+=' -c transaction_timeout=0'
}

# (Bootstrap makes its own home first.)
home=${PGDATABASE:?}
readonly bootstrap=${BOOTSTRAP-${SERVER_POD-}-bootstrap}
# Whoever answers under the server's name may ask for the password in clear, and a client gives it. By SCRAM he
# learns nothing. (libpq 15 passes over it. A managed server asks as it likes, behind its certificate.)
[[ -z $bootstrap ]] || export PGREQUIREAUTH=scram-sha-256

# What is known of a database, and what is done to one, as variables of psql: on a server of ours the functions of
# underpin.sql, in a schema that no owner writes to; at a managed one, whose databases are one owner's, what
# everybody has. The last four are for format().
if [[ -n $bootstrap ]]; then
    readonly statements=(-v mark=underpin.mark -v acts_for=underpin.acts_for
        -v set_mark='call underpin.set_mark(%L, %L)' -v rename='call underpin.rename(%L, %L)'
        -v let_in='call underpin.let_in(%L, %L)' -v give='call underpin.give(%L, %L)')
else
    readonly statements=(-v mark=shobj_description -v acts_for=pg_has_role
        -v set_mark='comment on database %I is %L' -v rename='alter database %I rename to %I'
        -v let_in='alter database %I allow_connections %s' -v give='alter database %I owner to %I')
fi

# Of each session by its name: its pipes and its process.
declare -A session_in=() session_out=() session_process=()
password=
readonly end_of_answer='== end of answer =='

# ── Statements ────────────────────────────────────────────────────────────────────────────────────

# sql DATABASE ARGUMENTS…: runs psql with these arguments (`-f /scripts/x.sql`, `-v name=value`), or
# the SQL on stdin if there are none. Its rows come to $work/rows, its errors to $work/errors.
# (psql does not look whether its output could be written; cat does.) `within`
# stands before psql: a command of the caller's that bounds it; `psql_first` are options that come first.
within=() psql_first=()
sql() {
    local database=$1 rows writer rc=0
    shift
    (($# > 0)) || set -- -f -
    exec {rows}> >(trap - TERM INT EXIT ERR && exec cat >"${work:?}/rows" 2>/dev/null)
    writer=$!
    PGDATABASE=$database PGPASSWORD=$password PGOPTIONS="$PGOPTIONS $(in_encoding)" await apart \
        "${within[@]}" psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose "${statements[@]}" "${psql_first[@]}" "$@" >&"$rows" 2>"$work/errors" {rows}>&- || rc=$?
    exec {rows}>&-
    wait "$writer" || end 1 "what the server said while $doing could not be kept: is /tmp full? A retry may help"
    return "$rc"
}

# with_path PATH COMMAND…: what the command opens falls back to this search path by RESET. Scripts of
# some extensions read it and go back to it. Each statement that needs another path sets its own. The
# path is one word of psql's options: without spaces, or with a backslash before each.
with_path() {
    local PGOPTIONS="$PGOPTIONS -c search_path=$1"
    shift
    "$@"
}

# in_encoding: PGCLIENTENCODING as an option. Neon's proxy passes on options, and drops what else a
# client sets as it connects, without a word.
in_encoding() {
    printf '%s' "-c client_encoding=$PGCLIENTENCODING"
}

# reason [FILE]: leaves the first error in such a file (left out: of the last sql) in REPLY, on one
# line and without what psql puts around it, and its SQLSTATE, if it has one, in SQLSTATE.
reason() {
    SQLSTATE=
    REPLY=$(grep -m 1 -E 'ERROR:|FATAL:|PANIC:|error:' "${1-$work/errors}" 2>/dev/null) || REPLY='it was killed'
    if [[ $REPLY =~ (ERROR|FATAL|PANIC):\ +([0-9A-Z]{5}):\ (.*) ]]; then
        SQLSTATE=${BASH_REMATCH[2]}
        REPLY=${BASH_REMATCH[3]}
    elif [[ $REPLY =~ (ERROR|FATAL|PANIC):\ +(.*) || $REPLY =~ (error):\ +(.*) ]]; then
        REPLY=${BASH_REMATCH[2]}
    fi
    without_value "$REPLY" "$SQLSTATE"
}

# How PostgreSQL's messages begin that repeat a value, where no SQLSTATE stands before them.
readonly repeats_value='^(invalid (input (syntax|value) for|value|cidr|hexadecimal|symbol|regular expression|XML|URI|Unicode) |invalid name syntax|(date/time|interval) field value out of range|malformed |value "|time zone |syntax error in ts|(timestamp|interval|date) units? "|unit ")|^".*" (is out of range|is not a valid) | of jsonpath input'

# without_value MESSAGE SQLSTATE: an error of PostgreSQL's in REPLY, without the value that it could not read (class
# 22): it is a part of a row. A value may hold quotes and line breaks, so that only what stands before it is kept, and
# words that PostgreSQL alone puts behind it.
without_value() {
    local behind=
    REPLY=$1
    [[ $1 == *\"* ]] || return 0
    [[ ${2-} == 22[0-9A-Z][0-9A-Z][0-9A-Z] && $2 != 22021 && $2 != 22P05 || $1 =~ $repeats_value ]] || return 0
    [[ ! $1 =~ \"(\ is\ out\ of\ range\ for\ type\ [a-z\ ]+|\ not\ recognized)$ ]] || behind=${BASH_REMATCH[1]}
    REPLY="${1%%\"*}\"…\"$behind"
}

# show FILE [PROGRAM]: what a program said, in lines of ours. Of errors the details and contexts are left out: they
# hold rows, and logs are read by more people than tables. A row may hold line breaks, and then looks like a line of
# anybody's: after the first detail nothing is told any more.
show() {
    local line said message state count=0 REPLY
    [[ -s $1 ]] || return 0
    while IFS= read -r line || [[ -n $line ]]; do
        [[ ! $line =~ ^(DETAIL|CONTEXT|QUERY|STATEMENT):|(DETAIL|CONTEXT|detail):\  ]] || break
        [[ -n $line && $line != LOCATION:* ]] || continue
        ((++count <= 50)) || break
        said='' message=$line state=
        [[ $line != *ERROR:\ \ * ]] || said=${line%%ERROR:  *}'ERROR:  ' message=${line#*ERROR:  }
        [[ ! $message =~ ^([0-9A-Z]{5}):\ (.*) ]] || state=${BASH_REMATCH[1]} said+="$state: " message=${BASH_REMATCH[2]}
        without_value "$message" "$state"
        said+=$REPLY
        shorten "$said" 2000
        quote "$REPLY"
        log "event=said${2:+ by=$2} text=$REPLY"
        [[ $said == "$line" ]] || break
    done <"$1"
}

# ── Sessions ──────────────────────────────────────────────────────────────────────────────────────

# apart COMMAND…: the command without the sessions' pipes; a child that had them would keep a session
# alive after this script. The lock of the destination it keeps: while it can write there, that is
# not free. For a child alone: it does not return.
apart() {
    local fd
    for fd in "${session_in[@]}" "${session_out[@]}"; do
        exec {fd}>&-
    done
    exec "$@"
}

# open_session NAME DATABASE [OPTIONS]: NAME is one word of ours; OPTIONS are added to PGOPTIONS.
open_session() {
    local name=$1 in out
    rm -f "$work/$name.in" "$work/$name.out"
    mkfifo "$work/$name.in" "$work/$name.out"
    PGDATABASE=$2 PGPASSWORD=$password PGOPTIONS="$PGOPTIONS $(in_encoding) ${3-}" apart \
        psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose "${statements[@]}" -f - \
        <"$work/$name.in" >"$work/$name.out" 2>"$work/$name.errors" &
    session_process[$name]=$!
    exec {in}>"$work/$name.in" {out}<"$work/$name.out"
    session_in[$name]=$in session_out[$name]=$out
}

# ask NAME SQL: sends it; what comes back is for `answer`.
ask() {
    { printf '%s\n\\echo %s\n' "$2" "$end_of_answer" >&"${session_in[$1]}"; } 2>/dev/null || true
}

# answer NAME [SECONDS]: all rows of what was asked, in the array ROWS. Returns 1 when the session has
# ended or has not answered in time, and is of no more use; then REPLY and SQLSTATE say why.
answer() {
    local name=$1 rc patience=()
    (($# < 2)) || patience=(-t "$2")
    ROWS=()
    while true; do
        rc=0
        IFS= read -r "${patience[@]}" -u "${session_out[$name]}" REPLY || rc=$?
        if ((rc == 0)); then
            [[ $REPLY != "$end_of_answer" ]] || return 0
            ROWS+=("$REPLY")
        elif ((rc > 128)); then
            REPLY="the server did not answer within $2 s" SQLSTATE=
            return 1
        else
            wait "${session_process[$name]}" 2>/dev/null || true
            reason "$work/$name.errors"
            return 1
        fi
    done
}

# has_answered NAME: whether there is something to read, be it the end. A read that gives up after a
# while could lose what comes in that moment.
has_answered() {
    read -r -t 0 -u "${session_out[$1]}"
}

# close_session NAME: ends it; what it had open is rolled back.
close_session() {
    local name=$1 in out
    [[ -n ${session_in[$name]-} ]] || return 0
    in=${session_in[$name]} out=${session_out[$name]}
    exec {in}>&- {out}<&-
    unset "session_in[$name]" "session_out[$name]"
    kill "${session_process[$name]}" 2>/dev/null || true # in the middle of a statement it hears no end
    wait "${session_process[$name]}" 2>/dev/null || true
}

# ── The server ────────────────────────────────────────────────────────────────────────────────────

# keep_awake: a server that suspends while nothing is active would take the locks with it: a lock of a
# session that does nothing is no activity, an open transaction is. It sees nothing, so that it holds
# no vacuum up.
keep_awake() {
    open_session awake "$home" '-c client_connection_check_interval=1s'
    ask awake 'begin;'
    answer awake 60 || end 1 "the server was lost while $doing ($REPLY): a retry may help"
}

# take_server_lock SESSION KEY: opens the session and holds the advisory lock of that key with it,
# after waiting for whoever has it.
take_server_lock() {
    local name=$1 key="hashtextextended('$2', 0)" since=$SECONDS said=$SECONDS
    doing="waiting until no other job holds the lock \"$2\""
    # The server looks for the end of this script while it waits, too.
    open_session "$name" "$home" '-c client_connection_check_interval=1s'
    ask "$name" "select pg_try_advisory_lock($key);"
    answer "$name" 60 || end 1 "the lock was not answered ($REPLY): a retry may help"
    if [[ ${ROWS[0]-} == f ]]; then
        ask "$name" "$(holder_of "$key")"
        answer "$name" 60 || lost_lock "$REPLY"
        quote "another $2 runs, and this waits for its end${ROWS[0]:+: ${ROWS[0]}}"
        log "event=lock name=server result=waiting seconds=0 message=$REPLY"
        ask "$name" "select pg_advisory_lock($key) is not null;"
        until has_answered "$name"; do
            if ((SECONDS - said >= 30)); then
                said=$SECONDS
                log "event=lock name=server result=waiting seconds=$((SECONDS - since))"
            fi
            pause 1
        done
        answer "$name" 60 || lost_lock "$REPLY"
    fi
    [[ ${ROWS[0]-} == t ]] || end 1 "the lock was answered with \"${ROWS[*]}\": a retry may help"
    log "event=lock name=server result=held seconds=$((SECONDS - since))"
}

# holder_of KEY: SQL for who has that lock: a session that hangs is ended by its process number.
holder_of() {
    cat <<SQL
select format('process %s, %s, of role %s from %s, since %s', a.pid, to_json(application_name), to_json(usename::text),
              coalesce(host(client_addr), 'the server itself'), to_char(backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
from (select $1 as key) as wanted
join pg_locks on locktype = 'advisory' and granted and objsubid = 1 and classid = (key >> 32 & 4294967295)::oid and objid = (key & 4294967295)::oid
join pg_stat_activity a on a.pid = pg_locks.pid and datname = current_database()
limit 1;
SQL
}

lost_lock() {
    end 1 "the lock was lost while $doing ($1): a retry may help"
}

# hold_server_lock SESSION: ends the script if the session does not hold a lock any more.
hold_server_lock() {
    ask "$1" "select count(*) from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid();"
    answer "$1" 60 || lost_lock "$REPLY"
    [[ ${ROWS[*]} == 1 ]] || lost_lock 'the server does not know it'
}

# ── The destination ───────────────────────────────────────────────────────────────────────────────

# take_destination_lock FILE: a lock that ends with this script and all its children. busybox's flock
# cannot wait for a time, so this asks.
take_destination_lock() {
    local since=$SECONDS said=$((SECONDS - 30)) rc
    destination_lock=$1
    doing="waiting until no other job holds the lock $1"
    [[ ! -e $1 && ! -L $1 || -f $1 && ! -L $1 ]] || end 3 "the lock $1 on the backup volume is not a plain file, so it was not made by a backup: look at who else writes to this volume, and remove it"
    if ! : 2>/dev/null >>"$1"; then
        end 3 "the backup volume is not writable for uid $(id -u) (owner and mode of ${1%/*}: $(stat -c '%u:%g %a' "${1%/*}")): mount it read-write, or on the storage side chown its top directory to $(id -u):$(id -g)"
    fi
    exec {destination_fd}>>"$1"
    while true; do
        rc=0
        flock -n "$destination_fd" || rc=$?
        ((rc != 0)) || break
        if ((rc != 1)); then
            end 3 "the backup volume does not support file locks (flock ended with $rc), and without one two backups could prune each other: use other storage, or turn locks on in its mount options"
        fi
        if ((SECONDS - said >= 30)); then
            said=$SECONDS
            log "event=lock name=destination result=waiting seconds=$((SECONDS - since))"
        fi
        pause 1
    done
    log "event=lock name=destination result=held seconds=$((SECONDS - since))"
}

# hold_destination_lock: ends the script if the locked file is not the one of that name any more.
hold_destination_lock() {
    [[ /proc/self/fd/$destination_fd -ef $destination_lock ]] || lost_lock "$destination_lock is not there any more"
}
