-- Makes the roles of our own, and holds them to exactly the attributes that they need: no one
-- else's role has such a name. The superuser gets two settings: a role's own beat those that the owner of a
-- database gives to it. Without them a superuser who is logged in there, by hand too, calls the owner's
-- functions by the names of PostgreSQL's, or acts as another role. (With an empty path PostgreSQL's own are found, and
-- nothing is made without a schema.)
--
-- `event_triggers` (from 17 on): what an owner's trigger on login does would be done by ours, and where it
-- writes, it would refuse those that may only read.
--
-- `lo_compat_privileges`: pg_read_all_data does not cover large objects, and from 18 on default
-- privileges might, but then every dump of a large object would name its grants.
--
-- ## Environment
--
-- - `BACKUP_ROLE`, `RESTORE_ROLE`, `RELOAD_ROLE`, `MONITORING_ROLE`: their names; empty: not wanted
-- - `RESTORE_LOGIN`, `RELOAD_LOGIN`, `MONITORING_LOGIN`: `yes` or `no`; with `no` that role can no longer
--   log in, its password is forgotten, and the last two are not made. `yes` changes nothing here: a new
--   password comes first.
--
-- ## Log lines
--
-- - `event=role name= result=created|present|changed|may-not-log-in`
\getenv backup_role BACKUP_ROLE
\getenv restore_role RESTORE_ROLE
\getenv restore_login RESTORE_LOGIN
\getenv reload_role RELOAD_ROLE
\getenv reload_login RELOAD_LOGIN
\getenv monitoring_role MONITORING_ROLE
\getenv monitoring_login MONITORING_LOGIN
create temporary table own as
select position, name, may_log_in, createdb, bypassrls, most, asked || no_triggers as settings, login, have.oid is null as is_new, may_log_in = 'no' and have.rolcanlogin as shut_out,
       have.oid is null or have.rolsuper or have.rolcreaterole or have.rolreplication or not have.rolinherit
       or have.rolcreatedb <> createdb or have.rolbypassrls <> bypassrls or have.rolconnlimit <> most
       or login and not have.rolcanlogin as differs
from (values (1, :'backup_role', 'always', false, true, 10, '{default_transaction_read_only=on,lo_compat_privileges=on}'::text[]),
             (2, :'restore_role', :'restore_login', true, false, -1, '{}'),
             (3, :'reload_role', :'reload_login', false, false, 3, '{default_transaction_read_only=on}'),
             -- One that stays, two that are scraping, and bootstrap's.
             (4, :'monitoring_role', :'monitoring_login', false, false, 4, '{default_transaction_read_only=on,statement_timeout=30s}'))
     as want(position, name, may_log_in, createdb, bypassrls, most, asked)
cross join (select case when current_setting('server_version_num')::int >= 170000 then '{event_triggers=off}' else '{}' end::text[] as no_triggers) as server
cross join lateral (select may_log_in = 'always' as login) as now
left join pg_authid have on have.rolname = want.name
where name <> '' and (position < 3 or may_log_in = 'yes' or have.oid is not null);

select case when is_new then format('create role %I nologin', name) end,
       case when differs then format('alter role %I inherit nosuperuser nocreaterole noreplication %s %s connection limit %s%s',
              name, case when createdb then 'createdb' else 'nocreatedb' end,
              case when bypassrls then 'bypassrls' else 'nobypassrls' end, most, case when login then ' login' else '' end) end,
       case when shut_out then format('alter role %I nologin password null', name) end,
       missing.statement,
       format('select %L', format('event=role name=%s result=%s', to_json(name), case when is_new then 'created'
              when shut_out then 'may-not-log-in' when differs or missing.statement is not null then 'changed' else 'present' end))
from own
cross join lateral (
    select string_agg(format('alter role %I set %I = %L', name, split_part(setting, '=', 1), split_part(setting, '=', 2)), '; ') as statement
    from unnest(settings) as setting
    where not exists (select from pg_db_role_setting
                      where setdatabase = 0 and setrole = to_regrole(quote_ident(name)) and setting = any (setconfig))
) as missing
order by position
\gexec

select format('alter role %I set search_path = ''''; alter role %1$I set role = none', current_user),
       format('select %L', format('event=role name=%s result=changed', to_json(current_user)))
where not exists (select from pg_db_role_setting where setdatabase = 0 and setrole = current_user::regrole and setconfig @> array['search_path=""', 'role=none'])
\gexec

-- Of a function in this database alone: no one reloads from another one.
select format('grant execute on function pg_catalog.pg_reload_conf() to %I', rolname)
from pg_roles where rolname = :'reload_role' and not has_function_privilege(oid, 'pg_catalog.pg_reload_conf()', 'execute')
\gexec
