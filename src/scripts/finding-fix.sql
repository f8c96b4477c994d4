-- The statement after which an object comes back as it was.
--
-- Run in the working database of a rehearsal, with search_path = pg_catalog.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote at backup time
-- - `ERROR`: what PostgreSQL said, without its context; empty: the object comes back, with another meaning
-- - `ROUTINE`: the function that did not find something: with its arguments, as PostgreSQL writes it, or its
--   bare name; empty: none is known
--
-- ## Output
--
-- One line: the statement; nothing where none is known. A path gets the schema of the function, the one that
-- holds what was not found, and those of extensions. Which of several that hold it was meant, no one can know.
\set description `cat -- "$DESCRIPTION"`
\getenv error ERROR
\getenv routine ROUTINE
with database as (
    select :'description'::jsonb as d
), setting as (
    select role, value from database, jsonb_to_recordset(d -> 'settings') as one(role text, name text, value text) where name = 'search_path'
), own as (
    select d ->> 'name' as name, d ->> 'owner' as owner,
           coalesce((select value from setting where role = d ->> 'owner'), (select value from setting where role is null), '"$user", public') as path
    from database
), missing as (
    select kind, substring(:'error' from pattern) as name from (values
        ('relation', '^relation "(.*)" does not exist'),
        ('type', '^type "(.*)" does not exist'),
        ('function', '^(?:function|procedure|aggregate) ([^(]+)\(.*\) does not exist'),
        ('operator', '^operator does not exist: (?:.* )?([-+*/<>=~!@#%^&|`?]+)(?: |$)'),
        ('collation', '^collation "(.*)" for encoding ".*" does not exist'),
        ('configuration', '^text search configuration "(.*)" does not exist')
    ) as said (kind, pattern)
), held as (
    select quote_ident(nspname) as schema from missing, pg_namespace n
    where nspname !~ '^pg_' and nspname <> 'information_schema' and case kind
        when 'relation' then exists (select from pg_class where relnamespace = n.oid and relname = missing.name)
        when 'type' then exists (select from pg_type where typnamespace = n.oid and typname = missing.name)
        when 'function' then exists (select from pg_proc where pronamespace = n.oid and proname = missing.name)
        when 'operator' then exists (select from pg_operator where oprnamespace = n.oid and oprname = missing.name)
        when 'collation' then exists (select from pg_collation where collnamespace = n.oid and collname = missing.name)
        when 'configuration' then exists (select from pg_ts_config where cfgnamespace = n.oid and cfgname = missing.name)
    end
), of_extensions as (
    select distinct quote_ident(nspname) as schema from pg_extension join pg_namespace n on n.oid = extnamespace where nspname <> 'pg_catalog'
), named as (
    -- Of functions of one bare name, those that name what was not found.
    select p.oid, prokind, quote_ident(nspname) as schema,
           (select substr(value, length('search_path=') + 1) from unnest(proconfig) as value where starts_with(value, 'search_path=')) as path
    from pg_proc p join pg_namespace n on n.oid = pronamespace
    where (p.oid::regprocedure::text = :'routine'
           -- One with a path of its own sees itself there.
           or proconfig is not null and substr(p.oid::regprocedure::text, length(quote_ident(nspname)) + 2) = :'routine'
           or proname = :'routine' and (select count(*) from pg_proc where proname = :'routine') = 1
           or proname = :'routine' and exists (select from missing where strpos(prosrc, missing.name) > 0))
    and nspname !~ '^pg_' and nspname <> 'information_schema'
    and not exists (select from pg_depend where classid = 'pg_proc'::regclass and objid = p.oid and deptype = 'e')
), target as (
    select format('%s %s', case prokind when 'p' then 'procedure' else 'function' end, named.oid::regprocedure) as object,
           coalesce(named.path, own.path) as path, named.path is null as has_none, schema as home
    from named, own
    union all
    select format('database %I', name), path, false, null from own where not exists (select from named)
), on_path as (
    select object, unnest(array[one[1], quote_ident(one[1]), case one[1] when '"$user"' then quote_ident(owner) end]) as schema
    from own, target, regexp_matches(target.path, '"(?:[^"]|"")*"|[^,[:space:]]+', 'g') as one
), wanted as (
    select object, schema, min(place) as place
    from target
    cross join lateral (
        select home, 1 where home is not null
        union all select min(held.schema), 2 from held having count(*) = 1
        union all select of_extensions.schema, 3 from of_extensions
    ) as more (schema, place)
    where not exists (select from on_path where on_path.object = target.object and on_path.schema = more.schema)
    group by object, schema
), fixed as (
    select object, concat_ws(', ', path, string_agg(schema, ', ' order by place, schema)) as path
    from target left join wanted using (object)
    where (select count(*) < 2 from held) or home in (select schema from held)
    or exists (select from held join on_path using (schema) where on_path.object = target.object)
    group by object, target.path, has_none
    having has_none or count(schema) > 0
)
select string_agg(format('alter %s set search_path = %s', object, path), '; ' order by object) from fixed having count(*) > 0;
