#!/usr/bin/env bash
# What of a database is read beside its dump, and whether all that was read is of one moment: the snapshot shows
# rows as they were, and names as they are (catalog-names.sql), and of a table that was emptied since nothing. A part of
# backup.sh, sourced, never run.
#
# pg_dump and the proof read definitions first, and then rows for as long as that takes. So names are compared once
# as soon as the rows begin, and those that rows are written with once more when all rows are read. Whatever else is
# renamed or dropped in these hours is in no way of the backup.
#
# ## Log lines
#
# none
set -Eeuo pipefail

# prove: the child beside the dump: the description, the definitions, the proof. Returns 1 with the reason in
# proof.jsonl.errors, or in `again` of papers.
prove() {
    local after_plan=compare_definitions
    # What the session answers may still be written when this has been ended.
    ln -s "$work/snapshot.errors" "$papers/snapshot.errors"
    work=$papers
    if ! describe; then
        cp "$work/errors" "$papers/proof.jsonl.errors"
        return 1
    fi
    prove_rows "$database" "$papers/proof.jsonl"
}

# describe: what belongs to the database and stands in no dump, and what is defined in it, in its snapshot. Returns 1
# with the reason in $work/errors.
describe() {
    find_library_settings || return 1
    ask snapshot "\\set library_settings $work/library-settings"
    answer snapshot || true # what comes next says why
    read_inside database || return 1
    [[ $(tail -n 1 "$work/rows") == '}' ]] || end 1 "the description of the database $database_json could not be kept: is /tmp full? A retry may help"
    cp "$work/rows" "$trial/database.json" 2>"$work/errors" || write_failed 'database.json could not be written'
    describe_for_rehearsal
}

# find_library_settings: the parameters of extensions' libraries that anybody may set, where the database has any
# such setting. A library has its parameters once it is loaded.
# In a session of its own: one that cannot be loaded there ends no other.
find_library_settings() {
    sql_inside -v libraries="$scripts/libraries.sql" -f - <<'SQL' || return 1
select exists (select from pg_db_role_setting cross join lateral unnest(setconfig) as item
               where setdatabase = (select oid from pg_database where datname = current_database()) and strpos(split_part(item, '=', 1), '.') > 0
               union all select from pg_proc cross join lateral unnest(proconfig) as item where strpos(split_part(item, '=', 1), '.') > 0) as any_set \gset
\if :any_set
\i :libraries
select name from pg_settings where strpos(name, '.') > 0 and context in ('user', 'backend');
\endif
SQL
    cp "$work/rows" "$work/library-settings"
}

# compare_definitions: when pg_dump has read all definitions, and so has the proof. A dump makes a file of rows, or
# its table of contents, when it has.
compare_definitions() {
    until compgen -G "$trial/dump/*.dat*" >/dev/null; do
        sleep 0.1
    done
    if ! compare_names names; then
        cp "$work/errors" "$papers/proof.jsonl.errors"
        return 1
    fi
    [[ -z $again ]] || {
        printf '%s\n' "$again" >"$papers/again"
        return 1
    }
}

# compare_names names|rows: whether what the snapshot has is there under the same names: all, or what rows are written
# with; if not, `again` says what is. Returns 1 with the reason in $work/errors.
compare_names() {
    local line kind pattern='[a-z]*'
    [[ $1 == names ]] || pattern=rows
    if [[ ! -s $papers/names ]]; then
        sql_inside -v snap="$snapshot" -f "$scripts/catalog-names.sql" || return 1
        cp "$work/rows" "$papers/names.new" && mv "$papers/names.new" "$papers/names"
    fi
    sql_inside -f "$scripts/catalog-names.sql" || return 1
    [[ $(tail -n 1 "$papers/names") == end && $(tail -n 1 "$work/rows") == end ]] ||
        end 1 "the names in the database $database_json could not be listed: is /tmp full? A retry may help"
    if ! { LC_ALL=C sed -n "s/^${pattern}|//p" "$papers/names" >"$work/had" && LC_ALL=C sed -n 's/^[a-z]*|//p' "$work/rows" >"$work/has"; }; then
        end 1 "lists of the database $database_json could not be compared: is /tmp full? A retry may help"
    fi
    lacking "$work/had" "$work/has"
    ((REPLY > 0)) || return 0
    IFS= read -r line <"$work/lacking"
    kind=${line%%|*} kind=${kind#any }
    [[ $kind != label ]] || kind='label of an enum'
    again="what a dump reads was dropped, renamed or changed meanwhile: the $kind ${line#*|*|*|}"
}

# compare_files: no table lost its rows to a TRUNCATE or a rewrite, after which an older snapshot reads nothing of it,
# without an error.
compare_files() {
    sql_inside -f "$scripts/catalog-files.sql" || {
        proof_failed "$work/errors"
        return 0
    }
    # The last line of both: a list that was cut off lacks it.
    [[ $(tail -n 1 "$work/files") == end && $(tail -n 1 "$work/rows") == end ]] ||
        end 1 "the files of the database $database_json could not be listed: is /tmp full? A retry may help"
    lacking "$work/files" "$work/rows"
    ((REPLY == 0)) || again='tables were emptied, rewritten or dropped meanwhile'
}

# compare_all: when all rows are read.
compare_all() {
    doing="looking whether what was read of $database_json is still the same"
    compare_files
    [[ -z $again ]] || return 0
    compare_names rows || proof_failed "$work/errors"
}
