#!/usr/bin/env bash
# How the archive of a database is read back: by pg_restore's own empty search_path, or by the
# database's own. A part of restore.sh, drill.sh and rehearse.sh, sourced, never run.
#
# pg_restore empties search_path when it connects, because its archive says so. What an object names
# without a schema is then not found. `path` says which way the rehearsal found to give back what was
# backed up: `empty`, or `own`. With `own` a copy of the archive's table of contents says RESET in that
# place, and each session of pg_restore gets the database's own path by PGOPTIONS.
#
# Who sources it has `folder` (the database's in the backup) and `still_there`.
set -Eeuo pipefail

path=empty own_path=''
# Where pg_restore reads, and whether it must go through psql (`no`, `yes`).
archive='' through_psql=no
readonly empties="SELECT pg_catalog.set_config('search_path', '', false);"
# Both do what as_loader does for psql, too.
readonly empties_and_asks="SET search_path='';SELECT pg_has_role(1,2,'usage');    "
readonly resets_and_asks="RESET search_path;SELECT pg_has_role(1,2,'usage');     "

# open_archive: leaves in archive what pg_restore reads by `path`.
open_archive() {
    archive=$folder/dump through_psql=no
    [[ $path == empty ]] || find_own_path
    # 15 refuses symbolic links in an archive, and the backup's volume is read-only here. It knows no reserved slots.
    if [[ $(pg_restore --version) == *' 15.'* ]]; then
        [[ $path == own ]] || return 0
        if [[ -n $(find "$folder/dump" -name '*.dat*' ! -name toc.dat -print -quit) ]]; then
            through_psql=yes
            return 0
        fi
    fi
    archive=$work/archive
    rm -rf "$archive"
    mkdir "$archive"
    find "$folder/dump" -type f ! -name toc.dat -exec sh -c 'exec ln -s "$@" "$0"' "$archive" {} +
    cp "$folder/dump/toc.dat" "$archive/toc.dat"
    chmod u+w "$archive/toc.dat"
    replace_path "$archive/toc.dat"
}

# replace_path FILE: in the table of contents, whose first entries say how a session begins. The same
# number of bytes, at the one place.
replace_path() {
    local want hex before
    want=$(printf '%s' "$empties" | od -An -v -tx1 | tr -d ' \n')
    hex=$(head -c 65536 "$1" | od -An -v -tx1 | tr -d ' \n')
    before=${hex%%"$want"*}
    if [[ $hex != *"$want"* || ${hex#"$before$want"} == *"$want"* ]] || ((${#before} % 2 > 0)); then
        end 1 "the dump's table of contents does not say how its sessions begin; it cannot be read"
    fi
    want=$empties_and_asks
    [[ $path == empty ]] || want=$resets_and_asks
    printf '%s' "$want" | dd of="$1" bs=1 seek="$((${#before} / 2))" conv=notrunc 2>/dev/null
}

# find_own_path: the search_path that sessions of the database's owner had in it, in own_path, as
# PGOPTIONS takes it. "$user" stands for the owner: another role restores.
find_own_path() {
    query "$home" <<'SQL'
\set description `cat -- "$DESCRIPTION"`
with database as (
    select :'description'::jsonb as d
), setting as (
    select role, value from database, jsonb_to_recordset(d -> 'settings') as one(role text, name text, value text) where name = 'search_path'
)
select regexp_replace(replace(coalesce((select value from setting where role = d ->> 'owner'),
                                       (select value from setting where role is null), '"$user", public'),
                              '"$user"', quote_ident(d ->> 'owner')), '([\\\s])', '\\\1', 'g')
from database;
SQL
    own_path=$(<"$work/rows")
}

# restore_entries ARGUMENTS…: pg_restore into the working database, as the loader; its status. What it said is in
# $work/errors. Without `on_error` it goes on after an error.
on_error=(--exit-on-error)
restore_entries() {
    local options=$PGOPTIONS$money PGUSER=$loader password=$loader_password
    [[ $path == empty ]] || options+=" -c search_path=$own_path"
    if [[ $through_psql == yes ]]; then
        PGOPTIONS=$options await restore_through_psql "$@"
        return
    fi
    PGPASSWORD=$password PGOPTIONS=$options await apart \
        pg_restore -w "${on_error[@]}" -d "$working" "$@" "$archive" >"$work/rows" 2>"$work/errors"
}

# with_own_path: a script of pg_restore's with the path of `path`. The statement that empties it stands
# before everything else; rows may look like it.
with_own_path() {
    if [[ $path == own ]]; then
        LC_ALL=C sed -e "/^SELECT pg_catalog.set_config('search_path', '', false);\$/!b" -e 's/.*/RESET search_path;/' -e ':rest' -e n -e 'b rest'
    else
        cat
    fi
}

# One stream, and so no jobs.
restore_through_psql() {
    local arguments=() stop=0
    while (($# > 0)); do
        case $1 in
            -j) shift ;;
            *) arguments+=("$1") ;;
        esac
        shift
    done
    [[ ${on_error[*]} == '' ]] || stop=1
    # In one transaction, so that each table is filled in the order of the dump, which proof.sh counts on.
    apart pg_restore -f - --single-transaction "${arguments[@]}" "$archive" 2>"$work/archive.errors" |
        with_own_path |
        PGDATABASE=$working PGPASSWORD=$password PGCLIENTENCODING=$encoding apart \
            psql -X -w -q -v ON_ERROR_STOP="$stop" -f - >"$work/rows" 2>"$work/errors" && return 0
    cat "$work/archive.errors" >>"$work/errors"
    return 1
}

# each_failed_entry FILE COMMAND…: for each entry that a verbose pg_restore names in its errors, the command with
# its number, kind and name (with its schema), and what was said of it. What an entry needs that failed
# fails too; the first is the cause. 1 when it names none; REPLY is then the error.
each_failed_entry() {
    local line entry='' block='' number kind words count=0 file=$1
    shift
    while IFS= read -r line || [[ -n $line ]]; do
        case $line in
            # An object of which one statement fails may fail in the next one, too.
            'pg_restore: error: '*)
                [[ -n $block || -z $entry ]] || block=$line$'\n'
                continue
                ;;
            'pg_restore: '*) ;;
            *)
                [[ -z $block ]] || block+=$line$'\n'
                continue
                ;;
        esac
        [[ -z $block ]] || tell_failed_entry "$@"
        entry='' block=''
        [[ $line != 'pg_restore: from TOC entry '* ]] || entry=${line#pg_restore: from TOC entry }
    done <"$file"
    [[ -z $block ]] || tell_failed_entry "$@"
    ((count == 0)) || return 0
    reason "$file"
    return 1
}

# tell_failed_entry COMMAND…: of `entry`, "215; 1259 16389 TABLE wares owner". Its line in the list of all has the
# schema before its name; `-` is none. The name of what has one word for it is quoted as SQL writes it.
tell_failed_entry() {
    local start schema
    count=$((count + 1))
    number=${entry%%;*} words=${entry#*; * } words=${words#* }
    kind=OBJECT
    [[ ! $words =~ ^($kinds_of_entries|[A-Z]+)\ (.*)$ ]] || kind=${BASH_REMATCH[1]} words=${words#"$kind "}
    start=${entry%"$words"}
    schema=$(LC_ALL=C grep -a -m 1 -F "$start" "$work/entries") || schema=
    schema=${schema#"$start"} schema=${schema%" $words"}
    words=${words% *}
    case $kind in
        AGGREGATE | CONSTRAINT | 'CHECK CONSTRAINT' | DEFAULT | 'FK CONSTRAINT' | FUNCTION | OBJECT | POLICY | PROCEDURE | RULE | TRIGGER | OPERATOR | CAST) ;;
        *) words=$(as_identifier "$words") ;;
    esac
    [[ -z $schema || $schema == - ]] || words=$(as_identifier "$schema").$words
    "$@" "$number" "$kind" "$words" "$block"
}

# Those of pg_dump that are more than one word.
readonly kinds_of_entries='ACCESS METHOD|CHECK CONSTRAINT|DATABASE PROPERTIES|DEFAULT ACL|EVENT TRIGGER|FK CONSTRAINT|FOREIGN DATA WRAPPER|FOREIGN TABLE|INDEX ATTACH|LARGE OBJECT|MATERIALIZED VIEW DATA|MATERIALIZED VIEW|OPERATOR CLASS|OPERATOR FAMILY|PROCEDURAL LANGUAGE|PUBLICATION TABLE|PUBLICATION TABLES IN SCHEMA|ROW SECURITY|SECURITY LABEL|SEQUENCE OWNED BY|SEQUENCE SET|SHELL TYPE|STATISTICS DATA|TABLE ATTACH|TABLE DATA|TEXT SEARCH CONFIGURATION|TEXT SEARCH DICTIONARY|TEXT SEARCH PARSER|TEXT SEARCH TEMPLATE|USER MAPPING'

# as_identifier NAME: as SQL writes it.
as_identifier() {
    if [[ $1 =~ ^[a-z_][a-z0-9_]*$ ]]; then
        printf '%s' "$1"
    else
        printf '"%s"' "${1//\"/\"\"}"
    fi
}
