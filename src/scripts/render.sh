#!/bin/sh
# Writes the two files that PgBouncer reads and that no repository holds: whom it lets in, and where
# the server is. It runs in the init container of the pooler's pod, which alone sees the Secrets, and
# writes into a volume in memory. For any POSIX shell: the image has no bash.
#
# PgBouncer logs in to the server as the role that connected to it, so the passwords stand in plain text:
# readable for the pod's own user alone, gone with the pod, and in no argument or log line.
#
# ## Environment
#
# - `PGHOST`, `PGPORT`: the server; empty where `databases.ini` is there already, of a branch at Neon
# - `ROLES`: a line for each role that may log in: the file below `/secrets` that holds its
#   password, a space, its name
# - `STATS_USER`: whom the exporter of this pod logs in to the console as, unset without one; its
#   password is made here, and ends with the pod
#
# Files: `/secrets`, the passwords, one line each; `/run/pgbouncer`, where `userlist.txt` and
# `databases.ini` are written; `/run/exporter`, where its `pgpass` is.
#
# ## Exit codes
#
# - 0: both files are there
# - 3: a password cannot be used; the last line says which, and what to do. A rollout stops here, and
#   the poolers that run go on with what they have
#
# ## Log lines
#
# - `event=render roles= result=done`
set -eu

umask 077
export LC_ALL=C
readonly scripts="${0%/*}"
readonly target=/run/pgbouncer
. "$scripts/one-line.sh"

# quoted TEXT: as userlist.txt has it. printf is a builtin, so that no argument of a program shows it.
quoted() {
    text=$(printf '%s' "$1" | sed 's/"/""/g') || return 1
    printf '"%s"' "$text"
}

# usable: what PgBouncer would take for something else is refused.
usable() {
    # PgBouncer takes these for what a server stores in place of a password, and longer ones for none.
    case $password in
        md5???????????????????????????????? | 'SCRAM-SHA-256$'*)
            refuse 'looks like a hash of a password: put the password itself there'
            ;;
    esac
    [ "$used" -lt 2000 ] || refuse 'is longer than 2000 bytes: put a shorter one there'
}

count=0
: >"$target/userlist.txt"
while IFS= read -r line; do
    [ -n "$line" ] || continue
    file=${line%% *}
    name=${line#* }
    read_password
    usable
    quoted_name=$(quoted "$name")
    quoted_password=$(quoted "$password")
    printf '%s %s\n' "$quoted_name" "$quoted_password" >>"$target/userlist.txt"
    count=$((count + 1))
done <<ROLES
$ROLES
ROLES
if [ -n "${STATS_USER-}" ]; then
    password=$(head -c 32 /dev/urandom | sha256sum)
    password=${password%% *}
    printf '"%s" "%s"\n' "$STATS_USER" "$password" >>"$target/userlist.txt"
    printf '127.0.0.1:*:pgbouncer:%s:%s\n' "$STATS_USER" "$password" >/run/exporter/pgpass
fi
[ -z "$PGHOST" ] || printf '* = host=%s port=%s\n' "$PGHOST" "$PGPORT" >"$target/databases.ini"
printf 'event=render roles=%s result=done\n' "$count"
