#!/usr/bin/env bash
# What becomes of a restore of which a part cannot be loaded: rows that break a constraint, a key over
# rows that are not unique, a view that ends in an error. The working database is made again and loaded
# without that part, so that everything else is there. What is missing then is a difference: a restore
# keeps such a database aside, a drill fails. A part of restore.sh and drill.sh, sourced, never run.
#
# Rows that break a check constraint are loaded without it; it comes back NOT VALID. So does a foreign
# key. A NOT NULL that they break does not come back. Rows that name what is made after them (an index in a
# regclass) are loaded once more when that is there. A row that the server does not take at all (bytes of
# another encoding, a role that is gone) is left out, and told with its line: of what `pg_restore -f - -a -t`
# writes of the table, counted from the one after COPY.
#
# ## Log lines
#
# - `event=entry kind= name= detail= result=failed`: what is not there, or not valid
set -Eeuo pipefail

# A list that goes on would fill the mark of a database that is kept.
readonly most_failed=500
# Of one table: how often its rows are read, and how many bytes of the dump for that. Ten times in any case.
readonly most_tries=100 most_read=$((20 * 1024 * 1024 * 1024))

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
    show "$work/errors"
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
        printf '%s\n' "$1" >>"$work/held"
        return 0
    fi
    [[ $2 != 'FK CONSTRAINT' ]] || make_not_valid "$1"
    printf '%s\n' "$4" >"$work/one.errors"
    error_text "$work/one.errors"
    [[ $2 != 'MATERIALIZED VIEW DATA' || $REPLY != 'could not create unique index '* ]] ||
        REPLY+=': what it selects has duplicates by now, and REFRESH fails in the database that was backed up, too. Correct the rows there, or drop that index, then back up again'
    add_failed "$2" "$3" "$REPLY"
}

# make_not_valid ENTRY: a foreign key that rows do not meet, for the rows that will come.
make_not_valid() {
    grep -m 1 "^$1; " "$work/objects" >"$work/one" || return 0
    pg_restore -f "$work/key.sql" -L "$work/one" "$archive" 2>"$work/errors" || return 0
    LC_ALL=C sed '/^    ADD CONSTRAINT .* FOREIGN KEY /s/;$/ NOT VALID;/' "$work/key.sql" >"$work/one.sql"
    # Of partitioned tables there is none before PostgreSQL 18.
    PGCLIENTENCODING=$encoding as_loader sql "$working" -f "$work/one.sql" || true
}

# load_held_rows: those of the tables that failed, without the checks that they break.
load_held_rows() {
    local entry
    while read -r entry; do
        grep -m 1 "^$entry; " "$work/objects" >"$work/one" || continue
        load_held_table "$entry"
    done <"$work/held"
    [[ ! -s $work/not_valid.sql ]] || PGCLIENTENCODING=$encoding as_loader query "$working" -f "$work/not_valid.sql"
}

# load_held_table ENTRY: its rows, but for those that do not load, each of which is told.
load_held_table() {
    local tries=0 most head_lines=0 copied='' relation='' left_out=() line
    local -A refused_for=()
    find_head
    most_tries_of "$1"
    until load_one_table; do
        reason
        ! tells_nothing "$REPLY" || failure "$REPLY"
        if ((++tries > most)); then
            error_text "$work/one.errors"
            add_failed 'TABLE DATA' "$relation" "tried $tries times without what it does not take: $REPLY"
            return 0
        fi
        take_check_away || leave_row_out || {
            error_text "$work/one.errors"
            add_failed 'TABLE DATA' "$relation" "$REPLY"
            return 0
        }
    done
    for line in "${left_out[@]}"; do
        add_failed ROW "$relation" "line $line of its rows in the dump: ${refused_for[$line]}"
    done
}

# most_tries_of ENTRY: how often its rows may be read, in most. The server hears the whole table out each time.
most_tries_of() {
    local file size=1
    for file in "$folder/dump/$1".dat*; do
        [[ ! -s $file ]] || size=$(stat -c %s "$file")
    done
    most=$((most_read / size))
    ((most < most_tries)) || most=$most_tries
    ((most > 10)) || most=10
}

# find_head: of the script for the rows of $work/one: on which line its COPY ends, of which relation that is.
# A name may hold a newline.
find_head() {
    local head
    head=$(
        set +o pipefail
        pg_restore -f - -L "$work/one" "$archive" 2>/dev/null | LC_ALL=C awk '
            /^COPY / { on = 1 }
            on { head = head "\n" $0; quotes += gsub(/"/, ""); if (quotes % 2 == 0) { print NR head; exit } }'
    )
    [[ $head =~ ^([0-9]+)$'\n'COPY\ ((\"([^\"]|\"\")*\"|[^\"\ \(]+)\.(\"([^\"]|\"\")*\"|[^\"\ \(]+))\  ]] || damaged dump
    head_lines=${BASH_REMATCH[1]} relation=${BASH_REMATCH[2]} copied=${BASH_REMATCH[5]}
    [[ $copied != \"* ]] || copied=${copied:1:${#copied}-2} copied=${copied//\"\"/\"}
}

# load_one_table: the rows of $work/one, but for the lines in left_out.
load_one_table() {
    : >"$work/archive.errors"
    PGDATABASE=$working PGUSER=$loader PGPASSWORD=$loader_password PGCLIENTENCODING=$encoding PGOPTIONS="$PGOPTIONS$money $(PGCLIENTENCODING=$encoding in_encoding)" \
        await load_held_lines >"$work/rows" 2>"$work/errors" && return 0
    # What could not be written was not read any more.
    [[ -s $work/errors || ! -s $work/archive.errors ]] || damaged dump
    cp "$work/errors" "$work/one.errors"
    return 1
}

# load_held_lines: the table is emptied in the same transaction, so that the rows come in the order of the dump.
load_held_lines() {
    {
        printf 'begin;\ntruncate only %s;\n' "$relation" &&
            pg_restore -f - -L "$work/one" "$archive" 2>"$work/archive.errors" | without_left_out | with_own_path &&
            printf '%s\n' 'commit;'
    } | apart psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -f -
}

# without_left_out: stdin without these rows. The line that ends the rows stays, whatever an error has named.
without_left_out() {
    local line
    ((${#left_out[@]} > 0)) || exec cat
    for line in "${left_out[@]}"; do
        printf '%s{\n/^\\\\\\.$/!d\n}\n' "$((head_lines + line))"
    done >"$work/left_out.sed"
    LC_ALL=C exec sed -f "$work/left_out.sed"
}

# leave_row_out: the row that the last error names, in left_out by its line in the dump. 1 when it names
# none. What an owner's function says may look so: it costs a row of the table that calls it.
leave_row_out() {
    local text line before
    # Only the server's own lines come after what led to it, and that ends with COPY.
    text=$(LC_ALL=C sed -n '/^CONTEXT:  /,$p' "$work/one.errors" | tail -c 5000)
    [[ $text == *"COPY $copied, line "[0-9]* ]] || return 1
    text=${text#*"COPY $copied, line "}
    line=${text%%[!0-9]*}
    ((${#line} < 16)) || return 1
    line=$((10#$line))
    # It counts the lines that it was given.
    for before in "${left_out[@]}"; do
        ((before > line)) || line=$((line + 1))
    done
    error_text "$work/one.errors"
    refused_for[$line]=$REPLY
    mapfile -t left_out < <(printf '%s\n' "${left_out[@]}" "$line" | sort -n)
}

# take_check_away: that which the last error names; not_valid.sql brings it back. 1 when it names none.
take_check_away() {
    local part name kind=CHECK
    for part in SCHEMA TABLE COLUMN CONSTRAINT DATATYPE; do
        name=$(sed -n "s/^$part NAME:  //p" "$work/one.errors")
        declare -x "OF_$part=$name"
    done
    [[ -n $OF_SCHEMA ]] || return 1
    # The names are those of an error of the session that loads.
    PGCLIENTENCODING=$encoding as_loader query "$working" -f "$scripts/salvage.sql"
    [[ -s $work/rows ]] || return 1
    cat "$work/rows" >>"$work/not_valid.sql"
    [[ -n $OF_CONSTRAINT ]] || kind='NOT NULL'
    error_text "$work/one.errors"
    add_failed "$kind" "$OF_SCHEMA.${OF_TABLE:-$OF_DATATYPE}${OF_CONSTRAINT:+ $OF_CONSTRAINT}${OF_COLUMN:+ $OF_COLUMN}" "$REPLY"
}

# error_text FILE: the error in it, without what is put around it and without a value, in REPLY.
error_text() {
    REPLY=$({ LC_ALL=C grep -a -m 1 -E 'ERROR:|FATAL:|error:' "$1" || head -n 1 "$1"; } | head -c 2000)
    local state=
    REPLY=${REPLY#*ERROR:  }
    [[ ! $REPLY =~ ^([0-9A-Z]{5}):\ (.*) ]] || state=${BASH_REMATCH[1]} REPLY=${BASH_REMATCH[2]}
    without_value "$REPLY" "$state"
}

# add_failed KIND NAME DETAIL: nothing more can be done for it.
add_failed() {
    local line=event=entry pair
    for pair in "kind=${1,,}" "name=$2" "detail=$3"; do
        shorten "$pair" 1000
        quote "$REPLY"
        line+=" ${pair%%=*}=\"${REPLY#*=}"
    done
    printf '%s result=failed\n' "$line" >>"$work/failed"
}

# failed_ones: each once, and the same ones whatever came first.
failed_ones() {
    [[ -s $work/failed ]] || return 0
    LC_ALL=C sort -u "$work/failed" | awk -v most="$most_failed" 'NR <= most' >"$work/failed.some"
    in_utf8 "$work/failed.some"
    log_lines "$work/failed.some"
}
