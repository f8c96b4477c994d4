-- The grants and settings of a database, which no dump holds: as the backup describes them.
--
-- Run in the working database by the role that restores, with search_path = pg_catalog. What another
-- server had given to roles of its own, which this one has not, is left out.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
--
-- ## Log lines
--
-- none
\set description `cat -- "$DESCRIPTION"`
select coalesce(jsonb_agg(name), '[]') as left_out
from jsonb_array_elements_text(coalesce(:'description'::jsonb -> 'servers_roles', '[]')) as name
where not exists (select from pg_roles where rolname = name) \gset
-- What the dump itself may have set.
alter database underpin_restoring reset all;
revoke all on database underpin_restoring from public;
select format('revoke all on database underpin_restoring from %I', :'description'::jsonb ->> 'owner') where :'description'::jsonb -> 'grants' <> 'null'
\gexec
select 'grant connect, temporary on database underpin_restoring to public' where :'description'::jsonb -> 'grants' = 'null'
\gexec
-- The owner's first: others' rights to grant come from them.
select case when grantor <> :'description'::jsonb ->> 'owner' then format('set role %I', grantor) end,
       format('grant %s on database underpin_restoring to %s%s', privilege, coalesce(quote_ident(grantee), 'public'), case when grantable then ' with grant option' else '' end),
       case when grantor <> :'description'::jsonb ->> 'owner' then 'reset role' end
from rows from (jsonb_to_recordset(nullif(:'description'::jsonb -> 'grants', 'null')) as (grantor text, grantee text, privilege text, grantable boolean)) with ordinality as given(grantor, grantee, privilege, grantable, position)
where coalesce(grantee !~ '^underpin_' and not :'left_out'::jsonb ? grantee, true) and not :'left_out'::jsonb ? grantor
order by grantor <> :'description'::jsonb ->> 'owner', position
\gexec
-- What belongs to a library of an extension is a parameter once that is loaded.
select exists (select from jsonb_to_recordset(:'description'::jsonb -> 'settings') as setting(name text) where strpos(name, '.') > 0) as of_libraries \gset
\if :of_libraries
\ir libraries.sql
\endif
-- A list of names must not become one name: FROM CURRENT takes it as it is. Each role may set what is its
-- own; a superuser does it himself, since it may be what no other may set.
select rolsuper as is_superuser from pg_roles where rolname = current_user \gset
begin;
select case when is_list then format('select set_config(%L, %L, true)', name, value) end,
       case when role is not null and role <> current_user and not :'is_superuser'::boolean then format('set local role %I', role) end,
       format('alter %s set %I %s', case when role is not null then format('role %I in database underpin_restoring', role) else 'database underpin_restoring' end, name,
              case when is_list then 'from current' else format('to %L', value) end),
       case when role is not null and role <> current_user and not :'is_superuser'::boolean then 'reset role' end,
       case when is_list then 'set local search_path = pg_catalog' end
from jsonb_to_recordset(:'description'::jsonb -> 'settings') as setting(role text, name text, value text)
cross join lateral (select lower(name) in ('search_path', 'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')) as kind(is_list)
where coalesce(not :'left_out'::jsonb ? role, true)
\gexec
commit;
select format('alter database underpin_restoring connection limit %s', :'description'::jsonb ->> 'connection_limit')
\gexec
