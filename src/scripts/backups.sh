#!/usr/bin/env bash
# Lists the backups that a volume holds, and looks whether they are whole: every file there and
# unchanged, every dump readable to its end. Or shows a file of one of them, since no one can look into
# the volume with kubectl. It asks no server and writes nothing to the volume.
#
# ## Environment
#
# - `NAME`, `NAMESPACE`, `POD`: the name of the spec, which is the folder on the volume; this pod
# - `VERIFY`: empty: only the list; else what to look into: an id, `latest` (the newest, also
#   if it is damaged), or `all`
# - `SHOW`: empty, or in the place of the list a file of a backup: `latest` or an id, and then
#   `/RESTORE.md`, `/manifest.json` or `/N/rehearsal.json`
# - `DEADLINE_SECONDS`: after so long it gives up, and its log stays
#
# Files: `/backups`, the volume, read-only.
#
# ## Exit codes
#
# - 0: listed; all that was to be looked into is whole
# - 1: failed or gave up, a retry may help
# - 3: something is damaged, half or missing; the last line says what
# - 143: the pod was stopped
#
# ## Log lines
#
# First a table: id, age, size, schedule, verify, the server's system identifier and version, whether
# the manifest says that it is whole, and the databases, as JSON strings. Then:
#
# - `event=stranger name= result=left`: no backup of ours
# - `event=need id= database= result=superuser|one-database message=`: what a restore of it needs, but
#   for PostgreSQL's own database
# - `event=show id= file= bytes= result=started|shown|cut`: the file stands between the two
# - `event=verify id= result=started|whole|damaged seconds= faults=`
# - `event=fault id= detail=`: one thing that is wrong with a backup
# - `event=backups count= whole= bytes= result=listed`, or `result=stopped`
set -Eeuo pipefail
action=backups
readonly scripts=${BASH_SOURCE[0]%/*}
source "$scripts/lib.sh"
source "$scripts/values.sh"
source "$scripts/run.sh"
source "$scripts/order.sh"
source "$scripts/destination.sh"
source "$scripts/needs.sh"

destination=/backups/${NAME:?}
export TZ=UTC0
# Bytes of a file.
readonly most_shown=1000000

# human BYTES: leaves it in REPLY, short.
human() {
    local bytes=$1 unit
    for unit in B KiB MiB GiB TiB; do
        if ((bytes < 10240)) || [[ $unit == TiB ]]; then
            REPLY="$bytes $unit"
            return 0
        fi
        bytes=$(((bytes + 512) / 1024))
    done
}

# age ID: how old it is, in REPLY, in its two largest units.
age() {
    local year month day days now seconds i
    year=$((10#${1:0:4})) month=$((10#${1:4:2})) day=$((10#${1:6:2}))
    i=$((month > 2 ? year : year - 1))
    days=$((146097 * (i / 400) + i % 400 * 365 + i % 400 / 4 - i % 400 / 100 + (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - 719468))
    printf -v now '%(%s)T' -1
    seconds=$((now - days * 86400 - 10#${1:9:2} * 3600 - 10#${1:11:2} * 60 - 10#${1:13:2}))
    if ((seconds < 0)); then
        REPLY='in the future'
    elif ((seconds < 3600)); then
        REPLY="$((seconds / 60))m"
    elif ((seconds < 86400)); then
        REPLY="$((seconds / 3600))h$((seconds % 3600 / 60))m"
    else
        REPLY="$((seconds / 86400))d$((seconds % 86400 / 3600))h"
    fi
}

# databases_of ID: the names in its manifest, in REPLY, as JSON strings, and what was found when their
# restore was rehearsed, if a person should know it.
databases_of() {
    local line list=''
    while IFS= read -r line; do
        if [[ $line =~ ^\ \ \ \ \{\"folder\":\ \"[0-9]+\",\ \"name\":\ (\"([^\"\\]|\\.)*\") ]]; then
            list+="${list:+ }${BASH_REMATCH[1]}"
            case $line in
                *', "rehearsal": "fails"}'* | *', "rehearsal": "differs"}'*) list+=' (a restore fails or differs)' ;;
                *', "rehearsal": "needs-superuser"}'*) list+=' (a restore is refused)' ;;
                *', "rehearsal": "not-rehearsed"}'*) list+=' (not rehearsed)' ;;
            esac
        fi
    done <"$destination/$1/manifest.json"
    REPLY=$list
}

# needs_of ID: what a restore of each database needs beyond its own role; PostgreSQL's own is a superuser's.
needs_of() {
    local line file name pattern='^    \{"folder": "([0-9]+)", "name": ("([^"\\]|\\.)*"), '
    while IFS= read -r line; do
        [[ $line =~ $pattern ]] || continue
        file=$destination/$1/${BASH_REMATCH[1]}/database.json name=${BASH_REMATCH[2]}
        [[ $name != '"postgres"' && -f $file && -r $file ]] || continue
        description_needs "$file" tell_need "$1" "$name"
    done <"$destination/$1/manifest.json"
}

# tell_need ID DATABASE RESULT WHAT
tell_need() {
    need_sentence "$3" "$4"
    quote "$REPLY"
    log "event=need id=$1 database=$2 result=$3 message=$REPLY"
}

row() {
    printf '%-22s  %-13s  %9s  %-12s  %-7s  %-20s  %-7s  %-7s  %s\n' "$@"
}

list() {
    local id whole=0 bytes=0 shown_age size
    row ID AGE SIZE SCHEDULE VERIFY SERVER VERSION STATE DATABASES
    for id in "${ids[@]}"; do
        age "$id"
        shown_age=$REPLY size=
        if [[ ${state[$id]} == whole ]]; then
            whole=$((whole + 1)) bytes=$((bytes + bytes_of[$id]))
            human "${bytes_of[$id]}"
            size=$REPLY
            databases_of "$id"
        else
            REPLY="(${damage[$id]})"
        fi
        row "$id" "$shown_age" "$size" "${schedule_of[$id]-}" "${verify_of[$id]-}" "${system_of[$id]-}" \
            "${server_version_of[$id]-}" "${state[$id]}" "$REPLY"
    done
    for id in "${ids[@]}"; do
        [[ ${state[$id]} != whole ]] || needs_of "$id"
    done
    for id in "${strangers[@]}"; do
        quote "$id"
        log "event=stranger name=$REPLY result=left"
    done
    log "event=backups count=${#ids[@]} whole=$whole bytes=$bytes result=listed"
}

# verify ID: returns 1 if it is not whole; then fault says what is wrong with it first.
verify() {
    local id=$1 since=$SECONDS dump line result=whole found=()
    doing="looking into the backup $id"
    log "event=verify id=$id result=started"
    check_files "$id" || found+=("${faults[@]}")
    if [[ ${state[$id]} == whole ]]; then
        for dump in "$destination/$id"/*/dump; do
            [[ -d $dump ]] || continue
            if ! await pg_restore -f /dev/null "$dump" 2>"$work/errors" && [[ -e $destination/$id/manifest.json ]]; then
                line=$(grep -m 1 'error:' "$work/errors") || line='it was killed'
                quote "$line"
                found+=("${dump#"$destination/$id/"} cannot be read to its end: $REPLY")
            fi
        done
    fi
    for line in "${found[@]}"; do
        quote "$line"
        log "event=fault id=$id detail=$REPLY"
    done
    ((${#found[@]} == 0)) || result=damaged
    log "event=verify id=$id result=$result seconds=$((SECONDS - since)) faults=${#found[@]}"
    fault=${found[0]-}
    [[ $result == whole ]]
}

# show: the file that SHOW names, and no more of it than a megabyte, without what a terminal would obey.
# No link is followed.
show() {
    local id=${SHOW%%/*} name=${SHOW#*/} file result=shown bytes
    [[ $id != latest ]] || id=${ids[0]-}
    [[ -n $id && -n ${state[$id]-} ]] || end 3 "there is no backup ${id:-at all} on the volume: with SHOW= this job lists those that there are"
    file=$destination/$id/$name
    [[ ! -L $destination/$id && ! -L ${file%/*} && ! -L $file && -f $file && -r $file ]] ||
        end 3 "there is no file $name in the backup $id: manifest.json names its folders; a backup without rehearsal.json is older than rehearsals"
    bytes=$(stat -c %s "$file")
    ((bytes <= most_shown)) || result='cut'
    log "event=show id=$id file=$name bytes=$bytes result=started"
    head -c "$most_shown" "$file" | LC_ALL=C tr -d '\000-\010\013-\037\177'
    printf '\n'
    log "event=show id=$id file=$name bytes=$bytes result=$result"
}

# room_for_another: how to get another backup, in REPLY: one that does not fit needs room first.
room_for_another() {
    local id free unit
    REPLY='back up now'
    read -r free unit < <(stat -f -c '%a %S' /backups) || return 0
    for id in "${ids[@]}"; do
        [[ ${state[$id]} == whole ]] || continue
        ((free * unit >= bytes_of[$id])) ||
            REPLY="make room on the backup volume, for $((free * unit)) bytes are free and a backup takes ${bytes_of[$id]} (grow the claim), then back up"
        return 0
    done
}

main() {
    local id wanted=() broken=()
    begin
    doing='reading the environment'
    judge_list
    doing='looking at the volume'
    [[ -r /backups && -x /backups ]] || end 3 "the backup volume cannot be read by uid $(id -u): its mode and group come from the storage and fsGroup"
    look
    if [[ -n $SHOW ]]; then
        show
        return 0
    fi
    list
    case $VERIFY in
        '') ;;
        all) wanted=("${ids[@]}") ;;
        latest) wanted=(${ids[@]+"${ids[0]}"}) ;; # also if it is damaged: no other is the latest
        *)
            [[ -n ${state[$VERIFY]-} ]] || end 3 "there is no backup $VERIFY on the volume: the ids stand in the list above"
            wanted=("$VERIFY")
            ;;
    esac
    [[ -z $VERIFY || ${#wanted[@]} -gt 0 ]] || end 3 'there is no backup on the volume to look into'
    for id in "${wanted[@]}"; do
        verify "$id" || broken+=("$id: $fault")
    done
    if ((${#broken[@]} > 0)); then
        room_for_another
        end 3 "${#broken[@]} of ${#wanted[@]} backups must not be restored from: ${broken[0]}; take another one, $REPLY, and look at the volume's storage. One whose manifest is damaged stays until someone removes it; one with other damage goes when the keep rules drop it"
    fi
}

if [[ -z ${SUPERVISED-} ]]; then
    supervise
fi
main
