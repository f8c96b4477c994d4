-- What of a database its owner cannot restore at the managed server that it is on: one log line each.
--
-- Run in any database by the role that backs up, which there is the one that restores, with
-- search_path = pg_catalog; it reads no table.
--
-- ## Environment
--
-- - `DESCRIPTION`: a file, what `database.sql` wrote
-- - `DATABASE`: the database's name as JSON, for the lines
--
-- ## Log lines
--
-- - `event=need db= kind= name= result=superuser|ungoverned why= do=`: `do` is what ends it, statement by
--   statement, each after the role that runs it
\set description `cat -- "$DESCRIPTION"`
\getenv database DATABASE
select concat_ws(' ', 'event=need', 'db=' || :'database', 'kind=' || to_json(kind)::text, 'name=' || to_json(name)::text, 'result=' || result,
                 'why=' || to_json(why)::text, 'do=' || to_json(way)::text)
from (
    select 1 as position, kind, name, 'superuser' as result, why, 'drop it, or give it to ' || quote_ident(current_user) as way
    from jsonb_to_recordset(:'description'::jsonb -> 'superuser') as needs(kind text, name text, why text, owner text)
    -- What its owner has made without being a superuser he may make again where he could.
    where owner is null
    union all
    select 2, kind, name, 'ungoverned', format('it belongs to %I, of whom %I is no member', role, current_user),
           case way when 'grant' then format('%I: grant %I to %1$I', current_user, role) || options
                    when 'admin' then format('%I: grant %I to %I', admin, role, current_user) || options
                    when 'drop' then format('%I: drop it', role)
                    else concat(case when schema is not null then format('%I: grant create on schema %s to %I; ', current_user, schema, through) end,
                                format('%I: alter %s %s owner to %I; ', role, kind, name, through),
                                format('%I: alter %s %s owner to %1$I', current_user, kind, name)) end
    from jsonb_to_recordset(:'description'::jsonb -> 'ungoverned')
         as foreign_one(kind text, name text, schema text, role text, admin text, way text, through text)
    cross join lateral (select case when current_setting('server_version_num')::int < 160000 then '' else ' with inherit true, set true' end as options) as server
) as need
order by position, kind <> 'schema', kind, name;
