#!/usr/bin/env bash
# Makes the roles, databases and extensions of the spec, sets passwords, and reloads the settings.
#
# It can run at any time and as often as one likes: what is right stays untouched, and a second run
# changes nothing. It never drops a role or a database and never takes a right away: what the
# server has beyond the spec is logged. Only the roles of our own are held to exactly what they
# need. Several at once wait for each other. One thing that cannot be done (a missing extension, an
# empty password) does not keep the rest from being done.
#
# ## Environment
#
# - `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGCONNECT_TIMEOUT`: the server, as libpq reads them
# - `ROLES`: JSON, `[{"name": …, "password": "/secrets/role.…", "member_of": […]}]`
# - `DATABASES`: JSON, `[{"name": …, "owner": …, "extensions": […]}]`
# - `BACKUP_ROLE`, `RESTORE_ROLE`, `RELOAD_ROLE`, `MONITORING_ROLE`: the roles of our own; empty: not
#   wanted
# - `SETTINGS`: what `underpin.settings` in the server's postgresql.conf shall come to be
# - `DEADLINE_SECONDS`: after so long it gives up, and its log stays
# - `SERVER_POD`: the StatefulSet's name, for advice
#
# Files: `/secrets/superuser`; the passwords of the roles, each in the file that `ROLES` names;
# `/secrets/backup`, the backup role's; `/secrets/restore`, `/secrets/reload` and `/secrets/monitoring`,
# those of the roles that are called so, each of which can log in only as long as its file is there.
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
# - those of `session.sh` and `login.sh` until it has the lock
# - `event=role name= result=created|present|changed|may-log-in|may-not-log-in|beyond-spec`
# - `event=membership name= role= result=granted|present|missing|beyond-spec|revoked`
# - `event=password name= result=present|set|missing|refused`
# - `event=database name= owner= result=created|present|owner-changed|owner-missing|invalid|beyond-spec`
# - `event=access database= role= result=granted|present`: the right to connect
# - `event=extension database= name= result=created|present|missing|failed|waiting`
# - `event=settings result=waiting|current|reloaded`; `event=setting name= result=needs-restart|refused`
# - `event=home result=created|refused`: the database of our own
# - `event=bootstrap result=done|incomplete|stopped seconds=`
set -Eeuo pipefail
readonly scripts=${BASH_SOURCE[0]%/*}
action=bootstrap
source "$scripts/lib.sh"
source "$scripts/run.sh"
source "$scripts/session.sh"
source "$scripts/login.sh"

readonly superuser_file=/secrets/superuser backup_file=/secrets/backup restore_file=/secrets/restore
readonly reload_file=/secrets/reload monitoring_file=/secrets/monitoring
readonly pod=$SERVER_POD-0
# kubelet brings a changed ConfigMap into a running pod within about 90 s.
readonly settings_patience=180
# A new image may still be on its way, when it came with the same change as the extension.
readonly extension_patience=60

# The roles and the rest must not be stopped by settings that someone gave to the superuser.
export PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off"
# Empty: not wanted.
export BACKUP_ROLE=${BACKUP_ROLE-} RESTORE_ROLE=${RESTORE_ROLE-} RESTORE_LOGIN=no
export RELOAD_ROLE=${RELOAD_ROLE-} RELOAD_LOGIN=no MONITORING_ROLE=${MONITORING_ROLE-} MONITORING_LOGIN=no

# What could not be done while the rest went on, and how to end then.
problems=() code=3

# ── Statements ────────────────────────────────────────────────────────────────────────────────────

# step DATABASE: the SQL on stdin as the superuser; its rows are log lines, an error ends the script.
step() {
    local rc=0
    hold_server_lock lock
    PGOPTIONS="$PGOPTIONS -c lock_timeout=60s" sql "$1" -v VERBOSITY=default -f - || rc=$?
    log_lines "$work/rows"
    show "$work/errors"
    ((rc == 0)) || give_up
}

# step_rows DATABASE: like step, but the rows are data, separated by tabs, and are not shown.
# Names hold no control characters: a tab or a newline is always a separator.
step_rows() {
    sql "$1" -v VERBOSITY=default -F $'\t' -f - || give_up
}

give_up() {
    reason
    end 1 "bootstrap failed while $doing: $REPLY; a retry may help"
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

# ── The steps ─────────────────────────────────────────────────────────────────────────────────────
# All SQL with names in it is made inside the server, by format('%I'), from the JSON.
# \gexec runs each column of each row as a statement: what to do, then the log line.

# look_for_passwords: without theirs, these roles cannot log in.
look_for_passwords() {
    if has_password "$RESTORE_ROLE" "$restore_file"; then
        RESTORE_LOGIN=yes
    fi
    if has_password "$RELOAD_ROLE" "$reload_file"; then
        RELOAD_LOGIN=yes
    fi
    if has_password "$MONITORING_ROLE" "$monitoring_file"; then
        MONITORING_LOGIN=yes
    fi
    unset PASSWORD
}

# has_password ROLE FILE
has_password() {
    [[ -n $1 && -e $2 ]] || return 1
    read_password "$2" || {
        password_is_missing "$1" "$REPLY"
        return 1
    }
}

# make_home: the database `underpin`, for what Jobs keep on the server and for their locks. No owner of a database may
# connect to it. It is closed until that is so; a run that was killed before is done again.
make_home() {
    local tries=0
    doing='making the database underpin'
    until sql postgres -f "$scripts/home.sql"; do
        # Another bootstrap makes it at the same time, and has no lock yet either.
        ((++tries < 5)) || give_up
        pause 1
    done
    ! grep -q '^event=home result=refused' "$work/rows" || {
        log_lines "$work/rows"
        end 3 'a database underpin is there that is not ours: rename it (alter database underpin rename to …), then run bootstrap again. Jobs keep there what no owner of a database may change'
    }
    log_lines "$work/rows"
    home=underpin
}

# make_schema: what is in it.
make_schema() {
    doing='making what is in the database underpin'
    DIGEST=$(sha256sum <"$scripts/underpin.sql") step underpin <"$scripts/underpin.sql"
}

make_roles() {
    doing='making roles'
    step postgres <"$scripts/own-roles.sql"
    step postgres <"$scripts/roles.sql"
}

grant_memberships() {
    doing='granting memberships'
    step postgres <"$scripts/memberships.sql"
    note 'event=membership ' missing 'the role that it shall be a member of is missing on the server: add it to the roles of the spec' || true
}

# A password that logs in is left as it is, so that a second run does not change pg_authid.
set_passwords() {
    local files=() names=() file name i
    doing='setting passwords'
    step_rows postgres <<'SQL'
\getenv roles ROLES
select password, name from jsonb_to_recordset(:'roles') as roles(name text, password text);
SQL
    while IFS=$'\t' read -r file name; do
        files+=("$file") names+=("$name")
    done <"$work/rows"
    if [[ -n $BACKUP_ROLE ]]; then
        files+=("$backup_file") names+=("$BACKUP_ROLE")
    fi
    if [[ $RELOAD_LOGIN == yes ]]; then
        files+=("$reload_file") names+=("$RELOAD_ROLE")
    fi
    if [[ $RESTORE_LOGIN == yes ]]; then
        files+=("$restore_file") names+=("$RESTORE_ROLE")
    fi
    if [[ $MONITORING_LOGIN == yes ]]; then
        files+=("$monitoring_file") names+=("$MONITORING_ROLE")
    fi
    for i in "${!names[@]}"; do
        if read_password "${files[i]}"; then
            hold_server_lock lock
            set_role_password "${names[i]}"
        else
            password_is_missing "${names[i]}" "$REPLY"
        fi
    done
    unset PASSWORD
}

# password_is_missing ROLE WHY
password_is_missing() {
    quote "$1"
    problems+=("role $REPLY: $2, then run bootstrap again")
    log "event=password name=$REPLY result=missing"
}

set_role_password() {
    local role=$1 name result=present
    quote "$role"
    name=$REPLY
    log_in "$role" "$PASSWORD"
    if [[ $LOGIN == wrong ]]; then
        result='set'
        PGPASSWORD=$password set_password "$role" "$PASSWORD" ||
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

# Only now: with LOGIN first, the password of an earlier Secret would be in force for a moment.
let_own_roles_log_in() {
    doing='letting our own roles log in'
    step postgres <<'SQL'
\getenv restore_role RESTORE_ROLE
\getenv restore_login RESTORE_LOGIN
\getenv reload_role RELOAD_ROLE
\getenv reload_login RELOAD_LOGIN
\getenv monitoring_role MONITORING_ROLE
\getenv monitoring_login MONITORING_LOGIN
select format('alter role %I login', rolname),
       format('select %L', format('event=role name=%s result=may-log-in', to_json(rolname::text)))
from pg_roles
where (rolname, 'yes') in ((:'restore_role', :'restore_login'), (:'reload_role', :'reload_login'), (:'monitoring_role', :'monitoring_login'))
and not rolcanlogin
order by rolname
\gexec
SQL
}

make_databases() {
    doing='making databases'
    step underpin <"$scripts/databases.sql"
    note 'event=database ' owner-missing 'its owner is no role of the server: add it to the roles of the spec' || true
    note 'event=database ' invalid 'a drop of it was interrupted, and it can only be dropped: drop database, then run bootstrap again' || true
}

grant_access() {
    doing='letting our own roles into the databases'
    step postgres <"$scripts/access.sql"
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

make_extensions_in() {
    doing='making extensions'
    with_path "\"\$user\",public" step "$1" <"$scripts/extensions.sql"
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
            kubectl_line "logs $pod"
            ((waited < 15)) || end 1 "the server did not take the new postgresql.conf: its log says why ($REPLY)"
            pause 1
            waited=$((waited + 1))
        done
        log 'event=settings result=reloaded'
    fi
    step postgres <<'SQL'
select format('event=setting name=%s result=%s', to_json(coalesce(file.name, '')),
              case when now.pending_restart then 'needs-restart' else 'refused detail=' || to_json(file.error)::text end)
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
    hold_server_lock lock
    step_rows postgres <<SQL
\\getenv settings SETTINGS
select coalesce($1, '') = :'settings';
SQL
    [[ $(<"$work/rows") == t ]]
}

main() {
    begin
    doing='reading the superuser'"'"'s password'
    read_password "$superuser_file" || end 3 "$REPLY"
    password=$PASSWORD

    kubectl_line "exec $pod -- /scripts/set-superuser-password"
    wait_for_server 0 "either the Secret is the new one, then run $REPLY; or put the password that is in force back into the Secret; then run bootstrap again"
    make_home
    take_server_lock lock 'underpin bootstrap'
    look_for_passwords
    make_roles
    make_schema
    grant_memberships
    set_passwords
    let_own_roles_log_in
    make_databases
    grant_access
    make_extensions
    apply_settings

    if ((${#problems[@]} > 0)); then
        log "event=bootstrap result=incomplete seconds=$SECONDS problems=${#problems[@]}"
        if ((${#problems[@]} > 1)); then
            log_lines <(printf '%s\n' "${problems[@]:1}")
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
