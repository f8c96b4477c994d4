-- What a database in a backup needs that this server or this role has not: one log line each.
--
-- Run in the database postgres by the role that restores, with search_path = pg_catalog.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
-- - variable `as_superuser`: `true`: nothing needs a superuser, and no membership is missing
-- - variable `may_try`: `yes`: the server may let its owner do what takes a superuser elsewhere
-- - variable `known_owners`: JSON, the roles that may own something in it, as target.sh finds them; empty: any
-- - variable `member`: `yes`: it is restored as a member of its owners
--
-- ## Log lines
--
-- - `event=need kind= name= result= why=`: as needs.sh has them; `left-out` and `tried` stop nothing
\set description `cat -- "$DESCRIPTION"`
select concat_ws(' ', 'event=need kind=' || to_json(kind)::text, 'name=' || to_json(name)::text, 'result=' || result, 'why=' || to_json(why)::text)
from (
    -- A placeholder of a setting may be set by whom a superuser has let.
    select 1 as position, kind, name, case when owner is not null and :'may_try' = 'yes' then 'tried' else 'superuser' end as result, why
    from jsonb_to_recordset(:'description'::jsonb -> 'superuser') as needs(kind text, name text, why text, owner text)
    where :'as_superuser' <> 'true'
    and not (kind = 'setting' and strpos(name, ' ') = 0 and has_parameter_privilege(name, 'set'))
    union all
    -- These two are let into each database, by a grant that a restore does not bring back.
    select 2, 'role', name, case when coalesce(:'description'::jsonb -> 'servers_roles', '[]') ? name then 'left-out' else 'role' end,
           case when coalesce(:'description'::jsonb -> 'servers_roles', '[]') ? name then 'it is the other server''s own: what was granted to it is not restored'
                else 'something in it belongs to it or names it' end
    from jsonb_array_elements_text(:'description'::jsonb -> 'roles') as name
    where name not in ('underpin_backup', 'underpin_restore') and not exists (select from pg_roles where rolname = name)
    union all
    select 3, 'role', rolname,
           case when :'member' <> 'yes' then case when :acts_for(oid, 'member') then 'owner' else 'mighty' end
                when current_setting('server_version_num')::int < 160000
                or exists (select from pg_auth_members m join pg_roles a on a.oid = m.member where m.roleid = pg_roles.oid and m.admin_option and not a.rolsuper)
                then 'member' else 'ungoverned' end,
           'it owns something in it'
    from jsonb_array_elements_text(:'description'::jsonb -> 'owners') as name
    join pg_roles on rolname = name
    where :'as_superuser' <> 'true' and name !~ '^pg_' and not rolsuper
    -- usage: the membership is inherited; set: the role can be given something
    and case :'member' when 'yes' then not (pg_has_role(oid, 'usage') and pg_has_role(oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end))
             else not :acts_for(oid, 'member') or not coalesce(nullif(:'known_owners', '')::jsonb ? rolname::text, true) end
    union all
    select 4, 'extension', name, 'extension', 'the server does not have it'
    from jsonb_to_recordset(:'description'::jsonb -> 'extensions') as wanted(name text)
    where name not in (select name from pg_available_extensions)
    union all
    -- Its script ends in an error where the library is not loaded, or in another database than its own.
    -- A loaded library has settings. Those of all but the trusted one may be for a superuser's eyes alone,
    -- who alone makes these extensions.
    select 5, 'extension', wanted.name, 'preload', 'it works only with its library loaded at the start of the server'
    from jsonb_to_recordset(:'description'::jsonb -> 'extensions') as wanted(name text)
    where name in ('citus', 'pg_cron', 'pg_net', 'pg_stat_kcache', 'pgaudit', 'pglogical', 'timescaledb')
    and (:'as_superuser' = 'true' or name = 'timescaledb')
    and not exists (select from pg_settings known where starts_with(known.name, case wanted.name when 'pg_cron' then 'cron' else wanted.name end || '.'))
    union all
    select 6, 'extension', name, 'one-database', 'cron.database_name says which'
    from jsonb_to_recordset(:'description'::jsonb -> 'extensions') as wanted(name text)
    where name = 'pg_cron' and not exists (select from pg_settings known where known.name = 'cron.database_name' and setting = 'underpin_restoring')
    union all
    select 7, 'tablespace', name, 'tablespace', 'the server does not have it'
    from jsonb_array_elements_text(:'description'::jsonb -> 'tablespaces') as name
    where not exists (select from pg_tablespace where spcname = name)
) as need
order by position, kind, name;
