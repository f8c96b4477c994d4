-- Compares two proofs of version 1 (proof-1.sql), and says by log lines what differs.
--
-- Run by psql in any database of the encoding that the proofs were made in; it reads no table:
--
-- `BEFORE=before.jsonl AFTER=after.jsonl EXPECTED=proof.jsonl FOUND=restored.jsonl psql -X -w -f compare-1.sql`
--
-- On PostgreSQL 15 to 18. The environment names files of lines that `proof-1.sql` wrote: `EXPECTED` the
-- database that was dumped; `BEFORE` and `AFTER` its sequences before the dump began and after its
-- end (those in `EXPECTED` do not count); `FOUND` the database that was restored.
--
-- ## Output
--
-- One line for each object that differs; the last line is the verdict. `stale` and `moved` are
-- warnings: a materialized view or a generated column was computed again and came out different; a
-- sequence was set back or went round while the dump ran, so that its value cannot be told.
--
-- `CHOSEN` is a file, too: JSON, `[["schema", "name"], …]`, and what is not in it is not compared;
-- empty or left out: everything is.
--
-- - `event=proof kind= name= result=missing|unexpected|differs|stale|moved expected= found=`
-- - `event=proof result=equal|different objects= differences= warnings=`
\set QUIET on
\set ON_ERROR_STOP on
\pset format unaligned
\pset tuples_only on
\pset pager off
\set before `cat -- "$BEFORE"`
\set after `cat -- "$AFTER"`
\set expected `cat -- "$EXPECTED"`
\set found `cat -- "$FOUND"`
\set chosen `cat -- "${CHOSEN:-/dev/null}"`
set search_path = pg_catalog;

with lines as (
    select side, line::jsonb as line
    from (select 'before' as side, string_to_table(:'before', E'\n') as line
          union all select 'after', string_to_table(:'after', E'\n')
          union all select 'expected', string_to_table(:'expected', E'\n')
          union all select 'found', string_to_table(:'found', E'\n')) as text
    where line <> ''
), line as (
    select * from lines
    where :'chosen' = '' or line ->> 0 = 'proof'
    or line ->> 0 in ('table', 'more', 'sequence')
       and jsonb_build_array(line -> 1, line -> 2) in (select jsonb_array_elements(nullif(:'chosen', '')::jsonb))
), proof as (
    select line -> 1 as version, line -> 2 as level, side from line where line ->> 0 = 'proof' and side in ('expected', 'found')
), content as (
    select side, case line ->> 0 when 'more' then 'table' else line ->> 0 end as kind, line ->> 1 as schema, line ->> 2 as name,
           sum((line ->> 3)::numeric) as n, sum((line ->> 4)::numeric) as h, sum((line ->> 5)::numeric) as g
    from line
    where line ->> 0 in ('table', 'more', 'matview') and side in ('expected', 'found')
    group by 1, 2, 3, 4
    union all
    select side, line ->> 0, null, null, (line ->> 1)::numeric, (line ->> 2)::numeric, (line ->> 3)::numeric
    from line
    where line ->> 0 = 'large-objects' and side in ('expected', 'found')
), sequence as (
    select side, line ->> 1 as schema, line ->> 2 as name, (line ->> 5)::numeric as step,
           -- One that was not called yet stands a step before its value.
           (line ->> 3)::numeric - case when (line ->> 4)::boolean then 0 else (line ->> 5)::numeric end as value,
           jsonb_build_array(line -> 5, line -> 6, line -> 7, line -> 8) as definition
    from line
    where line ->> 0 = 'sequence'
), difference as (
    select coalesce(e.kind, f.kind) as kind, coalesce(e.schema, f.schema) as schema, coalesce(e.name, f.name) as name,
           case when f.kind is null then 'missing'
                when e.kind is null then 'unexpected'
                when (e.n, e.h) is distinct from (f.n, f.h) then case e.kind when 'matview' then 'stale' else 'differs' end
                when e.kind = 'large-objects' and e.g is distinct from f.g then 'differs'
                else 'stale' end as result,
           case when e.kind is not null then coalesce(e.n::text, 'no') || case when e.kind = 'large-objects' then ' objects' else ' rows' end end as expected,
           case when f.kind is not null then coalesce(f.n::text, 'no') || case when f.kind = 'large-objects' then ' objects' else ' rows' end
                || case when e.n is not distinct from f.n
                        then case when e.h is not distinct from f.h and e.kind = 'table' then ', other generated values' else ', other content' end
                        else '' end end as found
    from (select * from content where side = 'expected') as e
    full join (select * from content where side = 'found') as f
           on (e.kind, coalesce(e.schema, ''), coalesce(e.name, '')) = (f.kind, coalesce(f.schema, ''), coalesce(f.name, ''))
    where e.kind is null or f.kind is null or (e.n, e.h, e.g) is distinct from (f.n, f.h, f.g)
    union all
    select 'sequence', coalesce(e.schema, f.schema), coalesce(e.name, f.name),
           case when f.name is null then 'missing'
                when e.name is null then 'unexpected'
                when e.definition <> f.definition then 'differs'
                when b.name is null or (e.value - b.value) * e.step < 0::numeric then 'moved'
                else 'differs' end,
           case when e.name is not null then e.definition::text || ' at ' || coalesce(nullif(b.value, e.value)::text || ' to ', '') || e.value::text end,
           case when f.name is not null then f.definition::text || ' at ' || f.value::text end
    from (select * from sequence where side = 'after') as e
    full join (select * from sequence where side = 'found') as f on (e.schema, e.name) = (f.schema, f.name)
    left join (select * from sequence where side = 'before') as b on (b.schema, b.name) = (e.schema, e.name)
    where e.name is null or f.name is null or e.definition <> f.definition
    or f.value not between least(b.value, e.value) and greatest(b.value, e.value)
    union all
    select 'proof', null, null, 'differs', concat_ws(' ', e.version, e.level), concat_ws(' ', f.version, f.level)
    from (select * from proof where side = 'expected') as e
    full join (select * from proof where side = 'found') as f on true
    where (e.version, e.level) is distinct from (f.version, f.level) or e.version is null
), total as (
    select count(*) filter (where result not in ('stale', 'moved')) as differences, count(*) filter (where result in ('stale', 'moved')) as warnings
    from difference
)
select line
from (
    select 1 as position, schema, name,
           concat_ws(' ', 'event=proof kind=' || kind, 'name=' || to_json(case when name is not null then format('%I.%I', schema, name) end)::text, 'result=' || result,
                     'expected=' || to_json(expected)::text, 'found=' || to_json(found)::text) as line
    from difference
    union all
    select 2, null, null,
           format('event=proof result=%s objects=%s differences=%s warnings=%s', case differences when 0 then 'equal' else 'different' end,
                  (select count(*) from content where side = 'found') + (select count(*) from sequence where side = 'found'), differences, warnings)
    from total
) as report
order by position, schema, name;
