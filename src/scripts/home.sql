-- Makes the database `underpin`, where no one may connect but who is let in by name.
--
-- It is closed until that is so: CREATE DATABASE cannot share a transaction with it. One of that name that is not the
-- superuser's is not ours. It is run in another database, as a superuser. A second run changes nothing.
--
-- ## Log lines
--
-- - `event=home result=created|refused`
select oid is not null and datdba <> 10 as is_foreign, oid is null as is_new, oid is null or not datallowconn as is_closed
from (values (1)) as one left join pg_database on datname = 'underpin' \gset
\if :is_foreign
select 'event=home result=refused';
\else
select 'create database underpin template template0 allow_connections false' where :'is_new' \gexec
select 'revoke all on database underpin from public', 'alter database underpin allow_connections true', $$select 'event=home result=created'$$
where :'is_closed' \gexec
\endif
