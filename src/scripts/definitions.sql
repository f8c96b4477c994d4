-- The definitions of a database's objects as its catalogs store them, for definitions.sh.
--
-- Run by psql in that database, by a role without any right, on PostgreSQL 15 to 18; it reads catalogs
-- alone and runs nothing that an owner has made. `-v inside=yes` runs it in a transaction that is
-- open:
--
-- `-v restored=yes`: of what a restore has made, which cannot have what no dump carries.
--
-- `PGCLIENTENCODING=UTF8 psql -X -w -q -A -t [-v inside=yes] -f definitions.sql >raw`
--
-- Left out: what a dump leaves out (system schemas, temporary objects; of members of extensions all but
-- that they are there, and what a function of theirs does), grants, comments and whatever describes rows or files: sizes, statistics, file numbers, hints of the planner.
-- All other columns of a catalog are here under their own names, also those of a later release.
--
-- ## Output
--
-- Lines as COPY writes them, with tabs between fields, in no order:
--
-- - `m`, kind, OID, name, …: what a number in a stored expression stands for
-- - `d`, kind, identity, field, value: an attribute that is not null, false, 0 or empty
-- - `x`, kind, identity, field, OID of the relation, tree: an expression as it is stored
-- - `end`, release: the last line
--
-- ## Environment
--
-- - `OWNED`: `true`: the server is managed, and what is beyond PostgreSQL's own in pg_catalog is its owner's
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set owned false
\getenv owned OWNED
\if :{?inside}
\else
begin isolation level repeatable read, read only;
\endif
-- Names are then written with their schema, but for those of pg_catalog.
set local search_path = '';
set local quote_all_identifiers = off;
set local client_min_messages = warning;
set local bytea_output = hex;
set local max_parallel_workers_per_gather = 0;
set local jit = off;
-- Names of a database that has no encoding may be any bytes.
select case getdatabaseencoding() when 'SQL_ASCII' then 'SQL_ASCII' else 'UTF8' end as readable \gset
set local client_encoding = :'readable';

-- Numbers below 10000 are the same on every server of a release.
copy (
    select 'm', 't', t.oid::text, case when t.oid >= 10000 then format_type(t.oid, null) else '' end,
           case when typsubscript = 'array_subscript_handler'::regproc and typlen = -1 then 'a' else typtype::text end,
           coalesce(nullif(typbasetype, 0), case when typsubscript = 'array_subscript_handler'::regproc and typlen = -1 then typelem end, rngsubtype, 0)::text,
           typrelid::text
    from pg_type t left join pg_range on t.oid in (rngtypid, rngmultitypid)
    union all select 'm', 'f', oid::text, oid::regprocedure::text, '', '', '' from pg_proc where oid >= 10000
    union all select 'm', 'o', oid::text, oid::regoperator::text, '', '', '' from pg_operator where oid >= 10000
    union all select 'm', 'c', c.oid::text, format('%I.%I', nspname, collname), '', '', '' from pg_collation c join pg_namespace n on n.oid = collnamespace where c.oid >= 10000
    union all select 'm', 'r', c.oid::text, format('%I.%I', nspname, relname), '', '', '' from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid >= 10000
    union all select 'm', 'a', attrelid::text, attnum::text, quote_ident(attname), '', ''
    from pg_attribute join pg_class c on c.oid = attrelid
    where attrelid >= 16384 and attnum > 0 and not attisdropped and relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    union all select 'm', 'p', f.oid::text, format('%I.%I using %I', nspname, opfname, amname), '', '', ''
    from pg_opfamily f join pg_namespace n on n.oid = opfnamespace join pg_am am on am.oid = opfmethod where f.oid >= 10000
    union all select 'm', 'q', f.oid::text, format('%I.%I using %I', nspname, opcname, amname), '', '', ''
    from pg_opclass f join pg_namespace n on n.oid = opcnamespace join pg_am am on am.oid = opcmethod where f.oid >= 10000
    union all select 'm', 'k', c.oid::text, format('%I on %I.%I', conname, nspname, relname), '', '', ''
    from pg_constraint c join pg_class r on r.oid = conrelid join pg_namespace n on n.oid = relnamespace where contype in ('p', 'u', 'x') and c.oid >= 10000
    union all select 'm', 'g', c.oid::text, format('%I.%I', nspname, cfgname), '', '', '' from pg_ts_config c join pg_namespace n on n.oid = cfgnamespace where c.oid >= 10000
    union all select 'm', 'd', d.oid::text, format('%I.%I', nspname, dictname), '', '', '' from pg_ts_dict d join pg_namespace n on n.oid = dictnamespace where d.oid >= 10000
    union all select 'm', 'n', oid::text, quote_ident(nspname), '', '', '' from pg_namespace where oid >= 10000
    -- A role's name is the bytes of the database that it was made in. There may be no character for them here.
    union all select 'm', 'u', oid::text, case when getdatabaseencoding() = 'UTF8' or bytes ~ '^([0-7].)*$' then quote_ident(rolname) else bytes end, '', '', ''
    from pg_roles cross join lateral encode(quote_literal(rolname)::bytea, 'hex') as bytes where oid >= 10000
    union all select 'm', 'e', oid::text, quote_literal(enumlabel), '', '', '' from pg_enum
) to stdout;

copy (
    with member as materialized (
        select classid, objid from pg_depend where deptype = 'e'
    ), schema as materialized (
        select oid as namespace, nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
    ), relation as materialized (
        select c.oid as id, format('%I.%I', nspname, relname) as relation, relkind, relnatts
        from pg_class c join schema on namespace = relnamespace
        where relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and relpersistence <> 't' and c.oid >= 16384
        and not exists (select from member where classid = 'pg_class'::regclass and objid = c.oid)
    ), parent as materialized (
        select inhrelid, jsonb_agg(inhparent::regclass::text order by inhseqno) as parents, bool_or(inhdetachpending) as pending
        from pg_inherits where inhparent >= 16384 group by inhrelid
    ), extended as materialized (
        select classid, objid, jsonb_agg(extname order by extname) as extensions
        from pg_depend join pg_extension e on refclassid = 'pg_extension'::regclass and refobjid = e.oid
        where deptype = 'x' group by classid, objid
    ), attribute as materialized (
        select a.*, relation, relkind, quote_ident(attname) as quoted from relation join pg_attribute a on attrelid = id
        where attnum > 0 and not attisdropped and relkind <> 'S'
    ), part as materialized (
        -- The columns of a relation in their order.
        select attrelid, jsonb_agg(attname order by attnum) as columns from attribute group by attrelid
    ), held as materialized (
        -- Triggers of the server's own that do not do what their constraint says.
        select tgconstraint, string_agg(distinct tgenabled::text, ', ' order by tgenabled::text) as enabled
        from pg_trigger where tgisinternal and tgenabled <> 'O' group by tgconstraint
    ), limited as materialized (
        -- Constraints by name; but where PostgreSQL made it. It takes one that is free at that moment, and a dump does not say which.
        select c.oid,
               case when c.contype = 'n' and c.conname ~ '_not_null[0-9]*$'
                    then concat('not null', (select format(' of %I', attname) from pg_attribute where attrelid = c.conrelid and attnum = c.conkey[1]))
                    when c.contype = 'f' and starts_with(c.conname, p.conname || '_') and substr(c.conname, length(p.conname) + 2) ~ '^[0-9]+$'
                    then format('%I (numbered)', p.conname) else quote_ident(c.conname) end as called
        from pg_constraint c left join pg_constraint p on p.oid = c.conparentid
    ), restored as materialized (
        select :{?restored}::boolean as made
    ), initial as materialized (
        -- What initdb made before information_schema was not changed since.
        select min(c.xmin::text::int8) as until from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'information_schema' and c.oid < 16384
    ), own (classid, objid, namespace, changed) as materialized (
        select 'pg_proc'::regclass::oid, oid, pronamespace, proacl is null and xmin::text::int8 > until from pg_proc, initial
        union all select 'pg_operator'::regclass, oid, oprnamespace, xmin::text::int8 > until from pg_operator, initial
        union all select 'pg_type'::regclass, oid, typnamespace, false from pg_type
        union all select 'pg_class'::regclass, oid, relnamespace, false from pg_class where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        union all select 'pg_conversion'::regclass, oid, connamespace, false from pg_conversion
        union all select 'pg_opclass'::regclass, oid, opcnamespace, false from pg_opclass
        union all select 'pg_opfamily'::regclass, oid, opfnamespace, false from pg_opfamily
        union all select 'pg_ts_parser'::regclass, oid, prsnamespace, false from pg_ts_parser
        union all select 'pg_ts_template'::regclass, oid, tmplnamespace, false from pg_ts_template
        union all select 'pg_ts_dict'::regclass, oid, dictnamespace, xmin::text::int8 > until from pg_ts_dict, initial
        -- A mapping that was dropped leaves nothing but its place: all of PostgreSQL's have as many.
        union all select 'pg_ts_config'::regclass, oid, cfgnamespace, c.xmin::text::int8 > until or maps.last > until or maps.n is distinct from usual.n
        from pg_ts_config c cross join initial
        left join (select mapcfg, count(*) as n, max(xmin::text::int8) as last from pg_ts_config_map group by mapcfg) as maps on mapcfg = c.oid
        cross join (select mode() within group (order by n) as n
                    from (select count(*) as n from pg_ts_config_map where mapcfg < 16384 group by mapcfg) as counted) as usual
        union all select 'pg_cast'::regclass, oid, 'pg_catalog'::regnamespace, xmin::text::int8 > until from pg_cast, initial where oid < 16384
    ), beyond as materialized (
        select classid, objid from own join pg_namespace n on n.oid = namespace
        where :'owned' <> 'true' and not (select made from restored) and nspname = 'pg_catalog' and (objid >= 16384 or changed)
    ), object as (
        select case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'matview' when 'f' then 'foreign-table'
                            when 'S' then 'sequence' else 'composite' end as kind,
               relation as identity,
               to_jsonb(c) - '{oid,relname,relnamespace,reltype,relkind,relfilenode,relpages,reltuples,relallvisible,relallfrozen,reltoastrelid,relhasindex,relisshared,relnatts,relchecks,relhasrules,relhastriggers,relhassubclass,relispopulated,relrewrite,relfrozenxid,relminmxid,relacl,relpartbound}'::text[]
               || jsonb_build_object(
                   'is', c.relkind, 'relowner', pg_get_userbyid(c.relowner), 'relam', amname, 'reltablespace', spcname,
                   'reloftype', case when c.reloftype <> 0 then format_type(c.reloftype, null) end,
                   'reloptions', (select jsonb_agg(o order by o) from unnest(c.reloptions) as o),
                   'toast.reloptions', (select jsonb_agg(o order by o) from pg_class t cross join lateral unnest(t.reloptions) as o where t.oid = c.reltoastrelid),
                   'parents', parents, 'inhdetachpending', pending, 'extensions', extensions)
               -- A dump gives the parents' columns first to what inherits.
               || jsonb_build_object(case when parents is not null and not c.relispartition then 'columns-inherited' else 'columns' end, columns)
               || coalesce((select jsonb_build_object(
                   'server', quote_ident(srvname), 'ftoptions', (select jsonb_agg(o order by o) from unnest(ftoptions) as o))
                   from pg_foreign_table join pg_foreign_server s on s.oid = ftserver where ftrelid = c.oid), '{}')
               || coalesce((select jsonb_build_object(
                   'partstrat', partstrat,
                   'partattrs', (select jsonb_agg(quote_ident(attname) order by o) from unnest(partattrs) with ordinality as k(n, o) left join pg_attribute on attrelid = partrelid and attnum = n and n <> 0),
                   'partclass', (select jsonb_agg(format('%I.%I', nspname, opcname) order by o)
                                 from unnest(partclass) with ordinality as k(n, o) join pg_opclass q on q.oid = n join pg_namespace on pg_namespace.oid = opcnamespace),
                   'partcollation', (select jsonb_agg(case when n <> 0 then n::regcollation::text end order by o) from unnest(partcollation) with ordinality as k(n, o)))
                   from pg_partitioned_table where partrelid = c.oid), '{}')
               || coalesce((select to_jsonb(s) - '{seqrelid,seqtypid}'::text[] || jsonb_build_object(
                   'seqtypid', format_type(seqtypid, null),
                   'column', (select format('%s.%I', refobjid::regclass, attname) || case deptype when 'i' then ' (identity)' else '' end
                              from pg_depend join pg_attribute on attrelid = refobjid and attnum = refobjsubid
                              where classid = 'pg_class'::regclass and objid = seqrelid and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')))
                   from pg_sequence s where seqrelid = c.oid), '{}') as fields
        from relation join pg_class c on c.oid = id
        left join pg_am am on am.oid = relam left join pg_tablespace s on s.oid = reltablespace
        left join parent on inhrelid = c.oid left join part on attrelid = c.oid
        left join extended on classid = 'pg_class'::regclass and objid = c.oid
        union all
        select 'column', relation || '.' || quoted,
               to_jsonb(a) - '{attrelid,attname,atttypid,atttypmod,attlen,attnum,attcacheoff,attbyval,attalign,attndims,atthasdef,atthasmissing,attisdropped,attmissingval,attacl,attstorage,attcompression,relation,relkind,quoted}'::text[]
               || jsonb_build_object(
                   'is', relation, 'type', format_type(atttypid, atttypmod),
                   'attstattarget', nullif(attstattarget, -1),
                   'attislocal', case when not attislocal then 'no' end,
                   'attcollation', case when attcollation <> typcollation then attcollation::regcollation::text end,
                   'attoptions', (select jsonb_agg(o order by o) from unnest(attoptions) as o),
                   'attfdwoptions', (select jsonb_agg(o order by o) from unnest(attfdwoptions) as o))
               -- A dump cannot say that a column is stored otherwise than its parents' is.
               || jsonb_build_object(case when attinhcount > 0 then 'attstorage-inherited' else 'attstorage' end, case when attstorage <> typstorage then attstorage end,
                                     case when attinhcount > 0 then 'attcompression-inherited' else 'attcompression' end, attcompression)
        from attribute a join pg_type t on t.oid = atttypid
        union all
        select 'index', format('%s.%I', substr(relation, 1, length(relation) - length(quote_ident(t.relname)) - 1), c.relname),
               case when not indisvalid and c.relkind = 'i' then jsonb_build_object('is', relation, 'not-carried', 'invalid') else
               to_jsonb(i) - '{indexrelid,indrelid,indnatts,indcheckxmin,indkey,indcollation,indclass,indexprs,indpred}'::text[]
               || jsonb_build_object(
                   'is', relation, 'relam', amname, 'reltablespace', spcname, 'parents', parents, 'extensions', extensions,
                   'reloptions', (select jsonb_agg(o order by o) from unnest(c.reloptions) as o),
                   'indkey', (select jsonb_agg(quote_ident(attname) order by o) from unnest(indkey) with ordinality as k(n, o) left join pg_attribute on attrelid = indrelid and attnum = n and n <> 0),
                   'indcollation', (select jsonb_agg(case when n <> 0 then n::regcollation::text end order by o) from unnest(indcollation) with ordinality as k(n, o)),
                   'indclass', (select jsonb_agg(format('%I.%I', nspname, opcname) order by o)
                                from unnest(indclass) with ordinality as k(n, o) join pg_opclass q on q.oid = n join pg_namespace on pg_namespace.oid = opcnamespace),
                   'attstattarget', (select jsonb_object_agg(attnum, attstattarget) from pg_attribute where attrelid = indexrelid and attstattarget >= 0),
                   'attoptions', (select jsonb_object_agg(attnum, attoptions) from pg_attribute where attrelid = indexrelid and attoptions is not null)) end
        from relation join pg_index i on indrelid = id join pg_class c on c.oid = indexrelid join pg_class t on t.oid = indrelid
        left join pg_am am on am.oid = c.relam left join pg_tablespace s on s.oid = c.reltablespace
        left join parent on inhrelid = indexrelid left join extended on classid = 'pg_class'::regclass and objid = indexrelid
        union all
        -- (The index that a foreign key leans on is any one over its columns: of several, PostgreSQL takes the one that
        -- was made first. What the key asks is in confkey and its operators.)
        select 'constraint', format('%s on %s', called, coalesce(relation, format('%I.%I', nspname, typname))),
               to_jsonb(c) - '{oid,conname,connamespace,conrelid,contypid,conindid,conparentid,confrelid,conkey,confkey,conpfeqop,conppeqop,conffeqop,confdelsetcols,conexclop,conbin,conislocal,connoinherit,convalidated,conenforced}'::text[]
               || jsonb_build_object(
                   'is', coalesce(relation, format('%I.%I', nspname, typname)),
                   'conislocal', case when not conislocal then 'no' end, 'connoinherit', connoinherit and contype in ('c', 'n'), 'convalidated', case when not convalidated then 'no' end,
                   'conenforced', case when to_jsonb(c) -> 'conenforced' = 'false' then 'no' end,
                   'conparentid', (select format('%s on %s', limited.called, p.conrelid::regclass) from pg_constraint p join limited using (oid) where p.oid = c.conparentid),
                   'confrelid', case when confrelid <> 0 then confrelid::regclass::text end,
                   'conkey', (select jsonb_agg(quote_ident(attname) order by o) from unnest(conkey) with ordinality as k(n, o) left join pg_attribute on attrelid = conrelid and attnum = n and n <> 0),
                   'confkey', (select jsonb_agg(quote_ident(attname) order by o) from unnest(confkey) with ordinality as k(n, o) left join pg_attribute on attrelid = confrelid and attnum = n),
                   'confdelsetcols', (select jsonb_agg(quote_ident(attname) order by attname) from unnest(confdelsetcols) as n left join pg_attribute on attrelid = conrelid and attnum = n),
                   'conpfeqop', (select jsonb_agg(n::regoperator::text order by o) from unnest(conpfeqop) with ordinality as k(n, o)),
                   'conppeqop', (select jsonb_agg(n::regoperator::text order by o) from unnest(conppeqop) with ordinality as k(n, o)),
                   'conffeqop', (select jsonb_agg(n::regoperator::text order by o) from unnest(conffeqop) with ordinality as k(n, o)),
                   'conexclop', (select jsonb_agg(n::regoperator::text order by o) from unnest(conexclop) with ordinality as k(n, o)),
                   'triggers-enabled', enabled)
        from pg_constraint c join limited using (oid) left join relation on id = c.conrelid left join held on tgconstraint = c.oid
        left join pg_type t on t.oid = contypid left join schema on namespace = typnamespace
        -- (Of a key to a partitioned table PostgreSQL keeps one for each partition, numbered as they were made.)
        where contype <> 't' and not exists (select from pg_constraint p where p.oid = c.conparentid and p.conrelid = c.conrelid)
        and (id is not null or nspname is not null and not exists (select from member where classid = 'pg_type'::regclass and objid = contypid))
        union all
        select 'trigger', format('%I on %s', tgname, relation),
               to_jsonb(t) - '{oid,tgrelid,tgname,tgparentid,tgfoid,tgisinternal,tgconstrrelid,tgconstrindid,tgconstraint,tgattr,tgqual}'::text[]
               || jsonb_build_object(
                   'is', relation, 'tgfoid', tgfoid::regprocedure::text, 'tgconstrrelid', case when tgconstrrelid <> 0 then tgconstrrelid::regclass::text end,
                   'tgconstraint', (select conname from pg_constraint c where c.oid = tgconstraint), 'extensions', extensions,
                   'tgparentid', (select p.tgrelid::regclass::text from pg_trigger p where p.oid = t.tgparentid),
                   'tgattr', (select jsonb_agg(quote_ident(attname) order by attname) from unnest(tgattr) as n left join pg_attribute on attrelid = tgrelid and attnum = n))
        from relation join pg_trigger t on tgrelid = id and not tgisinternal
        left join extended on classid = 'pg_trigger'::regclass and objid = t.oid
        union all
        select 'policy', format('%I on %s', polname, relation),
               to_jsonb(p) - '{oid,polname,polrelid,polroles,polqual,polwithcheck}'::text[]
               || jsonb_build_object('is', relation, 'polroles', (select jsonb_agg(role order by role)
                      from (select case n when 0 then 'public' else quote_ident(pg_get_userbyid(n)) end as role from unnest(polroles) as n) as r))
        from relation join pg_policy p on polrelid = id
        union all
        select 'rule', format('%I on %s', rulename, relation), to_jsonb(r) - '{oid,rulename,ev_class,ev_qual,ev_action}'::text[] || jsonb_build_object('is', relation)
        from relation join pg_rewrite r on ev_class = id
        union all
        select 'statistics', format('%I.%I', nspname, stxname),
               to_jsonb(s) - '{oid,stxname,stxrelid,stxnamespace,stxowner,stxkeys,stxkind,stxexprs}'::text[]
               || jsonb_build_object(
                   'is', relation, 'stxowner', pg_get_userbyid(stxowner), 'stxkind', (select jsonb_agg(k order by k) from unnest(stxkind) as k),
                   'stxstattarget', nullif(stxstattarget, -1),
                   'stxkeys', (select jsonb_agg(quote_ident(attname) order by attname) from unnest(stxkeys) as n left join pg_attribute on attrelid = stxrelid and attnum = n))
        from relation join pg_statistic_ext s on stxrelid = id join schema on namespace = stxnamespace
        union all
        select 'function', p.oid::regprocedure::text,
               to_jsonb(p) - '{oid,proname,pronamespace,proowner,prolang,provariadic,prosupport,prorettype,proargtypes,proallargtypes,protrftypes,proargdefaults,prosqlbody,proconfig,proacl}'::text[]
               || jsonb_build_object(
                   'is', prokind, 'proowner', pg_get_userbyid(proowner), 'prolang', lanname, 'prorettype', format_type(prorettype, null),
                   'provariadic', case when provariadic <> 0 then format_type(provariadic, null) end,
                   'prosupport', case when prosupport <> 0 then prosupport::regproc::text end,
                   'proallargtypes', (select jsonb_agg(format_type(n, null) order by o) from unnest(proallargtypes) with ordinality as k(n, o)),
                   'protrftypes', (select jsonb_agg(format_type(n, null) order by o) from unnest(protrftypes) with ordinality as k(n, o)),
                   'proconfig', (select jsonb_agg(o order by o) from unnest(proconfig) as o), 'extensions', extensions)
        from pg_proc p join schema on namespace = pronamespace join pg_language l on l.oid = prolang
        left join extended on classid = 'pg_proc'::regclass and objid = p.oid
        where p.oid >= 16384 and not exists (select from member where classid = 'pg_proc'::regclass and objid = p.oid)
        -- Constructors of ranges come with their type.
        and not exists (select from pg_depend where deptype = 'i' and classid = 'pg_proc'::regclass and objid = p.oid)
        union all
        select case typtype when 'd' then 'domain' else 'enum' end, format('%I.%I', nspname, typname),
               jsonb_build_object(
                   'is', typtype, 'typowner', pg_get_userbyid(typowner),
                   'typbasetype', case when typbasetype <> 0 then format_type(typbasetype, typtypmod) end,
                   'typnotnull', typnotnull, 'typdefault', case when typdefaultbin is null then typdefault end,
                   'typcollation', case when typcollation <> 0 then typcollation::regcollation::text end,
                   'labels', (select jsonb_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = t.oid))
        from pg_type t join schema on namespace = typnamespace
        where typtype in ('d', 'e') and not exists (select from member where classid = 'pg_type'::regclass and objid = t.oid)
        union all
        select 'publication-table', format('%s in %I', relation, pubname),
               jsonb_build_object('is', relation, 'prattrs', (select jsonb_agg(quote_ident(attname) order by attname)
                                   from unnest(prattrs) as n left join pg_attribute on attrelid = prrelid and attnum = n))
        from relation join pg_publication_rel on prrelid = id join pg_publication p on p.oid = prpubid
        union all
        -- A dump writes the rights to a schema as far as they differ from those that a server was made with, which
        -- keep to the number of public: a new public has none of these, and one that was renamed still has. What
        -- of them is as it was made does not come back under another name.
        select 'schema', nspname, jsonb_build_object(
                   'rights', (select jsonb_agg(given order by given)
                              from (select format('%s to %s by %s%s', privilege_type, case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
                                                  quote_ident(pg_get_userbyid(grantor)), case when is_grantable then ' with grant option' end) as given
                                    from aclexplode(coalesce(nspacl, acldefault('n', nspowner)))) as rights),
                   'rights-inherited', (select jsonb_agg(item::text order by item::text) from pg_init_privs cross join lateral unnest(initprivs) as item
                                        where classoid = 'pg_namespace'::regclass and objoid = namespace and privtype = 'i' and nspname <> 'public' and item = any (nspacl)
                                        and starts_with(item::text, '=')))
        from schema join pg_namespace n using (nspname)
        where not exists (select from member where classid = 'pg_namespace'::regclass and objid = namespace)
        union all
        -- It may hold a password: pg_dump leaves it out for who is no superuser.
        select 'subscription', quote_ident(subname), jsonb_build_object('is', quote_ident(subname), 'not-carried', 'subscription')
        from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())
        union all
        -- Its script makes what an extension has; of this version alone the same.
        select 'member', quote_ident(extname), jsonb_build_object('version', extversion) from pg_extension
        union all
        select 'member', format('%s %s of extension %I',
                   case type when 'foreign-data wrapper' then 'foreign data wrapper' else type end,
                   case when d.classid = 'pg_type'::regclass then format_type(objid, null) when prokind is null then identity
                        when prokind = 'a' and pronargs = 0 then replace(p.oid::regprocedure::text, '()', '(*)') else p.oid::regprocedure::text end, extname),
               jsonb_build_object('is', quote_ident(extname), 'function', case when p.oid is not null then
                   md5(concat_ws(' ', provolatile, proparallel, proisstrict, prosecdef, proleakproof, proconfig, prosrc)) end)
        from pg_depend d join pg_extension e on refclassid = 'pg_extension'::regclass and e.oid = refobjid
        cross join lateral pg_identify_object(classid, objid, 0)
        left join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = objid
        left join pg_type t on d.classid = 'pg_type'::regclass and t.oid = objid
        where deptype = 'e'
        -- Types of rows, arrays and multiranges come with what they are of.
        and (t.oid is null or typtype <> 'm' and not exists (select from pg_type element where element.typarray = t.oid)
             and (typrelid = 0 or exists (select from pg_class c where c.oid = typrelid and c.relkind = 'c')))
        union all
        -- What no dump carries. Objects in the schema of PostgreSQL's own that were made or changed there; not collations,
        -- which every server takes from its system there.
        select replace(type, ' ', '-'), identity, '{"is": "beyond", "not-carried": "beyond"}'
        from beyond cross join lateral pg_identify_object(classid, objid, 0)
        where not exists (select from pg_depend d where (d.classid, d.objid) = (beyond.classid, beyond.objid) and deptype in ('e', 'i'))
        union all
        -- Whether a mapping has any is for its user's and its server's owner's eyes alone.
        select 'user-mapping', format('options of %s on %I', coalesce(quote_ident(usename), 'public'), srvname), '{"is": "options", "not-carried": "options"}'
        from pg_user_mappings
        where not (select made from restored)
    ), tree as (
        select 'table' as kind, relation as identity, 'relpartbound' as field, 0 as relid, relpartbound::text as tree
        from relation join pg_class c on c.oid = id where relpartbound is not null
        union all select 'table', relation, 'partexprs', id, partexprs::text from relation join pg_partitioned_table on partrelid = id where partexprs is not null
        union all select 'column', relation || '.' || quoted, 'default', d.adrelid, adbin::text from attribute a join pg_attrdef d on adrelid = attrelid and adnum = attnum
        union all select 'index', format('%s.%I', substr(relation, 1, length(relation) - length(quote_ident(t.relname)) - 1), c.relname), field, indrelid, value
        from relation join pg_index on indrelid = id join pg_class c on c.oid = indexrelid join pg_class t on t.oid = indrelid
        cross join lateral (values ('indexprs', indexprs::text), ('indpred', indpred::text)) as v(field, value)
        where value is not null and (indisvalid or c.relkind = 'I')
        union all select 'constraint', format('%I on ', conname) || coalesce(relation, format('%I.%I', nspname, typname)), 'conbin', conrelid, conbin::text
        from pg_constraint c left join relation on id = conrelid left join pg_type t on t.oid = contypid left join schema on namespace = typnamespace
        where conbin is not null
        and (id is not null or nspname is not null and not exists (select from member where classid = 'pg_type'::regclass and objid = contypid))
        union all select 'trigger', format('%I on %s', tgname, relation), 'tgqual', id, tgqual::text
        from relation join pg_trigger on tgrelid = id and not tgisinternal where tgqual is not null
        union all select 'policy', format('%I on %s', polname, relation), field, id, value
        from relation join pg_policy on polrelid = id cross join lateral (values ('polqual', polqual::text), ('polwithcheck', polwithcheck::text)) as v(field, value)
        where value is not null
        union all select 'rule', format('%I on %s', rulename, relation), field, id, value
        from relation join pg_rewrite on ev_class = id cross join lateral (values ('ev_qual', ev_qual::text), ('ev_action', ev_action::text)) as v(field, value)
        where value <> '<>'
        union all select 'statistics', format('%I.%I', nspname, stxname), 'stxexprs', id, stxexprs::text
        from relation join pg_statistic_ext on stxrelid = id join schema on namespace = stxnamespace where stxexprs is not null
        union all select 'function', p.oid::regprocedure::text, field, 0, value
        from pg_proc p join schema on namespace = pronamespace
        cross join lateral (values ('prosqlbody', prosqlbody::text), ('proargdefaults', proargdefaults::text)) as v(field, value)
        where value is not null and p.oid >= 16384 and not exists (select from member where classid = 'pg_proc'::regclass and objid = p.oid)
        union all select 'domain', format('%I.%I', nspname, typname), 'typdefaultbin', 0, typdefaultbin::text
        from pg_type t join schema on namespace = typnamespace
        where typtype = 'd' and typdefaultbin is not null and not exists (select from member where classid = 'pg_type'::regclass and objid = t.oid)
        union all select 'publication-table', format('%s in %I', relation, pubname), 'prqual', id, prqual::text
        from relation join pg_publication_rel on prrelid = id join pg_publication p on p.oid = prpubid where prqual is not null
    )
    select 'd', kind, identity, key, value #>> '{}', ''
    from object cross join lateral jsonb_each(fields)
    where value not in ('null', 'false', '0', '""', '" "', '[]', '{}')
    union all
    select 'x', kind, identity, field, relid::text, tree from tree
) to stdout;
select 'end', current_setting('server_version_num')::int / 10000 \g (fieldsep='\t')
\if :{?inside}
\else
commit;
\endif
