-- The databases of the server: which are backed up, and why others are not.
--
-- ## Environment
--
-- - `EXCLUDE`: JSON, the names of databases that the spec leaves out
-- - `OWNED`: `true`: leaves out those whose owner's rights this role has not
--
-- ## Output
--
-- One line for each: its name in hexadecimal, its OID, its size in bytes, why it is left out (empty:
-- it is not), its name as JSON.
\getenv exclude EXCLUDE
\getenv owned OWNED
select concat_ws('|', encode(convert_to(datname::text, getdatabaseencoding()), 'hex'), oid,
           -- Whose size may not be asked for is not backed up.
           case when datconnlimit <> -2 and (has_database_privilege(oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage')) then pg_database_size(oid) else 0 end,
           case when datconnlimit = -2 then 'a drop of it was interrupted'
                when datname in ('template0', 'template1') then 'a template of PostgreSQL'
                when not datallowconn then 'it allows no connections'
                when datname = 'underpin_restoring' then 'a restore is building it'
                when :'exclude'::jsonb ? datname::text then 'the spec excludes it'
                when :'owned' = 'true' and not pg_has_role(datdba, 'usage')
                then translate(format('it belongs to %I, whose rights %I has not', pg_get_userbyid(datdba), current_user), E'|\n\r', '   ')
                else '' end,
           to_json(datname::text))
from pg_database
order by oid;
