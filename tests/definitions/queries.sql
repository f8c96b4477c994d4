-- Queries in all their forms, as views, materialized views and bodies of functions; then their tables
-- are changed as people do it: columns are added, dropped and renamed below them.
create extension citext;
create type mood as enum ('sad', 'ok');
create type pair as (gone int, a int, b text);
alter type pair drop attribute gone;
create table one (gone int, id int, name varchar(20), amount numeric(10,2), made date, mail citext, mood mood, tags text[], doc jsonb);
create table two (gone int, id int, id2 int, name varchar(20), status text, flag boolean, at timestamptz, pair pair);
create table three (id int primary key, name text, up int references three);
alter table one drop gone;
alter table two drop gone;
create function rows_of(n int) returns setof two language sql stable as 'select * from public.two where id < n';
create function outs(out a int, out b text) returns setof record language sql stable as $$select 1, 'x'$$;
create function pairs() returns setof pair language sql stable as 'select null::public.pair';
create table four (unused int, id int, k int);
create view joined as select id, four.k, j.name, one.made from four join three j using (id) left join one using (id);
create table count(place text, made int);
create procedure make(place text, statement text) language plpgsql as $$
begin
    begin
        execute statement;
        insert into count values (place, 1);
    exception when others then
        insert into count values (place || ' refused', 1);
    end;
end $$;

do $do$
declare
    queries text[] := array[
        $$select id, name, doc from one$$, $$select one.*, two.* from one join two on one.id = two.id where false$$, $$select o.id, t.name as tn from one o join two t using (id)$$, $$select id, name from one left join two using (id, name)$$,
        $$select id from one full join two using (id) full join three using (id)$$, $$select id, coalesce(name, 'x') as n from one natural join three$$, $$select id from one natural full join two$$, $$select x.id from (one join two using (id)) as x$$,
        $$select j.id, one.name from one join two using (id) as j$$, $$select a.id from one a cross join two b join three c on b.id = c.id and a.name = c.name$$, $$select * from (select id, name from one) s(a, b) join lateral (select * from two where two.id = s.a limit 1) l on true$$,
        $$select o.id, l.c from one o left join lateral (select count(*) as c from two where two.id = o.id and two.name in ('a', 'b')) l on o.id between 1 and 9 and l.c > 0$$, $$select one from one$$, $$select row_to_json(o) as j from one o$$, $$select (o).name as n from one o$$, $$select (t.pair).b as b, (t.pair).* from two t$$,
        $$select (select t from two t limit 1) as t$$, $$select ((select t from two t limit 1)).name as n$$, $$select id, sum(amount) over w as s, rank() over (w rows between 1 preceding and current row exclude ties) as r from one window w as (partition by name order by id desc nulls last)$$,
        $$select id, lag(id, 1, 0) over (order by name collate "C", id), first_value(name) filter (where id > 1) over () as f from one where false$$, $$select id, count(*) filter (where name in ('a', 'b')) over (order by made range between interval '1 day' preceding and '2 days' following) as c from one$$,
        $$select name, count(*), count(distinct id) as d, sum(amount) filter (where id in (1, 2) and (name = 'a' and made is null)) as s from one group by name having count(*) between 1 and 5 and sum(id) > 1$$, $$select name, made, grouping(name, made) as g, sum(id) as s from one group by grouping sets ((name, made), (name), ())$$,
        $$select name, made, sum(id) as s from one group by rollup (name, made)$$, $$select name, sum(id) as s from one group by cube (name, (made, id))$$, $$select name, sum(id) as s from one group by distinct rollup (name), cube (name)$$, $$select percentile_cont(0.5) within group (order by amount) as p, mode() within group (order by name desc) as m from one$$,
        $$select rank(1, 'a') within group (order by id, name) as r from one$$, $$select string_agg(name, ',' order by id desc, name using ~<~) as s, array_agg(distinct mood order by mood) as m from one$$, $$select max(name::text) as m, bool_and(id > 1) as e, json_object_agg(id, name) as j from one$$,
        $$with x as (select 1 as a union all select 2) select * from x order by a limit 1$$, $$with x(a, b) as materialized (select id, name from one), y as not materialized (select a from x where b in ('a', 'b')) select y.a, x.b from y join x using (a)$$,
        $$with recursive r(id, depth) as (select id, 1 from three where up is null union all select t.id, depth + 1 from three t join r on t.up = r.id) select * from r$$, $$with recursive r as (select id, up from three union select t.id, t.up from three t, r where r.id = t.up) search depth first by id set ord cycle id set looped using path select * from r$$,
        $$with recursive r as (select id, up from three union all select t.id, t.up from three t, r where r.id = t.up) search breadth first by id, up set ord select * from r$$, $$select id from one union select id from two$$, $$select id, name from one union all (select id, name from two except select id, name from three) order by 1, 2$$,
        $$select null as a, 1 as b union select 'x', null$$, $$select 1 as a union select 2.5 union select id from one$$, $$(select id from one order by name limit 3) union (select id from two order by at offset 2)$$, $$select name from one intersect all select name from two$$, $$select name as a from one union select name from three$$,
        $$select distinct name from one$$, $$select distinct on (name, made) name, made, id from one order by name, made, id desc$$, $$select id from one order by name desc nulls last, amount using <, id + 1 fetch first 3 rows with ties$$, $$select id from one limit 1 + 1 offset 2$$, $$select id from one order by lower(name)$$,
        $$select * from (values (1, 'a'), (2, 'b')) as v(x, y)$$, $$values (1, 'a'::varchar), (2, 'b')$$, $$select v.* from one cross join lateral (values (one.id, one.name)) as v(x, y)$$, $$select * from generate_series(1, 3) with ordinality as g(n, o)$$, $$select * from rows of (id) where false$$,
        $$select r.name, r.id from rows_of(3) r$$, $$select * from rows_of(3) as r(i, i2, n) where n in ('a', 'b')$$, $$select * from outs() o, pairs() p$$, $$select p.b, p from pairs() p$$,
        $$select u, o from unnest(array['a', 'b']) with ordinality as x(u, o)$$, $$select * from unnest(array[1, 2], array['a', 'b']::varchar[]) as u(a, b)$$, $$select e ->> 'a' as a from one, jsonb_array_elements(doc) as e$$, $$select * from jsonb_to_recordset('[]') as x(a int, b varchar(3))$$, $$select * from json_populate_recordset(null::pair, '[]')$$,
        $$select x.* from xmltable('/a' passing '<a/>'::xml columns i int path '@i' default 1, o for ordinality, t text) as x$$, $$select * from xmltable(xmlnamespaces('http://x' as x), '/x:a' passing '<a/>'::xml columns i int path '@i' not null)$$, $$select j.* from one, json_table(doc, '$[*]' columns (id for ordinality, a int path '$.a' default 1 on empty, b varchar(3) exists path '$.b', nested path '$.n[*]' as nn columns (c text path '$'))) as j$$,
        $$select json_value(doc, '$.a' returning varchar(3)) as a, json_query(doc, '$' returning json wrapper keep quotes) as b, json_query(doc, '$.x') as q from one$$, $$select json_query(doc, '$' returning jsonb format json) as b, json_query(doc, '$' returning text format json encoding utf8 default '1' on empty) as c from one$$, $$select json_object(id value name, 'x' value 1 absent on null with unique keys returning json) as a, json_array(id, name format json null on null) as b from one$$, $$select json_arrayagg(name order by id null on null returning jsonb) as a, json_objectagg(id value name absent on null with unique) as b from one$$,
        $$select json_array(select id from one order by 1) as a$$, $$select json('{"a": 1}' with unique keys) as a, json_scalar(1.5) as b, json_serialize('{}'::json returning bytea format json encoding utf8) as c$$, $$select doc is json object as a, '1' is not json scalar as b from one where false$$, $$select * from one tablesample bernoulli (10) repeatable (1)$$, $$select * from only three t tablesample system (1.5)$$,
        $$select id from one where id in (select id2 from two where two.name = one.name)$$, $$select id from one where (id, name) in (select id, name from two)$$, $$select id from one where name not in (select name from three where name is not null)$$, $$select id from one where id > any (select id2 from two) and id <> all (select id from three)$$, $$select id from one o where exists (select 1 from two t where exists (select 1 from three where three.id = t.id and three.name = o.name))$$,
        $$select id, (select max(id2) from two where two.id = one.id) as m, array(select status from two where two.id = one.id order by at) as a from one$$, $$select (select (select one.id + two.id2 + three.id from three limit 1) from two limit 1) as deep from one$$, $$select case when id in (select id from two) then 'a' else name end as c from one$$, $$select id from one where name in ('a', 'b') and id in (1, 2) or made between '2020-01-01' and '2021-01-01' and (mood = 'sad' or not (id = 3 and id = 4))$$,
        $$select id from one where mood in ('sad', 'ok') and tags && array['a', name]::text[] and tags[1:2] @> '{x}'$$, $$select mail = 'a' as a, mail like 'b%' as b, mail in ('q', 'w') as c, lower(mail) as d from one$$, $$select name::varchar(3) || 'x' as a, amount::int as b, id::text::varchar(2)::char(1) as c, made::timestamp at time zone 'UTC' as d, null::integer as e from one$$, $$select extract(year from made) as y, made + interval '1 month' as m, date_trunc('month', made) as t, age(made) as a from one$$,
        $$select 1 as a, 1 as b, 'x' as c, null as d, true as e, 1.5 as f, '{1,2}'::int[] as g, interval '1' hour as h, b'1' as i, 'a'::"char" as j$$, $$select id as "select", name as "A b""c", 1 as "?column?" from one as "One"$$, $$select o1.id from one o1, one o2, one where o1.id = o2.id and one.id = o2.id$$, $$select count(*) as c from one, two, three where one.id = two.id and two.id = three.id$$, $$select xmin, ctid, tableoid::regclass, id from one where false$$,
        $$select current_user as u, current_setting('x', true) as s, now() as n, current_schema as c$$, $$select to_tsvector('english', name) as v, 'a & b'::tsquery as q, ts_rank('a'::tsvector, to_tsquery('simple', 'b')) as r from one$$, $$select format('%s', variadic array[name, 'x']) as f, concat_ws(',', id, name) as c from one$$, $$select nullif(name, 'a') as n, greatest(name, 'b', 'c') as g, coalesce(name, doc ->> 'a', 'x') as c from one$$,
        $$select * from pg_class c join pg_namespace n on n.oid = c.relnamespace where false$$, $$select table_name from information_schema.tables where table_type in ('BASE TABLE', 'VIEW')$$, $$select t.oid::regtype from pg_type t where t.typtype in ('e', 'd') and t.oid = 'mood'::regtype$$, $$select id from one for update$$, $$select one.id from one, two for share of one skip locked$$, $$select q.id from (select distinct id from one where id = 1 union select id from two) q where q.id in (1, 2)$$, $$select row(id, name), row(one.*) as r, (id, name) = (1, 'a') as e from one where false$$, $$select row(1, 'x')::pair as p, array[row(1, 'x')::pair] as a, (row(1, 'x')::pair).b as b$$];
    statements text[] := array[
        $$insert into one(id, name) values (1, 'a'), (2, 'b') on conflict do nothing$$, $$insert into three(id, name) values (1, 'a') on conflict (id) do update set name = excluded.name, up = three.up where three.name in ('a', 'b')$$, $$insert into three(id) values (1) on conflict on constraint three_pkey do nothing$$, $$insert into two select * from rows_of(2)$$, $$insert into two(id, pair.a, pair.b) values (1, 2, 'x')$$,
        $$update one set name = 'x', amount = default where id in (1, 2) and name in ('a', 'b')$$, $$update two set (id2, name) = (select id, name from three where three.id = two.id)$$, $$update two set (id, id2) = (id2, id), status = 'x' from one where one.id = two.id returning two.id$$, $$update two set pair.b = 'x' where flag$$, $$update one set tags[1] = 'x', doc['a'] = '1'$$,
        $$delete from one using two where one.id = two.id and two.status in ('a', 'b')$$, $$delete from only three where id between 1 and 5 and name = 'x' returning *$$, $$with gone as (delete from one where id = 1 returning *) insert into two(id, name) select id, name from gone$$, $$merge into one using two on one.id = two.id and one.name in ('a', 'b') when matched and two.flag then update set name = two.name, amount = 1 when matched then delete when not matched then insert (id, name) values (two.id, 'x')$$,
        $$merge into one using (select * from two) s on one.id = s.id when not matched by source then delete when matched then do nothing$$, $$merge into one using two on one.id = two.id when matched then update set (name, amount) = (two.name, 2) returning merge_action(), one.id$$, $$update one set amount = 1 returning old.amount, new.amount$$];
    query text;
    k int := 0;
begin
    foreach query in array queries loop
        k := k + 1;
        call make('view', format('create view v%s as %s', k, query));
        call make('over a view', format('create view o%s as select x.* from v%1$s x join v%1$s y on x = y', k));
        call make('barrier', format('create view b%s with (security_barrier, check_option = local) as %s', k, query));
        call make('matview', format('create materialized view m%s as %s', k, query));
        call make('body', format('create function q%s() returns bigint begin atomic select count(*) from (%s) as s; end', k, query));
        call make('rule', format('create table r%s (a int, id int); create rule r as on insert to r%1$s do also select * from (%s) as s where new.id > 1', k, query));
        call make('policy', format('create table p%s (id int, name text); create policy p on p%1$s using (id in (select 1 from (%s) as s where p%1$s.name in (''a'', ''b'')))', k, query));
    end loop;
    foreach query in array statements loop
        k := k + 1;
        call make('statement', format('create procedure s%s() begin atomic %s; end', k, query));
        call make('statement', format('create function s%s(a int) returns void begin atomic %s; select null::void where a > 1; end', k, query));
        call make('action', format('create table r%s (a int, id int); create rule r as on update to r%1$s where old.id > new.id do instead (%s; delete from two where id = new.id)', k, query));
    end loop;
end $do$;

alter table one add column added int;
alter table two add column added text;
alter table three add column added int default 1;
alter table one rename column name to named;
alter table two rename column id2 to second;
alter table three rename to third;
alter table third rename column up to parent;
alter type pair rename attribute b to bb;
create view late as select id, o.named, t.second, third.added from one o join two t using (id) left join third using (id);
alter table four drop column unused;
alter view v3 rename column tn to renamed;
alter table r1 drop column a;
