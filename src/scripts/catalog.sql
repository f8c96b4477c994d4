-- The databases of the server: which are backed up, and why others are not.
--
-- ## Environment
--
-- - `DATABASES`: JSON, the names of the databases of the spec
-- - `EXCLUDE`: JSON, the names of databases that the spec leaves out
-- - `OWNED`: `true`: leaves out those whose owner's rights this role has not
--
-- ## Output
--
-- One line for each, also for one of the spec that is not there: its name in hexadecimal, its OID, its
-- size in bytes, why it is left out (empty: it is not), whether the spec names it (t or f), its name as
-- JSON. At last `end`, for a list that was cut off would look like one of fewer databases.
\getenv wanted DATABASES
\getenv exclude EXCLUDE
\getenv owned OWNED
select concat_ws('|', encode(convert_to(datname::text, getdatabaseencoding()), 'hex'), oid,
           -- Whose size may not be asked for is not backed up.
           case when datconnlimit <> -2 and (has_database_privilege(oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage')) then pg_database_size(oid) else 0 end,
           case when datconnlimit = -2 then 'a drop of it was interrupted'
                when datname in ('template0', 'template1') then 'a template of PostgreSQL'
                when datname = 'underpin' then 'what Underpin keeps for itself'
                when not datallowconn then 'it allows no connections'
                when datname = 'underpin_restoring' then 'a restore is building it'
                -- A person may have opened it for a look.
                when :mark(oid, 'pg_database') like 'underpin: differs %' then 'a restore has put it aside'
                when :'exclude'::jsonb ? datname::text then 'the spec excludes it'
                when :'owned' = 'true' and not pg_has_role(datdba, 'usage')
                then translate(format('it belongs to %I, whose rights %I has not', pg_get_userbyid(datdba), current_user), E'|\n\r', '   ')
                else '' end,
           :'wanted'::jsonb ? datname::text, to_json(datname::text))
from pg_database
order by datname;
select concat_ws('|', '', 0, 0, case when :'exclude'::jsonb ? name then 'the spec excludes it' else 'the spec names it, and the server has no such database' end, true, to_json(name))
from (select jsonb_array_elements_text(:'wanted'::jsonb) as name) as named
where name not in (select datname::text from pg_database);
select 'end';
