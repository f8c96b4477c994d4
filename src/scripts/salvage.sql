-- Takes away the check that rows break, and says how it comes back: NOT VALID.
--
-- Run in the working database by the role that restores, with search_path = pg_catalog. A check or a NOT
-- NULL that was inherited goes where it is made.
--
-- ## Environment
--
-- - `OF_SCHEMA`, `OF_TABLE`, `OF_CONSTRAINT`: of a table, and with `OF_COLUMN` in the place of a constraint
--   that column's NOT NULL; or `OF_DATATYPE` in the place of the table: of a domain, and without a
--   constraint its NOT NULL
--
-- ## Output
--
-- The statements that bring it back; for NOT NULL, which comes back with no rows that break it, one that does
-- nothing; nothing at all where there is no such check.
\getenv schema OF_SCHEMA
\getenv table OF_TABLE
\getenv column OF_COLUMN
\getenv constraint OF_CONSTRAINT
\getenv datatype OF_DATATYPE
create temporary table away as
with recursive up as (
    select c.oid, conrelid, conname, coninhcount
    from pg_constraint c join pg_class t on t.oid = conrelid join pg_namespace n on n.oid = relnamespace
    where contype = 'c' and nspname = :'schema' and relname = :'table' and conname = :'constraint'
    union
    select c.oid, c.conrelid, c.conname, c.coninhcount
    from up join pg_inherits on inhrelid = up.conrelid
    join pg_constraint c on c.conrelid = inhparent and c.conname = up.conname and contype = 'c'
), filled (id, height) as (
    select attrelid, 0
    from pg_attribute join pg_class t on t.oid = attrelid join pg_namespace n on n.oid = relnamespace
    where nspname = :'schema' and relname = :'table' and attname = :'column' and :'constraint' = ''
    and attnotnull and not attisdropped and attidentity = ''
    union
    select inhparent, height + 1
    from filled join pg_inherits on inhrelid = id join pg_attribute on attrelid = inhparent and attname = :'column' and attnotnull
)
select format('alter table %s drop constraint %I', conrelid::regclass, conname) as away,
       format('alter table %s add constraint %I %s not valid;', conrelid::regclass, conname, pg_get_constraintdef(oid)) as back
from up where coninhcount = 0
union all
select format('alter domain %s drop constraint %I', contypid::regtype, conname),
       format('alter domain %s add constraint %I %s not valid;', contypid::regtype, conname, pg_get_constraintdef(c.oid))
from pg_constraint c join pg_type t on t.oid = contypid join pg_namespace n on n.oid = typnamespace
where contype = 'c' and nspname = :'schema' and typname = :'datatype' and conname = :'constraint'
union all
select format('alter domain %s drop not null', t.oid::regtype), 'select;'
from pg_type t join pg_namespace n on n.oid = typnamespace
where typtype = 'd' and typnotnull and nspname = :'schema' and typname = :'datatype' and :'constraint' = ''
union all
select * from (select format('alter table %s alter column %I drop not null', id::regclass, :'column'), 'select;' from filled order by height desc) as columns;
\o /dev/null
select away from away
\gexec
\o
select back from away;
drop table away;
