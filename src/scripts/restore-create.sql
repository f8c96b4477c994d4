-- Makes the working database of a restore, like the one that was backed up and closed to everybody else.
--
-- Run in the database postgres by the role that restores, with search_path = pg_catalog. The new
-- database stays closed until its mark is on it: CREATE DATABASE cannot share a transaction with it.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
-- - `BACKUP_ID`, `POD`: for the mark
--
-- ## Log lines
--
-- - `event=role name= result=created`: by a superuser, who makes the roles that are missing
\set description `cat -- "$DESCRIPTION"`
\getenv id BACKUP_ID
\getenv pod POD
select format('create role %I nologin', name), format('select %L', format('event=role name=%s result=created', to_json(name)))
from jsonb_array_elements_text(:'description'::jsonb -> 'roles') as name
where not exists (select from pg_roles where rolname = name)
-- Those of our own bootstrap makes; where a feature is switched off there is none, and grants may name it.
and (name !~ '^underpin_' or exists (select from pg_roles where rolname = current_user and rolsuper))
and not coalesce(:'description'::jsonb -> 'servers_roles', '[]') ? name
\gexec
select format('create database underpin_restoring template template0 allow_connections false connection limit 0 encoding %L lc_collate %L lc_ctype %L',
              d ->> 'encoding', d ->> 'collate', d ->> 'ctype')
       || case d ->> 'provider' when 'icu' then format(' locale_provider icu icu_locale %L', d ->> 'locale') || coalesce(format(' icu_rules %L', d ->> 'icu_rules'), '')
               when 'builtin' then format(' locale_provider builtin builtin_locale %L', d ->> 'locale')
               else ' locale_provider libc' end
from (values (:'description'::jsonb)) as description(d)
\gexec
begin;
select format(:'set_mark', 'underpin_restoring', format('underpin: restoring %s by %s', :'id', :'pod')) \gexec
-- TEMPORARY too: no other session makes anything in it.
revoke all on database underpin_restoring from public;
grant create on database underpin_restoring to public;
alter database underpin_restoring allow_connections true connection limit -1;
-- Only now its owner gets it.
select format(:'give', 'underpin_restoring', :'description'::jsonb ->> 'owner') \gexec
commit;
