#!/usr/bin/env bash
# What a restore and a drill have in common. A part of restore.sh and drill.sh, sourced, never run.
#
# Who sources it has needs.sh, `step NAME WORDS` (what begins now), `failure WHAT` and `unmet SENTENCE`
# (how an error ends it, and a need that is not met), and in `otherwise` what to do without this backup.
#
# ## Log lines
#
# - `event=need kind= name= result= why=`: as needs.sh has them
set -Eeuo pipefail

# The database that is restored into, and proven.
working=underpin_restoring
# The newest form of a proof that this knows.
readonly known_proof=2
readonly backups=/backups/${NAME:?}

# query DATABASE: SQL on stdin or a file; an error ends the script.
query() {
    sql "$@" && return 0
    reason
    failure "$REPLY"
}

# in_utf8 FILE: what was said in the encoding of the database that is restored, as the log and other databases
# have it. What is no text of it becomes question marks.
in_utf8() {
    [[ $encoding != UTF8 && -s $1 ]] || return 0
    od -An -v -tx1 "$1" | tr -d ' \n' >"$work/hex"
    if HEX=$work/hex sql "$home" -v encoding="$encoding" -f - <<'SQL'; then
\set hex `cat -- "$HEX"`
select rtrim(convert_from(decode(:'hex', 'hex'), :'encoding'), E'\n');
SQL
        cp "$work/rows" "$1"
    else
        LC_ALL=C tr '\200-\377' '?' <"$1" >"$work/hex"
        cp "$work/hex" "$1"
    fi
}

# named DATABASE: what the option -d of a program takes for that very name; in REPLY. A name alone could be a
# connection string.
named() {
    REPLY=${1//\\/\\\\}
    REPLY="dbname='${REPLY//\'/\\\'}'"
}

# Everything as the backup role, who reads what the proof needs. A superuser's options are not for it.
as_backup() {
    local PGOPTIONS=${PGOPTIONS/"$no_event_triggers"/}
    PGUSER=$BACKUP_ROLE password=$backup_password "$@"
}

# result_of LINE: the result that a log line of SQL tells, in REPLY; names, which are JSON strings, may
# hold the same words.
readonly string='"([^"\\]|\\.)*"'
readonly line_with_result="^event=[a-z]+( [a-z]+=($string|[^\" ]*))* result=([a-z-]+)( |\$)"
result_of() {
    REPLY=
    [[ ! $1 =~ $line_with_result ]] || REPLY=${BASH_REMATCH[4]}
}

# drop_database NAME: whose owner is another, and who is in it is thrown out.
drop_database() {
    DROPPED=$1 RESTORER=$PGUSER query "$home" <<'SQL'
\getenv dropped DROPPED
\getenv restorer RESTORER
select format(:'give', :'dropped', :'restorer'), format('drop database %I with (force)', :'dropped') \gexec
SQL
}

# check_needs: whether the server and this role have what the backup of the database needs.
check_needs() {
    local line count=0 first='' kind='' member=no
    export DESCRIPTION=$work/expected-database.json
    [[ -n $bootstrap ]] || member=yes
    query "$home" -v as_superuser="$AS_SUPERUSER" -v may_try="${may_try-no}" -v member="$member" -v known_owners="${known_owners-}" -f "$scripts/restore-needs.sql"
    while IFS= read -r line; do
        log "$line"
        need_of "$line"
        [[ $REPLY != left-out && $REPLY != tried ]] || continue
        # A role is made by the superuser; nothing else is.
        [[ $AS_SUPERUSER == true && $REPLY == role ]] && continue
        count=$((count + 1))
        [[ -n $first ]] || first=$WHAT kind=$REPLY
    done <"$work/rows"
    ((count > 0)) || return 0
    ((count == 1)) || first+=" (and $((count - 1)) more, see the log)"
    need_sentence "$kind" "$first"
    unmet "$REPLY"
}
