-- The statement after which an object comes back as it was.
--
-- Run in the working database of a rehearsal, with search_path = pg_catalog.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
-- - `FUNCTION`: the name of a function that did not find something; empty: none is known
--
-- ## Output
--
-- One line: the statement; nothing where none is known.
\set description `cat -- "$DESCRIPTION"`
\getenv function FUNCTION
with database as (
    select :'description'::jsonb as d
), setting as (
    select role, value from database, jsonb_to_recordset(d -> 'settings') as one(role text, name text, value text) where name = 'search_path'
), own as (
    select d ->> 'name' as name, coalesce((select value from setting where role = d ->> 'owner'), (select value from setting where role is null), '"$user", public') as path
    from database
), wanted as (
    select string_agg(distinct quote_ident(nspname), ', ' order by quote_ident(nspname)) as schemas
    from pg_extension join pg_namespace n on n.oid = extnamespace, own
    where nspname <> 'pg_catalog' and strpos(path, quote_ident(nspname)) = 0
), named as (
    select min(p.oid::regprocedure::text) as function, min(quote_ident(nspname)) as schema
    from pg_proc p join pg_namespace n on n.oid = pronamespace
    where proname = :'function' and not coalesce(array_to_string(proconfig, E'\n') ~ '(^|\n)search_path=', false) and nspname !~ '^pg_' and nspname <> 'information_schema'
    and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
    having count(*) = 1
)
select format('alter function %s set search_path = %s', function,
              concat_ws(', ', path, case when strpos(concat_ws(', ', path, schemas), schema) = 0 then schema end, schemas))
from named, own, wanted where function is not null
union all
select format('alter database %I set search_path = %s', name, concat_ws(', ', path, schemas)) from own, wanted
where schemas is not null and not exists (select from named where function is not null)
limit 1;
