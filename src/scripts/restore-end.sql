-- Ends the sessions that keep a rename of restore-swap.sql or restore-aside.sql waiting: run again and again,
-- from another session, while that one waits for their end.
--
-- By the same role, with search_path = pg_catalog. None is ended before the rename has its lock: from
-- then on no one new gets in, so that who is quick to come back is not in its way. He waits, and is
-- told that the database was just renamed.
--
-- ## Environment
--
-- - `WORKING`: the working database; `TARGET`: the name that it is to have (restore-aside.sql: none has it)
--
-- ## Output
--
-- none
--
-- ## Log lines
--
-- none
\getenv target TARGET
\getenv working WORKING
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname in (:'target', :'working')
and exists (select from pg_locks
            where locktype = 'object' and classid = 'pg_database'::regclass and objid = datid
            and mode = 'AccessExclusiveLock' and granted)
-- Of what others do, not even that is told.
and coalesce(backend_type, 'client backend') in ('client backend', 'walsender') and usesysid is not null
and not exists (select from pg_roles where oid = usesysid and rolsuper and not (select rolsuper from pg_roles where rolname = current_user))
\g /dev/null
