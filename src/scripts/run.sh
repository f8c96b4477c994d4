#!/usr/bin/env bash
# How a Job's script runs: its deadline, its temporary files, its children and its end. It is
# sourced, never run.
#
# The script sets `action`, the word by which log lines and sentences call it, sources lib.sh and
# this, and says in `doing` what it is about to do. It ends with
#
#     if [[ -z ${SUPERVISED-} ]]; then
#         supervise
#     fi
#     main
#
# and main starts with `begin`. A function `clean_up`, if there is one, is called at the end,
# whatever the end is, after all children; one `stopped_late` when it is stopped: it ends with 0 or 4 where
# that comes too late to matter.
#
# ## Log lines
#
# - `event=backup|restore|… result=stopped seconds=`: the action, by its deadline or a signal
set -Eeuo pipefail

readonly TERMINATION_MESSAGE=/dev/termination-log

action=${action:?the word for what this script does}
doing='starting'
work=

# supervise: runs the script once more, under its deadline: activeDeadlineSeconds of the Job deletes
# pod and log with it, so this one comes earlier.
supervise() {
    local child rc stop=no status
    if [[ ! ${DEADLINE_SECONDS-} =~ ^[1-9][0-9]{0,8}$ ]]; then
        quote "${DEADLINE_SECONDS-}"
        end 3 "DEADLINE_SECONDS is $REPLY: write a whole number of seconds, in digits alone, as 3600"
    fi
    status=$(mktemp) || status=/dev/null
    SUPERVISED=$status timeout -k 30 "$DEADLINE_SECONDS" "$0" &
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
            log "event=$action result=stopped seconds=$SECONDS"
            # What it came for was done before its deadline.
            case $(<"$status") in
                0) exit 0 ;;
                4) exit 4 ;;
            esac
            kubectl_line "describe pod${POD:+ $POD}"
            ((SECONDS >= DEADLINE_SECONDS)) || end 1 "$action was killed: $REPLY may tell by what (memory?)"
            exit 1
            ;;
        *) exit "$rc" ;;
    esac
}

# begin: makes the folder $work for temporary files and sets the traps.
begin() {
    work=$(mktemp -d)
    # psql, pg_dump, pg_restore and their kin read this alike, and no variable of libpq says it: a link
    # that was cut says no goodbye, and without it all would wait two hours, or for ever.
    printf '%s\n' '[underpin]' keepalives_idle=30 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=60000 >"$work/service"
    export PGSERVICEFILE=$work/service PGSERVICE=underpin
    exec {told}>&2
    trap finish EXIT
    trap stopped TERM INT
    trap 'failed "$LINENO"' ERR
    # A write to a session after its end must fail, not kill.
    trap '' PIPE
}

# Children go first, so that nothing writes into what is removed. One that is ended at its birth still
# has the script's traps, and is not the script.
finish() {
    local rc=$? jobs child
    [[ $BASHPID == "$$" ]] || return 0
    [[ ! -f ${SUPERVISED-} ]] || printf '%s' "$rc" >"$SUPERVISED" || true
    trap - ERR
    trap '' TERM INT
    mapfile -t jobs < <(jobs -p)
    for child in "${jobs[@]}"; do
        # With all that it started, where it has a group of its own.
        kill -- "-$child" 2>/dev/null || kill "$child" 2>/dev/null || true
    done
    for child in "${jobs[@]}"; do
        wait "$child" 2>/dev/null || true
    done
    if declare -F clean_up >/dev/null; then
        clean_up || true
    fi
    rm -rf "$work"
}

# A trap is called in the middle of a function whose stderr may be a file.
stopped() {
    [[ $BASHPID == "$$" ]] || exit 143
    exec 2>&"$told"
    ! declare -F stopped_late >/dev/null || stopped_late
    end 1 "$action was stopped, by its deadline of $DEADLINE_SECONDS s or because the pod was deleted, while $doing"
}

failed() {
    # In subshells too the trap is called; the sentence is for the script itself to say.
    ((BASH_SUBSHELL == 0)) || return 0
    exec 2>&"$told"
    ! is_full "$work" || end 1 "$action failed while $doing: /tmp of its container is full; a retry may help"
    end 1 "$action failed in line $1 while $doing: the log above says more; a retry may help"
}

# is_full FOLDER: whether nothing more can be written there: what fails for it seldom says so.
is_full() {
    local said
    said=$({ head -c 1048576 /dev/zero >"$1/.room"; } 2>&1) || true
    rm -f "$1/.room"
    [[ $said =~ ': '(No space left on device|Disk quota exceeded)$ ]]
}

# ended_by_itself: why a part of the script ended that did not say it, in REPLY.
ended_by_itself() {
    REPLY='it was killed'
    ! is_full "$work" || REPLY='/tmp of its container is full; a retry may help'
}

# await COMMAND…: runs it and returns its status. As a child, because a trap is called only after a
# command in the foreground has ended. It reads what this function gets as stdin. (That a child was killed bash
# tells in words of its own.)
await() {
    local rc=0
    "$@" <&0 &
    wait "$!" 2>/dev/null || rc=$?
    return "$rc"
}
