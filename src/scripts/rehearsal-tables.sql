-- The tables of a database whose rows a rehearsal needs: an expression that a row of them goes through
-- (check, generated column, index, domain, partition key) runs a function, operator or type that is not
-- PostgreSQL's own. Its failures show with rows alone.
--
-- Run by psql in that database, by any role, with search_path = pg_catalog; `-v inside=yes` runs it in a
-- transaction that is open. It reads catalogs alone.
--
-- ## Output
--
-- A line for each: its OID, its name with its schema, quoted, and without the line breaks that it may hold;
-- then the line `end`.
\set QUIET on
\set ON_ERROR_STOP on
\if :{?inside}
\else
begin isolation level repeatable read, read only;
\endif
set local search_path = pg_catalog;
with made (classid, objid) as (
    -- What the owner or an extension has made, and what is built upon it.
    select 'pg_proc'::regclass::oid, oid from pg_proc where oid >= 16384
    union all select 'pg_operator'::regclass, oid from pg_operator where oid >= 16384
    union all select 'pg_type'::regclass, oid from pg_type where oid >= 16384 and typtype in ('b', 'd', 'r', 'm', 'c')
    -- Of composite types those alone that stand for no table.
    and not exists (select from pg_class where pg_class.oid = typrelid and relkind <> 'c')
    union all select 'pg_opclass'::regclass, oid from pg_opclass where oid >= 16384
), runs as (
    select d.classid, d.objid, d.objsubid
    from pg_depend d join made on made.classid = d.refclassid and made.objid = d.refobjid
    where d.classid in ('pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_class'::regclass)
), of_table as (
    select conrelid as id from runs join pg_constraint c on classid = 'pg_constraint'::regclass and c.oid = objid where contype in ('c', 'x')
    union select adrelid from runs join pg_attrdef a on classid = 'pg_attrdef'::regclass and a.oid = objid
    union select indrelid from runs join pg_index on classid = 'pg_class'::regclass and indexrelid = objid
    -- A column of such a type, or a partition key.
    union select objid from runs where classid = 'pg_class'::regclass
)
select concat(c.oid, ' ', regexp_replace(format('%I.%I', nspname, relname), '[[:cntrl:]]', ' ', 'g'))
from of_table
cross join lateral (select relid::oid as leaf from pg_partition_tree(id) union select id) as tree
join pg_class c on c.oid = leaf
join pg_namespace n on n.oid = relnamespace
where relkind = 'r' and relpersistence <> 't' and nspname !~ '^pg_' and nspname <> 'information_schema'
group by c.oid, nspname, relname
order by 1
limit 1000;
\if :{?inside}
\else
commit;
\endif
\qecho end
