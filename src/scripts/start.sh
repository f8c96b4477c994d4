#!/usr/bin/env bash
# Starts the PostgreSQL server of this volume: the container's command, and PostgreSQL becomes PID 1.
#
# In order: takes a lock on two files of the volume and keeps them for the server's whole life (a pod
# that was deleted by force can still be running when its successor starts, and the server's own
# postmaster.pid does not see into another container); gives up the reserve when the volume is
# full; makes the first database, or checks the one that is there; makes the reserve; waits for the
# settings that the pod was made for; starts the server. It may be killed anywhere: the next start
# goes on. It never makes an empty database beside one that it cannot use.
#
# ## Environment
#
# - `PGDATA`: the data directory, a folder in the volume
# - `VOLUME`: where the volume is mounted
# - `LOCALE_PROVIDER`, `LOCALE`, `LC_COLLATE_NAME`, `LC_CTYPE_NAME`: for the first database only:
#   `builtin`, `icu` or `libc`; the provider's locale; the libc names beside it
# - `RESERVE`: size of the reserve, `2%` of the volume (at least 64 MiB), bytes, or `0`
# - `RESTART_SETTINGS`: what `underpin.restart` in postgresql.conf must be
#
# Files: `/etc/postgresql/postgresql.conf`; `/secrets/superuser`, the superuser's first password;
# `/dev/termination-log`, where a start on a full volume without a reserve leaves its advice.
#
# ## Exit codes
#
# - the server's own, once it runs
# - 1: failed, a retry may help
# - 3: refused; the last line says what is wrong and what to do
# - 143: stopped by a signal before the server ran
#
# ## Log lines
#
# - `event=lock result=waiting|held`
# - `event=volume bytes= free=`
# - `event=reserve result=given-up|none|made|removed|postponed|failed bytes=`: `none` left to give up
# - `event=leftover result=removed`: of a first start that was killed
# - `event=initdb result=started|done`, then `event=data result=created|found major=`
# - `event=mode result=fixed was=`
# - `event=settings result=waiting|current|older`
# - `event=start version=`: the server's own lines follow
# - `event=stop result=done`: by a signal, before that
set -Eeuo pipefail
source "${BASH_SOURCE[0]%/*}/lib.sh"

readonly conf=/etc/postgresql/postgresql.conf
readonly superuser_file=/secrets/superuser
readonly termination_log=/dev/termination-log
readonly lock_file=$VOLUME/.underpin-lock
readonly reserve_file=$VOLUME/.underpin-reserve
readonly mebibyte=$((1024 * 1024))
# A restart needs room for a few small files and for up to two WAL segments of 16 MiB.
readonly needed_to_start=$((32 * mebibyte))
# Where fallocate does not work, the reserve is written byte by byte: no more than a few seconds.
readonly most_written=$((256 * mebibyte))
readonly settings_patience=120

uid=$(id -u)
child=

# PID 1 has no default signal actions: without a trap, TERM and INT would do nothing at all.
stopped() {
    [[ -z $child ]] || kill -TERM "$child" 2>/dev/null || true
    log 'event=stop result=done'
    exit 143
}
trap stopped TERM INT

# Both fds stay open across exec: the server and all its children hold the locks until the last ends.
take_lock() {
    if ! : 2>/dev/null >>"$lock_file"; then
        end 3 "the volume at $VOLUME is not writable for uid $uid (owner and mode: $(stat -c '%u:%g %a' "$VOLUME")): on the storage side, chown its top directory to $uid:$(id -g), or mount it read-write"
    fi
    until [[ /proc/self/fd/9 -ef $lock_file ]]; do
        # The file may have been removed while this waited for it.
        exec 9>>"$lock_file"
        wait_for_lock 9
    done
    [[ ! -w $PGDATA/PG_VERSION ]] || lock_data "$PGDATA"
    log 'event=lock result=held'
}

# lock_data FOLDER: PG_VERSION in it: the lock file may be removed by whoever takes it for a stale one, and then
# keeps no second server out; that file no one removes, and it is never written anew.
lock_data() {
    exec 8<>"$1/PG_VERSION"
    wait_for_lock 8
}

# wait_for_lock FD: until no other server holds the lock of that file.
wait_for_lock() {
    local rc waited=0
    while true; do
        rc=0
        flock -n "$1" || rc=$?
        ((rc != 0)) || return 0
        if ((rc != 1)); then
            end 3 "the volume at $VOLUME does not support file locks (flock ended with $rc), and without one two servers could run on it: use other storage, or turn locks on in its mount options"
        fi
        if ((waited % 30 == 0)); then
            log "event=lock result=waiting seconds=$waited message=\"another server still runs on this volume; this one starts when that has ended, by itself: no lock is ever left over\""
        fi
        pause 1
        waited=$((waited + 1))
    done
}

# Leaves the file system's size and its free bytes in volume_bytes and free_bytes.
measure() {
    local free total unit
    read -r free total unit < <(stat -f -c '%a %b %S' "$VOLUME")
    volume_bytes=$((total * unit)) free_bytes=$((free * unit))
}

size_of() {
    REPLY=0
    [[ ! -e $1 ]] || REPLY=$(stat -c %s "$1")
}

# On a full volume the server cannot even write postmaster.pid, and no one can get in to make room.
# The reserve buys one start.
give_up_reserve() {
    local advice="THE VOLUME IS FULL and there is no reserve left to give up: grow the claim, then delete this pod"
    measure
    log "event=volume bytes=$volume_bytes free=$free_bytes"
    ((free_bytes < needed_to_start)) || return 0
    size_of "$reserve_file"
    if ((REPLY == 0)); then
        log "event=reserve result=none message=\"$advice\""
        # In the log alone, the server's many last lines would push it out of the termination message.
        [[ ! -w $termination_log ]] || printf '%s\n' "$advice" >"$termination_log" || true
        return 0
    fi
    rm -f "$reserve_file"
    sync "$VOLUME"
    log "event=reserve result=given-up bytes=$REPLY message=\"THE VOLUME IS FULL: the reserve was given up, so that the server comes up once more; grow the claim now, or remove data; the reserve is made again at a start that finds four times its size free\""
}

keep_reserve() {
    local want=$RESERVE have partial=$reserve_file.partial
    rm -f "$partial"
    size_of "$reserve_file"
    have=$REPLY
    if [[ $want =~ ^[0-9]{1,2}%$ ]]; then
        want=$((volume_bytes * 10#${want%\%} / 100))
        # Rounded, so that a size that the file system reports a little differently changes nothing.
        want=$((want - want % (16 * mebibyte)))
        [[ $RESERVE =~ ^0+%$ ]] || ((want >= 64 * mebibyte)) || want=$((64 * mebibyte))
    elif [[ $want =~ ^[0-9]{1,18}$ ]]; then
        want=$((10#$want))
    else
        log "event=reserve result=failed bytes=$have message=\"RESERVE is neither a percentage nor bytes\""
        return 0
    fi
    ((want != have)) || return 0
    if ((want == 0)); then
        rm -f "$reserve_file"
        log "event=reserve result=removed bytes=$have"
        return 0
    fi
    measure
    if ((free_bytes + have < 4 * want)); then
        log "event=reserve result=postponed bytes=$have message=\"$want bytes are wanted, and four times as much must be free\""
        return 0
    fi
    ((have <= want)) || rm -f "$reserve_file"
    if ! fallocate -l "$want" "$partial" 2>/dev/null; then
        ((want <= most_written)) || want=$most_written
        if ((want == have)); then
            rm -f "$partial"
            return 0
        fi
        # Random, because a file system that compresses would store zeros in no space at all.
        if ! head -c "$want" /dev/urandom >"$partial" 2>/dev/null; then
            rm -f "$partial"
            log "event=reserve result=failed bytes=$have message=\"the file could not be written\""
            return 0
        fi
    fi
    mv "$partial" "$reserve_file"
    log "event=reserve result=made bytes=$want"
}

# A volume may come from elsewhere: a stock image's layout, another PGDATA, another uid. A new empty
# database beside such a one would look like lost data, so this refuses and names what it found.
refuse_strangers() {
    local path
    shopt -s nullglob dotglob
    for path in "$VOLUME"/PG_VERSION "$VOLUME"/*/PG_VERSION "$VOLUME"/*/*/PG_VERSION; do
        [[ -e $path ]] || continue # the first is no pattern
        end 3 "there is no database in $PGDATA, but ${path%/PG_VERSION} on the same volume is one: move it to $PGDATA, or use an empty volume; no empty database is made beside it"
    done
    for path in "$VOLUME"/*/ "$VOLUME"/*/*/; do
        path=${path%/}
        [[ $path != */lost+found ]] || continue
        if [[ ! -r $path || ! -x $path ]]; then
            end 3 "there is no database in $PGDATA, and uid $uid may not look into $path (owner and mode: $(stat -c '%u:%g %a' "$path")), which may hold one: move it away, or use an empty volume"
        fi
    done
    shopt -u nullglob dotglob
}

is_empty() {
    [[ -z $(ls -A "$1") ]]
}

make_data() {
    local flags=(--lc-collate="$LC_COLLATE_NAME" --lc-ctype="$LC_CTYPE_NAME") rc=0
    # postgresql.conf sets these four; here they only keep initdb from reading the environment.
    flags+=(--lc-messages=C --lc-monetary=C --lc-numeric=C --lc-time=C)
    case $LOCALE_PROVIDER in
        builtin) flags+=(--locale-provider=builtin --builtin-locale="$LOCALE") ;; # from 17
        icu) flags+=(--locale-provider=icu --icu-locale="$LOCALE") ;;
        libc) flags+=(--locale-provider=libc) ;;
        *) end 3 "LOCALE_PROVIDER is $LOCALE_PROVIDER: it must be builtin, icu or libc" ;;
    esac
    read_password "$superuser_file" || end 3 "$REPLY; the first start needs the superuser's password"
    unset PASSWORD

    log 'event=initdb result=started'
    initdb -D "$PGDATA.partial" --username=postgres --pwfile="$superuser_file" \
        --auth-local=peer --auth-host=scram-sha-256 --data-checksums --encoding=UTF8 \
        "${flags[@]}" --no-instructions &
    child=$!
    wait "$child" || rc=$?
    child=
    ((rc == 0)) || end 1 "initdb failed with $rc and made no database: its own message stands above"
    log 'event=initdb result=done'
    lock_data "$PGDATA.partial"
    # initdb has synced the files; the rename publishes them. mv would move into a directory.
    [[ ! -d $PGDATA ]] || rmdir "$PGDATA"
    mv "$PGDATA.partial" "$PGDATA"
    sync "$VOLUME"
    log "event=data result=created major=$image_major"
}

check_data() {
    local major mode
    read -r major <"$PGDATA/PG_VERSION" || true
    if [[ $major != "$image_major" ]]; then
        end 3 "the database in $PGDATA is of PostgreSQL ${major:-?}, and this image is PostgreSQL $image_major: go back to an image of ${major:-the old major}; for a new major, restore a backup into a new volume"
    fi
    mode=$(stat -c %a "$PGDATA")
    # The server refuses a directory that its group may write or others may enter, and kubelet adds
    # such bits when it applies an fsGroup to a volume that was not its own.
    if ((8#$mode & 8#027)); then
        chmod u=rwx,go= "$PGDATA"
        log "event=mode result=fixed was=$mode"
    fi
    log "event=data result=found major=$major"
}

prepare_data() {
    local owner
    if [[ -e $PGDATA || -L $PGDATA ]]; then
        [[ -d $PGDATA ]] || end 3 "$PGDATA is not a directory: move it away"
        owner=$(stat -L -c %u "$PGDATA")
        if [[ $owner != "$uid" ]]; then
            end 3 "$PGDATA belongs to uid $owner, and this server runs as uid $uid (Debian images use 999, Alpine images 70): go back to the image that made it, or restore a backup into a new volume"
        fi
    fi
    if [[ -e $PGDATA.partial ]]; then
        rm -rf "$PGDATA.partial"
        log 'event=leftover result=removed'
    fi
    if [[ -e $PGDATA/PG_VERSION ]]; then
        check_data
    elif [[ -d $PGDATA ]] && ! is_empty "$PGDATA"; then
        end 3 "$PGDATA is not empty and is no database (it has no PG_VERSION): move what is in it away, or restore the volume it came from"
    else
        refuse_strangers
        make_data
    fi
}

# kubelet may give a new pod the ConfigMap that it had in its cache, older than the pod's template,
# and what needs a restart would then wait for the next one.
wait_for_settings() {
    local waited=0
    [[ -r $conf ]] || end 3 "$conf cannot be read: the ConfigMap with the settings is not mounted"
    until grep -qxF -e "underpin.restart = '$RESTART_SETTINGS'" "$conf"; do
        if ((waited >= settings_patience)); then
            log "event=settings result=older message=\"$conf still differs from what this pod was made for after $waited s; starting with it\""
            return 0
        fi
        if ((waited % 30 == 0)); then
            log "event=settings result=waiting seconds=$waited message=\"$conf is not yet the one that this pod was made for\""
        fi
        pause 1
        waited=$((waited + 1))
    done
    log 'event=settings result=current'
}

version=$(postgres --version)
version=${version#*) } version=${version%% *} # "postgres (PostgreSQL) 17.12 (Debian …)"
readonly image_major=${version%%[!0-9]*}

take_lock
give_up_reserve
prepare_data
keep_reserve
wait_for_settings
log "event=start version=$version"
exec postgres -D "$PGDATA" -c config_file="$conf"
