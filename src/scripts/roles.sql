-- Makes the roles of the spec, and tells which others can log in, and which can do more than log in.
--
-- ## Environment
--
-- - `ROLES`: JSON, `[{"name": …}]`
-- - `BACKUP_ROLE`, `RESTORE_ROLE`, `MONITORING_ROLE`: roles of our own; empty: not wanted
--
-- ## Log lines
--
-- - `event=role name= result=created|present|may-log-in|beyond-spec`
\getenv roles ROLES
\getenv backup_role BACKUP_ROLE
\getenv restore_role RESTORE_ROLE
\getenv monitoring_role MONITORING_ROLE
select case when have.oid is null then format('create role %I login', want.name)
            when not have.rolcanlogin then format('alter role %I login', want.name) end,
       format('select %L', format('event=role name=%s result=%s', to_json(want.name),
              case when have.oid is null then 'created' when have.rolcanlogin then 'present' else 'may-log-in' end))
from rows from (jsonb_to_recordset(:'roles') as (name text)) with ordinality as want(name, position)
left join pg_roles have on have.rolname = want.name
order by position
\gexec
select format('event=role name=%s attribute=%s result=beyond-spec', to_json(rolname::text), attribute)
from jsonb_to_recordset(:'roles') as want(name text)
join pg_roles on rolname = want.name
cross join lateral (values ('superuser', rolsuper), ('createrole', rolcreaterole), ('createdb', rolcreatedb),
                           ('replication', rolreplication), ('bypassrls', rolbypassrls)) as beyond(attribute, given)
where given
order by 1;
select format('event=role name=%s result=beyond-spec', to_json(rolname::text))
from pg_roles
where rolcanlogin and oid >= 16384 and rolname not in (:'backup_role', :'restore_role', :'monitoring_role')
and rolname not in (select name from jsonb_to_recordset(:'roles') as want(name text))
order by 1;
