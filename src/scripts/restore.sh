#!/usr/bin/env bash
# Restores one database from a backup: into a working database, with proof, and then by a rename.
#
# Until the rename the database that serves is not touched; the rename is one transaction. A failure,
# a kill or a lost connection at any step leaves the server as it was but for the working database
# `underpin_restoring`, which the next run drops. It counts as restored only if what the backup role
# reads in it is what was read at backup time: rows, values, sequences, large objects, schema, grants
# and settings. What differs is not thrown away: it is kept aside, closed, as `<INTO>_differs_<time>`,
# and restored once a person has accepted exactly the list of what differs.
#
# Nothing that people may have written into is dropped: a database whose name is wanted is kept,
# closed, as `<name>_replaced_<time>`; only one that is empty, and marked as ours, goes.
#
# A server may refuse the rename, a managed one above all. Then what was restored and proven is kept,
# as `<DATABASE>_restored_<time>` if that is not refused too.
#
# A pod may end after the rename and before it has said so. The mark of what was restored names the
# Job, and the Job's next pod finds it and does nothing more.
#
# What a backup holds is run as SQL, and so by a login of this one restore, which has the rights of that
# database's owners and no other's (loader.sh). What only a superuser can make again is refused by name, unless AS_SUPERUSER.
#
# ## Environment
#
# - `PGHOST`, `PGPORT`, `PGCONNECT_TIMEOUT`, `PGSSLMODE`, `PGSSLROOTCERT`: the server, as libpq reads them
# - `PGDATABASE`, `BOOTSTRAP`: as session.sh has them; `SERVER_POD`: the StatefulSet's name, for advice
# - `NAME`, `NAMESPACE`: whose backups; they are in `/backups/<NAME>`, which is only read
# - `POD`: its name; `JOB_UID`: of the Job, the same for all its pods; empty: each does everything
# - `DATABASE`: which database; `INTO`: under what name (empty: `<DATABASE>_restored`)
# - `BACKUP`: `latest` or an id; `BEFORE`: RFC 3339, the newest that had ended by then (or empty). Where
#   the newest is damaged, or does not hold the database, no older one is taken without a word: it ends
#   with 3 and the line that takes that one
# - `ACCEPT`: what a restore that was kept aside says: the digest of a list of differences that will do
# - `REPLACE`: `true`: under its own name, and the one that serves is kept as `<DATABASE>_replaced_<time>`
# - `OWNERS`: JSON, roles that may own something in it, beside the owner of the spec and those that do in the
#   database of that name
# - `TABLES`: JSON, `["table", "schema.table"]`: the rows, indexes and keys of these alone; `[]`: all
# - `AS_SUPERUSER`: `true`: as superuser, who also makes roles that are missing, without login
# - `DATABASES`: JSON, `[{"name": …}]`, those of the spec; `BACKUP_ROLE`, `RESTORE_ROLE`: they may be one
# - `INTO_OF_SPEC`: what the spec has for INTO, which beside `REPLACE=true` no one has typed
# - `STORAGE_BYTES`: what the server's volume may hold; empty: not known
# - `JOBS`: how many tables at once; `DEADLINE_SECONDS`: after so long it gives up, and its log stays
#
# Files: `/secrets/backup`; `/secrets/restore`, or with AS_SUPERUSER `/secrets/superuser`.
#
# ## Exit codes
#
# - 0: restored and proven
# - 1: failed or gave up, a retry may help
# - 3: a retry will not help: something must be changed first; the last line says what
# - 143: the pod was stopped
#
# ## Log lines
#
# Names are JSON strings.
#
# - those of session.sh, login.sh, choice.sh, manifest.sh, restoring.sh, target.sh, load.sh, loader.sh,
#   structure.sh, equal.sh, aside.sh and swap.sh
# - `event=step name= seconds=`: what begins now: `choose`, `check`, `prepare`, `create`, `schemas`,
#   `extensions`, `load`, `grants`, `policies`, `views`, `settings`, `proof`, `schema`, `analyze`, `swap`,
#   `mark`; `open` in the place of `create` to `settings`: what was kept aside is proven; `aside`
# - `event=choice id= result=restored`: by a pod of the same Job before
# - `event=restore result=done|stopped id= database= into= kept= seconds=`
set -Eeuo pipefail
readonly scripts=${BASH_SOURCE[0]%/*}
action=restore
source "$scripts/lib.sh"
source "$scripts/values.sh"
source "$scripts/run.sh"
source "$scripts/session.sh"
source "$scripts/proof.sh"
source "$scripts/login.sh"
source "$scripts/schema.sh"
source "$scripts/definitions.sh"
source "$scripts/needs.sh"
source "$scripts/restoring.sh"
source "$scripts/order.sh"
source "$scripts/manifest.sh"
source "$scripts/advice.sh"
source "$scripts/choice.sh"
source "$scripts/target.sh"
source "$scripts/archive.sh"
source "$scripts/load.sh"
source "$scripts/loader.sh"
source "$scripts/salvage.sh"
source "$scripts/structure.sh"
source "$scripts/equal.sh"
source "$scripts/aside.sh"
source "$scripts/swap.sh"

readonly backup_file=/secrets/backup restore_file=/secrets/restore superuser_file=/secrets/superuser
job_line "$NAME-backups"
readonly otherwise="choose another backup ($REPLY lists them)"
job_line "$bootstrap"
readonly bootstrap_again=$REPLY
export PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off"
made=no # the working database
id=

# step NAME WORDS: what follows is done under the lock; who has lost it leaves it to whoever has it now.
step() {
    doing=$2
    log "event=step name=$1 seconds=$SECONDS"
    hold_server_lock restoring
}

# failure WHAT: ends it by what an error says.
failure() {
    local unchanged='nothing that serves was changed'
    # What is read is a copy of its table of contents, with links to its files.
    set -- "${1//"${archive:-/}/"/"${folder-}/dump/"}"
    refused_trial "$1"
    show "$work/errors"
    case $1 in
        *'password authentication failed for user "underpin_load_'*)
            # Another restore ends the loader of one that has lost its lock.
            hold_server_lock restoring
            end 3 "restore failed while $doing: $1; $unchanged. The login that this restore has made for itself no longer works as it was made: only what was restored can have changed it, by the code that it holds (functions of checks, domains, generated columns)"
            ;;
        *': No space left on device') end 3 "the server's volume is full while $doing: grow its claim; $unchanged" ;;
        'it was killed' | *'worker process died'*)
            kubectl_line "describe pod $POD"
            end 1 "a program of this job was killed while $doing; $REPLY may tell by what (memory?): a retry may help; $unchanged" ;;
        *'terminate process'* | *'terminate superuser process'*)
            end 1 "a superuser is logged in to the working database $working: end that session, then a retry may help; $unchanged" ;;
        *'not currently accepting connections'*) ;;
        *"Couldn't connect to compute node"* | *'Control plane request failed'* | *'the database system is'* | *'connection to server'* | *'closed the connection'* | *'terminating connection'* | *'connection not open'* | \
            *'no connection to the server'* | *'onnection reset'* | *'onnection timed out'* | *'could not translate host name'* | \
            *'could not send data'* | *'could not receive data'* | *'SSL SYSCALL'* | *'too many clients'*)
            end 1 "the server was lost while $doing ($1): a retry may help; $unchanged" ;;
        *'deadlock'* | *'canceling statement'* | *'out of memory'* | *'tuple concurrently updated'*)
            end 1 "the server gave up while $doing ($1): a retry may help; $unchanged" ;;
    esac
    [[ $(meaning_of "$1") != limit ]] || end 1 "Neon let no more sessions in while $doing ($1): a retry may help; $unchanged"
    end 3 "restore failed while $doing: $1; $unchanged"
}

# Who has lost the lock may find another's working database under that name.
clean_up() {
    [[ -z $reused ]] || close_kept
    [[ $made != yes ]] || drop_made
    end_loader
}

# drop_made: the working database, if it is this pod's.
drop_made() {
    RESTORER=$restorer PGUSER=$restorer PGDATABASE=$home PGPASSWORD=$restorer_password timeout 20 psql -X -w -q -A -t "${statements[@]}" -f - >/dev/null 2>&1 <<'SQL'
\getenv pod POD
\getenv restorer RESTORER
select format(:'give', datname, :'restorer'), 'drop database underpin_restoring with (force)'
from pg_database
where datname = 'underpin_restoring' and split_part(:mark(oid, 'pg_database'), ' by ', 2) = :'pod'
\gexec
SQL
}

# done_before: whether a pod of this Job has restored it already.
done_before() {
    [[ -n $JOB_UID ]] || return 1
    query "$home" <<'SQL'
\getenv job JOB_UID
select substring(mark from '^underpin: restored (\S+) of '), to_json(datname::text)
from pg_database cross join lateral :mark(oid, 'pg_database') as mark
where mark ~ '^underpin: restored ' and split_part(mark, ' by ', 2) = :'job';
SQL
    REPLY=$(<"$work/rows")
    [[ -n $REPLY ]] || return 1
    id=${REPLY%%|*} target=${REPLY#*|}
    log "event=choice id=$id result=restored"
}

main() {
    local advice
    begin
    : "${JOB_UID:=}"
    export JOB_UID OWNERS=${OWNERS-}
    doing='reading the environment'
    judge_restore

    doing='reading passwords'
    read_password "$backup_file" || end 3 "$REPLY"
    backup_password=$PASSWORD
    PGUSER=$RESTORE_ROLE
    if [[ $AS_SUPERUSER == true ]]; then
        [[ -n $bootstrap ]] || end 3 "AS_SUPERUSER is true, and a managed server has no superuser to log in as: restore without it, or into a server of your own"
        PGUSER=postgres
        read_password "$superuser_file" || end 3 "$REPLY; a restore gets it only with as_superuser = true in the spec, under [restore]: write that and apply it"
    else
        [[ -n $bootstrap ]] || read_password "$restore_file" || end 3 "$REPLY"
        read_password "$restore_file" || end 3 "$REPLY; the restore role can only log in as long as its Secret $NAME-restore (or the one that restore.secret in the spec names) is there: make it, with the key password, and run bootstrap ($bootstrap_again)"
    fi
    export PGUSER
    password=$PASSWORD
    restorer=$PGUSER restorer_password=$PASSWORD # also while the backup role reads
    PASSWORD=

    advice="put the password into the Secret and run bootstrap ($bootstrap_again)"
    may_try=no
    [[ -n $bootstrap ]] || advice=$managed_password may_try=yes
    wait_for_server 10 "$advice, then restore again"
    take_server_lock restoring 'underpin restore'
    query "$home" <<'SQL'
select system_identifier::text || ' ' || coalesce((
    select string_agg(substring(:mark(oid, 'pg_database') from '^underpin: restored \S+ of server (\d+) in '), ' ') from pg_database), '')
from pg_control_system();
SQL
    read -r system_identifier restored_from <"$work/rows"
    kept=
    close_left_open
    kept_before
    if done_before; then
        drop_aside
    else
        choose_backup
        read_manifest
        find_database
        check_database
        prepare
        open_loader
        if [[ -n $reused ]]; then
            open_kept
        else
            create_database
            load_database
        fi
        prove
        analyze
        close_loader
        swap
    fi
    quote "$DATABASE"
    log "event=restore result=done id=$id database=$REPLY into=$target kept=$kept seconds=$SECONDS"
}

if [[ -z ${SUPERVISED-} ]]; then
    supervise
fi
main
