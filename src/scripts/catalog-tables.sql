-- The tables of this database that a backup locks: those that pg_dump and the proof read.
--
-- ## Variables
--
-- - `locks`: a file of this side: the statements that lock them all
-- - `rows`: a file of this side: the OIDs of those whose rows a dump must hold, one a line
--
-- ## Output
--
-- One line: how many they are, a hash of which they are, the database's encoding, its size in bytes. The hash
-- is another when a table was made, dropped, renamed or moved to another schema.
with found as (
    select c.oid, n.nspname, c.relname
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), numbered as (
    select *, row_number() over (order by oid) / 500 as batch from found
)
select string_agg(statement, E'\n') from (
    select format('lock table only %s in access share mode;', string_agg(format('%I.%I', nspname, relname), ', only ' order by oid)) as statement
    from numbered group by batch order by batch
) as statements
\g :locks
select c.oid
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and (not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
     or exists (select from pg_extension where c.oid = any (extconfig)))
order by 1
\g :rows
select concat_ws('|', count(*), coalesce(md5(string_agg(concat_ws(' ', c.oid, n.nspname, c.relname), ',' order by c.oid)), 'none'),
           getdatabaseencoding(), pg_database_size(current_database()))
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema';
