#!/usr/bin/env bash
# The proof of what a database holds: what its catalogs say (proof.sql), and its rows, read by COPY and
# hashed on this side. It is sourced, never run, after lib.sh, run.sh and session.sh.
#
# `["table", schema, name, rows, hash, way, columns]` is the line of a table, without generated columns.
# The hash is the sha256 of the rows as COPY writes them, and of the line `\.` at their end, which is
# what a directory archive holds of that table, too. `way` says of which order:
#
# - `ordered`: as the table holds them. A restore that makes a table and fills it in the same run
#   (pg_restore -j 2 and more: TRUNCATE and COPY in one transaction) looks for no free space in it,
#   so that they come in the order of the dump, which is that of the table.
# - `sorted`: where that is not so (the tables of extensions; trees that are partitioned by hash of an
#   enum, which have one line, that of their root): as `LC_ALL=C sort` puts them
# - `counted`: the same where there is no room to sort them: they have no hash
# - `listed`: of which only that it is there is proven
#
# A table's rows are its own alone: what inherits from it, and each partition, has lines of its own.
set -Eeuo pipefail

# Whatever a database sets, rows are written in one way, by pg_dump too. In which words money is written
# is told to a restore.
readonly rows_options=' -c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c extra_float_digits=3
 -c bytea_output=hex -c synchronize_seqscans=off -c row_security=off -c standard_conforming_strings=on'

# What reads the rows: `sh READER` all files *.copy of its folder, `sh READER NUMBER WAY` its stdin. It
# leaves lines of wc in `counts` and of sha256sum in `hashes`, both of the rows with their end.
write_reader() {
    cat <<'READER'
set -e
end() { printf '\\.\n'; }
if [ $# -eq 0 ]; then
    for file in *.copy; do end >>"$file"; done
    wc -l *.copy >>counts
    [ "$LEVEL" != content ] || sha256sum *.copy >>hashes
    rm -f *.copy
    exit
fi
case $LEVEL:$2 in
content:ordered) { tee /dev/fd/3 | wc -l >"$1.count"; end >&3; } 3>&1 | sha256sum >"$1.hash" ;;
content:sorted) LC_ALL=C sort -S 64M -T . | { { tee /dev/fd/3 | wc -l >"$1.count"; end >&3; } 3>&1 | sha256sum >"$1.hash"; } ;;
*) wc -l >"$1.count" ;;
esac
echo "$(($(cat "$1.count") + 1)) $1.copy" >>counts
[ ! -e "$1.hash" ] || sed "s/-\$/$1.copy/" "$1.hash" >>hashes
READER
}

# prove_rows DATABASE FILE: writes the proof of the database to FILE, its lines sorted. It goes by
# `level` (content, rows, none), `snapshot` (empty: none), `encoding` (the database's), `JOBS`, `money` (an
# option of a session), and EXPECTED_PROOF in the environment; where `through` names a session, that one
# reads it all; `after_plan` names what is called between the catalogs and the rows. Returns 1 with errors in FILE.errors.
# It takes a while: call it as a child.
prove_rows() {
    local database=$1 file=$2 folder worker process workers=(0) processes=() rc=0
    local PGCLIENTENCODING=${encoding:?}
    export PGCLIENTENCODING
    folder=$(mktemp -d "${work:?}/rows.XXXXXX") && mkdir "$folder/0" "$folder/1" && : >"$file.errors" && : >"$file.tables" || return 1
    if [[ -n ${through-} ]]; then
        prove_inside "$folder" || {
            cat "$work/$through.errors" >>"$file.errors"
            return 1
        }
    else
        # Beside a dump one is enough, and a database may let in few.
        [[ $JOBS == 1 || -n ${snapshot-} ]] || workers=(0 1)
        (PGDATABASE=$database PGPASSWORD=$password apart psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -v level="$level" \
            ${snapshot:+-v snap="$snapshot"} -v plan="$folder/plan" -v workers="${#workers[@]}" -o "$folder/lines" \
            -f "$scripts/proof.sql") 2>>"$file.errors" || return 1
        [[ -z ${after_plan-} ]] || "$after_plan" || return 1
        write_reader >"$folder/reader" && plan_rows "$folder" 2>>"$file.errors" || return 1
        for worker in "${workers[@]}"; do
            read_rows "$database" "$folder/$worker" 2>>"$file.errors" &
            processes+=("$!")
        done
        for process in "${processes[@]}"; do
            wait "$process" || rc=1
        done
        ((rc == 0)) || return 1
    fi
    rows_of_plan "$folder" 2>>"$file.errors" || return 1
    LC_ALL=C sort "$folder/lines" >"$file" 2>>"$file.errors" || return 1
    rm -rf "$folder"
}

# prove_inside FOLDER: the same by the session `through`, in the transaction that it has open, with the
# locks that it has: its options are rows_options.
prove_inside() {
    ask "$through" "savepoint reading;
set client_encoding = '$encoding';
\\set inside yes
\\set level $level
\\set plan $1/plan
\\set workers 1
\\o $1/lines
\\i $scripts/proof.sql
\\o
\\pset fieldsep '|'
\\pset recordsep '\\n'"
    answer "$through" || return 1
    [[ -z ${after_plan-} ]] || "$after_plan" || return 1
    write_reader >"$1/reader" && plan_rows "$1" 2>>"$file.errors" && : >"$1/0/counts" && : >"$1/0/hashes" || return 1
    ask "$through" "\\cd $1/0
\\setenv READER ../reader
\\setenv LEVEL $level
\\i script
\\cd $work
rollback to savepoint reading;"
    answer "$through"
}

# plan_rows FOLDER: a script of psql for each session, in its folder.
plan_rows() {
    local folder=$1 kind number name columns root bytes worker
    for worker in 0 1; do
        {
            printf '%s\n' '\set QUIET on' '\set ON_ERROR_STOP on'
            if [[ -z ${through-} ]]; then
                printf '%s\n' 'begin isolation level repeatable read, read only;'
                [[ -z ${snapshot-} ]] || printf "set transaction snapshot '%s';\n" "$snapshot"
            fi
            printf '%s\n' "set local search_path = '';" 'set local role none;' \
                "select pg_catalog.set_config(name, case name when 'transaction_timeout' then '0' else 'view, foreign-table' end, true)" \
                "from pg_catalog.pg_settings where name in ('transaction_timeout', 'restrict_nonsystem_relation_kind') \\g /dev/null"
        } >"$folder/$worker/script" || return 1
    done
    while IFS= read -r -d '' kind && IFS= read -r -d '' number && IFS= read -r -d '' name && IFS= read -r -d '' columns &&
        IFS= read -r -d '' root && IFS= read -r -d '' bytes; do
        [[ $kind != script ]] || printf '%s\n' "$name" >>"$folder/$number/script" || return 1
    done <"$folder/plan"
}

# read_rows DATABASE FOLDER: one session, which reads what its script names.
read_rows() {
    cd "$2" && : >counts && : >hashes || return 1
    READER=../reader LEVEL=$level PGDATABASE=$1 PGPASSWORD=$password PGOPTIONS="$PGOPTIONS$rows_options${money-} $(in_encoding)" \
        apart psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -f script >/dev/null
}

# rows_of_plan FOLDER: the lines of the tables, and what they are, by number, in FILE.tables: OID,
# size, rows, hash, way. Each must have a count, and a hash where it shall.
rows_of_plan() {
    local folder=$1 kind number name columns root bytes rows hash way
    local -A count_of=() hash_of=()
    while read -r rows name; do
        [[ $name == total ]] || count_of[${name%.copy}]=$rows
    done < <(cat "$folder/0/counts" "$folder/1/counts" 2>/dev/null)
    while read -r hash name; do
        hash_of[${name%.copy}]=$hash
    done < <(cat "$folder/0/hashes" "$folder/1/hashes" 2>/dev/null)
    while IFS= read -r -d '' kind && IFS= read -r -d '' number && IFS= read -r -d '' name && IFS= read -r -d '' columns &&
        IFS= read -r -d '' root && IFS= read -r -d '' bytes; do
        way=$kind rows=${count_of[$number]-} hash=${hash_of[$number]-}
        case $kind in
            script) continue ;;
            empty) way=ordered rows=1 hash=$hash_of_nothing ;;
            listed)
                printf '["table", %s, null, null, "listed", %s]\n' "$name" "$columns" >>"$folder/lines" || return 1
                continue
                ;;
        esac
        if [[ ! $rows =~ ^[1-9][0-9]*$ ]] || [[ $level == content && $way != counted && ! $hash =~ ^[0-9a-f]{64}$ ]]; then
            printf 'error: the rows of %s were not read to their end\n' "$name" >&2
            return 1
        fi
        if [[ $level == content && $way != counted ]]; then
            hash="\"$hash\""
        else
            hash=null
        fi
        printf '["table", %s, "%s", %s, "%s", %s]\n' "$name" "$((rows - 1))" "$hash" "$way" "$columns" >>"$folder/lines" || return 1
        printf '%s %s %s %s %s\n' "$root" "$bytes" "$((rows - 1))" "$hash" "$way" >>"$file.tables" || return 1
    done <"$folder/plan"
}

# Of no row: the line of the end alone.
readonly hash_of_nothing=b065dc2472639f530992f368f040ea53ce215ecda1cf0554d1e5aa47b2d6e408
