-- Makes the extensions that the spec wants in the database that it runs in.
--
-- CREATE EXTENSION puts objects into the first schema of the search path: public, as in any session,
-- and only for that statement. One that fails does not keep the next from being made. The session's own
-- path, to which RESET goes back, is PostgreSQL's default, whatever the database's setting is: there are
-- scripts of extensions that look for what they require there (postgis_topology). No other statement uses it.
--
-- ## Environment
--
-- - `DATABASES`: JSON, `[{"name": …, "extensions": […]}]`
--
-- ## Log lines
--
-- - `event=extension database= name= result=created|present|missing|failed`
\getenv databases DATABASES
set search_path = pg_catalog;
create temporary table want as
select want.name, want.position,
       case when available.name is null then 'missing' when have.oid is not null then 'present' end as result
from jsonb_to_recordset(:'databases') as databases(name text, extensions jsonb)
cross join lateral jsonb_array_elements_text(extensions) with ordinality as want(name, position)
left join pg_available_extensions available on available.name = want.name
left join pg_extension have on have.extname = want.name
where databases.name = current_database();

\set ON_ERROR_STOP off
select 'set search_path = public', format('create extension if not exists %I cascade', name), 'set search_path = pg_catalog'
from want
where result is null
order by position
\gexec
\set ON_ERROR_STOP on
select format('event=extension database=%s name=%s result=%s', to_json(current_database()::text), to_json(want.name),
              coalesce(result, case when have.oid is null then 'failed' else 'created' end))
from want
left join pg_extension have on have.extname = want.name
order by position;
