-- The values of sequences, a part of the proof: those that an archive holds, or those of a database.
--
-- A sequence is never transactional: an old snapshot shows its newest value. What a restore gives it
-- is what pg_dump read, and that stands in the archive.
--
-- ## Environment
--
-- - `ARCHIVED`: a file, what `pg_restore -f -` writes of an archive's SEQUENCE SET entries; without the
--   variable `archived` it is not read
--
-- ## Output
--
-- - `["sequence-value", schema, name, last_value, is_called]`
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
begin isolation level repeatable read, read only;
set local search_path = '';
set local role none;
select pg_catalog.set_config(known.name, pinned.value, true)
from (values ('quote_all_identifiers', 'off'), ('standard_conforming_strings', 'on'), ('restrict_nonsystem_relation_kind', 'view, foreign-table'))
     as pinned(name, value)
join pg_catalog.pg_settings known on known.name = pinned.name
\g /dev/null
\if :{?archived}
\set archived `cat -- "$ARCHIVED"`
select pg_catalog.json_build_array('sequence-value', name[1], name[2], value[2], value[3]::pg_catalog.bool)
from pg_catalog.regexp_matches(:'archived', $$^SELECT pg_catalog\.setval\('((?:[^']|'')*)', (-?\d+), (true|false)\);$$, 'gw') as value
cross join lateral pg_catalog.parse_ident(pg_catalog.replace(value[1], '''''', '''')) as name
where not exists (select from pg_catalog.pg_class c
                  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                  join pg_catalog.pg_depend member
                    on member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e'
                  where n.nspname = name[1] and c.relname = name[2]);
\else
-- A batch gives its locks back, so that any number fits the server's lock table.
select 'savepoint batch',
       'select pg_catalog.json_build_array(''sequence-value'', schema, name, last_value::pg_catalog.text, is_called) from ('
           || pg_catalog.string_agg(pg_catalog.format('select %L::pg_catalog.name, %L::pg_catalog.name, last_value, is_called from %I.%I',
                                                      nspname, relname, nspname, relname), ' union all ')
           || ') as batch(schema, name, last_value, is_called)',
       'rollback to savepoint batch'
from (
    select n.nspname, c.relname, pg_catalog.row_number() over (order by n.nspname, c.relname) / 200 as batch
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend member
                    where member.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and member.objid = c.oid and member.deptype = 'e')
) as sequence
group by batch
order by batch
\gexec
\endif
commit;
