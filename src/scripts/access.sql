-- Lets our own roles into databases, by a grant of their own: PUBLIC's right to connect may be
-- revoked. Such a grant is in no dump, and it stays with a database that is renamed.
--
-- Bootstrap runs it for every database, a restore for the one that it has made, before it is
-- renamed. Who runs it is a superuser or a member of the databases' owners, with search_path =
-- pg_catalog. Its rows are log lines. A second run changes nothing.
--
-- ## Environment
--
-- - `BACKUP_ROLE`: it may connect to each of the databases; empty: not wanted
-- - `RESTORE_ROLE`: it may connect to `underpin` alone; empty: not wanted
-- - `RELOAD_ROLE`, `MONITORING_ROLE`: they may connect to `postgres`; unset: not wanted
-- - `ACCESS_DATABASES`: JSON, `["name", …]`; unset or empty: all that allow connections
--
-- ## Log lines
--
-- - `event=access database= role= result=granted|present`
\set backup_role
\set restore_role
\set reload_role
\set monitoring_role
\set databases
\getenv backup_role BACKUP_ROLE
\getenv restore_role RESTORE_ROLE
\getenv reload_role RELOAD_ROLE
\getenv monitoring_role MONITORING_ROLE
\getenv databases ACCESS_DATABASES
select case when not have then format('grant connect on database %I to %I', datname, rolname) end,
       format('select %L', format('event=access database=%s role=%s result=%s', to_json(datname::text),
              to_json(rolname::text), case when have then 'present' else 'granted' end))
from pg_database
join pg_roles role on rolname = :'backup_role' or rolname = :'restore_role' and datname = 'underpin'
     or rolname in (:'reload_role', :'monitoring_role') and datname = 'postgres'
cross join lateral (select exists (select from aclexplode(datacl)
                                   where grantee = role.oid and privilege_type = 'CONNECT')) as granted(have)
where datallowconn and datconnlimit <> -2
and coalesce(nullif(:'databases', '')::jsonb ? datname::text, true)
order by pg_database.oid, rolname
\gexec
