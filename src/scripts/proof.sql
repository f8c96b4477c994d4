-- The proof of what a database holds, but for its rows: one JSON array a line, equal before a dump and
-- after its restore. And, as two scripts for psql, how the rows are to be read.
--
-- Run by psql, in one read-only transaction, by a role that may read everything (pg_read_all_data,
-- BYPASSRLS); on PostgreSQL 15 to 18 alike: `psql -X -w -v level=content [-v snap=ID] -f proof.sql`.
-- proof.sh runs it, and reads the rows.
--
-- It reads catalogs alone: to plan a SELECT over an owner's table runs that owner's functions (those
-- of indexes and statistics) with the rights of who asks. COPY of a table runs nothing of his.
--
-- It finds loss and corruption; it is no signature. Version 2: what it reads and how is never changed
-- under this number, because old backups are compared with it.
--
-- ## Variables
--
-- - `level`: `content` reads every value, `rows` counts, `none` does neither
-- - `snap`: a snapshot that another session has exported; without it the transaction's own
-- - `inside`: set: in a transaction that is open, whose snapshot it is
-- - `plan`: a file of this side, for what is to be read
-- - `workers`: 1 or 2: how many sessions read it
--
-- ## Environment
--
-- - `EXPECTED_PROOF`: a proof of before: a table's columns are read in the order that it says, and its
--   rows hashed in that way; left out: in the order of a dump
--
-- ## Output
--
-- The lines have no order: `LC_ALL=C sort` gives them one.
--
-- - `["proof", version, level]`
-- - `["matview", schema, name, populated]`: what it holds is computed again by a restore
-- - `["sequence", schema, name, type, start, increment, min, max, cache, cycle]`: its value is the
--   archive's, and a line of sequences.sql
-- - `["large-objects", count, hash of oids, lengths, owners and grants, hash of content]`
--
-- In `plan`, each field ends with a NUL:
--
-- - for each table `ordered`, `sorted`, `counted`, `empty` or `listed`, a number, `"schema", "name"`, the columns
--   as a JSON array, its OID, its size. How the rows are hashed is in proof.sh.
-- - for each batch `script`, a worker, the script of psql, and three empty fields; the largest tables
--   come first. Small tables go to files, which `sh "$READER"` then reads by the hundred; any other
--   goes to a `sh "$READER" NUMBER WAY` of its own. A batch gives its locks back at its end, so that any
--   number of tables fits the server's lock table.
--
-- Left out: tables of extensions but for the rows that pg_dump takes, foreign tables, temporary ones,
-- generated columns.
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
\pset null ''
\if :{?inside}
\else
begin isolation level repeatable read, read only;
\if :{?snap}
set transaction snapshot :'snap';
\endif
\endif
-- First: until then a database's own search_path decides what `=` is.
set local search_path = '';
set local role none;
-- Databases and roles may set any of these. Names that this server does not know are passed over.
select pg_catalog.set_config(known.name, pinned.value, true)
from (values ('quote_all_identifiers', 'off'), ('standard_conforming_strings', 'on'), ('client_min_messages', 'warning'), ('row_security', 'off'),
             ('restrict_nonsystem_relation_kind', 'view, foreign-table'), ('transaction_timeout', '0')) as pinned(name, value)
join pg_catalog.pg_settings known on pg_catalog.lower(known.name) = pinned.name
\g /dev/null

select pg_catalog.json_build_array('proof', 2, :'level'::pg_catalog.text);

select pg_catalog.json_build_array('matview', n.nspname, c.relname, c.relispopulated)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'm' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and not exists (select from pg_catalog.pg_depend member
                where member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e');

select pg_catalog.json_build_array('sequence', n.nspname, c.relname, pg_catalog.format_type(s.seqtypid, null), s.seqstart::pg_catalog.text,
           s.seqincrement::pg_catalog.text, s.seqmin::pg_catalog.text, s.seqmax::pg_catalog.text, s.seqcache::pg_catalog.text, s.seqcycle)
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_sequence s on s.seqrelid = c.oid
where c.relkind = 'S' and c.relpersistence <> 't'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and not exists (select from pg_catalog.pg_depend member
                where member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e');

-- Large objects. A restore fills holes: trailing zeros and pages of zeros are not told from none.
select pg_catalog.json_build_array('large-objects', pg_catalog.count(*)::pg_catalog.text,
           coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
               row(object.oid, pg_catalog.pg_get_userbyid(object.lomowner), coalesce(length.bytes, 0), grants.text)::pg_catalog.text
               collate pg_catalog."C", 0)), 0)::pg_catalog.text,
           case when :'level' = 'content' then (
               select coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
                          pg_catalog.hash_record_extended(row(loid, pageno, pg_catalog.rtrim(data, '\x00'::pg_catalog.bytea)), 0)::pg_catalog.text
                          collate pg_catalog."C", 0)), 0)::pg_catalog.text
               from pg_catalog.pg_largeobject
               where pg_catalog.rtrim(data, '\x00'::pg_catalog.bytea) <> '') end)
from pg_catalog.pg_largeobject_metadata object
left join (select loid, pg_catalog.max(pageno * 2048::pg_catalog.int8 + pg_catalog.length(data)) as bytes
           from pg_catalog.pg_largeobject where :'level' <> 'none' group by loid) as length on length.loid = object.oid
cross join lateral (
    select pg_catalog.string_agg(pg_catalog.format('%s %s', acl.grantee_name, acl.item), ',' order by acl.grantee_name, acl.item) as text
    from (select case exploded.grantee when 0 then '' else pg_catalog.pg_get_userbyid(exploded.grantee) end as grantee_name,
                 pg_catalog.format('%s %s %s', pg_catalog.pg_get_userbyid(exploded.grantor), exploded.privilege_type, exploded.is_grantable) as item
          from pg_catalog.aclexplode(coalesce(object.lomacl, pg_catalog.acldefault('L', object.lomowner))) as exploded) as acl) as grants;

\set before `cat -- "${EXPECTED_PROOF:-/dev/null}"`
\pset fieldsep_zero on
\pset recordsep_zero on
with before as (
    select line ->> 1 as nspname, line ->> 2 as relname, line ->> 5 as way, line -> 6 as columns
    from (select line::pg_catalog.jsonb as line from pg_catalog.string_to_table(:'before', E'\n') as line where line <> '') as lines
    where line ->> 0 = 'table'
), of_extension as (
    select taken.id, nullif(taken.condition, '') as condition
    from pg_catalog.pg_extension extension
    cross join lateral rows from (pg_catalog.unnest(extension.extconfig), pg_catalog.unnest(extension.extcondition)) as taken(id, condition)
), scattered as (
    -- Rows go by the numbers of enum values, which differ from server to server: pg_dump loads them
    -- through the root, too.
    select distinct coalesce(pg_catalog.pg_partition_root(partrelid)::pg_catalog.oid, partrelid) as root
    from pg_catalog.pg_partitioned_table
    where partstrat = 'h' and exists (
        select from pg_catalog.unnest(partclass::pg_catalog.oid[]) as class
        join pg_catalog.pg_opclass on pg_opclass.oid = class and opcname = 'enum_ops' and opcnamespace = 'pg_catalog'::pg_catalog.regnamespace)
), leaf as (
    select c.oid as id, n.nspname, c.relname, of_extension.condition, coalesce(scattered.root, c.oid) as root,
           -- An extension's tables are there, with rows, before a restore loads any.
           scattered.root is not null or of_extension.id is not null as shuffled,
           pg_catalog.pg_relation_size(c.oid) as heap, pg_catalog.pg_table_size(c.oid) as bytes
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join of_extension on of_extension.id = c.oid
    left join scattered on c.relispartition and scattered.root = pg_catalog.pg_partition_root(c.oid)
    where c.relkind = 'r' and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (of_extension.id is not null
         or not exists (select from pg_catalog.pg_depend member
                        where member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e'))
), unit as (
    -- A table, or a tree of scattered leaves.
    select root, pg_catalog.row_number() over (order by pg_catalog.sum(bytes) desc, root) as number, pg_catalog.bool_or(shuffled) as shuffled,
           pg_catalog.sum(heap)::pg_catalog.int8 = 0 as empty, pg_catalog.sum(bytes)::pg_catalog.int8 as bytes
    from leaf group by root
), listed as (
    select unit.number, unit.root, unit.bytes, n.nspname, c.relname, coalesce(before.columns, columns.own) as columns,
           -- There must be room to sort them: a counted table is one whose rows are only counted.
           case when :'level' = 'none' then 'listed'
                when shuffled then coalesce(before.way, case when bytes <= 256 * 1024 * 1024 then 'sorted' else 'counted' end)
                when empty then 'empty' else 'ordered' end as way
    from unit
    join pg_catalog.pg_class c on c.oid = unit.root
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
        select coalesce(pg_catalog.jsonb_agg(attname order by attnum), '[]') as own from pg_catalog.pg_attribute
        where attrelid = unit.root and attnum > 0 and not attisdropped and attgenerated = '') as columns
    left join before on before.nspname = n.nspname and before.relname = c.relname
), copies as (
    select listed.number, listed.way, listed.bytes,
           pg_catalog.string_agg(case when leaf.condition is null
               then pg_catalog.format('copy %I.%I%s to stdout', leaf.nspname, leaf.relname, ' (' || names.text || ')')
               else pg_catalog.format('copy (select %s from only %I.%I %s) to stdout', names.text, leaf.nspname, leaf.relname, leaf.condition) end, E';\n') as text,
           listed.way = 'ordered' and listed.bytes <= 1024 * 1024 as small,
           -- To and fro between the sessions, so that each has as much.
           case when (listed.number - 1) % 4::pg_catalog.int8 in (0, 3) or :workers = 1 then 0 else 1 end as worker
    from listed
    join leaf on leaf.root = listed.root
    cross join lateral (
        select pg_catalog.string_agg(pg_catalog.format('%I', value), ', ' order by ordinality) as text
        from pg_catalog.jsonb_array_elements_text(listed.columns) with ordinality) as names
    where listed.way not in ('empty', 'listed')
    group by listed.number, listed.way, listed.bytes
), batched as (
    -- At most 200 small ones, and 16 MB of them.
    select copies.*, case when small then (pg_catalog.sum(bytes + 84000) over (partition by worker, small order by number) / (16 * 1024 * 1024)::pg_catalog.numeric)::pg_catalog.int8 end as batch
    from copies
), script as (
    select worker, pg_catalog.min(number) as position,
           pg_catalog.string_agg(text || E' \\g ' || number::pg_catalog.text || '.copy', E'\n' order by number) || E'\n\\! sh "$READER"' as text
    from batched where small group by worker, batch
    union all
    select worker, number, case way when 'ordered' then text || E' \\g |sh "$READER" ' || number::pg_catalog.text || ' ordered'
                           else E'\\o |sh "$READER" ' || number::pg_catalog.text || ' ' || way || E'\n' || text || E';\n\\o' end
    from batched where not small
)
select kind, number, name, columns, root, bytes
from (select way as kind, number::pg_catalog.text as number,
             pg_catalog.to_json(nspname)::pg_catalog.text || ', ' || pg_catalog.to_json(relname)::pg_catalog.text as name,
             columns::pg_catalog.text as columns, root::pg_catalog.text as root, bytes::pg_catalog.text as bytes, number as position
      from listed
      union all
      select 'script', worker::pg_catalog.text, E'savepoint batch;\n' || text || E'\nrollback to savepoint batch;', '', '', '', position
      from script) as plan
order by position
\g :plan
\if :{?inside}
\else
commit;
\endif
