-- The tables of this database that a backup locks: those that pg_dump and the proof read.
--
-- ## Variables
--
-- - `locks`: a file of this side: the statements that lock them all
-- - `rows`: a file of this side: the OIDs of those whose rows a dump must hold, one a line
-- - `matviews`: a file of this side: the OIDs of materialized views and of their indexes, one a line
--
-- ## Output
--
-- One line: how many they are, a hash of which they are, how many lines `rows` has, how many of them this
-- session holds a lock on, the database's encoding, its size in bytes. The hash is another when a
-- table was made, dropped, renamed or moved to another schema.
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
select c.oid from pg_class c where c.relkind = 'm'
union all select indexrelid from pg_index join pg_class c on c.oid = indrelid where c.relkind = 'm'
\g :matviews
select concat_ws('|', count(*), coalesce(md5(string_agg(concat_ws(' ', c.oid, n.nspname, c.relname), ',' order by c.oid)), 'none'),
           count(*) filter (where c.relkind = 'r'
               and (not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
                    or exists (select from pg_extension where c.oid = any (extconfig)))),
           count(held.relation), getdatabaseencoding(), pg_database_size(current_database()))
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join (select distinct relation from pg_locks
           where pid = pg_backend_pid() and granted and locktype = 'relation' and mode = 'AccessShareLock'
           and database = (select oid from pg_database where datname = current_database())) as held on held.relation = c.oid
where c.relkind in ('r', 'p') and c.relpersistence <> 't'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema';
