#!/usr/bin/env bash
# Makes the roles, databases and extensions of the spec, sets passwords, and reloads the settings.
#
# It can run at any time and as often as one likes: what is right stays untouched, and a second run
# changes nothing. It never drops a role or a database and never takes a right away: what the
# server has beyond the spec is logged. Several at once wait for each other. One thing that cannot
# be done (a missing extension, an empty password) does not keep the rest from being done.
#
# ## Environment
#
# - `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGCONNECT_TIMEOUT`: the server, as libpq reads them
# - `ROLES`: JSON, `[{"name": …, "password": "/secrets/role.…", "member_of": […]}]`
# - `DATABASES`: JSON, `[{"name": …, "owner": …, "extensions": […]}]`
# - `SETTINGS`: what `underpin.settings` in the server's postgresql.conf shall come to be
# - `DEADLINE_SECONDS`: after so long it gives up, and its log stays
# - `SERVER_POD`: the StatefulSet's name, for advice
#
# Files: `/secrets/superuser`; the passwords of the roles, each in the file that `ROLES` names.
#
# ## Exit codes
#
# - 0: all is as the spec says
# - 1: failed or gave up, a retry may help
# - 3: a retry will not help: something must be changed first; the last line says what
# - 143: the pod was stopped
#
# ## Log lines
#
# Names are JSON strings. `beyond-spec` and `missing` are warnings.
#
# - `event=wait result=no-answer|starting|busy seconds= detail=`
# - `event=server result=ready version=`
# - `event=lock result=waiting|held`
# - `event=role name= result=created|present|may-log-in|beyond-spec`
# - `event=membership name= role= result=granted|present|missing|beyond-spec`
# - `event=password name= result=present|set|missing|refused`
# - `event=database name= owner= result=created|present|owner-changed|owner-missing|invalid|beyond-spec`
# - `event=extension database= name= result=created|present|missing|failed`
# - `event=settings result=waiting|current|reloaded`; `event=setting name= result=needs-restart|refused`
# - `event=bootstrap result=done|incomplete|stopped seconds=`
set -Eeuo pipefail
source "${BASH_SOURCE[0]%/*}/lib.sh"

readonly superuser_file=/secrets/superuser
readonly TERMINATION_MESSAGE=/dev/termination-log
readonly pod=$SERVER_POD-0
# kubelet brings a changed ConfigMap into a running pod within about 90 s.
readonly settings_patience=180
# A new image may still be on its way, when it came with the same change as the extension.
readonly extension_patience=60

# The lock, the roles and the rest must not be stopped by settings that somebody gave to the
# superuser or to a database. pg_catalog: nothing that an owner made in his database is called.
export PGCLIENTENCODING=UTF8 PGAPPNAME='underpin bootstrap'
export PGOPTIONS='-c search_path=pg_catalog -c client_min_messages=warning -c statement_timeout=0
 -c lock_timeout=60s -c idle_in_transaction_session_timeout=0 -c idle_session_timeout=0
 -c default_transaction_read_only=off'

# ── The deadline ──────────────────────────────────────────────────────────────────────────────────

# activeDeadlineSeconds of the Job deletes pod and log with it, so this one comes earlier.
supervise() {
    local child rc stop=no
    SUPERVISED=yes timeout -k 30 "$DEADLINE_SECONDS" "${BASH_SOURCE[0]}" &
    child=$!
    trap 'stop=yes; kill -TERM "$child" 2>/dev/null || true' TERM INT
    while true; do
        rc=0
        wait "$child" || rc=$?
        kill -0 "$child" 2>/dev/null || break # a trap interrupts wait before the child has ended
    done
    [[ $stop == no ]] || exit 143
    case $rc in
        # coreutils' timeout says 124, busybox's hands on how the child ended.
        124 | 137 | 143)
            log "event=bootstrap result=stopped seconds=$SECONDS"
            ((SECONDS >= DEADLINE_SECONDS)) || end 1 "bootstrap was killed: kubectl describe pod may tell by what (memory?)"
            exit 1
            ;;
        *) exit "$rc" ;;
    esac
}

# ── The server ────────────────────────────────────────────────────────────────────────────────────

doing='starting'
# What could not be done while the rest went on, and how to end then.
problems=() code=3

stopped() {
    local jobs
    mapfile -t jobs < <(jobs -p)
    kill "${jobs[@]}" 2>/dev/null || true
    end 1 "bootstrap was stopped, by its deadline of $DEADLINE_SECONDS s or because the pod was deleted, while $doing"
}

failed() {
    # In subshells too the trap is called; the sentence is for the script itself to say.
    ((BASH_SUBSHELL == 0)) || return 0
    end 1 "bootstrap failed in line $1 while $doing: the log above says more; a retry may help"
}

# sql DATABASE: runs the SQL on stdin as the superuser and leaves its rows in $work/rows.
# The name goes by the environment: as an argument, psql would read `a=b host=evil` as a
# connection string.
sql() {
    local rc=0
    PGDATABASE=$1 PGPASSWORD=$superuser_password psql -X -w -q -A -t -v ON_ERROR_STOP=1 -f - \
        <&0 >"$work/rows" 2>"$work/errors" &
    wait "$!" || rc=$?
    return "$rc"
}

# reason: the first error of the last sql, without the hints after it.
reason() {
    grep -m 1 -E 'ERROR:|FATAL:|error:' "$work/errors" || printf 'psql was killed\n'
}

# step DATABASE: sql, then its rows are log lines; an error ends the script.
step() {
    hold_lock
    if ! sql "$1"; then
        cat "$work/rows"
        cat "$work/errors" >&2
        end 1 "bootstrap failed while $doing: $(reason); a retry may help"
    fi
    cat "$work/rows"
    cat "$work/errors" >&2
}

wait_for_server() {
    local said=-30 result hint
    doing="waiting for the server at $PGHOST"
    until sql postgres <<<'show server_version'; do
        REPLY=$(reason)
        hint=
        case $REPLY in
            *'password authentication failed'*)
                end 3 "the server refuses the superuser's password of the Secret: either the Secret is the new one, then run kubectl exec $pod -- /scripts/set-superuser-password; or put the password that is in force back into the Secret; then run bootstrap again"
                ;;
            *'no pg_hba.conf entry'*) end 3 "the server's pg_hba.conf lets nobody in from here: $REPLY" ;;
            *'starting up'* | *'shutting down'* | *'recovery'* | *'not yet accepting'*) result=starting ;;
            *'too many clients'* | *'connection slots'*) result=busy ;;
            *)
                result=no-answer
                hint="; if the server's pod is ready, then a NetworkPolicy or DNS is in the way"
                ;;
        esac
        doing="waiting for the server at $PGHOST ($result: $REPLY)$hint"
        if ((SECONDS - said >= 30)); then
            said=$SECONDS
            quote "$REPLY$hint"
            log "event=wait result=$result seconds=$SECONDS detail=$REPLY"
        fi
        pause 1
    done
    log "event=server result=ready version=$(<"$work/rows")"
}

# ── The lock ──────────────────────────────────────────────────────────────────────────────────────

# One session holds an advisory lock while others do the work; it ends with this script, whose end
# of the pipe closes, and the server looks for that while it waits too.
take_lock() {
    local said=$SECONDS
    doing='waiting for another bootstrap to end'
    mkfifo "$work/questions" "$work/answers"
    PGDATABASE=postgres PGPASSWORD=$superuser_password \
        PGOPTIONS="$PGOPTIONS -c lock_timeout=0 -c client_connection_check_interval=1s" \
        psql -X -w -q -A -t -v ON_ERROR_STOP=1 -f - <"$work/questions" >"$work/answers" &
    exec 7>"$work/questions" 8<"$work/answers"
    printf '%s\n' "select pg_try_advisory_lock(hashtextextended('underpin bootstrap', 0));" >&7
    hear 60
    if [[ $REPLY == f ]]; then
        log 'event=lock result=waiting message="another bootstrap runs; waiting for its end"'
        printf '%s\n' "select pg_advisory_lock(hashtextextended('underpin bootstrap', 0)) is not null;" >&7
        until hear 1; do
            if ((SECONDS - said >= 30)); then
                said=$SECONDS
                log "event=lock result=waiting seconds=$SECONDS"
            fi
        done
    fi
    [[ $REPLY == t ]] || end 1 "the lock was answered with \"$REPLY\": a retry may help"
    log 'event=lock result=held'
}

# hear SECONDS: the lock session's next line; 1 when there is none yet; no way back when it is gone.
hear() {
    local rc=0
    read -r -t "$1" -u 8 REPLY || rc=$?
    ((rc != 0)) || return 0
    ((rc > 128)) || end 1 "the connection to the server was lost, and with it the lock, while $doing: a retry may help"
    return 1
}

hold_lock() {
    { printf '%s\n' "select count(*) from pg_locks where locktype = 'advisory' and granted and pid = pg_backend_pid();" >&7; } 2>/dev/null || true
    hear 60 || true
    [[ $REPLY == 1 ]] || end 1 "the lock was lost while $doing: a retry may help"
}

# ── The steps ─────────────────────────────────────────────────────────────────────────────────────
# All SQL with names in it is made inside the server, by format('%I'), from the JSON.
# \gexec runs each column of each row as a statement: what to do, then the log line.

make_roles() {
    doing='making roles'
    step postgres <<'SQL'
\getenv roles ROLES
select case when have.oid is null then format('create role %I login', want.name)
            when not have.rolcanlogin then format('alter role %I login', want.name) end,
       format('select %L', format('event=role name=%s result=%s', to_json(want.name),
              case when have.oid is null then 'created' when have.rolcanlogin then 'present' else 'may-log-in' end))
from rows from (jsonb_to_recordset(:'roles') as (name text)) with ordinality as want(name, position)
left join pg_roles have on have.rolname = want.name
order by position
\gexec
select format('event=role name=%s attribute=%s result=beyond-spec', to_json(rolname::text), attribute)
from jsonb_to_recordset(:'roles') as want(name text)
join pg_roles on rolname = want.name
cross join lateral (values ('superuser', rolsuper), ('createrole', rolcreaterole), ('createdb', rolcreatedb),
                           ('replication', rolreplication), ('bypassrls', rolbypassrls)) as beyond(attribute, given)
where given
order by 1;
select format('event=role name=%s result=beyond-spec', to_json(rolname::text))
from pg_roles
where rolcanlogin and oid >= 16384 and rolname not in (select name from jsonb_to_recordset(:'roles') as want(name text))
order by 1;
SQL
}

grant_memberships() {
    doing='granting memberships'
    step postgres <<'SQL'
\getenv roles ROLES
select case when groups.oid is not null and have.roleid is null then format('grant %I to %I', want.role, want.name) end,
       format('select %L', format('event=membership name=%s role=%s result=%s', to_json(want.name), to_json(want.role),
              case when groups.oid is null then 'missing' when have.roleid is null then 'granted' else 'present' end))
from (select name, jsonb_array_elements_text(coalesce(member_of, '[]')) as role
      from jsonb_to_recordset(:'roles') as roles(name text, member_of jsonb)) as want
join pg_roles member on member.rolname = want.name
left join pg_roles groups on groups.rolname = want.role
left join (select distinct roleid, member from pg_auth_members) as have
       on have.roleid = groups.oid and have.member = member.oid
order by want.name, want.role
\gexec
select distinct format('event=membership name=%s role=%s result=beyond-spec', to_json(want.name), to_json(groups.rolname::text))
from jsonb_to_recordset(:'roles') as want(name text, member_of jsonb)
join pg_roles member on member.rolname = want.name
join pg_auth_members have on have.member = member.oid
join pg_roles groups on groups.oid = have.roleid
where not coalesce(want.member_of, '[]') ? groups.rolname::text
order by 1;
SQL
    note 'event=membership ' missing 'the role that it shall be a member of is missing on the server: add it to the roles of the spec' || true
}

# A password that logs in is left as it is, so that a second run does not change pg_authid.
set_passwords() {
    local files=() names=() i file name
    doing='setting passwords'
    step_rows postgres <<'SQL'
\getenv roles ROLES
select password, name from jsonb_to_recordset(:'roles') as roles(name text, password text);
SQL
    while IFS=$'\t' read -r file name; do
        files+=("$file") names+=("$name")
    done <"$work/rows"
    for i in "${!names[@]}"; do
        quote "${names[i]}"
        name=$REPLY
        if ! read_password "${files[i]}"; then
            problems+=("role $name: $REPLY, then run bootstrap again")
            log "event=password name=$name result=missing"
            continue
        fi
        hold_lock
        set_role_password "${names[i]}" "$name"
    done
    unset PASSWORD
}

set_role_password() {
    local role=$1 name=$2 result=present
    log_in "$role" "$PASSWORD"
    if [[ $LOGIN == wrong ]]; then
        result='set'
        PGPASSWORD=$superuser_password set_password "$role" "$PASSWORD" ||
            end 1 "the password of role $name could not be set: ${REPLY##*$'\n'}"
        log_in "$role" "$PASSWORD"
    fi
    case $LOGIN in
        right) ;;
        wrong)
            result=refused
            problems+=("role $name: its password was set, but the server still refuses it: is it past its VALID UNTIL? then alter role … valid until 'infinity'")
            ;;
        *) end 1 "role $name cannot log in: ${REPLY%%$'\n'*}; a retry may help" ;;
    esac
    log "event=password name=$name result=$result"
}

# step_rows DATABASE: like step, but the rows are data, separated by tabs, and are not shown.
# Names hold no control characters: a tab or a newline is always a separator.
step_rows() {
    sql "$1" < <(printf '%s\n' "\\pset fieldsep '\\t'" && cat) ||
        end 1 "bootstrap failed while $doing: $(reason); a retry may help"
}

# template0, so that a database is the same on every server, whatever was added to template1.
# A new one stays closed until its mark is on it, and an unmarked closed one is known by its limit
# of 0: CREATE DATABASE cannot share a transaction with COMMENT, and a kill may come between them.
make_databases() {
    doing='making databases'
    step postgres <<'SQL'
\getenv databases DATABASES
create temporary table want as
select want.name, want.owner, want.position, have.oid as id, have.datdba <> owner.oid as owner_differs,
       case when have.datconnlimit = -2 then 'invalid'
            when owner.oid is null then 'owner-missing'
            when have.oid is null
              or have.datconnlimit = 0 and not have.datallowconn and shobj_description(have.oid, 'pg_database') is null
            then 'created'
            when have.datdba <> owner.oid then 'owner-changed'
            else 'present' end as result
from rows from (jsonb_to_recordset(:'databases') as (name text, owner text)) with ordinality as want(name, owner, position)
left join pg_roles owner on owner.rolname = want.owner
left join pg_database have on have.datname = want.name;

select case when result = 'created' and id is null
            then format('create database %I owner %I template template0 allow_connections false connection limit 0', name, owner) end,
       case when owner_differs and result in ('created', 'owner-changed') then format('alter database %I owner to %I', name, owner) end,
       case when result = 'created' then 'begin' end,
       case when result = 'created' then format('comment on database %I is %L', name, 'underpin: made by bootstrap') end,
       case when result = 'created' then format('alter database %I allow_connections true connection limit -1', name) end,
       case when result = 'created' then 'commit' end,
       format('select %L', format('event=database name=%s owner=%s result=%s', to_json(name), to_json(owner), result))
from want
order by position
\gexec
select format('event=database name=%s owner=%s result=beyond-spec', to_json(datname::text), to_json(pg_get_userbyid(datdba)::text))
from pg_database
where oid >= 16384 and not datistemplate and datname not in (select name from want)
order by 1;
SQL
    note 'event=database ' owner-missing 'its owner is no role of the server: add it to the roles of the spec' || true
    note 'event=database ' invalid 'a drop of it was interrupted, and it can only be dropped: drop database, then run bootstrap again' || true
}

make_extensions() {
    local databases name since
    doing='listing databases with extensions'
    step_rows postgres <<'SQL'
\getenv databases DATABASES
select want.name
from jsonb_to_recordset(:'databases') as want(name text, extensions jsonb)
join pg_database on datname = want.name and datallowconn and datconnlimit <> -2
where jsonb_array_length(coalesce(want.extensions, '[]')) > 0;
SQL
    mapfile -t databases <"$work/rows"
    since=$SECONDS
    while true; do
        missing=()
        for name in "${databases[@]}"; do
            make_extensions_in "$name"
        done
        ((${#missing[@]} > 0 && SECONDS - since < extension_patience)) || break
        log "event=extension result=waiting seconds=$((SECONDS - since)) message=\"a server of another image may be on its way\""
        pause 10
        databases=("${missing[@]}")
    done
    databases=("${missing[@]}")
    for name in "${databases[@]}"; do
        make_extensions_in "$name"
        note 'event=extension ' missing 'the image does not have this extension: use an image that has it, or take it out of the spec' || true
    done
}

# CREATE EXTENSION puts objects into the first schema of the search path: public, as in any session,
# and only for that statement. One that fails does not keep the next from being made.
make_extensions_in() {
    doing='making extensions'
    step "$1" <<'SQL'
\getenv databases DATABASES
create temporary table want as
select want.name, want.position,
       case when available.name is null then 'missing' when have.oid is not null then 'present' end as result
from jsonb_to_recordset(:'databases') as databases(name text, extensions jsonb)
cross join lateral jsonb_array_elements_text(extensions) with ordinality as want(name, position)
left join pg_available_extensions available on available.name = want.name
left join pg_extension have on have.extname = want.name
where databases.name = current_database();

\set ON_ERROR_STOP off
select 'set search_path = public', format('create extension if not exists %I cascade', name), 'set search_path = pg_catalog'
from want
where result is null
order by position
\gexec
\set ON_ERROR_STOP on
select format('event=extension database=%s name=%s result=%s', to_json(current_database()::text), to_json(want.name),
              coalesce(result, case when have.oid is null then 'failed' else 'created' end))
from want
left join pg_extension have on have.extname = want.name
order by position;
SQL
    if grep -q ' result=missing$' "$work/rows"; then
        missing+=("$1")
    fi
    # It may need a shared library that the server has only after the restart under way.
    if note 'event=extension ' failed 'create extension failed, its error stands in the log'; then
        code=1
    fi
}

# The server reads the same file as its own pod sees, which kubelet brings up to date; reloading
# earlier would apply the old one. A new session shows whether the reload has arrived.
apply_settings() {
    local waited=0
    doing="waiting until the server's pod has the new postgresql.conf"
    until settings_are "(select setting from pg_file_settings where name = 'underpin.settings' order by seqno desc limit 1)"; do
        if ((waited >= settings_patience)); then
            end 1 "after $waited s the server's pod still has another postgresql.conf than this bootstrap was made for: were both applied? A retry may help"
        fi
        ((waited % 30 != 0)) || log "event=settings result=waiting seconds=$waited"
        pause 2
        waited=$((waited + 2))
    done
    doing='reloading the settings'
    if settings_are "current_setting('underpin.settings', true)"; then
        log 'event=settings result=current'
    else
        step_rows postgres <<<'select pg_reload_conf()'
        waited=0
        until settings_are "current_setting('underpin.settings', true)"; do
            ((waited < 15)) || end 1 "the server did not take the new postgresql.conf: its log says why (kubectl logs $pod)"
            pause 1
            waited=$((waited + 1))
        done
        log 'event=settings result=reloaded'
    fi
    step postgres <<'SQL'
select format('event=setting name=%s result=%s', to_json(coalesce(file.name, '')),
              case when now.pending_restart then 'needs-restart' else 'refused detail=' || to_json(file.error) end)
from pg_file_settings file
left join pg_settings now on lower(now.name) = lower(file.name)
where file.error is not null
and (file.name is null or file.seqno = (select max(last.seqno) from pg_file_settings last where last.name = file.name))
order by file.seqno;
SQL
    note 'event=setting ' refused 'the server refuses this setting, and would not start with it: correct it in the spec' || true
}

# settings_are EXPRESSION: whether that SQL equals SETTINGS.
settings_are() {
    hold_lock
    step_rows postgres <<SQL
\\getenv settings SETTINGS
select coalesce($1, '') = :'settings';
SQL
    [[ $(<"$work/rows") == t ]]
}

# note START RESULT ADVICE: each log line that starts so and has this result is a problem to end
# with; returns 1 when there is none.
note() {
    local row found=1
    while IFS= read -r row; do
        # At its end: a name may hold the same words.
        if [[ $row == "$1"*" result=$2" || $row == "$1"*" result=$2 detail="* ]]; then
            row=${row#event=}
            problems+=("${row%" result=$2"*}: $3")
            found=0
        fi
    done <"$work/rows"
    return "$found"
}

main() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap stopped TERM INT
    trap 'failed "$LINENO"' ERR
    # A write to the lock session after its end must fail, not kill.
    trap '' PIPE

    doing='reading the superuser'"'"'s password'
    read_password "$superuser_file" || end 3 "$REPLY"
    superuser_password=$PASSWORD

    wait_for_server
    take_lock
    make_roles
    grant_memberships
    set_passwords
    make_databases
    make_extensions
    apply_settings

    if ((${#problems[@]} > 0)); then
        log "event=bootstrap result=incomplete seconds=$SECONDS problems=${#problems[@]}"
        if ((${#problems[@]} > 1)); then
            printf '%s\n' "${problems[@]:1}" >&2
            problems[0]+=" (and $((${#problems[@]} - 1)) more, see the log)"
        fi
        end "$code" "all but this was done: ${problems[0]}"
    fi
    log "event=bootstrap result=done seconds=$SECONDS"
}

if [[ -z ${SUPERVISED-} ]]; then
    supervise
fi
main
