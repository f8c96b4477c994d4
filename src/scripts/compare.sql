-- Compares two proofs of version 2, and says by log lines what differs.
--
-- Run by psql in any database of the encoding that the proofs were made in; it reads no table:
--
-- `EXPECTED=proof.jsonl FOUND=restored.jsonl psql -X -w -f compare.sql`
--
-- On PostgreSQL 15 to 18. The environment names files of lines of proof.sh: `EXPECTED` of the database that
-- was dumped, `FOUND` of the one that was restored. `CHOSEN` is a file, too: JSON, `[["schema", "name"], …]`,
-- and what is not in it is not compared; empty or left out: everything is.
--
-- ## Output
--
-- One line for each object that differs; the last line is the verdict. What a restore computes again
-- (the rows of materialized views, generated columns) is in neither proof.
--
-- - `event=proof kind= name= result=missing|unexpected|differs expected= found=`
-- - `event=proof result=equal|different objects= differences=`
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set expected `cat -- "$EXPECTED"`
\set found `cat -- "$FOUND"`
\set chosen `cat -- "${CHOSEN:-/dev/null}"`
set search_path = pg_catalog;

with line as (
    select side, line ->> 0 as kind, replace(line ->> 0, '-value', '') as told,
           case when line ->> 0 not in ('proof', 'large-objects') then line ->> 1 end as schema,
           case when line ->> 0 not in ('proof', 'large-objects') then line ->> 2 end as name,
           case when line ->> 0 not in ('proof', 'large-objects') then line - 0 - 0 - 0 else line - 0 end as said
    from (select side, line::jsonb as line
          from (select 'expected' as side, string_to_table(:'expected', E'\n') as line
                union all select 'found', string_to_table(:'found', E'\n')) as text
          where line <> '') as lines
    where :'chosen' = '' or line ->> 0 = 'proof'
    or line ->> 0 in ('table', 'sequence', 'sequence-value')
       and jsonb_build_array(line -> 1, line -> 2) in (select jsonb_array_elements(nullif(:'chosen', '')::jsonb))
), difference as (
    select coalesce(e.told, f.told) as kind, coalesce(e.schema, f.schema) as schema, coalesce(e.name, f.name) as name,
           case when f.kind is null then 'missing' when e.kind is null then 'unexpected' else 'differs' end as result,
           case e.kind when 'table' then coalesce(e.said ->> 0, 'no') || ' rows' when 'large-objects' then (e.said ->> 0) || ' objects' else e.said::text end as expected,
           case f.kind when 'table' then coalesce(f.said ->> 0, 'no') || ' rows' || case when e.said -> 0 = f.said -> 0 then ', other content' else '' end
                       when 'large-objects' then (f.said ->> 0) || ' objects' || case when e.said -> 0 = f.said -> 0 then ', other content' else '' end
                       else f.said::text end as found
    from (select * from line where side = 'expected') as e
    full join (select * from line where side = 'found') as f
           on (e.kind, coalesce(e.schema, ''), coalesce(e.name, '')) = (f.kind, coalesce(f.schema, ''), coalesce(f.name, ''))
    where e.said is distinct from f.said
    union all
    -- Nothing is equal to nothing.
    select 'proof', null, null, 'missing', null, null
    where (select count(*) from line where kind = 'proof' and said -> 0 = '2') <> 2
)
select line
from (
    select 1 as position, schema, name,
           concat_ws(' ', 'event=proof kind=' || kind, 'name=' || to_json(case when name is not null then format('%I.%I', schema, name) end)::text, 'result=' || result,
                     'expected=' || to_json(expected)::text, 'found=' || to_json(found)::text) as line
    from difference
    union all
    select 2, null, null,
           format('event=proof result=%s objects=%s differences=%s', case count(*) when 0 then 'equal' else 'different' end,
                  (select count(*) from line where side = 'found' and kind not in ('proof', 'sequence-value')), count(*))
    from difference
) as report
order by position, schema, name, line;
