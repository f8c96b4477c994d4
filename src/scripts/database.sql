-- What a restore must know of a database beside its dump, as one JSON document.
--
-- Run by psql in that database, by the backup role, with search_path = pg_catalog, on PostgreSQL 15
-- to 18; `-v inside=yes` runs it in a transaction that is open:
--
-- `PGCLIENTENCODING=UTF8 psql -X -w -q -A -t [-v inside=yes] -f database.sql`
--
-- ## Output
--
-- - `name`, `owner`, `encoding`, `provider` (`libc`, `icu`, `builtin`), `collate`, `ctype`,
--   `locale`, `icu_rules`, `collation_version`, `comment`, `connection_limit`, `lc_monetary` (in which
--   the dump writes `money`), `bytes`, `server_version`, `public` (whether it has that schema)
-- - `grants`: `[{"grantor", "grantee", "privilege", "grantable"}]`; grantee null is PUBLIC; null: the default
-- - `settings`: `[{"role", "name", "value"}]`; role null: everybody's
-- - `extensions`: `[{"name", "version", "schema", "owner", "relocatable"}]`, in the order to make them
-- - `roles`: that something in it belongs to or names; `owners`: those that something belongs to
-- - `tablespaces`: that something in it lies in
-- - `superuser`: `[{"kind", "name", "why", "owner"}]`, what only a superuser can make again; `owner`, where
--   a managed server has let somebody who is none make it
-- - `superusers`: those of `roles` that are
-- - `servers_roles`: roles of a managed server's own that nothing belongs to and grants alone name
-- - `ungoverned`: `[{"kind", "name", "schema", "role", "admin", "way", "through"}]`, what at a managed server
--   belongs to a role that who backs up is no member of; `way`: `grant`, he may make himself one; `admin`,
--   that role may; `owner`, nobody may, and the object goes `through` a role of both; `drop`: it cannot
-- - `not_proven`: `[{"kind", "name", "why"}]`, what the dump does not carry, or nobody compares. Not
--   named one by one: the planner's statistics, which a restore gathers anew
--
-- ## Variables
--
-- - `library_settings`: a file, one line for each parameter of an extension's library that anybody may set;
--   left out: none is known
--
-- ## Environment
--
-- - `OWNED`: `true`: the server is managed, and what its superusers give to those who come after them
--   (default privileges) is its own: not proven instead of superuser; so are its roles of that kind
\set QUIET on
\set ON_ERROR_STOP on
\set owned false
\getenv owned OWNED
\set of_libraries ''
\if :{?library_settings}
\set of_libraries `cat -- :'library_settings'`
\endif
\pset format unaligned
\pset tuples_only on
\pset pager off
\if :{?inside}
\else
begin isolation level repeatable read, read only;
\endif
set local search_path = pg_catalog;
set local quote_all_identifiers = off;
set local client_min_messages = warning;
-- It is JSON, and read in other databases.
set local client_encoding = 'UTF8';

with super as (
    select oid, rolname from pg_roles where rolsuper
), member as (
    select classid, objid from pg_depend where deptype = 'e'
), catalog as (
    -- Everything that has an owner or grants. An array type and a table's row type go with theirs.
    select 'pg_class'::regclass as classid, c.oid as objid, 0 as subid, relowner as owner, relacl as acl,
           case relkind when 'S' then 's' else 'r' end::"char" as acl_kind, relnamespace as namespace
    from pg_class c
    where relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relpersistence <> 't'
    union all select 'pg_class'::regclass, c.oid, attnum, relowner, attacl, 'c', relnamespace
    from pg_attribute join pg_class c on c.oid = attrelid where attacl is not null and not attisdropped
    union all select 'pg_proc'::regclass, oid, 0, proowner, proacl, 'f', pronamespace from pg_proc
    union all select 'pg_type'::regclass, t.oid, 0, typowner, typacl, 'T', typnamespace from pg_type t
    where (typrelid = 0 or exists (select from pg_class c where c.oid = typrelid and relkind = 'c'))
    and not exists (select from pg_type element where element.typarray = t.oid)
    and not exists (select from pg_depend where classid = 'pg_type'::regclass and objid = t.oid and deptype = 'i')
    union all select 'pg_namespace'::regclass, oid, 0, nspowner, nspacl, 'n', 0 from pg_namespace
    union all select 'pg_language'::regclass, oid, 0, lanowner, lanacl, 'l', 0 from pg_language
    union all select 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwowner, fdwacl, 'F', 0 from pg_foreign_data_wrapper
    union all select 'pg_foreign_server'::regclass, oid, 0, srvowner, srvacl, 'S', 0 from pg_foreign_server
    union all select 'pg_largeobject'::regclass, oid, 0, lomowner, lomacl, 'L', 0 from pg_largeobject_metadata
    union all select 'pg_operator'::regclass, oid, 0, oprowner, null, null, oprnamespace from pg_operator
    union all select 'pg_collation'::regclass, oid, 0, collowner, null, null, collnamespace from pg_collation
    union all select 'pg_conversion'::regclass, oid, 0, conowner, null, null, connamespace from pg_conversion
    union all select 'pg_statistic_ext'::regclass, oid, 0, stxowner, null, null, stxnamespace from pg_statistic_ext
    union all select 'pg_ts_dict'::regclass, oid, 0, dictowner, null, null, dictnamespace from pg_ts_dict
    union all select 'pg_ts_config'::regclass, oid, 0, cfgowner, null, null, cfgnamespace from pg_ts_config
    union all select 'pg_publication'::regclass, oid, 0, pubowner, null, null, 0 from pg_publication
    union all select 'pg_default_acl'::regclass, oid, 0, defaclrole, null, null, 0 from pg_default_acl
    where not (:'owned' = 'true' and defaclrole in (select oid from super))
), object as (
    select * from catalog
    where objid >= 16384 and (classid, objid) not in (select classid, objid from member)
    -- Constructors of ranges come with their type.
    and (classid, objid) not in (select classid, objid from pg_depend where deptype = 'i' and classid = 'pg_proc'::regclass)
    and not exists (select from pg_namespace n where n.nspname ~ '^pg_' and n.oid in (namespace, case when classid = 'pg_namespace'::regclass then objid end))
), owned as (
    select classid, objid, owner from object where subid = 0
    union all select 'pg_namespace'::regclass, oid, nspowner from pg_namespace where nspname = 'public'
), setting as (
    select nullif(setrole, 0) as role, split_part(item, '=', 1) as name, substr(item, strpos(item, '=') + 1) as value
    from pg_db_role_setting
    cross join lateral unnest(setconfig) as item
    where setdatabase = (select oid from pg_database where datname = current_database())
), privileged as (
    -- A name with a point is no parameter of the server until some library is loaded: a restore loads those
    -- of extensions before it sets what a database or a role has, and cannot before it makes a function. The
    -- last four anybody may set, and the view leaves them out.
    select name, lower(name) = any (string_to_array(lower(:'of_libraries'), E'\n')) as of_library from (select name from setting
                      union select split_part(item, '=', 1) from pg_proc cross join lateral unnest(proconfig) as item where oid >= 16384) as used
    where strpos(name, '.') > 0
    or not exists (select from pg_settings known where lower(known.name) = lower(used.name) and known.context in ('user', 'backend'))
    and lower(name) not in ('role', 'session_authorization', 'seed', 'default_with_oids')
), functions as (
    select p.*, l.lanname, l.lanpltrusted
    from pg_proc p
    join pg_language l on l.oid = prolang
    join object on classid = 'pg_proc'::regclass and objid = p.oid and subid = 0
), servers_roles as (
    select oid, rolname from pg_roles
    where :'owned' = 'true' and oid >= 16384 and rolname ~ '^[a-z][a-z0-9_]*$'
    and (rolsuper or rolname in ('neon_superuser', 'databricks_superuser'))
    and oid <> (select datdba from pg_database where datname = current_database())
    and not exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = pg_roles.oid
                    and dbid = (select oid from pg_database where datname = current_database())
                    and (deptype not in ('a', 'i') and classid <> 'pg_default_acl'::regclass
                         -- Of a large object the proof holds its grants, too.
                         or classid in ('pg_largeobject'::regclass, 'pg_largeobject_metadata'::regclass)))
), ungoverned as (
    select type as kind, identity as name, schema, r.rolname as role, admin,
           case when current_setting('server_version_num')::int < 160000 and mine.rolcreaterole
                or pg_has_role(r.oid, 'member with admin option') then 'grant'
                when admin is not null then 'admin'
                when type in ('default acl', 'event trigger') or through is null then 'drop' else 'owner' end as way, through
    from owned
    join pg_roles r on r.oid = owner
    join pg_roles mine on mine.rolname = current_user
    left join lateral (select min(a.rolname) as admin from pg_auth_members m join pg_roles a on a.oid = m.member
                       where m.roleid = r.oid and m.admin_option and not a.rolsuper) as who on true
    left join lateral (select min(t.rolname) as through from pg_roles t
                       where t.rolname in ('neon_superuser', 'databricks_superuser')
                       and pg_has_role(r.oid, t.oid, 'member') and pg_has_role(t.oid, 'member')) as between on true
    cross join lateral pg_identify_object(classid, objid, 0)
    where :'owned' = 'true' and not r.rolsuper and r.oid >= 16384
    and not (pg_has_role(r.oid, 'usage') and pg_has_role(r.oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end))
    -- What belongs to a column goes with its table.
    and not exists (select from pg_depend d where (d.classid, d.objid) = (owned.classid, owned.objid) and deptype in ('a', 'i') and refobjsubid > 0)
), superuser as (
    select classid, objid, 'it belongs to the superuser ' || quote_ident(rolname) as why
    from owned join super on super.oid = owner
    where not (classid = 'pg_namespace'::regclass and exists (select from pg_namespace where oid = objid and nspname = 'public'))
    or exists (select from pg_namespace where oid = objid and nspname = 'public' and nspowner <> 10)
    union all select 'pg_extension'::regclass, e.oid, 'the extension is not trusted'
    from pg_extension e
    where extname <> 'plpgsql'
    and not exists (select from pg_available_extension_versions where name = extname and version = extversion and (trusted or not superuser))
    union all select 'pg_event_trigger'::regclass, oid, 'it is an event trigger'
    from pg_event_trigger where (tableoid, oid) not in (select classid, objid from member)
    union all select 'pg_publication'::regclass, oid, 'it publishes all tables' from pg_publication where puballtables
    union all select distinct 'pg_publication'::regclass, pnpubid, 'it publishes all tables of a schema' from pg_publication_namespace
    union all select 'pg_foreign_data_wrapper'::regclass, oid, 'it is a foreign-data wrapper'
    from pg_foreign_data_wrapper where (tableoid, oid) not in (select classid, objid from member)
    union all select 'pg_language'::regclass, oid, 'it is a language'
    from pg_language where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    union all select 'pg_proc'::regclass, oid, 'it is written in ' || quote_ident(lanname) || ', which is not trusted'
    from functions where not lanpltrusted and prokind <> 'a'
    union all select 'pg_proc'::regclass, oid, 'it is leakproof' from functions where proleakproof
    union all select 'pg_proc'::regclass, oid, 'it has a support function' from functions where prosupport <> 0
    union all select 'pg_proc'::regclass, oid, 'it sets the parameter ' || name::text || case when of_library then
           ', which only a superuser may as long as its library is not loaded: set it in the body instead, by set_config' else '' end
    from functions cross join lateral unnest(proconfig) as item join privileged on name = split_part(item, '=', 1)
    union all select 'pg_proc'::regclass, aggfnoid, 'its state is of type internal'
    from functions join pg_aggregate on aggfnoid = functions.oid where 'internal'::regtype in (aggtranstype, aggmtranstype)
    union all select 'pg_cast'::regclass, c.oid, case when castmethod = 'b' then 'it is a cast without a function' else 'it is a cast between types of a superuser' end
    from pg_cast c
    where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    and (castmethod = 'b' or not exists (select from pg_type where pg_type.oid in (castsource, casttarget) and typowner not in (select oid from super)))
    union all select tableoid, oid, 'it is an operator class' from pg_opclass
    where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    union all select tableoid, oid, 'it is an operator family' from pg_opfamily
    where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    union all select tableoid, oid, 'it is an access method' from pg_am
    where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    union all select tableoid, oid, 'it is a text search parser' from pg_ts_parser
    where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    union all select tableoid, oid, 'it is a text search template' from pg_ts_template
    where oid >= 16384 and (tableoid, oid) not in (select classid, objid from member)
    union all select t.tableoid, t.oid, 'it is a type in C'
    from pg_type t join object on classid = 'pg_type'::regclass and objid = t.oid
    where typtype = 'b' or not typisdefined
    union all select o.tableoid, o.oid, 'its selectivity is estimated by a function of its own'
    from pg_operator o join object on classid = 'pg_operator'::regclass and objid = o.oid
    where oprrest >= 16384 or oprjoin >= 16384
    union all select distinct object.classid, object.objid,
           'rights to it were granted by ' || quote_ident(pg_get_userbyid(grantor)) || ', who does not own it'
    from object cross join lateral aclexplode(acl)
    where grantor <> owner
    union all select c.classid, c.objid, 'rights to it differ from those that ' || case when (c.classid, c.objid) in (select classid, objid from member)
           then 'its extension' else 'the server' end || ' gives'
    from catalog c
    left join pg_init_privs init on (init.classoid, init.objoid, init.objsubid) = (c.classid, c.objid, c.subid)
    where ((c.classid, c.objid) in (select classid, objid from member)
         or c.objid < 16384 and 'pg_catalog'::regnamespace in (c.namespace, c.objid) or c.classid = 'pg_language'::regclass and c.objid < 16384)
    and c.acl_kind is not null
    and (c.acl is not null or init.initprivs is not null)
    and (select array_agg(item::text order by item::text) from unnest(coalesce(c.acl, acldefault(c.acl_kind, c.owner))) as item)
        is distinct from
        (select array_agg(item::text order by item::text) from unnest(coalesce(init.initprivs, acldefault(c.acl_kind, c.owner))) as item)
    union all select classoid, objoid, 'it has a security label of ' || quote_ident(provider) from pg_seclabel where objsubid = 0
    union all select 'pg_class'::regclass, c.oid, 'it lies in the tablespace ' || quote_ident(spcname)
    from pg_class c join pg_tablespace s on s.oid = reltablespace
    where c.oid >= 16384 and relkind in ('r', 'p', 'm', 'i', 'I') and reltablespace not in (1663, 1664)
), needs as (
    select type as kind, identity as name, why, case when :'owned' = 'true' then pg_get_userbyid(coalesce(pubowner, evtowner, extowner)) end as owner
    from superuser
    left join pg_publication p on classid = 'pg_publication'::regclass and p.oid = objid and pubowner not in (select oid from super)
    left join pg_event_trigger e on classid = 'pg_event_trigger'::regclass and e.oid = objid and evtowner not in (select oid from super)
    left join pg_extension x on classid = 'pg_extension'::regclass and x.oid = objid and extowner not in (select oid from super)
    cross join lateral pg_identify_object(classid, objid, 0)
    union all select 'database', quote_ident(datname), 'it belongs to the superuser ' || quote_ident(rolname), null
    from pg_database join super on super.oid = datdba where datname = current_database()
    union all select 'setting', name || coalesce(' of ' || quote_ident(pg_get_userbyid(role)), ''), 'only a superuser may set it', null
    from setting where name in (select name from privileged where not of_library)
    union all select 'setting', setting.name || ' of ' || quote_ident(rolname), 'the role is a superuser', null
    from setting join super on super.oid = role where name not in (select name from privileged where not of_library)
), unproven as (
    select 'foreign table' as kind, format('%I.%I', nspname, relname) as name, 'its rows are on another server' as why
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'f' and nspname !~ '^pg_'
    union all
    select 'table', format('%I.%I', nspname, relname),
           case when c.oid = any (coalesce(extconfig, '{}')) then 'of the rows of extension ' || quote_ident(extname) || ' only those that it hands to a dump'
                else 'its rows are those of extension ' || quote_ident(extname) end
    from pg_depend d
    join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
    join pg_class c on d.classid = 'pg_class'::regclass and c.oid = d.objid and relkind in ('r', 'p')
    join pg_namespace n on n.oid = relnamespace
    where d.deptype = 'e'
    and not exists (select from unnest(extconfig, extcondition) as taken(id, condition) where id = c.oid and coalesce(condition, '') = '')
    union all
    select distinct 'default privileges', rolname::text, 'they are the server''s own'
    from pg_default_acl join super on super.oid = defaclrole where :'owned' = 'true'
    union all
    select 'materialized view', format('%I.%I', nspname, relname), 'a restore fills it again'
    from pg_class c join pg_namespace n on n.oid = relnamespace
    where relkind = 'm' and nspname !~ '^pg_' and (c.tableoid, c.oid) not in (select classid, objid from member)
    union all
    select 'column', format('%I.%I.%I', nspname, relname, attname), 'a restore computes it again'
    from pg_attribute join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
    where attgenerated = 's' and not attisdropped and relkind in ('r', 'p') and nspname !~ '^pg_'
    and (c.tableoid, c.oid) not in (select classid, objid from member)
    union all
    select 'subscription', quote_ident(subname), 'a dump without superuser leaves it out'
    from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())
    union all
    select 'user mapping', format('%s on %I', coalesce(quote_ident(usename), 'public'), srvname), 'its options hold passwords, and are left out'
    from pg_user_mappings
    union all
    select 'comment', 'database ' || quote_ident(datname), 'a restore writes its own'
    from pg_database where datname = current_database() and shobj_description(oid, 'pg_database') !~ '^underpin: '
    union all
    select 'comment', 'extension ' || quote_ident(extname), 'a dump leaves it out, since the server made the extension'
    from pg_extension e left join pg_available_extensions known on known.name = extname
    where e.oid < 16384 and obj_description(e.oid, 'pg_extension') is distinct from known.comment
    union all
    -- What an extension's script made, and its last update: any other transaction is a change of somebody's.
    select kind, name, why
    from (
        select 'extension member' as kind, p.oid::regprocedure::text as name, p.xmin::text as made, e.oid as id, e.xmin::text as updated,
               'it may have been changed since its extension was made, and a dump does not hold that' as why
        from pg_depend d join pg_extension e on e.oid = d.refobjid join pg_proc p on p.oid = d.objid
        where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and d.classid = 'pg_proc'::regclass and e.oid >= 16384
        union all
        select 'comment', identity, c.xmin::text, e.oid, e.xmin::text, 'it is on a part of an extension, and a dump leaves it out'
        from pg_depend d join pg_extension e on e.oid = d.refobjid
        join pg_description c on (c.classoid, c.objoid) = (d.classid, d.objid)
        cross join lateral pg_identify_object(c.classoid, c.objoid, c.objsubid)
        where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and e.oid >= 16384
    ) as part
    where made <> updated
    and made is distinct from (
        select mode() within group (order by p.xmin::text)
        from pg_depend d join pg_proc p on p.oid = d.objid
        where d.deptype = 'e' and d.refclassid = 'pg_extension'::regclass and d.refobjid = part.id and d.classid = 'pg_proc'::regclass)
    union all
    select 'role', quote_ident(rolname), 'globals.sql holds these of its attributes, and no restore sets them: ' || attributes
    from pg_roles r
    cross join lateral (
        select concat_ws(', ', case when rolsuper then 'superuser' end, case when rolcreatedb then 'createdb' end, case when rolcreaterole then 'createrole' end,
                         case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end, case when not rolinherit then 'noinherit' end,
                         case when rolconnlimit <> -1 then 'connection limit ' || rolconnlimit::text end, 'valid until ' || rolvaliduntil::text,
                         (select 'settings ' || string_agg(quote_ident(split_part(item, '=', 1)), ' ' order by item) from unnest(rolconfig) as item)) as attributes
    ) as beyond
    where oid >= 16384 and rolname !~ '^underpin_' and attributes <> '' and not :'owned'::boolean
    and oid in (select refobjid from pg_shdepend where refclassid = 'pg_authid'::regclass
                and (dbid = (select oid from pg_database where datname = current_database())
                     or dbid = 0 and classid = 'pg_database'::regclass and objid = (select oid from pg_database where datname = current_database())))
    union all
    select 'parameter grant', format('%s on %s to %s', lower(privilege_type), parname, case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end),
           'it is the whole server''s: globals.sql holds it, and no restore sets it'
    from pg_parameter_acl cross join lateral aclexplode(paracl)
    where grantee <> 10 and not :'owned'::boolean
)
select jsonb_pretty(jsonb_build_object(
    'name', datname, 'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding),
    'provider', case datlocprovider when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' end,
    'collate', datcollate, 'ctype', datctype,
    -- Its name changed with 17.
    'locale', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'), 'icu_rules', to_jsonb(d) ->> 'daticurules',
    'collation_version', datcollversion, 'comment', shobj_description(d.oid, 'pg_database'), 'connection_limit', datconnlimit,
    'lc_monetary', current_setting('lc_monetary'), 'bytes', pg_database_size(d.oid), 'server_version', current_setting('server_version'),
    'public', exists (select from pg_namespace where nspname = 'public'),
    'grants', (select jsonb_agg(jsonb_build_object('grantor', pg_get_userbyid(grantor), 'grantee', case when grantee <> 0 then pg_get_userbyid(grantee) end,
                                                   'privilege', privilege_type, 'grantable', is_grantable))
               from aclexplode(datacl)),
    'settings', coalesce((select jsonb_agg(jsonb_build_object('role', pg_get_userbyid(role), 'name', name, 'value', value) order by pg_get_userbyid(role) nulls first, name)
                          from setting), '[]'),
    'extensions', coalesce((select jsonb_agg(jsonb_build_object('name', extname, 'version', extversion, 'schema', nspname,
                                                                'owner', pg_get_userbyid(extowner), 'relocatable', extrelocatable) order by e.oid)
                            from pg_extension e join pg_namespace n on n.oid = extnamespace where extname <> 'plpgsql'), '[]'),
    'roles', (select coalesce(jsonb_agg(rolname order by rolname), '[]')
              from pg_roles
              where oid >= 16384
              and (oid in (select owner from owned) or oid = datdba or oid in (select role from setting)
                   or oid in (select refobjid from pg_shdepend
                              where refclassid = 'pg_authid'::regclass
                              and (dbid = d.oid or dbid = 0 and classid = 'pg_database'::regclass and objid = d.oid)))),
    'owners', (select coalesce(jsonb_agg(rolname order by rolname), '[]') from pg_roles
               where oid in (select owner from owned) or oid = datdba),
    'superusers', (select coalesce(jsonb_agg(rolname order by rolname), '[]') from super where oid >= 16384
                   and (oid in (select owner from owned) or oid = datdba
                        or oid in (select refobjid from pg_shdepend where refclassid = 'pg_authid'::regclass and dbid = d.oid))),
    'tablespaces', (select coalesce(jsonb_agg(distinct spcname), '[]')
                    from pg_class c join pg_tablespace s on s.oid = reltablespace where c.oid >= 16384 and reltablespace not in (1663, 1664)),
    'servers_roles', (select coalesce(jsonb_agg(rolname order by rolname), '[]') from servers_roles),
    'ungoverned', (select coalesce(jsonb_agg(to_jsonb(ungoverned) order by kind, name), '[]') from ungoverned),
    'superuser', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', kind, 'name', name, 'why', why, 'owner', owner)) order by kind, name), '[]')
                  from (select kind, name, string_agg(distinct why, '; ') as why, min(owner) as owner from needs group by kind, name) as needs),
    'not_proven', (select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'why', why) order by kind, name), '[]') from unproven)))
from pg_database d
where datname = current_database();
\if :{?inside}
\else
commit;
\endif
