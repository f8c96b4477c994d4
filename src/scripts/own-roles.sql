-- Makes the roles of our own, and holds them to exactly the attributes that they need: nobody
-- else's role has such a name.
--
-- `lo_compat_privileges`: pg_read_all_data does not cover large objects, and from 18 on default
-- privileges might, but then every dump of a large object would name its grants.
--
-- ## Environment
--
-- - `BACKUP_ROLE`, `RESTORE_ROLE`: their names; empty: not wanted
-- - `RELOAD_ROLE`: may tell the server to read its files anew, and nothing else; unset: not wanted
-- - `RESTORE_LOGIN`: `yes` or `no`; with `no` the restore role can no longer log in, and its
--   password is forgotten. `yes` changes nothing here: a new password comes first.
--
-- ## Log lines
--
-- - `event=role name= result=created|present|changed|may-not-log-in`
\set reload_role
\getenv reload_role RELOAD_ROLE
\getenv backup_role BACKUP_ROLE
\getenv restore_role RESTORE_ROLE
\getenv restore_login RESTORE_LOGIN
create temporary table own as
select want.*, have.oid is null as is_new, :'restore_login' = 'no' and not login and have.rolcanlogin as shut_out,
       have.oid is null or have.rolsuper or have.rolcreaterole or have.rolreplication or not have.rolinherit
       or have.rolcreatedb <> createdb or have.rolbypassrls <> bypassrls or have.rolconnlimit <> most
       or login and not have.rolcanlogin as differs
from (values (1, :'backup_role', true, false, true, 10, '{default_transaction_read_only,lo_compat_privileges}'::text[]),
             (2, :'restore_role', false, true, false, -1, '{}'),
             (3, :'reload_role', true, false, false, 3, '{default_transaction_read_only}')) as want(position, name, login, createdb, bypassrls, most, settings)
left join pg_authid have on have.rolname = want.name
where name <> '';

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
    select string_agg(format('alter role %I set %I = on', name, setting), '; ') as statement
    from unnest(settings) as setting
    where not exists (select from pg_db_role_setting
                      where setdatabase = 0 and setrole = to_regrole(quote_ident(name)) and setting || '=on' = any (setconfig))
) as missing
order by position
\gexec

-- Of a function in this database alone: nobody reloads from another one.
select format('grant execute on function pg_catalog.pg_reload_conf() to %I', :'reload_role')
where :'reload_role' <> '' and not has_function_privilege(:'reload_role', 'pg_catalog.pg_reload_conf()', 'execute')
\gexec
