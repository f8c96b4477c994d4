-- Makes the databases of the spec, marks them as ours, and gives them to their owners.
--
-- template0, so that a database is the same on every server, whatever was added to template1. A new
-- one stays closed until its mark is on it, and an unmarked closed one is known by its limit of 0:
-- CREATE DATABASE cannot share a transaction with COMMENT, and a kill may come between them.
--
-- ## Environment
--
-- - `DATABASES`: JSON, `[{"name": …, "owner": …}]`
--
-- ## Log lines
--
-- - `event=database name= owner= result=created|present|owner-changed|owner-missing|invalid|beyond-spec`
\getenv databases DATABASES
create temporary table want as
select want.name, want.owner, want.position, have.oid as id, have.datdba <> owner.oid as owner_differs,
       case when have.datconnlimit = -2 then 'invalid'
            when owner.oid is null then 'owner-missing'
            when have.oid is null
              or have.datconnlimit = 0 and not have.datallowconn and :mark(have.oid, 'pg_database') is null
            then 'created'
            when have.datdba <> owner.oid then 'owner-changed'
            else 'present' end as result
from rows from (jsonb_to_recordset(:'databases') as (name text, owner text)) with ordinality as want(name, owner, position)
left join pg_roles owner on owner.rolname = want.owner
left join pg_database have on have.datname = want.name;

select case when result = 'created' and id is null
            then format('create database %I owner %I template template0 allow_connections false connection limit 0', name, owner) end,
       case when owner_differs and result in ('created', 'owner-changed') then format('alter database %I owner to %I', name, owner) end,
       case when result = 'created' then 'begin' end,
       case when result = 'created' then format(:'set_mark', name, 'underpin: made by bootstrap') end,
       case when result = 'created' then format('alter database %I allow_connections true connection limit -1', name) end,
       case when result = 'created' then 'commit' end,
       format('select %L', format('event=database name=%s owner=%s result=%s', to_json(name), to_json(owner), result))
from want
order by position
\gexec
select format('event=database name=%s owner=%s result=beyond-spec', to_json(datname::text), to_json(pg_get_userbyid(datdba)::text))
from pg_database
where oid >= 16384 and not datistemplate and datname <> 'underpin' and datname not in (select name from want)
order by 1;
