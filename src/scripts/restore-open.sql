-- Lets every owner make things in every schema of the working database while it is being restored, or ends that.
--
-- Who gets an object must have CREATE in its schema, and the grants of a dump come after its objects.
-- So a restore without superuser needs this; no one else can connect. Run in the working database by
-- the role that restores, with search_path = pg_catalog, after the schemas were made, and with
-- variable `close` before the grants. A schema `public` that the original had not goes. A schema that is
-- part of an extension, or that its script granted something on, is left as the script made it.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
-- - variable `close`: set: take it all back
--
-- ## Log lines
--
-- none
\set description `cat -- "$DESCRIPTION"`
\if :{?close}
select format('revoke %s on schema %I from public', case nspname when 'public' then 'create' else 'all' end, nspname)
from pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
and not exists (select from pg_depend where classid = 'pg_namespace'::regclass and objid = pg_namespace.oid and deptype = 'e')
and (nspname = 'public' or not exists (select from pg_init_privs where classoid = 'pg_namespace'::regclass and objoid = pg_namespace.oid))
\gexec
revoke create on database underpin_restoring from public;
\else
select 'drop schema public' where not (:'description'::jsonb -> 'public')::boolean
\gexec
select format('grant usage, create on schema %I to public', nspname)
from pg_namespace
where nspname !~ '^pg_' and nspname <> 'information_schema'
and not exists (select from pg_depend where classid = 'pg_namespace'::regclass and objid = pg_namespace.oid and deptype = 'e')
and (nspname = 'public' or not exists (select from pg_init_privs where classoid = 'pg_namespace'::regclass and objoid = pg_namespace.oid))
\gexec
\endif
