-- Loads the libraries of this database's extensions, so that their settings are parameters; the check of a
-- function does no more than that. One that cannot be loaded here is no reason to end.
--
-- Included, where ON_ERROR_STOP is on.
--
-- ## Environment
--
-- none
--
-- ## Log lines
--
-- none
\set ON_ERROR_STOP off
select format('select fmgr_c_validator(%s)', min(p.oid))
from pg_depend d join pg_proc p on classid = 'pg_proc'::regclass and p.oid = objid
where deptype = 'e' and prolang = (select oid from pg_language where lanname = 'c') and has_function_privilege(p.oid, 'execute')
group by probin
\gexec
\set ON_ERROR_STOP on
