#!/bin/sh
# Writes the file that the exporter's driver takes the password from. It runs in the init container
# of the exporter's pod, which alone sees the Secret, and writes into a volume in memory. For any POSIX
# shell: the image has no bash.
#
# The exporter can be given the password itself (DATA_SOURCE_PASS_FILE), but it logs a whole
# connection string that it cannot read, and one with a space in the password is such a one. Its
# driver reads a file as psql does, ~/.pgpass, and only one that no one else may read, which the
# file of a Secret is not.
#
# ## Environment
#
# - `ROLE`: whom it logs in as
#
# Files: `/secrets/monitoring`, the password, one line; `/run/exporter`, where `pgpass` is written.
#
# ## Exit codes
#
# - 0: the file is there
# - 3: the password cannot be used; the last line says why, and what to do
#
# ## Log lines
#
# - `event=passfile role= result=done`
set -eu

umask 077
export LC_ALL=C
readonly scripts="${0%/*}"
readonly name="$ROLE" file=monitoring target=/run/exporter
. "$scripts/one-line.sh"

read_password
# The driver unescapes these two; printf is a builtin, so that no argument of a program shows it.
escaped=$(printf '%s' "$password" | sed 's/[\\:]/\\&/g')
printf '*:*:*:*:%s\n' "$escaped" >"$target/pgpass"
printf 'event=passfile role=%s result=done\n' "$name"
