-- What a backup must know of the server before it begins.
--
-- ## Output
--
-- - `system|`: the system identifier, the version as a number, the seconds since 1970 by its clock, between `|`
-- - `locks|`: how many locks the server's table holds
-- - `restored|ID|SYSTEM IDENTIFIER|NAMESPACE`: for each database that carries the mark of a restore
select concat_ws('|', 'system', (select system_identifier from pg_control_system()), current_setting('server_version_num'), extract(epoch from clock_timestamp())::int8);
-- As the server reckons, but for a few of its own processes.
select concat_ws('|', 'locks', current_setting('max_locks_per_transaction')::bigint
           * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint
              + current_setting('autovacuum_max_workers')::bigint + current_setting('max_worker_processes')::bigint
              + current_setting('max_wal_senders')::bigint));
select concat_ws('|', 'restored', mark[1], mark[2], mark[3])
from pg_database
cross join lateral regexp_match(:mark(oid, 'pg_database'),
    '^underpin: restored (\d{8}T\d{6}Z-[a-z0-9]{5}) of server (\d+) in ([a-z0-9-]+)(?: by |$)') as mark
where mark is not null;
