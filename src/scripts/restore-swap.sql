-- Puts the working database in its place, in one transaction, and leaves the other's new name.
--
-- Run in the database postgres by the role that restores, with search_path = pg_catalog, under both
-- locks. A rename waits for 5 s until no one is in the database: restore-end.sql sees to that. It fails
-- if someone stays; then nothing is changed.
--
-- ## Environment
--
-- - `TARGET`: the name; `WORKING`: the one that it has
-- - `OLD`: `none`: no one has it; else who has it gets a dated name: `keep`: and takes no sessions;
--   `empty`: and the mark `underpin: to be dropped`
-- - `TIME`: for that name
-- - `BACKUP_ID`, `ORIGIN`, `ORIGIN_NAMESPACE`, `JOB_UID`: for the mark
--
-- ## Output
--
-- The new name, as JSON, of the database that had the name; nothing if there was none.
--
-- ## Log lines
--
-- none
\getenv target TARGET
\getenv working WORKING
\getenv old OLD
\getenv time TIME
\getenv id BACKUP_ID
\getenv origin ORIGIN
\getenv namespace ORIGIN_NAMESPACE
\getenv job JOB_UID
begin;
-- Who connects waits behind this: it never lasts, whatever becomes of this side.
set local idle_in_transaction_session_timeout = '10s';
set local lock_timeout = '10s';
-- Names are cut to 63 bytes, and between characters.
select left(:'target', length) || '_replaced_' || :'time' as kept
from generate_series(0, 63) as length
where octet_length(left(:'target', length) || '_replaced_' || :'time') <= 63
order by length desc
limit 1
\gset
select format(:'rename', :'target', :'kept')
where :'old' <> 'none'
\gexec
select case when :'old' = 'keep' then format(:'let_in', :'kept', 'false') end,
       case when :'old' = 'empty' then format(:'set_mark', :'kept', 'underpin: to be dropped') end
where :'old' <> 'none'
\gexec
select format(:'rename', :'working', :'target'),
       format(:'set_mark', :'target', concat(format('underpin: restored %s of server %s in %s', :'id', :'origin', :'namespace'), ' by ' || nullif(:'job', '')))
\gexec
commit;
select to_json(:'kept'::text) where :'old' <> 'none';
