-- Which file each table of this database has. A TRUNCATE or a rewrite gives it another, and then an
-- older snapshot reads nothing of it, without an error.
--
-- ## Output
--
-- A line for each table: its OID, the number of its file. At last `end`, for a list that was cut off
-- would look like one of fewer tables.
select concat_ws('|', c.oid, c.relfilenode)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence <> 't'
and n.nspname !~ '^pg_' and n.nspname <> 'information_schema';
select 'end';
