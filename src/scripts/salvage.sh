#!/usr/bin/env bash
# What becomes of a restore of which a part cannot be loaded: rows that break a constraint, a key over
# rows that are not unique, a view that ends in an error. The working database is made again and loaded
# without that part, so that everything else is there. What is missing then is a difference: a restore
# keeps such a database aside, a drill fails. A part of restore.sh and drill.sh, sourced, never run.
#
# Rows that break a check constraint are loaded without it; it comes back NOT VALID. So does a foreign
# key. Rows that name what is made after them (an index in a regclass) are loaded once more when that is
# there.
#
# ## Log lines
#
# - `event=entry kind= name= detail= result=failed`: what is not there, or not valid
set -Eeuo pipefail

# A list that goes on would fill the mark of a database that is kept.
readonly most_failed=500

# load_failed: what pg_restore could not do. The first time it had to stop at once; then all is loaded
# again, and it goes on after an error.
load_failed() {
    still_there
    reason
    ! tells_nothing "$REPLY" || failure "$REPLY"
    ! declare -F refused_trial >/dev/null || refused_trial "$REPLY"
    if [[ ${on_error[*]} != --exit-on-error ]]; then
        cp "$work/errors" "$work/said"
        each_failed_entry "$work/said" note_failed_entry || failure "$REPLY"
        return 0
    fi
    # Of an archive that is read by one session, nothing says which entry it was.
    [[ $TABLES == '[]' && $through_psql == no && ${loading_objects-} == yes ]] || failure "$REPLY"
    cat "$work/errors" >&2
    load_again
}

# tells_nothing ERROR: whether it says nothing of the backup.
tells_nothing() {
    case $1 in
        'it was killed' | *'worker process died'* | *'terminate process'* | *'terminate superuser process'* | *'not currently accepting connections'* | \
            *"Couldn't connect"* | *'Control plane request failed'* | *'the database system is'* | *'connection to server'* | *'closed the connection'* | \
            *'terminating connection'* | *'connection not open'* | *'no connection to the server'* | *'onnection reset'* | *'onnection timed out'* | \
            *'could not translate host name'* | *'could not send data'* | *'could not receive data'* | *'SSL SYSCALL'* | *'too many clients'* | \
            *'No space left'* | *'out of memory'* | *'canceling statement'* | *'deadlock'* | *'tuple concurrently updated'* | \
            *'could not read from input file'* | *'could not uncompress'* | *'could not decompress'* | *'could not open '*) return 0 ;;
    esac
    declare -F meaning_of >/dev/null && [[ $(meaning_of "$1") == limit ]]
}

load_again() {
    step again 'loading again, without what cannot be loaded'
    on_error=(--verbose) loading_objects=rows
    : >"$work/failed"
    : >"$work/not_valid.sql"
    : >"$work/held"
    create_database
    make_schemas
    step load 'loading objects and rows'
    load "$work/objects" --section=pre-data --section=data -j "$((JOBS > 1 ? JOBS : 2))"
    loading_objects=no
    step keys 'making indexes and keys over the rows'
    load "$work/keys" --section=post-data -j "$JOBS"
    load_held_rows
    awk 'FILENAME == ARGV[1] { keys[$0]; next } !($0 in keys)' "$work/keys" "$work/objects" >"$work/rest"
    step triggers 'making foreign keys and triggers'
    load "$work/rest" --section=post-data -j "$JOBS"
}

# note_failed_entry ENTRY KIND NAME TEXT: what pg_restore went on without.
note_failed_entry() {
    if [[ $2 == 'TABLE DATA' && $loading_objects == rows ]]; then
        printf '%s %s\n' "$1" "$3" >>"$work/held"
        return 0
    fi
    [[ $2 != 'FK CONSTRAINT' ]] || make_not_valid "$1"
    add_failed "$2" "$3" "$4"
}

# make_not_valid ENTRY: a foreign key that rows do not meet, for the rows that will come.
make_not_valid() {
    grep -m 1 "^$1; " "$work/objects" >"$work/one" || return 0
    pg_restore -f "$work/key.sql" -L "$work/one" "$archive" 2>"$work/errors" || return 0
    LC_ALL=C sed '/^    ADD CONSTRAINT .* FOREIGN KEY /s/;$/ NOT VALID;/' "$work/key.sql" >"$work/one.sql"
    # Of partitioned tables there is none before PostgreSQL 18.
    PGCLIENTENCODING=$encoding sql "$working" -f "$work/one.sql" || true
}

# load_held_rows: those of the tables that failed, without the checks that they break.
load_held_rows() {
    local entry name tries
    while read -r entry name; do
        grep -m 1 "^$entry; " "$work/objects" >"$work/one" || continue
        tries=0
        until load_one_table; do
            reason
            ! tells_nothing "$REPLY" || failure "$REPLY"
            if ((++tries > 100)) || ! take_check_away; then
                add_failed 'TABLE DATA' "$name" "$(<"$work/one.errors")"
                break
            fi
        done
    done <"$work/held"
    [[ ! -s $work/not_valid.sql ]] || query "$working" -f "$work/not_valid.sql"
}

# load_one_table: the rows of $work/one. The table is emptied in the same transaction, so that they come in the
# order of the dump.
load_one_table() {
    local head
    pg_restore -f "$work/rows.sql" -L "$work/one" "$archive" 2>"$work/errors" || damaged dump
    # A name may hold a newline.
    head=$(LC_ALL=C awk '/^COPY / { on = 1 } on { print; quotes += gsub(/"/, ""); if (quotes % 2 == 0) exit }' "$work/rows.sql") || damaged dump
    [[ $head =~ ^COPY\ ((\"([^\"]|\"\")*\"|[^\"\ \(]+)\.(\"([^\"]|\"\")*\"|[^\"\ \(]+))\  ]] || damaged dump
    {
        printf 'begin;\ntruncate only %s;\n' "${BASH_REMATCH[1]}"
        with_own_path <"$work/rows.sql"
        printf '%s\n' 'commit;'
    } >"$work/one.sql"
    PGOPTIONS="$PGOPTIONS$money" PGCLIENTENCODING=$encoding sql "$working" -f "$work/one.sql" && return 0
    cp "$work/errors" "$work/one.errors"
    return 1
}

# take_check_away: that which the last error names; not_valid.sql brings it back. 1 when it names none.
take_check_away() {
    local part name
    for part in SCHEMA TABLE CONSTRAINT DATATYPE; do
        name=$(sed -n "s/^$part NAME:  //p" "$work/one.errors")
        declare -x "OF_$part=$name"
    done
    query "$working" -f "$scripts/salvage.sql"
    [[ -s $work/rows ]] || return 1
    cat "$work/rows" >>"$work/not_valid.sql"
    add_failed CHECK "$OF_SCHEMA.${OF_TABLE:-$OF_DATATYPE}${OF_CONSTRAINT:+ $OF_CONSTRAINT}" "$(<"$work/one.errors")"
}

# add_failed KIND NAME TEXT: nothing more can be done for it.
add_failed() {
    local line=event=entry pair text
    text=$(grep -m 1 -E 'ERROR:|FATAL:|error:' <<<"$3") || text=${3%%$'\n'*}
    text=${text##*ERROR:  }
    [[ ! $text =~ ^[0-9A-Z]{5}:\ (.*) ]] || text=${BASH_REMATCH[1]}
    for pair in "kind=${1,,}" "name=$2" "detail=$text"; do
        shorten "$pair" 1000
        quote "$REPLY"
        line+=" ${pair%%=*}=\"${REPLY#*=}"
    done
    printf '%s result=failed\n' "$line" >>"$work/failed"
}

# failed_ones: each once, and the same ones whatever came first.
failed_ones() {
    [[ ! -s $work/failed ]] || LC_ALL=C sort -u "$work/failed" | awk -v most="$most_failed" 'NR <= most'
}
