-- Makes the extensions of the backup in the working database, in their versions and for their owners.
--
-- Run in the working database by the role that restores, after the schemas were made. RESET goes back to
-- the schemas of the extensions, since there are scripts of extensions that look for what they
-- require there (postgis_topology); no statement of ours uses it. A version that the server does not have becomes its default one. Where the
-- owner was a superuser, and none restores, the database's owner gets it.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
-- - variable `as_superuser`: `true` or `false`
--
-- ## Log lines
--
-- - `event=extension name= version= result=created|other-version`
\set description `cat -- "$DESCRIPTION"`
set search_path = pg_catalog;
select case when by_other then format('set role %I', maker) end,
       format('create extension %I schema %I%s', name, schema, case when there then format(' version %L', version) else '' end),
       'set search_path = pg_catalog',
       -- Its own comment comes with it; the dump has the one that it had, if it had one.
       format('comment on extension %I is null', name),
       case when by_other then 'reset role' end,
       format('select concat(%L, (select to_json(extversion) from pg_extension where extname = %L), %L)',
              format('event=extension name=%s version=', to_json(name)), name, case when there then ' result=created' else ' result=other-version' end)
from rows from (jsonb_to_recordset(:'description'::jsonb -> 'extensions') as (name text, version text, schema text, owner text)) with ordinality as want(name, version, schema, owner, position)
cross join lateral (
    select exists (select from pg_available_extension_versions have where have.name = want.name and have.version = want.version) as there,
           case when :'as_superuser' = 'true' or not exists (select from pg_roles where rolname = owner and rolsuper) then owner
                else :'description'::jsonb ->> 'owner' end as maker
) as found
cross join lateral (select maker <> current_user and exists (select from pg_roles where rolname = maker)) as decided(by_other)
where not exists (select from pg_extension where extname = name)
order by position
\gexec
