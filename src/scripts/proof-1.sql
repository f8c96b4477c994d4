-- The proof of what a database holds, as backups of before say it (`"proof": 1`): one JSON array a line,
-- equal before a dump and after its restore. proof.sql is that of today.
--
-- Run by psql, in one read-only transaction, by a role that may read everything (pg_read_all_data,
-- BYPASSRLS, and `lo_compat_privileges` for large objects); on PostgreSQL 15 to 18 alike:
--
-- `PGCLIENTENCODING=UTF8 psql -X -w -v level=content [-v snap=ID] [-v only=sequences] -f proof-1.sql`
--
-- It finds loss and corruption; it is no signature. Version 1: what it reads and how is never
-- changed under this number, because old backups are compared with it.
--
-- ## Variables
--
-- - `level`: `content` reads every value, `rows` counts, `none` does neither: what is left out is null
-- - `snap`: a snapshot that another session has exported; without it the transaction's own
-- - `only`: `sequences` leaves out all else
--
-- ## Output
--
-- Numbers are strings, because they may be larger than a JSON reader's. The lines have no order:
-- `LC_ALL=C sort` gives them one.
--
-- - `["proof", version, level]`
-- - `["table", schema, name, rows, hash, generated]`: of a partitioned table one line at its root,
--   for all its leaves; `generated` is the hash of stored generated columns, which a restore
--   computes again; null where there are none
-- - `["more", …]`: of the same table, to be added to that line; tables with many leaves have them
-- - `["matview", schema, name, rows, hash, null]`: computed again, too; rows is null where it holds none
-- - `["sequence", schema, name, last_value, is_called, increment, min, max, cycle]`: never
--   transactional, and read at the time of its line
-- - `["large-objects", count, hash of oids, lengths, owners and grants, hash of content]`
--
-- Left out: tables of extensions but for the rows that pg_dump takes, foreign tables, temporary
-- ones. A hash is a sum, so that order and the number of reading processes do not matter. Each row
-- gives one number: of its columns by name, those of simple types by value and the others by what
-- their output function writes, which is what COPY writes.
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
\pset null ''
begin isolation level repeatable read, read only;
\if :{?snap}
set transaction snapshot :'snap';
\endif
-- First: until then a database's own search_path decides what `=` is.
set local search_path = '';
set local role none;
-- Databases and roles may set any of these. Names that this server does not know are passed over.
select pg_catalog.set_config(known.name, pinned.value, true)
from (values ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), ('timezone', 'UTC'), ('extra_float_digits', '3'),
             ('bytea_output', 'hex'), ('lc_monetary', 'C'), ('quote_all_identifiers', 'off'), ('standard_conforming_strings', 'on'),
             ('row_security', 'off'), ('restrict_nonsystem_relation_kind', 'view, foreign-table'), ('client_min_messages', 'warning'),
             ('statement_timeout', '0'), ('lock_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
             ('jit', 'off'), ('min_parallel_table_scan_size', '8MB'), ('max_parallel_workers_per_gather', '2'), ('parallel_leader_participation', 'on'))
     as pinned(name, value)
join pg_catalog.pg_settings known on pg_catalog.lower(known.name) = pinned.name
\g /dev/null

select pg_catalog.json_build_array('proof', 1, :'level'::pg_catalog.text);

\if :{?only}
\else
-- Tables and materialized views. A batch is one statement; the savepoint around it gives its locks
-- back, so that any number of tables fits the server's lock table.
with of_extension as (
    select taken.id, nullif(taken.condition, '') as condition
    from pg_catalog.pg_extension extension
    cross join lateral rows from (pg_catalog.unnest(extension.extconfig), pg_catalog.unnest(extension.extcondition)) as taken(id, condition)
), relation as (
    select c.oid as id, n.nspname, c.relname, c.relkind, c.relispopulated, of_extension.condition,
           coalesce(pg_catalog.pg_partition_root(c.oid), c.oid) as root,
           -- Its TOAST table too: with large values the heap alone is small.
           c.relkind <> 'p' and pg_catalog.pg_table_size(c.oid) > 8 * 1024 * 1024 as large
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    left join of_extension on of_extension.id = c.oid
    where c.relkind in ('r', 'm', 'p') and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (of_extension.id is not null
         or not exists (select from pg_catalog.pg_depend member
                        where member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e'))
), hashed as (
    select relation.*,
           -- "C": under a nondeterministic collation different bytes would have one hash.
           'pg_catalog.hash_record_extended(row('
               || pg_catalog.concat_ws(', ', columns.native, 'row(' || columns.other || ')::pg_catalog.text',
                                       case when columns.native is null and columns.other is null then '0' end)
               || '), 0)::pg_catalog.text' as content,
           'row(' || columns.generated || ')::pg_catalog.text' as generated
    from relation
    cross join lateral (
        select pg_catalog.string_agg(pg_catalog.format('t.%I%s', attname, case when attcollation <> 0 then ' collate pg_catalog."C"' end), ', '
                   order by attname) filter (where attgenerated = '' and native) as native,
               pg_catalog.string_agg(pg_catalog.format('t.%I', attname), ', ' order by attname) filter (where attgenerated = '' and not native) as other,
               pg_catalog.string_agg(pg_catalog.format('t.%I', attname), ', ' order by attname) filter (where attgenerated = 's') as generated
        from (select *, atttypid = any ('{bool,int2,int4,int8,oid,uuid,date,time,timestamp,timestamptz,bytea,text,varchar}'::pg_catalog.regtype[]) as native
              from pg_catalog.pg_attribute
              where attrelid = relation.id and attnum > 0 and not attisdropped) as attribute
    ) as columns
), batched as (
    select hashed.*, pg_catalog.dense_rank() over (order by large desc, case when large then id else 0 end, case when large then 0 else position / 50 end) as batch
    from (select hashed.*, pg_catalog.row_number() over (partition by large order by root, id) as position from hashed) as hashed
), line as (
    select batched.batch, batched.large,
           pg_catalog.format('select %L::pg_catalog.text, %L::pg_catalog.name, %L::pg_catalog.name, %s, %s, %s',
               case when root.relkind = 'm' then 'matview'
                    when batched.batch = pg_catalog.min(batched.batch) over (partition by batched.root) then 'table'
                    else 'more' end,
               root.nspname, root.relname,
               case when :'level' = 'none' or not batched.relispopulated then 'null::pg_catalog.int8'
                    when batched.relkind = 'p' then '0::pg_catalog.int8'
                    else 'pg_catalog.count(*)' end,
               case when :'level' <> 'content' or not batched.relispopulated then 'null::pg_catalog.numeric'
                    when batched.relkind = 'p' then '0::pg_catalog.numeric'
                    -- Twice: the hash of a record is linear in those of its columns, so that values
                    -- swapped between two rows would not change the sum.
                    else 'coalesce(pg_catalog.sum(pg_catalog.hashtextextended(' || batched.content || ' collate pg_catalog."C", 0)), 0)' end,
               case when :'level' <> 'content' or batched.generated is null or batched.relkind = 'p' then 'null::pg_catalog.numeric'
                    else 'coalesce(pg_catalog.sum(pg_catalog.hashtextextended(' || batched.generated || ' collate pg_catalog."C", 0)), 0)' end)
           -- ONLY: what inherits from it has lines of its own.
           || case when batched.relkind <> 'p' and batched.relispopulated and :'level' <> 'none'
                   then pg_catalog.format(' from only %I.%I t %s', batched.nspname, batched.relname, batched.condition) else '' end as query
    from batched
    join relation root on root.id = batched.root
)
select 'savepoint batch',
       case when pg_catalog.bool_or(large) then 'set local parallel_setup_cost = 0' end,
       case when pg_catalog.bool_or(large) then 'set local min_parallel_table_scan_size = 0' end,
       'select pg_catalog.json_build_array(kind, schema, name, pg_catalog.sum(n)::pg_catalog.text, pg_catalog.sum(h)::pg_catalog.text, pg_catalog.sum(g)::pg_catalog.text) from ('
           || pg_catalog.string_agg(query, ' union all ') || ') as batch(kind, schema, name, n, h, g) group by kind, schema, name',
       'rollback to savepoint batch'
from line
group by batch
order by batch
\gexec
\endif

-- Sequences.
select 'savepoint batch',
       'select pg_catalog.json_build_array(''sequence'', schema, name, last_value::pg_catalog.text, is_called, step::pg_catalog.text, low::pg_catalog.text, high::pg_catalog.text, cycles) from ('
           || pg_catalog.string_agg(pg_catalog.format(
                  'select %L::pg_catalog.name, %L::pg_catalog.name, last_value, is_called, %s::pg_catalog.int8, (%L)::pg_catalog.int8, (%L)::pg_catalog.int8, %L::pg_catalog.bool from %I.%I',
                  nspname, relname, seqincrement, seqmin, seqmax, seqcycle, nspname, relname), ' union all ')
           || ') as batch(schema, name, last_value, is_called, step, low, high, cycles)',
       'rollback to savepoint batch'
from (
    select n.nspname, c.relname, s.seqincrement, s.seqmin, s.seqmax, s.seqcycle, pg_catalog.row_number() over (order by c.oid) / 200 as batch
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_sequence s on s.seqrelid = c.oid
    where c.relkind = 'S' and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend member
                    where member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e'
                    and not exists (select from pg_catalog.pg_extension extension where c.oid = any (extension.extconfig)))
) as sequence
group by batch
order by batch
\gexec

\if :{?only}
\else
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
\endif
commit;
