-- Compares what a backup says of a database, beside its rows and schema, with what was restored.
--
-- Run by psql in any database, with search_path = pg_catalog; it reads no table. What another server had
-- given to roles of its own, which this one has not, is left out.
--
-- ## Environment
--
-- - `DESCRIPTION`, `FOUND`: two files that `database.sql` wrote, of the original and of the copy
-- - variable `as_superuser`: `false`: an extension of a superuser's belongs to the database's owner
--
-- ## Log lines
--
-- - `event=property name= result=differs expected= found=`
\set description `cat -- "$DESCRIPTION"`
\set found `cat -- "$FOUND"`
select coalesce(jsonb_agg(name), '[]') as left_out
from jsonb_array_elements_text(coalesce(:'description'::jsonb -> 'servers_roles', '[]')) as name
where not exists (select from pg_roles where rolname = name) \gset
with side as (
    select 'expected' as side, :'description'::jsonb as d union all select 'found', :'found'::jsonb
), property as (
    select side, key as name, value
    from side cross join lateral jsonb_each(d)
    where key in ('owner', 'encoding', 'provider', 'collate', 'ctype', 'locale', 'icu_rules', 'connection_limit', 'public')
    union all
    -- As a set: they were written by the numbers of roles, once.
    select side, 'settings', coalesce(jsonb_agg(setting order by setting) filter (where setting is not null), '[]')
    from side left join lateral jsonb_array_elements(d -> 'settings') as setting on coalesce(not :'left_out'::jsonb ? (setting ->> 'role'), true)
    group by side
    union all
    -- Our own roles are let in on this server, whatever the other one did; null is the default.
    select side, 'grants', jsonb_agg(given order by given)
    from side
    cross join lateral jsonb_array_elements(case when d -> 'grants' <> 'null' then d -> 'grants' else jsonb_build_array(
        jsonb_build_object('grantor', d ->> 'owner', 'grantee', d ->> 'owner', 'privilege', 'CREATE', 'grantable', false),
        jsonb_build_object('grantor', d ->> 'owner', 'grantee', d ->> 'owner', 'privilege', 'TEMPORARY', 'grantable', false),
        jsonb_build_object('grantor', d ->> 'owner', 'grantee', d ->> 'owner', 'privilege', 'CONNECT', 'grantable', false),
        jsonb_build_object('grantor', d ->> 'owner', 'grantee', null, 'privilege', 'TEMPORARY', 'grantable', false),
        jsonb_build_object('grantor', d ->> 'owner', 'grantee', null, 'privilege', 'CONNECT', 'grantable', false)) end) as given
    where coalesce(given ->> 'grantee' !~ '^underpin_' and not :'left_out'::jsonb ? (given ->> 'grantee'), true)
    and not :'left_out'::jsonb ? (given ->> 'grantor')
    group by side
    union all
    select side, 'extensions', coalesce(jsonb_agg(extension - 'version' - 'owner' order by extension ->> 'name') filter (where extension is not null), '[]')
    from side left join lateral jsonb_array_elements(d -> 'extensions') as extension on true
    group by side
)
select format('event=property name=%s result=differs expected=%s found=%s', e.name, to_json(e.value::text), to_json(f.value::text))
from (select * from property where side = 'expected') as e
full join (select * from property where side = 'found') as f on e.name = f.name
where coalesce(e.value, 'null') <> coalesce(f.value, 'null')
order by e.name;
