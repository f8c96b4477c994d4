#!/usr/bin/env bash
# The working database: made, loaded with what the dump holds, and given what belongs to a database and
# stands in no dump. A part of restore.sh, drill.sh and rehearse.sh, sourced, never run.
#
# ## Log lines
#
# - `event=role name= result=created`
# - `event=extension name= version= result=created|other-version`
# - `event=setting name= result=left-out`
# - `event=access database= role= result=granted|present`: of roles that bootstrap makes
# - `event=analyze result=failed detail=`: nothing else depends on it
set -Eeuo pipefail

create_database() {
    step create 'making the working database'
    query "$home" <<SQL
select case when datconnlimit = -2 or :mark(oid, 'pg_database') like 'underpin: restoring %'
            or not datallowconn and datconnlimit = 0 and :mark(oid, 'pg_database') is null
            then case when :acts_for(datdba, 'member') or pg_get_userbyid(datdba) = current_user then 'ours' else 'owner' end else 'other' end
from pg_database where datname = '$working';
SQL
    case $(<"$work/rows") in
        ours) drop_database "$working" ;;
        owner)
            [[ -n $bootstrap ]] || end 3 "a database $working is there, left by an earlier restore, and its owner is one that $RESTORE_ROLE is no member of: drop it as its owner"
            drop_line "$working"
            end 3 "a database $working is there, left by an earlier restore, and its owner has more rights than a restore may act with: drop it: $REPLY"
            ;;
        other) end 3 "a database $working is there that has no mark of a restore: drop or rename it" ;;
    esac
    made=yes
    BACKUP_ID=$id query "$home" -f "$scripts/restore-create.sql"
}

# load LIST ARGUMENTS…: pg_restore of the entries that the list names, by the path that the rehearsal found.
load() {
    local list=$1
    shift
    [[ -s $list ]] || return 0
    restore_entries -L "$list" "$@" || load_failed
}

# The entries of the dump, by when they are made. The numbers are those of system catalogs: the words
# after them could be a schema's name. Grants come after all objects, as pg_restore does it too. Row
# security comes after the keys, whose checks it would stop, and before materialized views are filled,
# which see what their owners see. Event triggers are last. Default privileges that are the server's
# own are left to it. A function that stands behind a key needs it; a default behind one needs such a function,
# and pg_restore would make all defaults before all keys.
sort_entries() {
    rm -f "$work/schemas" "$work/grants" "$work/policies" "$work/views" "$work/event_triggers" "$work/objects" "$work/keys" "$work/defaults"
    pg_restore -l "$folder/dump" >"$work/entries" 2>"$work/errors" || damaged dump/toc.dat
    awk -v work="$work" '
        FILENAME == ARGV[1] { own[++n] = " " $0; next }
        /^;/ { next }
        /^[0-9]+; 826 / { for (i = 1; i <= n; i++) if (substr($0, length($0) - length(own[i]) + 1) == own[i]) next }
        /^[0-9]+; 2615 / { print > (work "/schemas"); next }
        /^[0-9]+; 3079 / { next }
        /^[0-9]+; 0 0 ACL / || /^[0-9]+; 826 / { print > (work "/grants"); next }
        /^[0-9]+; 3256 / || /^[0-9]+; 0 [0-9]+ ROW SECURITY / || /^[0-9]+; 0 0 COMMENT .* POLICY / { print > (work "/policies"); next }
        /^[0-9]+; 0 [0-9]+ MATERIALIZED VIEW DATA / { print > (work "/views"); next }
        /^[0-9]+; 3466 / || /^[0-9]+; 0 0 COMMENT - EVENT TRIGGER / { print > (work "/event_triggers"); next }
        /^[0-9]+; 1259 [0-9]+ INDEX / || /^[0-9]+; 2606 [0-9]+ CONSTRAINT / || /^[0-9]+; 0 0 INDEX ATTACH / { keys = 1; print > (work "/keys") }
        keys && /^[0-9]+; 1255 [0-9]+ / { print > (work "/keys") }
        keys && /^[0-9]+; 2604 [0-9]+ DEFAULT / { print > (work "/defaults"); next }
        { print > (work "/objects") }
    ' "$work/servers_own" "$work/entries"
    : >>"$work/schemas"
    : >>"$work/grants"
    : >>"$work/policies"
    : >>"$work/views"
    : >>"$work/event_triggers"
    : >>"$work/objects"
    : >>"$work/keys"
    : >>"$work/defaults"
}

# load_grants: but those to roles of another server's own, which this one has not.
load_grants() {
    query "$home" <<'SQL'
\set description `cat -- "$DESCRIPTION"`
select name from jsonb_array_elements_text(coalesce(:'description'::jsonb -> 'servers_roles', '[]')) as name
where not exists (select from pg_roles where rolname = name);
SQL
    cp "$work/rows" "$work/left_out_roles"
    if [[ ! -s $work/left_out_roles || ! -s $work/grants ]]; then
        load "$work/grants"
        return 0
    fi
    pg_restore -f "$work/grants.all" -L "$work/grants" "$folder/dump" 2>"$work/errors" || damaged dump/toc.dat
    without_roles "$work/left_out_roles" only <"$work/grants.all" >"$work/grants.sql"
    PGCLIENTENCODING=$encoding as_loader query "$working" -f "$work/grants.sql"
}

load_database() {
    on_error=(--exit-on-error)
    : >"$work/failed"
    prepare_load
    make_schemas
    step load 'loading objects and rows'
    if [[ $TABLES == '[]' ]]; then
        # In parallel a table is filled in the order of the dump, which proof.sh counts on; alone it is not.
        loading_objects=yes
        load "$work/objects" -j "$((JOBS > 1 ? JOBS : 2))"
        # What comes now is no more than what it fills or grants: what of it fails is missing.
        loading_objects=no on_error=(--verbose)
    else
        grep -v -E '^[0-9]+; 0 0 ACL - LARGE OBJECT ' "$work/grants" >"$work/grants_of_some" || true
        mv "$work/grants_of_some" "$work/grants"
        load_tables
    fi
    load "$work/defaults"
    finish_load
}

# prepare_load: what the archive holds, and how it is read.
prepare_load() {
    read_description
    sort_entries
    open_archive
}

# read_description: what of the database's description the load and the proof need.
read_description() {
    local managed=no
    [[ -n $bootstrap ]] || managed=yes
    query "$home" -v managed="$managed" -f - <<'SQL'
\set description `cat -- "$DESCRIPTION"`
select name from jsonb_to_recordset(:'description'::jsonb -> 'not_proven') as left_out(kind text, name text) where kind = 'default privileges'
union select rolname from pg_roles where rolsuper and :'managed' = 'yes';
SQL
    cp "$work/rows" "$work/servers_own"
    query "$home" <<'SQL'
\set description `cat -- "$DESCRIPTION"`
select :'description'::jsonb ->> 'encoding';
select regexp_replace(:'description'::jsonb ->> 'lc_monetary', '([\\ ])', '\\\1', 'g');
SQL
    mapfile -t ROWS <"$work/rows"
    encoding=${ROWS[0]} money=
    # A dump writes money in the words of the place.
    [[ ${ROWS[1]} == C ]] || money=" -c lc_monetary=${ROWS[1]}"
}

make_schemas() {
    step schemas 'making schemas'
    load "$work/schemas"
    # A superuser may make them in a schema that is closed, and what a script grants there stays as it is.
    [[ $AS_SUPERUSER == true ]] || as_loader query "$working" -f "$scripts/restore-open.sql"
    step extensions 'making extensions'
    as_loader query "$working" <<'SQL'
\set description `cat -- "$DESCRIPTION"`
select regexp_replace(concat_ws(',', '"$user",public', string_agg(distinct quote_ident(schema), ',') filter (where schema <> 'public')), '([\\[:space:]])', '\\\1', 'g')
from jsonb_to_recordset(:'description'::jsonb -> 'extensions') as made(schema text);
SQL
    with_path "$(<"$work/rows")" as_loader query "$working" -v as_superuser="$AS_SUPERUSER" -f "$scripts/restore-extensions.sql"
    log_lines "$work/rows"
    [[ $AS_SUPERUSER != true ]] || as_loader query "$working" -f "$scripts/restore-open.sql"
}

# finish_load: what comes when all objects are there.
finish_load() {
    as_loader query "$working" -v close=yes -f "$scripts/restore-open.sql"
    step grants 'restoring grants'
    load_grants
    step policies 'restoring row security'
    load "$work/policies"
    if [[ $TABLES == '[]' ]]; then
        step views 'filling materialized views, and making event triggers'
        fill_views
        load "$work/event_triggers"
    fi
    step settings "restoring the database's grants and settings"
    # Those of other roles, too. Nothing of the dump runs any more.
    open_loader settings
    as_loader query "$working" -v as_superuser="$AS_SUPERUSER" -f "$scripts/grants.sql"
    [[ -n $bootstrap ]] || return 0 # the role that restores is no one's of ours
    ACCESS_DATABASES="[\"$working\"]" as_loader query "$working" -f "$scripts/access.sql"
    log_lines "$work/rows"
    open_loader
}

# fill_views: one may read another by a function, which no dump knows of: what fails is tried twice more.
fill_views() {
    [[ -s $work/views ]] || return 0
    restore_entries -L "$work/views" -j "$JOBS" --enable-row-security && return 0
    restore_entries -L "$work/views" --enable-row-security && return 0
    load "$work/views" --enable-row-security
}

# The whole schema, but rows, and then indexes and keys, of the chosen tables alone. pg_restore's own
# -n and -t are exact names. Row security is restored too: who may read a table sees what he may see.
load_tables() {
    local schema name
    load "$work/objects" --section=pre-data
    as_loader query "$working" <<'SQL'
\getenv tables TABLES
\pset fieldsep_zero on
\pset recordsep_zero on
with want as (
    select value as want, nspname, relname, c.oid
    from jsonb_array_elements_text(:'tables') as value
    left join (pg_class c join pg_namespace n on n.oid = relnamespace)
           on relkind in ('r', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema' and value in (relname, nspname || '.' || relname)
), tables as (
    select row_number() over (order by nspname, relname) as number, to_json(nspname || '.' || relname)::text as name
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind in ('r', 'p') and not relispartition and nspname !~ '^pg_' and nspname <> 'information_schema'
), problem as (
    select string_agg(format('%s is %s', to_json(want), case when found = 0 then 'no table of the backup'
               when times > 1 then 'written more than once'
               when found > 1 then 'in several schemas: write it with its schema'
               -- What is proven is the whole.
               else format('a partition of %s: write that one', to_json((select nspname || '.' || relname from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = root))) end), ', ')
           || case when bool_or(found = 0) then '. A name stands without the quotes that SQL asks for; there are '
               || coalesce((select string_agg(name, ', ' order by number) filter (where number <= 20)
                                   || case when count(*) > 20 then format(' and %s more', count(*) - 20) else '' end from tables), 'none') else '' end as text
    from (select want, count(distinct oid) as found, count(*) / greatest(count(distinct oid), 1) as times,
                 min(pg_partition_root(oid)::oid) filter (where pg_partition_root(oid) <> oid) as root from want group by want) as counted
    where found <> 1 or times > 1 or root is not null
), chosen as (
    select leaf.relid::oid as id from want cross join lateral pg_partition_tree(oid) as leaf
    union select oid from want
    union select objid from want join pg_depend on refclassid = 'pg_class'::regclass and refobjid = oid and classid = 'pg_class'::regclass and deptype in ('a', 'i')
    join pg_class sequence on sequence.oid = objid and relkind = 'S'
)
select '', text from problem where text is not null
union all select nspname, relname from chosen join pg_class c on c.oid = id join pg_namespace n on n.oid = relnamespace;
SQL
    cp "$work/rows" "$work/chosen"
    while IFS= read -r -d '' schema && IFS= read -r -d '' name; do
        [[ -n $schema ]] || end 3 "TABLES: $name. Nothing that serves was changed"
        OF_SCHEMA=$schema OF_TABLE=$name PGDATABASE=$working PGPASSWORD=$loader_password PGOPTIONS="$PGOPTIONS$money" as_loader await load_rows >"$work/rows" 2>"$work/errors" || {
            load_failed
        }
    done <"$work/chosen"
    load "$work/keys" -j "$JOBS"
}

# load_rows: those of the table OF_TABLE in OF_SCHEMA. In a table that was emptied in the same transaction no free
# space is looked for: the rows come in the order of the dump, which proof.sh counts on. (Sequences are
# no tables.)
load_rows() {
    {
        printf '%s\n' '\getenv schema OF_SCHEMA' '\getenv name OF_TABLE' 'begin;' \
            "select format('truncate only %I.%I', nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace" \
            "where nspname = :'schema' and relname = :'name' and relkind = 'r' \\gexec" &&
            pg_restore -f - --section=data -n "$OF_SCHEMA" -t "$OF_TABLE" "$folder/dump" | with_own_path && printf '%s\n' 'commit;' '\echo done'
    } | (apart psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -f -) || return 1
}

analyze() {
    step analyze 'gathering statistics for the planner'
    named "$working"
    PGUSER=$loader PGPASSWORD=$loader_password await apart vacuumdb -w -q --analyze-only -j "$JOBS" -d "$REPLY" >/dev/null 2>"$work/errors" || {
        reason
        quote "$REPLY"
        log "event=analyze result=failed detail=$REPLY"
    }
}
