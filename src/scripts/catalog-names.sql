-- What a backup reads as it is now and not as it was: PostgreSQL writes names, in every text that it makes of a
-- definition, and in rows the labels of enums and the names that reg* types stand for, from its catalogs of that
-- moment, whatever the snapshot. No lock of a backup stops a change of these but those of tables.
--
-- Asked of the snapshot and, after something was read, of a session of its own: a line that the first has and the
-- second lacks is of what is gone, or has another name or form. What is new is in no snapshot, and harms nothing.
--
-- ## Variables
--
-- - `snap`: a snapshot that another session has exported; without it what is there now
--
-- ## Output
--
-- A line for each: `rows`, where rows are written with it, or `names`, `|`, its kind, `|`, its OID, `|`, a hash of
-- what counts, `|`, its name as JSON. At last `end`, for a list that was cut off would look like one of fewer.
begin isolation level repeatable read, read only;
\if :{?snap}
set transaction snapshot :'snap';
\endif
set local jit = off;
with recursive schema as materialized (
    select oid, nspname from pg_namespace where nspname !~ '^pg_(toast|temp_|toast_temp_)'
), relation as materialized (
    select c.oid, relname, relnamespace, relkind from pg_class c join schema on schema.oid = relnamespace
    where c.oid >= 16384 and relpersistence <> 't'
), columns as materialized (
    -- Those of tables are under their locks.
    select attrelid, string_agg(concat_ws(' ', attnum, atttypid, to_json(attname)), ',' order by attnum) as columns
    from pg_attribute join relation on oid = attrelid
    where relkind in ('v', 'm', 'f', 'c') and attnum > 0 and not attisdropped group by attrelid
), part (whole, part) as materialized (
    select oid, typelem from pg_type where typelem <> 0 and typsubscript <> 0
    union all select oid, typbasetype from pg_type where typbasetype <> 0
    union all select rngtypid, rngsubtype from pg_range
    union all select rngmultitypid, rngtypid from pg_range
    union all select reltype, atttypid from pg_attribute join pg_class c on c.oid = attrelid where attrelid < 16384 and reltype <> 0
), writes (type, kind) as (
    -- Which types are written with names, of what; those that are made of such a type, too.
    select type::oid, kind from (values
        ('regproc'::regtype, 'function'), ('regprocedure', 'function'), ('regprocedure', 'type'), ('regprocedure', 'relation'),
        ('regoper', 'operator'), ('regoperator', 'operator'), ('regoperator', 'type'), ('regoperator', 'relation'),
        ('regtype', 'type'), ('regtype', 'relation'), ('regclass', 'relation'), ('regcollation', 'collation'),
        ('regconfig', 'text search configuration'), ('regdictionary', 'text search dictionary'), ('regnamespace', 'schema'),
        ('regrole', 'any role'), ('aclitem', 'any role')) as known(type, kind)
    union select whole, kind from writes join part on part = type
), written as materialized (
    select distinct kind from writes join pg_attribute on atttypid = type join relation on oid = attrelid
    where relkind in ('r', 'c') and attnum > 0 and not attisdropped
), role as materialized (
    -- A role that nothing here belongs to, or is granted to, stands in no definition.
    select refobjid as oid from pg_shdepend
    where refclassid = 'pg_authid'::regclass
    and (dbid = (select oid from pg_database where datname = current_database())
         or classid = 'pg_database'::regclass and objid = (select oid from pg_database where datname = current_database()))
), found (kind, oid, name, what) as (
    select 'schema', oid, nspname, '' from schema
    union all
    select 'relation', r.oid, relname, concat_ws(' ', relnamespace, columns) from relation r left join columns on attrelid = r.oid
    union all
    -- A row's type is its relation, and an array's goes with that of its elements.
    select 'type', t.oid, typname, concat_ws(' ', typnamespace, typtype, typbasetype, typtypmod, typcollation)
    from pg_type t join schema on schema.oid = typnamespace
    where t.oid >= 16384 and typrelid = 0 and typsubscript <> 'array_subscript_handler'::regproc
    -- With who changed it: a name may go and come back while rows are read.
    union all select 'label', oid, enumlabel, concat_ws(' ', enumtypid, xmin) from pg_enum
    union all
    select 'function', p.oid, proname,
           concat_ws(' ', pronamespace, prokind, prorettype, proretset, provariadic, proargtypes, proallargtypes, proargmodes, to_json(proargnames), proargdefaults, prosqlbody)
    from pg_proc p join schema on schema.oid = pronamespace where p.oid >= 16384
    union all select 'operator', o.oid, oprname, concat_ws(' ', oprnamespace, oprleft, oprright) from pg_operator o join schema on schema.oid = oprnamespace where o.oid >= 16384
    union all select 'operator class', oid, opcname, concat_ws(' ', opcnamespace, opcmethod) from pg_opclass where oid >= 16384
    union all select 'operator family', oid, opfname, concat_ws(' ', opfnamespace, opfmethod) from pg_opfamily where oid >= 16384
    union all select 'collation', oid, collname, collnamespace::text from pg_collation where oid >= 16384
    union all select 'conversion', oid, conname, connamespace::text from pg_conversion where oid >= 16384
    union all select 'text search configuration', oid, cfgname, concat_ws(' ', cfgnamespace, cfgparser) from pg_ts_config where oid >= 16384
    union all select 'text search dictionary', oid, dictname, dictnamespace::text from pg_ts_dict where oid >= 16384
    union all select 'text search parser', oid, prsname, prsnamespace::text from pg_ts_parser where oid >= 16384
    union all select 'text search template', oid, tmplname, tmplnamespace::text from pg_ts_template where oid >= 16384
    union all select 'constraint', c.oid, conname, '' from pg_constraint c join schema on schema.oid = connamespace where contypid <> 0 and c.oid >= 16384
    union all select 'rule', w.oid, rulename, '' from pg_rewrite w join relation r on r.oid = ev_class
    union all select 'trigger', t.oid, tgname, '' from pg_trigger t join relation r on r.oid = tgrelid
    union all select 'policy', oid, polname, '' from pg_policy
    union all select 'statistics', s.oid, stxname, stxnamespace::text from pg_statistic_ext s join schema on schema.oid = stxnamespace
    union all select 'cast', oid, '', '' from pg_cast where oid >= 16384
    union all select 'transform', oid, '', '' from pg_transform
    union all select 'access method', oid, amname, '' from pg_am
    union all select 'language', oid, lanname, '' from pg_language
    union all select 'extension', oid, extname, extversion from pg_extension
    union all select 'event trigger', oid, evtname, '' from pg_event_trigger
    union all select 'publication', oid, pubname, '' from pg_publication
    union all select 'foreign-data wrapper', oid, fdwname, '' from pg_foreign_data_wrapper
    union all select 'foreign server', oid, srvname, '' from pg_foreign_server
    union all select 'role', oid, rolname, '' from pg_roles where oid < 16384 or oid in (select oid from role)
    union all select 'any role', oid, rolname, '' from pg_roles where exists (select from written where kind = 'any role')
)
select concat_ws('|', case when kind = 'label' or kind = 'schema' and exists (select from written) or kind in (select kind from written) then 'rows' else 'names' end,
                 kind, oid, md5(concat_ws(' ', to_json(name), what)),
                 -- For a character of another encoding there may be none here.
                 case when getdatabaseencoding() = 'UTF8' or encode(quote_literal(name)::bytea, 'hex') ~ '^([0-7].)*$' then to_json(name)::text else '"?"' end)
from found;
select 'end';
rollback;
