#!/usr/bin/env bash
# The snapshot that a database is backed up from: a session that holds it, and a lock on each table.
# A part of backup.sh, sourced, never run.
#
# A table that is held exclusively is asked for again and again for a minute, each time for
# less than a second and with all locks given back between, so that no one queues behind a backup
# that itself waits.
#
# ## Log lines
#
# - `event=snapshot id= db= folder= result=started|made|retry tables= seconds= detail=`
set -Eeuo pipefail

readonly lock_patience=60

# sql_inside ARGUMENTS…: sql in this database. Its owner may lock what any statement needs, even what a login needs.
sql_inside() {
    local PGOPTIONS="$PGOPTIONS -c lock_timeout=5s" within=(timeout -k 5 120)
    sql "$database" "$@"
}

# names_of_locked: leaves in who which tables of this database are held exclusively, or waited for. Asked inside the
# database, where tables have names; without an aggregate, since the catalog of these may be the one that is held.
names_of_locked() {
    who=
    if sql_inside <<'SQL'; then
select format('%s by process %s (%s)', to_json(relation::regclass::text), l.pid, to_json(coalesce(application_name, '')))
from pg_locks l left join pg_stat_activity a on a.pid = l.pid
where l.database = (select oid from pg_database where datname = current_database())
and locktype = 'relation' and mode = 'AccessExclusiveLock';
SQL
        who=$(<"$work/rows")
        who=${who//$'\n'/, }
    fi
    who=${who:-a table}
}

# take_snapshot: opens the session `snapshot` with all tables locked and leaves its id in snapshot,
# its place in the log in lsn. Locks first, because a TRUNCATE between a snapshot and the reading
# makes the snapshot read nothing. When the database is gone, or has another name,
# `gone` is yes.
take_snapshot() {
    local since=$SECONDS why who before after readable held
    gone=no
    doing="taking a snapshot of the database $database_json"
    while true; do
        close_session snapshot
        why=
        # lock_timeout is shorter than deadlock_timeout: no other's transaction is ever the victim.
        open_session snapshot "$database" "-c lock_timeout=900ms$rows_options"
        # Names of a database that has no encoding may be any bytes, and must come back as they are.
        ask snapshot "select set_config('client_encoding', 'SQL_ASCII', false) where getdatabaseencoding() = 'SQL_ASCII' \\g $work/nothing
\\set locks $work/locks.sql
\\set rows $work/tables
\\set matviews $work/matviews
\\i $scripts/catalog-tables.sql
select oid from pg_database where datname = current_database();"
        # A login may wait for a lock, and no timeout of the server's ends that.
        if answer snapshot 120; then
            # It may have this name only since the list was made.
            before=${ROWS[0]} database_oid=${ROWS[1]}
            tables=${before%%|*}
            log "event=snapshot id=$backup_id db=$database_json folder=$folder result=started tables=$tables"
            count_locks
            ask snapshot "begin isolation level repeatable read, read only;
set local statement_timeout = '10s';
\\i $work/locks.sql
set local statement_timeout = 0;
\\o $work/files
\\i $scripts/catalog-files.sql
\\o
\\i $scripts/catalog-tables.sql
select pg_export_snapshot(), case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end;"
            if answer snapshot; then
                after=${ROWS[0]}
                IFS='|' read -r _ _ readable held encoding database_bytes <<<"$after"
                if [[ ${after%%"|$readable|"*} == "${before%%"|$readable|"*}" ]]; then
                    # A list that was cut off would be one of fewer tables.
                    [[ $(wc -l <"$work/tables") == "$readable" && ($held == "$tables" || $locking == no) ]] ||
                        end 1 "the tables of the database $database_json could not be listed and locked ($held of $tables): is /tmp full? A retry may help"
                    IFS='|' read -r snapshot lsn <<<"${ROWS[1]}"
                    log "event=snapshot id=$backup_id db=$database_json folder=$folder result=made tables=$tables seconds=$((SECONDS - since))"
                    return 0
                fi
                why='tables were made, dropped or renamed meanwhile'
            fi
        fi
        if [[ -z $why ]]; then
            case $SQLSTATE:$REPLY in
                55P03:* | 57014:* | 40P01:*)
                    close_session snapshot
                    names_of_locked
                    why="locked: $who"
                    ;;
                3F000:* | 42P01:* | 42809:*) why=$REPLY ;; # dropped between the list and the lock
                *"database "*' does not exist'* | 57P01:* | *'is being dropped'*)
                    if ! still_there || [[ $REPLY == *'database "'*'" does not exist' ]]; then
                        gone=yes
                        return 0
                    fi
                    fail "the database $database_json could not be read" "$SQLSTATE" "$REPLY"
                    ;;
                *)
                    show "$work/snapshot.errors" psql
                    fail "the database $database_json could not be read" "$SQLSTATE" "$REPLY"
                    ;;
            esac
        fi
        close_session snapshot
        quote "$why"
        log "event=snapshot id=$backup_id db=$database_json folder=$folder result=retry seconds=$((SECONDS - since)) detail=$REPLY"
        if ((SECONDS - since >= lock_patience)); then
            end 1 "the tables of the database $database_json could not be locked for reading within $lock_patience s ($why): end that transaction, or back up when it does not run; a retry may help"
        fi
        pause 1
    done
}

# read_inside SCRIPT: what it says in the session of the snapshot, which has a lock on each table already:
# in $work/rows, its errors in $work/errors.
read_inside() {
    ask snapshot "savepoint reading;
\\set inside yes
\\o $work/rows
\\i $scripts/$1.sql
\\o
rollback to savepoint reading;"
    answer snapshot || {
        cp "$work/snapshot.errors" "$work/errors"
        return 1
    }
}

# still_there: whether the database is; a server that does not answer does not say that it is gone.
still_there() {
    sql "$home" -v oid="$database_oid" <<<"select count(*) from pg_database where oid = :'oid';" || return 0
    [[ $(<"$work/rows") != 0 ]]
}

# count_locks: pg_dump holds a lock on each table, the session too, and each further process of
# pg_dump one on each table that it has read. Where the server's table has no room for all these,
# pg_dump's own must do, of one process: `attempt` looks at the end whether that was enough.
count_locks() {
    dump_jobs=${JOBS:?} locking=yes
    if ((tables * 2 + 500 >= locks)); then
        dump_jobs=1
        locking=no
        : >"$work/locks.sql"
    fi
}
