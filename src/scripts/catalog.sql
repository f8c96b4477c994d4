-- The databases of the server: which are backed up, and why others are not.
--
-- ## Environment
--
-- - `EXCLUDE`: JSON, the names of databases that the spec leaves out
--
-- ## Output
--
-- One line for each: its name in hexadecimal, its OID, its size in bytes, why it is left out (empty:
-- it is not), its name as JSON.
\getenv exclude EXCLUDE
select concat_ws('|', encode(convert_to(datname::text, getdatabaseencoding()), 'hex'), oid,
           case when datconnlimit = -2 then 0 else pg_database_size(oid) end,
           case when datconnlimit = -2 then 'a drop of it was interrupted'
                when datname in ('template0', 'template1') then 'a template of PostgreSQL'
                when not datallowconn then 'it allows no connections'
                when datname = 'underpin_restoring' then 'a restore is building it'
                when :'exclude'::jsonb ? datname::text then 'the spec excludes it'
                else '' end,
           to_json(datname::text))
from pg_database
order by oid;
