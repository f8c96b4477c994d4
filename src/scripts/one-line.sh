#!/bin/sh
# A part of render.sh and passfile.sh, sourced, never run: a password from a mounted Secret, by the
# rules that bootstrap has. For any POSIX shell.
#
# The caller sets `name`, a role, and `file`, the key below /secrets that holds its password.
set -eu

secrets=/secrets
newline='
'
cr=$(printf '\r')
readonly secrets newline cr

# refuse WHAT: ends with what is wrong with the password of the role at hand, on one line.
refuse() {
    printf '%s\n' "the password of role \"$name\" ($secrets/$file, a key of the Secret) $1" >&2
    exit 3
}

# bytes: how many come in.
bytes() {
    wc -c | tr -cd '0-9'
}

# read_password: leaves the one line of the file in password, and its length in used. A newline at
# the end is not part of it.
read_password() {
    [ -r "$secrets/$file" ] || refuse 'is missing: add the key to the Secret'
    password=$(tr -d '\000' <"$secrets/$file")
    [ -n "$password" ] || refuse 'is empty: put a password there'
    whole=$(bytes <"$secrets/$file")
    used=$(printf '%s' "$password" | bytes)
    case $password in
        *"$newline"* | *"$cr"*) used=0 ;;
    esac
    [ "$((whole - used))" -le 1 ] && [ "$(tr -cd '\000' <"$secrets/$file" | bytes)" -eq 0 ] ||
        refuse "must be exactly one line, without carriage returns and NUL bytes: write it with printf '%s', not with an editor"
}
