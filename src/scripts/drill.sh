#!/usr/bin/env bash
# Restores a backup into a throw-away server inside this pod, as a restore would, and proves it.
#
# Nothing outside the pod is asked or changed: the backup volume is read, the server listens on a socket
# of the pod alone, and no password of the production server is known here. It restores by the parts of
# restore.sh, as the same role with the same rights: what a restore would be refused, the drill is
# refused. Then what the spec asserts of the databases is asked, read-only.
#
# What lives in a restored database must not act: the server has no worker processes, no autovacuum, and
# from 17 on no event triggers; a subscription is in no dump that can connect; and the pod's policy lets
# nothing out. The server and its files are gone when the script ends, whatever the end is.
#
# ## Environment
#
# - `NAME`, `NAMESPACE`: whose backups; they are in `/backups/<NAME>`, which is only read
# - `POD`: its name
# - `BACKUP`: `latest`: the newest, also if it is damaged; `older`: one of the others, at random; or an id
# - `ROLES`: JSON, `[{"name": …, "member_of": […]}]`, those of the spec
# - `BACKUP_ROLE`, `RESTORE_ROLE`: the roles of our own; of a managed server the one role for both
# - `MANAGED`: `true`: the backups are of a managed server, where no bootstrap makes roles
# - `AS_SUPERUSER`: `true`: as restores of the spec, which are the superuser's
# - `LOCALE_PROVIDER`, `LOCALE`, `LC_COLLATE_NAME`, `LC_CTYPE_NAME`: as start.sh has them
# - `SETTINGS`: lines of postgresql.conf, what a restore needs of the spec's
# - `MEMORY_BYTES`: what the pod has
# - `ASSERTS`: JSON, `[{"database": …, "sql": …}]`; `ASSERT_SECONDS`: how long one may take
# - `JOBS`: how many tables at once; `DEADLINE_SECONDS`: after so long it gives up, and its log stays
#
# Files: `/backups`, the volume, read-only; `/scratch`, for the server.
#
# ## Exit codes
#
# - 0: restored, proven, and all that is asserted is true
# - 1: failed or gave up, a retry may help
# - 3: a retry will not help: the backup cannot be restored, or something asserted is not true; the last
#   line says what
# - 143: the pod was stopped
#
# ## Log lines
#
# Names are JSON strings.
#
# - those of manifest.sh, restoring.sh, load.sh, loader.sh, structure.sh, equal.sh, throwaway.sh and asserts.sh
# - `event=step name= seconds=`: what begins now: `choose`, `server`, `roles`, `check`, `database`, `needs`,
#   `create`, `schemas`, `extensions`, `load`, `grants`, `policies`, `views`, `settings`, `proof`, `schema`, `analyze`,
#   `asserts`, `drop`
# - `event=choice id= result=newest|older|only|named|other-name`: `only`: there is no older one
# - `event=database name= bytes= result=started|proven seconds=`, and `result=as-superuser`: PostgreSQL's
#   own, which no one else restores
# - `event=room bytes= free= result=enough|missing`
# - `event=drill result=proven|stopped id= databases= asserts= seconds=`
set -Eeuo pipefail
readonly scripts=${BASH_SOURCE[0]%/*}
action=drill
# The server of session.sh is the one in this pod.
export PGDATABASE=postgres PGPORT=5432 BOOTSTRAP=none
[[ ${MANAGED:?} != true ]] || BOOTSTRAP=
source "$scripts/lib.sh"
source "$scripts/values.sh"
source "$scripts/run.sh"
source "$scripts/session.sh"
source "$scripts/proof.sh"
source "$scripts/schema.sh"
source "$scripts/definitions.sh"
source "$scripts/needs.sh"
source "$scripts/restoring.sh"
source "$scripts/order.sh"
source "$scripts/manifest.sh"
source "$scripts/archive.sh"
source "$scripts/load.sh"
source "$scripts/loader.sh"
source "$scripts/salvage.sh"
source "$scripts/structure.sh"
source "$scripts/equal.sh"
source "$scripts/throwaway.sh"
readonly scratch_size=backup.drill.size
source "$scripts/asserts.sh"

readonly otherwise="whoever needs this backup cannot restore from it: back up now (where the backup volume is full, grow the claim first), drill that one, and look at the volume's storage"
export PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=off"
TABLES='[]' # all of them
id=
proven=0

# step NAME WORDS: what follows is done on the server of this pod, if it still runs.
step() {
    doing=$2
    log "event=step name=$1 seconds=$SECONDS"
    [[ -z $server_runs ]] || is_running || failure 'it was killed'
}

# failure WHAT: ends it by what an error says.
failure() {
    show "$work/errors"
    case $1 in
        *': No space left on device') end 3 "the scratch volume is full while $doing: grow backup.drill.size; it says nothing against backup $id" ;;
        'it was killed' | *'worker process died'* | *'connection to server'* | *'closed the connection'* | *'terminating connection'* | \
            *'connection not open'* | *'no connection to the server'* | *'the database system is'* | *'could not send data'* | *'could not receive data'*)
            kubectl_line "describe pod $POD"
            end 1 "the drill's own server or a program of this job was killed while $doing ($1); $REPLY may tell by what (memory? then more backup.drill.memory): a retry may help" ;;
        *'out of memory'* | *'canceling statement'* | *'deadlock'*)
            end 1 "the drill's own server gave up while $doing ($1): a retry may help, or more backup.drill.memory" ;;
    esac
    end 3 "${name:+database $name of }backup $id does not restore: $1, while $doing. It is what it was when it was made: fix this in the database, then back up again; the backup's own log (its rehearsal) says more"
}

# unmet SENTENCE: what a restore would be refused for.
unmet() {
    end 3 "a restore of ${name:+database $name of }backup $id would be refused: $1"
}

# differs: what prove calls when something differs.
differs() {
    local more
    first_difference
    [[ ! -s $work/failed ]] ||
        end 3 "${name:+database $name of }backup $id does not come back whole: $REPLY$more. The rows were so when they were backed up: fix this in the database, then back up again; until then a restore keeps all the rest aside, closed (RUNBOOK: A restore that differs)"
    end 3 "what was restored from ${name:+database $name of }backup $id is not what was backed up: $REPLY$more; $otherwise"
}

clean_up() {
    stop_server
    empty_scratch
}

# choose: by name alone. The newest that was published is drilled though its manifest be damaged or
# gone: that is what the drill is there to find.
choose() {
    local found=() folder
    step choose 'choosing a backup'
    look_at_backups
    for folder in "$backups"/*/; do
        id=${folder%/} id=${id##*/}
        [[ $id =~ $like_an_id ]] || continue
        if [[ $id != "$BACKUP" ]] && whole "$id" && field name "$backups/$id/manifest.json" && [[ $REPLY != "$NAME" ]]; then
            log "event=choice id=$id result=other-name"
            continue
        fi
        found=("$id" "${found[@]}") # newest first
    done
    newest_first "${found[@]}"
    found=("${ORDERED[@]}")
    ((${#found[@]} > 0)) || end 3 "there is no backup of $NAME on the backup volume: back up now"
    case $BACKUP in
        latest) id=${found[0]} REPLY=newest ;;
        older)
            if ((${#found[@]} == 1)); then
                id=${found[0]} REPLY=only
            else
                id=${found[RANDOM % (${#found[@]} - 1) + 1]} REPLY=older
            fi
            ;;
        *)
            id=$BACKUP REPLY=named
            [[ " ${found[*]} " == *" $id "* ]] || end 3 "there is no backup $id; there are: ${found[*]:0:10}"
            ;;
    esac
    log "event=choice id=$id result=$REPLY"
    whole "$id" && return 0
    [[ -d $backups/$id ]] || still_there
    end 3 "backup $id is damaged or was never finished: its manifest is missing or is not the one that was published under this id; $otherwise"
}

# room NAME: before anything is loaded. A database is no larger restored than it was; beside it lie the
# write-ahead log and what is sorted.
room() {
    local free unit needed=$((bytes + bytes / 10 + 192 * 1024 * 1024)) result=enough
    read -r free unit < <(stat -f -c '%a %S' /scratch)
    free=$((free * unit))
    ((needed <= free)) || result=missing
    log "event=room bytes=$needed free=$free result=$result"
    [[ $result == enough ]] ||
        end 3 "the scratch volume has no room: database $1 needs $needed bytes and $free are free: grow backup.drill.size"
}

# drill_database NAME: of the folder, of so many bytes. PostgreSQL's own is the superuser's on each server.
drill_database() {
    local name=$1 since=$SECONDS AS_SUPERUSER=$AS_SUPERUSER PGUSER=$PGUSER password=$password
    step database "checking the files of database $name of backup $id"
    log "event=database name=$name bytes=$bytes result=started"
    check_database
    room "$name"
    if [[ $name == '"postgres"' && $MANAGED != true ]]; then
        AS_SUPERUSER=true PGUSER=postgres password=$superuser_password
        log "event=database name=$name result=as-superuser"
    fi
    step roles "making the roles that database $name names"
    make_missing_roles
    step needs "looking whether database $name could be restored"
    check_needs
    open_loader
    create_database
    load_database
    prove
    run_asserts "$name"
    close_loader
    step drop "dropping database $name"
    as_superuser query "$home" <<<"drop database $working with (force)"
    proven=$((proven + 1))
    log "event=database name=$name bytes=$bytes result=proven seconds=$((SECONDS - since))"
}

main() {
    local folders=() sizes=() names=() name i
    begin
    doing='reading the environment'
    judge_drill
    : "${SETTINGS:=}"
    export AS_SUPERUSER ASSERTS
    choose
    make_server
    start_server
    make_roles
    read_manifest
    MANIFEST=$work/manifest.json query "$home" <<'SQL'
\set manifest `cat -- "$MANIFEST"`
select folder, bytes, to_json(name)
from rows from (jsonb_to_recordset(:'manifest'::jsonb -> 'databases') as (name text, folder text, bytes int8)) with ordinality as found(name, folder, bytes, position)
where folder ~ '^\d+$' order by position;
SQL
    while IFS='|' read -r folder bytes name; do
        folders+=("$folder") sizes+=("$bytes") names+=("$name")
    done <"$work/rows"
    ((${#names[@]} > 0)) || end 3 "backup $id holds no database: $otherwise"
    look_for_asserted "$work/manifest.json"
    for i in "${!names[@]}"; do
        folder=${folders[i]} bytes=${sizes[i]} untried=''
        ((i + 1 == ${#names[@]})) || untried="; databases of this backup that were not tried: $((${#names[@]} - i - 1))"
        drill_database "${names[i]}"
    done
    untried=''
    end_by_asserts
    log "event=drill result=proven id=$id databases=$proven asserts=$asserted seconds=$SECONDS"
}

if [[ -z ${SUPERVISED-} ]]; then
    supervise
fi
main
