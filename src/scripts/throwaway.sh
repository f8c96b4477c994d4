#!/usr/bin/env bash
# The server of a drill: made in /scratch, reached by a socket of the pod, gone with it. A part of
# drill.sh, sourced, never run.
#
# Nothing in it is worth its password, but what is restored runs in it as roles that must not become
# superuser: so each login asks for a password, which is random and nowhere but in this shell.
#
# ## Log lines
#
# - `event=server result=ready version=`
# - `event=role name= result=…` and `event=membership …` as bootstrap has them, and
#   `event=role name= result=not-in-spec`: the backup names it and the spec does not: it is made here
#   without login, and a restore into a new cluster would ask for it; `created`: one of our own, of a
#   feature that the drill's server has no use for
set -Eeuo pipefail

readonly data=/scratch/data server_log=/scratch/server.log
server_runs=

# What the SQL of bootstrap reads. No one looks at this server, and no certificate of it is renewed.
export BACKUP_ROLE RESTORE_ROLE RESTORE_LOGIN=yes ROLES
export RELOAD_ROLE='' RELOAD_LOGIN=no MONITORING_ROLE='' MONITORING_LOGIN=no

# random: a password, in REPLY.
random() {
    REPLY=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
}

# What a drill that was killed has left lies here no more: another pod has another volume.
empty_scratch() {
    find /scratch -mindepth 1 -maxdepth 1 ! -name lost+found -exec rm -rf {} + 2>/dev/null || true
}

is_running() {
    local process=
    { read -r process <"$data/postmaster.pid"; } 2>/dev/null && kill -0 "$process" 2>/dev/null
}

# make_server: its files. It leaves the superuser's password in superuser_password.
make_server() {
    local version flags=() rc=0
    step server 'making a server in /scratch'
    empty_scratch
    version=$(postgres --version)
    version=${version#*) } version=${version%% *}
    # No one reads these pages twice.
    ((10#${version%%[!0-9]*} < 18)) || flags+=(--no-data-checksums)
    case ${LOCALE_PROVIDER:?} in
        builtin) flags+=(--locale-provider=builtin --builtin-locale="${LOCALE:?}") ;;
        icu) flags+=(--locale-provider=icu --icu-locale="${LOCALE:?}") ;;
        *) flags+=(--locale-provider=libc) ;;
    esac
    random
    superuser_password=$REPLY
    (umask 077 && printf '%s\n' "$superuser_password" >"$work/password")
    await initdb -D "$data" --username=postgres --pwfile="$work/password" --auth=scram-sha-256 --encoding=UTF8 --no-sync --no-instructions \
        --lc-collate="${LC_COLLATE_NAME:?}" --lc-ctype="${LC_CTYPE_NAME:?}" \
        --lc-messages=C --lc-monetary=C --lc-numeric=C --lc-time=C "${flags[@]}" >"$work/rows" 2>"$work/errors" || rc=$?
    rm -f "$work/password"
    ((rc == 0)) || no_server "$work/errors"
    printf 'local all all scram-sha-256\n' >"$data/pg_hba.conf"
    write_settings "${version%%[!0-9]*}"
}

# start_server: pg_ctl makes it no child of this shell and no member of its group: it outlives whoever is
# logged in.
start_server() {
    export PGHOST=$work
    await pg_ctl start -w -s -t 120 -D "$data" -l "$server_log" >"$work/rows" 2>"$work/errors" || no_server "$server_log"
    server_runs=yes
    export PGUSER=postgres
    password=$superuser_password
    query "$home" <<<"select current_setting('server_version'), system_identifier from pg_control_system()"
    REPLY=$(<"$work/rows")
    server_version=${REPLY%|*}
    log "event=server result=ready version=${server_version%% *}"
    pin_for "$server_version"
}

# no_server FILE: what it said last tells why.
no_server() {
    local file=$1
    show "$file"
    show "$work/errors"
    if grep -q 'No space left' "$file" "$work/errors" 2>/dev/null; then
        end 3 "the scratch volume is full before anything was restored${scratch_size:+: grow $scratch_size}"
    fi
    REPLY=$(grep -m 1 -E 'FATAL:|ERROR:|error:' "$file") || REPLY='the log above says more'
    end 1 "the $action's own server does not start: $REPLY; if it is a setting of the spec that it does not start with, a retry will not help"
}

# write_settings MAJOR: what the spec sets first, then what a drill needs, which counts.
write_settings() {
    local mebibytes=$((${MEMORY_BYTES:?} / 1024 / 1024))
    {
        printf '%s\n' 'max_locks_per_transaction = 512' "$SETTINGS"
        cat <<CONF
listen_addresses = ''
unix_socket_directories = '$work'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 30
shared_buffers = '$((mebibytes / 8 > 16 ? mebibytes / 8 : 16))MB'
maintenance_work_mem = '$((mebibytes / 16 > 16 ? mebibytes / 16 : 16))MB'
work_mem = '$((mebibytes / 128 > 4 ? mebibytes / 128 : 4))MB'
dynamic_shared_memory_type = mmap
huge_pages = off
# It is thrown away.
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '128MB'
min_wal_size = '32MB'
archive_mode = off
# Nothing that lives in a database acts.
max_worker_processes = 0
max_logical_replication_workers = 0
max_replication_slots = 0
autovacuum = off
max_prepared_transactions = 0
# What went wrong is told to whoever asked. This goes to the scratch volume.
logging_collector = off
log_destination = stderr
log_min_messages = warning
log_min_error_statement = panic
log_statement = none
CONF
        (($1 < 17)) || printf 'event_triggers = off\nallow_alter_system = off\n'
    } >>"$data/postgresql.conf"
}

stop_server() {
    [[ -e $data/postmaster.pid ]] || return 0
    pg_ctl stop -w -s -t 20 -m immediate -D "$data" >/dev/null 2>&1 || true
}

as_superuser() {
    PGUSER=postgres password=$superuser_password "$@"
}

# tell: the rows of a query, which are log lines.
tell() {
    query "$@"
    log_lines "$work/rows"
}

# make_roles: as bootstrap makes them, with passwords of this drill's own.
make_roles() {
    step roles 'making roles as bootstrap does'
    if [[ $MANAGED == true ]]; then
        make_managed_role
    else
        tell "$home" -f "$scripts/own-roles.sql"
        tell "$home" -f "$scripts/roles.sql"
        tell "$home" -f "$scripts/memberships.sql"
        DIGEST=it query "$home" -f "$scripts/underpin.sql"
    fi
    random
    backup_password=$REPLY
    if [[ $RESTORE_ROLE != "$BACKUP_ROLE" ]]; then
        random
        give_password "$RESTORE_ROLE" "$REPLY"
        restorer_password=$REPLY
    else
        restorer_password=$backup_password
    fi
    give_password "$BACKUP_ROLE" "$backup_password"
    restorer=$RESTORE_ROLE
    if [[ $AS_SUPERUSER == true ]]; then
        restorer=postgres restorer_password=$superuser_password
    fi
    export PGUSER=$restorer
    password=$restorer_password
}

# give_password ROLE PASSWORD: and let it log in. It leaves PASSWORD in REPLY.
give_password() {
    PGPASSWORD=$superuser_password set_password "$1" "$2" || end 1 "the password of a role of the drill's own server could not be set: ${REPLY##*$'\n'}"
    ROLE=$1 query "$home" <<'SQL'
\getenv role ROLE
select format('alter role %I login', :'role') \gexec
SQL
    REPLY=$2
}

# make_managed_role: what the owner of databases is at such a server, who restores as himself.
make_managed_role() {
    query "$home" <<'SQL'
\getenv role RESTORE_ROLE
select format('create role %I login inherit createdb createrole bypassrls', :'role'),
       format('grant pg_read_all_data, pg_write_all_data, pg_signal_backend to %I', :'role') \gexec
SQL
}

# make_missing_roles: those that the database names, and its tablespaces. At a managed server the role that restores
# is a member of them. Who restores as superuser finds those that are superusers as such: what runs
# by their rights, like a materialized view of theirs, may need them.
make_missing_roles() {
    DESCRIPTION=$work/expected-database.json as_superuser tell "$home" <<'SQL'
\set description `cat -- "$DESCRIPTION"`
\getenv as_superuser AS_SUPERUSER
select format('create role %I nologin%s', name, case when :'as_superuser' = 'true' and :'description'::jsonb -> 'superusers' ? name then ' superuser' else '' end),
       format('select %L', format('event=role name=%s result=%s', to_json(name), case when name ~ '^underpin_' then 'created' else 'not-in-spec' end))
from jsonb_array_elements_text(:'description'::jsonb -> 'roles') as name
where not exists (select from pg_roles where rolname = name)
\gexec
set allow_in_place_tablespaces = on;
select format('create tablespace %I location %L', name, '')
from jsonb_array_elements_text(:'description'::jsonb -> 'tablespaces') as name
where not exists (select from pg_tablespace where spcname = name)
\gexec
SQL
    [[ -s $work/rows ]] || return 0
    [[ $MANAGED == true ]] || return 0
    as_superuser query "$home" <<'SQL'
\getenv role RESTORE_ROLE
select current_setting('server_version_num')::int >= 160000 as has_options \gset
select format('grant %I to %I%s', rolname, :'role', case when :'has_options' then ' with inherit true, set true' else '' end)
from pg_roles where oid >= 16384 and rolname <> :'role' and not pg_has_role(:'role'::name, oid, 'member')
\gexec
SQL
}
