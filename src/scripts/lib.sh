#!/usr/bin/env bash
# What the scripts share: log lines, ends, and passwords. It is sourced, never run.
#
# Passwords are read from mounted files and reach a server only as SCRAM verifiers. They are never
# in an argument, a log line or an error; only the one psql that logs in with a password has it in
# its environment.
set -Eeuo pipefail

# What psql says is matched below, so it must be English; names stay bytes. (postgres drops LC_ALL.)
export LC_ALL=C

# shorten TEXT BYTES: its first bytes, in REPLY, without a part of a character at the end.
shorten() {
    REPLY=$1
    ((${#1} > $2)) || return 0
    REPLY=${1:0:$2}
    REPLY=${REPLY%"${REPLY##*[!$'\x80'-$'\xbf']}"}
    REPLY=${REPLY%[$'\xc0'-$'\xff']}
}

# Ends of lines, directions of text and what has no width, in Unicode as UTF-8: U+061C, the marks of U+200B, U+2028,
# U+2060 and U+2066 on, and U+FEFF.
readonly turns_text=(d89c e2808b e2808c e2808d e2808e e2808f e280a8 e280a9 e280aa e280ab e280ac e280ad e280ae
    e281a0 e281a6 e281a7 e281a8 e281a9 efbbbf)

# printable TEXT: leaves it in REPLY on one line, without what a terminal obeys and what turns text around, each
# of these as \uNNNN. Names and errors are an owner's words, and who reads a log trusts it.
printable() {
    local i hex bytes code
    REPLY=$1
    [[ $REPLY == *[[:cntrl:]]* || $REPLY == *$'\xc2'[$'\x80'-$'\x9f']* || $REPLY == *$'\xe2'[$'\x80\x81'][$'\x8b'-$'\xae']* || $REPLY == *$'\xd8\x9c'* || $REPLY == *$'\xef\xbb\xbf'* ]] || return 0
    for ((i = 1; i < 160; i++)); do
        ((i < 32 || i > 126)) || continue
        printf -v hex %02x "$i"
        bytes="\\x$hex"
        ((i < 128)) || bytes="\\xc2$bytes"
        printf -v bytes %b "$bytes"
        REPLY=${REPLY//"$bytes"/"\\u00$hex"}
    done
    for hex in "${turns_text[@]}"; do
        bytes="\\x${hex:0:2}\\x${hex:2:2}"
        if ((${#hex} == 4)); then
            code=$(((16#${hex:0:2} & 31) * 64 + (16#${hex:2:2} & 63)))
        else
            bytes+="\\x${hex:4:2}" code=$(((16#${hex:0:2} & 15) * 4096 + (16#${hex:2:2} & 63) * 64 + (16#${hex:4:2} & 63)))
        fi
        printf -v bytes %b "$bytes"
        printf -v hex %04x "$code"
        REPLY=${REPLY//"$bytes"/"\\u$hex"}
    done
}

# quote TEXT: leaves it in REPLY as a logfmt value: in double quotes, on one line.
quote() {
    REPLY=${1//\\/\\\\}
    REPLY=${REPLY//\"/\\\"}
    REPLY=${REPLY//$'\n'/\\n}
    REPLY=${REPLY//$'\r'/\\r}
    REPLY="\"$REPLY\""
}

# json TEXT: leaves it in REPLY as a JSON string.
json() {
    local text=$1 character i escaped
    text=${text//\\/\\\\} text=${text//\"/\\\"}
    if [[ $text == *[[:cntrl:]]* ]]; then
        for ((i = 1; i < 32; i++)); do
            printf -v character '%b' "\\x$(printf %02x "$i")"
            printf -v escaped '\\u%04x' "$i"
            text=${text//"$character"/"$escaped"}
        done
    fi
    REPLY="\"$text\""
}

# log FIELDS: one logfmt line; values that may hold anything go through quote first.
log() {
    local REPLY
    printable "$1"
    printf '%s\n' "$REPLY"
}

# log_lines FILE: lines that are log lines already, or what somebody else said.
log_lines() {
    local line
    while IFS= read -r line || [[ -n $line ]]; do
        log "$line"
    done <"$1"
}

# end CODE ADVICE: one sentence, what is wrong and what to do: the last line of the log, which kubelet
# takes as the termination message, so that `kubectl describe pod` shows it. A script that sets
# TERMINATION_MESSAGE has that line alone there. What it sets as `untried` is added to each.
end() {
    local REPLY sentence
    printable "$2${untried-}"
    sentence=$REPLY
    printf '%s\n' "$sentence" >&2
    if [[ -n ${TERMINATION_MESSAGE-} && -w $TERMINATION_MESSAGE ]]; then
        printf '%s\n' "$sentence" >"$TERMINATION_MESSAGE" || true
    fi
    exit "$1"
}

# kubectl_line WORDS: a line for a person, in REPLY, with the namespace that he may not be in. (The server's own
# pod knows none.)
kubectl_line() {
    REPLY="kubectl ${NAMESPACE:+-n $NAMESPACE }$1"
}

# job_line CRONJOB: the line that runs its Job by hand, each time under another name, in REPLY.
job_line() {
    kubectl_line "create job $1-\$(date +%s) --from=cronjob/$1"
}

# is_plain FILE: whether it is a file of a backup, of a size that a manifest or a list of sums may have.
# Whatever lies on the volume may have been put there by anyone: a FIFO or a device would be read for ever.
# (What is read of a manifest takes twenty times its size in memory.)
is_plain() {
    local size most=$((64 * 1024 * 1024))
    [[ ${1##*/} != manifest.json ]] || most=$((4 * 1024 * 1024))
    [[ -f $1 && ! -L $1 && -r $1 ]] && size=$(stat -c %s "$1" 2>/dev/null) && ((size <= most))
}

# pause SECONDS: a sleep that a signal's trap interrupts at once, also in PID 1.
pause() {
    sleep "$1" &
    wait "$!" || true
}

# read_password FILE: leaves its one line in PASSWORD, or a sentence in REPLY and returns 1.
# A newline at the end is not part of it: editors and `kubectl create secret --from-file` leave one.
read_password() {
    local file=$1 size nuls
    PASSWORD=
    REPLY="the password file $file (a key of the Secret) "
    if [[ ! -e $file ]]; then
        REPLY+="is missing: add the key to the Secret"
    elif [[ ! -r $file ]]; then
        REPLY+="cannot be read by uid $(id -u): its mode and group come from the pod's volume and fsGroup"
    elif [[ ! -s $file ]]; then
        REPLY+="is empty: put a password there"
    else
        # $(<…) drops all newlines at the end: the size tells how many. NUL bytes it drops too.
        { PASSWORD=$(<"$file"); } 2>/dev/null
        size=$(wc -c <"$file")
        nuls=$(tr -cd '\0' <"$file" | wc -c)
        if [[ -z $PASSWORD ]]; then
            REPLY+="holds no password but an empty line: put a password there"
        elif [[ $PASSWORD == *[$'\n\r']* ]] || ((nuls > 0 || size - ${#PASSWORD} > 1)); then
            REPLY+="must hold exactly one line, without carriage returns and NUL bytes: write it with printf '%s', not with an editor"
        else
            return 0
        fi
    fi
    PASSWORD=
    return 1
}

# log_in ROLE PASSWORD: tries it on PGHOST; LOGIN becomes right, wrong or unknown, then REPLY says why.
log_in() {
    LOGIN=right
    REPLY=$(PGUSER=$1 PGPASSWORD=$2 PGDATABASE=postgres PGOPTIONS='' psql -X -w -q -A -t -c 'select' 2>&1) && return 0
    case $REPLY in
        *'password authentication failed'*) LOGIN=wrong ;;
        # The server says these only after it has accepted the password.
        *'permission denied for database'* | *'too many connections for '* | *'is not permitted to log in'* | \
            *'remaining connection slots are reserved'*) ;;
        *) LOGIN=unknown ;;
    esac
}

# set_password ROLE PASSWORD: psql's \password hashes on this side, where ALTER ROLE would show the
# password to the server's log and to pg_stat_statements. It asks on a terminal when there is one
# (kubectl exec -it): setsid takes that away, and then it reads stdin. The verifier too is kept out
# of the log. Returns psql's status, with what psql said in REPLY.
set_password() {
    local options='-c role=none -c log_statement=none -c log_min_duration_statement=-1 -c log_min_error_statement=panic'
    options+=' -c pg_stat_statements.track=none -c pgaudit.log=none'
    options+=' -c password_encryption=scram-sha-256 -c default_transaction_read_only=off'
    REPLY=$(printf '%s\n%s\n' "$2" "$2" |
        ROLE=$1 PGDATABASE=postgres PGOPTIONS=$options setsid psql -X -w -q -v ON_ERROR_STOP=1 \
            -f <(printf '%s\n' '\getenv role ROLE' '\password :"role"') 2>&1)
}
