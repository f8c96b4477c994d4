#!/usr/bin/env bash
# Backs up every database of the server, proves what it holds, publishes it, and only then removes
# what the keep rules no longer hold.
#
# A backup counts once its manifest is there and its folder has its name: until then it is
# `.partial-ID`, which this run removes when it fails, and the next one when it was killed. One
# backup at a time: under the locks, what a dead run left is rubbish. Databases are backed up one
# after the other, each from a snapshot of its own; pg_dump and the proof read the same one. One that
# is missing or fails costs no other one its backup: it is named, and the backup ends with 4.
#
# ## Environment
#
# - `PGHOST`, `PGPORT`, `PGUSER`, `PGCONNECT_TIMEOUT`, `PGSSLMODE`, `PGSSLROOTCERT`: the server, as
#   libpq reads them
# - `PGDATABASE`, `BOOTSTRAP`: as session.sh has them; `SERVER_POD`: the StatefulSet's name, for advice
# - `GLOBALS`: `false`: the server lets no one dump its roles, and there is no globals.sql
# - `OWNED`: `true`: of the server's databases only those whose owner's rights PGUSER has; default
#   privileges of a superuser are the server's own
# - `NAME`, `NAMESPACE`, `POD`: the name of the spec, which is the folder on the volume; this pod
# - `SCHEDULE`: what goes into the manifest; `first` is the backup at deploy, which is patient, and which runs
#   again with each change of its pod: it makes none where a whole one of this server is younger than
#   `YOUNG_SECONDS`, which no other has
# - `VERIFY`: `content` (hashes of all rows), `rows` (their number), `decode` (only that the dump
#   can be read)
# - `DATABASES`: JSON, the names of the spec's databases: one that is not in the backup is missing
# - `EXCLUDE`: JSON, names of databases to leave out
# - `JOBS`: how many tables pg_dump reads at once
# - `KEEP`: JSON, `{"last": …, "daily": …, "weekly": …, "monthly": …, "yearly": …, "minimum": …}`
# - `ADOPT`: `all` makes the backups of other servers under this name this server's own
# - `DEADLINE_SECONDS`: after so long it gives up, and its log stays
#
# Files: `/backups`, the volume; `/secrets/backup`, the role's password.
#
# ## Exit codes
#
# - 0: published and proven; or a backup at deploy that is not needed
# - 1: failed or gave up, a retry may help; nothing was published and nothing removed
# - 3: a retry will not help: something must be changed first; the last line says what; nothing was
#   published and nothing removed
# - 4: published and proven, but not whole: the last line names the databases that are not in it (of
#   those the newest backup that holds one is never removed), or what in one does not come back as it
#   was, with the statement that fixes it, or one whose restore is refused for want of a superuser, or has
#   not been rehearsed for a week. A retry will not help
# - 143: the pod was stopped
#
# ## Log lines
#
# Each step says so before it begins. Names of databases are JSON strings; `folder` is the number of
# the database's folder.
#
# - those of session.sh, login.sh, whose.sh, snapshot.sh, dump.sh, rehearsal.sh, publish.sh, prune.sh,
#   failure.sh and managed.sh
# - `event=leftover name= result=removed`: of a run that was killed
# - `event=room free= needed= result=enough|too-little`
# - `event=first id= result=not-needed`: the backup at deploy makes none, since that one is young and whole
# - `event=begin id= pod= verify= databases=`
# - `event=left-out db= why=`: as it shall be
# - `event=database-missing db= result=gone|failed why=`: it should be in the backup and is not
# - `event=snapshot id= db= folder= result=retry seconds= detail=`: the database is begun anew
# - `event=prune result=failed detail=`: the backup stands, and old ones, too; `postponed message=`: the next backup does it
# - `event=backup id= seconds= result=failed|stopped`
set -Eeuo pipefail
action=backup
readonly scripts=${BASH_SOURCE[0]%/*}
source "$scripts/lib.sh"
source "$scripts/values.sh"
source "$scripts/run.sh"
source "$scripts/session.sh"
source "$scripts/login.sh"
source "$scripts/order.sh"
source "$scripts/destination.sh"
source "$scripts/whose.sh"
source "$scripts/prune.sh"
source "$scripts/schema.sh"
source "$scripts/definitions.sh"
source "$scripts/needs.sh"
source "$scripts/failure.sh"
source "$scripts/proof.sh"
source "$scripts/snapshot.sh"
source "$scripts/unchanged.sh"
source "$scripts/dump.sh"
source "$scripts/rehearsal.sh"
source "$scripts/publish.sh"
source "$scripts/managed.sh"

readonly volume=/backups
# Other users of that volume must not read schemas, roles and settings. (fsGroup gives them to its group.)
umask 077
destination=$volume/${NAME:?}
# What a database takes that holds nothing.
readonly empty_database=$((7 * 1024 * 1024))
export TZ=UTC0 GLOBALS=${GLOBALS:-true} OWNED=${OWNED:-false}
# Whatever the role may, nothing is written.
export PGOPTIONS="$PGOPTIONS -c default_transaction_read_only=on"

backup_id='' partial='' published='' began=$SECONDS number='' token='' started_anew=no
bytes_total=0
# What is backed up; what the spec names; the entries of the manifest; why some are not in it, in
# sentences, and the exit code of the last of these.
databases=() wanted=() objects=() left_out=() missing=()
missing_code=3

# hold: ends the script if one of the locks is lost.
hold() {
    hold_server_lock lock
    hold_destination_lock
}

clean_up() {
    local try
    if [[ -n $partial ]]; then
        for try in 1 2 3; do
            rm -rf "$partial" 2>/dev/null && break
            sleep 0."$try" # a killed child may have made one more file
        done
    fi
    if [[ -z $published && -n $backup_id ]]; then
        log "event=backup id=$backup_id seconds=$((SECONDS - began)) result=failed"
    fi
}

# ── Before ────────────────────────────────────────────────────────────────────────────────────────

# Under both locks: whoever made these is dead.
sweep() {
    local path
    for path in "$destination"/.partial-* "$destination"/.prune-*; do
        [[ -e $path || -L $path ]] || continue
        doing="removing ${path##*/}, which a dead run left"
        await rm -rf "$path"
        quote "${path##*/}"
        log "event=leftover name=$REPLY result=removed"
    done
}

read_server() {
    local rows row
    doing='reading what the server is'
    sql "$home" -f "$scripts/catalog-server.sql" || fail_by "$work/errors" psql 'the server could not be read'
    mapfile -t rows <"$work/rows"
    restored=()
    for row in "${rows[@]}"; do
        case $row in
            'system|'*) IFS='|' read -r _ system_identifier server_version_num server_time <<<"$row" ;;
            'locks|'*) locks=${row#*|} ;;
            'restored|'*) restored+=("${row#*|}") ;;
        esac
    done
    check_clock "$server_time"
    client_version=$(pg_dump --version)
    client_version=${client_version#*) } client_version=${client_version%% *}
    if ((${client_version%%[!0-9]*} < server_version_num / 10000)); then
        end 3 "the server is PostgreSQL $((server_version_num / 10000)) and this image's pg_dump $client_version: give both the same major"
    fi
}

# check_clock SECONDS: what the server's clock says, since 1970. A backup that is of another time than it says is taken
# for the newest, or pruned as an old one.
check_clock() {
    local now apart
    printf -v now '%(%s)T' -1
    apart=$((now - $1))
    ((apart > 300 || apart < -300)) || return 0
    end 3 "the clock of this pod's node differs from that of the server's node by ${apart#-} s (here it is $(date -u +%Y-%m-%dT%H:%M:%SZ)): set the clock that is wrong, then back up again; until then nothing is published and nothing removed"
}

list_databases() {
    local rows row hex oid size why is_wanted name
    doing='listing the databases'
    sql "$home" -f "$scripts/catalog.sql" || fail_by "$work/errors" psql 'the databases could not be listed'
    mapfile -t rows <"$work/rows"
    ((${#rows[@]} > 0)) && [[ ${rows[-1]} == end ]] || end 1 'the databases could not be listed: is /tmp full? A retry may help'
    unset 'rows[-1]'
    bytes_total=0
    for row in "${rows[@]}"; do
        IFS='|' read -r hex oid size why is_wanted name <<<"$row"
        [[ $is_wanted != t ]] || wanted+=("$name")
        if [[ -n $why && $is_wanted == t && $why != 'the spec excludes it' ]]; then
            is_missing "$name" gone "$why"
            continue
        fi
        if [[ -n $why ]]; then
            leave_out "$name" "$why"
            continue
        fi
        databases+=("$hex|$oid|$name")
        bytes_total=$((bytes_total + (size > empty_database ? size - empty_database : 0)))
    done
}

# spare_first: ends the backup at deploy, if a backup of this server is there that is young, whole and proven as the
# spec wants it, and holds all that the spec names.
spare_first() {
    local id name age
    [[ $SCHEDULE == first && -z $ADOPT ]] || return 0
    for id in "${ids[@]}"; do
        [[ ${is_mine[$id]-} == yes && ${system_of[$id]} == "$system_identifier" && ${verify_of[$id]} == "$VERIFY" ]] || continue
        epoch_of_id "$id" || continue
        age=$((EPOCHSECONDS - REPLY))
        ((age >= 0 && age < ${YOUNG_SECONDS:?})) || continue
        for name in ${wanted[@]+"${wanted[@]}"}; do
            [[ $'\n'${databases_of[$id]} == *$'\n'"$name"$'\n'* ]] || continue 2
        done
        log "event=first id=$id result=not-needed"
        end 0 "backup $id is whole and proven, and $((age / 3600)) hours old: a backup at deploy is not needed, and none was made. The next one is the schedule's"
    done
}

leave_out() {
    json "$2"
    left_out+=("{\"name\": $1, \"why\": $REPLY}")
    log "event=left-out db=$1 why=$REPLY"
}

# is_missing NAME gone|failed WHY: the backup is not whole.
is_missing() {
    json "$3"
    left_out+=("{\"name\": $1, \"why\": $REPLY, \"wanted\": true}")
    missing+=("$1 ($3)")
    log "event=database-missing db=$1 result=$2 why=$REPLY"
}

# The next backup is about as large as the last one, but no larger than the databases are now; a first
# one takes less than half of what they do, beside what each has from the start.
look_at_room() {
    local free unit needed basis='half of what the databases hold' id result=enough
    needed=$((bytes_total / 2 + ${#databases[@]} * 65536))
    doing='looking at the room on the backup volume'
    for id in "${ids[@]}"; do
        if [[ ${is_mine[$id]-} == yes ]]; then
            if ((bytes_of[$id] * 6 / 5 < bytes_total + ${#databases[@]} * 65536)); then
                needed=$((bytes_of[$id] * 6 / 5)) basis="1.2 times the last backup, $id"
            else
                needed=$((bytes_total + ${#databases[@]} * 65536)) basis='what the databases hold'
            fi
            break
        fi
    done
    read -r free unit < <(stat -f -c '%a %S' "$volume")
    free=$((free * unit))
    ((free >= needed)) || result=too-little
    log "event=room free=$free needed=$needed result=$result"
    [[ $result == enough ]] || end 3 "the backup volume has $free bytes free and this backup may need $needed ($basis): grow the claim (keeping fewer, backup.volume.keep, makes room only after the next backup). No older backup was touched"
}

# ── One database ──────────────────────────────────────────────────────────────────────────────────

# back_up_apart HEX OID NAME: in a process of its own, whose end is not that of the others.
back_up_apart() {
    local rc=0 why
    folder=$((folder + 1))
    doing="backing up the database $3"
    rm -f "$work/ended" "$work/object" "$work/gone"
    (
        trap 'end_running; close_session snapshot' EXIT
        trap 'exit 143' TERM INT
        trap '[[ $BASH_SUBSHELL != 1 ]] || end 1 "the backup of the database $database_json failed in line $LINENO while $doing: the log above says more"' ERR
        back_up "$@"
    ) &
    wait "$!" 2>/dev/null || rc=$?
    if ((rc == 0)) && [[ -s $work/object ]]; then
        objects+=("$(<"$work/object")")
        databases_of[$backup_id]+=$3$'\n'
        database_json=$3
        look_at_needs
        return 0
    fi
    rm -rf "${partial:?}/$folder" "$partial"/.try.*
    folder=$((folder - 1))
    if ((rc == 0)) && [[ -e $work/gone ]]; then
        is_gone "$2" "$3"
        return 0
    fi
    ended_by_itself
    why=$REPLY
    [[ ! -s $work/ended ]] || why=$(<"$work/ended")
    # What befell this one befalls all others too: the server, the locks, the volume.
    [[ ! -e $work/all ]] || end "$rc" "$why"
    hold
    ((rc == 3)) || missing_code=1
    is_missing "$3" failed "$why"
}

# is_gone OID NAME: of that name there is no database any more. Under another one it is backed up, unless it has
# the place of another now.
is_gone() {
    local rows row hex oid size left name='' why='it was dropped while the backup ran'
    doing="looking for the database $2 under another name"
    sql "$home" -f "$scripts/catalog.sql" || fail_by "$work/errors" psql 'the databases could not be listed'
    mapfile -t rows <"$work/rows"
    for row in "${rows[@]}"; do
        IFS='|' read -r hex oid size left _ name <<<"$row"
        [[ $oid != "$1" ]] || break
        name=
    done
    [[ -z $name ]] || why="it was renamed to $name while the backup ran"
    if is_wanted "$2"; then is_missing "$2" gone "$why"; else leave_out "$2" "$why"; fi
    [[ -n $name ]] || return 0
    if [[ -n $left ]]; then
        leave_out "$name" "$left"
        return 0
    fi
    for row in "${databases[@]}"; do
        [[ ${row#*|*|} != "$name" ]] || return 0
    done
    back_up_apart "$hex" "$1" "$name"
}

is_wanted() {
    local name
    for name in ${wanted[@]+"${wanted[@]}"}; do
        [[ $name != "$1" ]] || return 0
    done
    return 1
}

# end_all CODE ADVICE: as `end`, of a fault that is not this database's alone.
end_all() {
    : >"$work/all"
    end "$@"
}

back_up() {
    local since=$SECONDS hex=$1 escaped='' last_since
    # From here on, `end` ends this database's backup.
    end() {
        { printf '%s\n' "$2" >"$work/ended"; } 2>/dev/null || true
        exit "$1"
    }
    tries=0
    while [[ -n $hex ]]; do
        escaped+="\\x${hex:0:2}" hex=${hex:2}
    done
    printf -v database '%b' "$escaped"
    database_oid=$2 database_json=$3
    while true; do
        take_snapshot
        if [[ $gone == yes ]]; then
            : >"$work/gone"
            return 0
        fi
        doing="dumping the database $database_json"
        attempt
        [[ -n $again ]] || break
        close_session snapshot
        rm -rf "$trial" "$papers"
        if ! still_there; then
            : >"$work/gone"
            return 0
        fi
        tries=$((tries + 1))
        quote "$again"
        log "event=snapshot id=$backup_id db=$database_json folder=$folder result=retry seconds=$((SECONDS - since)) detail=$REPLY"
        ((tries != most_attempts - 1)) || last_since=$SECONDS
        if is_last && ((SECONDS - last_since < last_patience)); then
            continue
        fi
        ! is_last || end 1 "the dump of the database $database_json was begun $tries times and each time gave way ($again): back up when what it holds is not being changed; a retry may help"
        pause 2
    done
    printf '%s' "{\"folder\": \"$folder\", \"name\": $database_json, \"bytes\": $database_bytes, \"tables\": $proven_tables, \"rows\": ${proven_rows:-null}, \"snapshot\": \"$snapshot\", \"lsn\": \"$lsn\", \"needs_superuser\": $(count_objects superuser), \"not_proven\": $(count_objects not_proven)}" >"$work/object"
}

# count_objects KEY: how many objects stand in that list of database.json, which jsonb_pretty wrote.
count_objects() {
    local line inside=no count=0
    while IFS= read -r line; do
        case $line in
            "    \"$1\": ["*) inside=yes ;;
            '    ]'*) inside=no ;;
            '            "kind": '*) [[ $inside == no ]] || count=$((count + 1)) ;;
        esac
    done <"$partial/$folder/database.json"
    printf '%s' "$count"
}

# ── The whole ─────────────────────────────────────────────────────────────────────────────────────

# The backup stands: whatever comes of this is said, and no reason to make another one.
remove_old() {
    local old mine=("$backup_id") now
    utc %Y%m%dT%H%M%SZ
    now=$REPLY
    [[ ! ${backup_id:0:16} > $now ]] || now=${backup_id:0:16}
    for old in "${ids[@]}"; do
        [[ ${is_mine[$old]-} != yes ]] || mine+=("$old")
    done
    prune "$now" "$backup_id" "${mine[@]}"
}

remove_old_apart() {
    rm -f "$work/ended"
    (
        end() {
            { printf '%s\n' "$2" >"$work/ended"; } 2>/dev/null || true
            exit "$1"
        }
        trap 'exit 143' TERM INT
        trap '[[ $BASH_SUBSHELL != 1 ]] || end 1 "it failed in line $LINENO while $doing"' ERR
        remove_old
    ) &
    wait "$!" 2>/dev/null
}

# end_published [WHY]: the end of a backup that is published: what it lacks, what would not come back, and
# why old ones were not removed.
end_published() {
    local rc=0 text='' name
    if ((${#missing[@]} > 0)); then
        rc=4
        for name in "${missing[@]}"; do
            text+="${text:+; }$name"
        done
        text="it lacks: $text. Back up again when that is put right; a database that shall not be backed up belongs into backup.exclude. The newest backup that holds one of the spec is kept"
    fi
    what_returns || rc=4
    [[ -z $REPLY ]] || text+="${text:+. And }$REPLY"
    [[ -z ${1-} ]] || text+="${text:+. And }old backups were not all removed: $1"
    [[ -n $text ]] || return 0
    ((rc == 0)) || end 4 "backup $backup_id is published, but $text"
    end 0 "backup $backup_id is published; $text"
}

stopped_late() {
    [[ -z $published ]] || end_published "the backup was stopped, by its deadline of $DEADLINE_SECONDS s or because the pod was deleted, while it removed old ones"
}

main() {
    local number letters=abcdefghijklmnopqrstuvwxyz0123456789 row oid hex name advice login_patience=30
    begin
    doing='reading the environment'
    judge_backup
    level=$VERIFY
    [[ $VERIFY != decode ]] || level=none
    printf '' | choose 00000000T000000Z >/dev/null || end 3 "KEEP is not of the form {\"last\": 7, \"daily\": …, \"weekly\": …, \"monthly\": …, \"yearly\": …, \"minimum\": …}"
    read_password /secrets/backup || end 3 "$REPLY"
    password=$PASSWORD
    unset PASSWORD

    [[ $SCHEDULE != first ]] || login_patience=900
    [[ -n $bootstrap ]] || login_patience=5 # no bootstrap is about to let it in
    job_line "$bootstrap"
    advice="its password is the key backup of the Secret, and bootstrap makes the role and sets it: look at bootstrap's log, run $REPLY, then back up again"
    [[ -n $bootstrap ]] || advice="$managed_password, then back up again"
    wait_for_server "$login_patience" "$advice"
    take_server_lock lock 'underpin backup'
    mkdir -p "$destination" 2>"$work/errors" || {
        reason
        end 3 "the backup volume cannot be written by uid $(id -u) ($REPLY): mount it read-write, or on the storage side chown its top directory to $(id -u):$(id -g)"
    }
    take_destination_lock "$destination/.lock"
    sweep
    read_server
    whose
    list_databases
    spare_first
    look_at_room

    utc %Y%m%dT%H%M%SZ
    backup_id=$REPLY- started=${REPLY:0:4}-${REPLY:4:2}-${REPLY:6:2}T${REPLY:9:2}:${REPLY:11:2}:${REPLY:13:2}Z
    for number in 1 2 3 4 5; do
        backup_id+=${letters:RANDOM % 36:1}
    done
    began=$SECONDS
    log "event=begin id=$backup_id pod=$POD verify=$VERIFY databases=${#databases[@]}"
    partial=$destination/.partial-$backup_id
    mkdir "$partial" 2>"$work/errors" || write_failed 'the folder of the backup could not be made'
    compression=zstd:3
    [[ $(pg_dump --version) != *' 15.'* ]] || compression=1
    folder=0
    for row in ${databases[@]+"${databases[@]}"}; do
        IFS='|' read -r hex oid name <<<"$row"
        back_up_apart "$hex" "$oid" "$name"
    done
    if ((${#objects[@]} == 0)); then
        ((${#missing[@]} > 0)) || missing=('the server has no other database')
        end "$missing_code" "no database could be backed up, and nothing was published: ${missing[0]}"
    fi
    await_rehearsals
    dump_globals
    write_manual
    write_sums
    enter_backup
    write_manifest
    publish
    if [[ $started_anew == yes ]]; then
        log 'event=prune result=postponed message="the server has started anew since its last backup, and may be a copy of the one that made it: only the next backup removes old ones"'
    elif ! remove_old_apart; then
        ended_by_itself
        advice=$REPLY
        [[ ! -s $work/ended ]] || advice=$(<"$work/ended")
        quote "$advice"
        log "event=prune result=failed detail=$REPLY"
        end_published "$advice"
    fi
    end_published
}

if [[ -z ${SUPERVISED-} ]]; then
    supervise
fi
main
