-- Expressions in all their forms, in each place that keeps one. What a release or a place refuses is
-- passed over: the test counts what was made.
create extension citext;
create type mood as enum ('sad', 'ok', 'glad');
create type pair as (gone int, a int, b text);
alter type pair drop attribute gone;
create domain short as varchar(10);
create domain positive as int check (value > 0);
create type floats as range (subtype = float8);
create collation bytes (provider = libc, locale = 'C');
create table template (
    gone int, i int, j int, b bigint, n numeric(10,2), f float8, v varchar(20), w varchar(5), t text, c char(3), nm name, d date, ts timestamp,
    tz timestamptz, iv interval, bo boolean, m mood, dm short, po positive, ci citext, va varchar[], ia int[], ma mood[], ta text[],
    jb jsonb, js json, co pair, r int4range, mr int4multirange, fr floats, u uuid, bi bit(3), ip inet, o oid, rc regclass, q text collate "C");
alter table template drop gone;
create function plus(a int, b int default 2, variadic c int[] default '{}') returns int language sql immutable as 'select $1';
create function calm(a anyelement) returns anyelement language sql immutable as 'select $1';
create function nothing() returns trigger language plpgsql as 'begin return new; end';
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
    conditions text[] := array[
        $$v in ('a', 'b')$$, $$v not in ('a', 'b')$$, $$w in ('a', t)$$, $$t in ('x', 'y')$$, $$c in ('us', 'uk')$$, $$nm in ('a', 'b')$$, $$dm in ('a', 'b')$$,
        $$ci in ('a', 'b')$$, $$ci = 'a' or ci in ('b')$$, $$m in ('sad', 'ok')$$, $$m = any ('{sad,ok}')$$, $$m = any (array['sad', 'ok']::mood[])$$, $$m > 'sad'$$,
        $$v = any (array['a', 'b'])$$, $$v = any (array['a', 'b']::varchar[])$$, $$v = any (array['a', 'b']::text[])$$, $$v = any ('{a,b}')$$, $$v = any ('{a,b}'::varchar(5)[])$$,
        $$v = any (array['a', 'b']::varchar(5)[])$$, $$v::text = any (array['a', w]::text[])$$, $$w = all (array['a', v])$$, $$v <> all (array['a'::varchar, 'b'])$$, $$v = any (va)$$,
        $$v = any (va::text[])$$, $$t = any (va)$$, $$n in (1, 2.5)$$, $$n = any (array[1, 2])$$, $$n = any (array[1, 2]::numeric[])$$, $$n = any (array[1, i])$$, $$b in (1, 2, 3000000000)$$,
        $$b = any (array[1, 2])$$, $$b = any (array[1, 2]::bigint[])$$, $$f in (1, 2)$$, $$f = any (array[1, 2]::int[])$$, $$i = any (array[1, 2]::smallint[]::int[])$$, $$i = any ('{1,2}'::int[])$$,
        $$i between 1 and 10 and j > 0$$, $$j > 0 and i between 1 and 10$$, $$i is null or (i between 1 and 5 and j < 9)$$, $$not (i between 1 and 2 or j between 3 and 4)$$,
        $$i not between 1 and 10 or j = 2$$, $$i between symmetric 10 and 1 and j = 2$$, $$(i = 1 and (j = 2 and (b = 3 and n = 4)))$$, $$((i = 1 or j = 2) or (b = 3 or (n = 4 or f = 5)))$$,
        $$i = 1 and j = 2 or b = 3 and (n = 4 or f = 5 and bo)$$, $$not not bo$$, $$not (bo and i = 1)$$, $$not bo or not (i = 1 or not bo)$$, $$bo is true$$, $$bo is not unknown$$, $$bo = (i = 1)$$, $$(i > 1) is distinct from (j > 1)$$,
        $$d between '2020-01-01' and '2021-01-01' and i = 1$$, $$tz > '2020-01-01 00:00Z'$$, $$ts > '2020-01-01'::date$$, $$d > '2020-01-01'::timestamp$$, $$iv > interval '1 day 2 hours'$$, $$iv = '1 month'::interval day$$,
        $$(i, j) = (1, 2)$$, $$(i, j) < (1, 2)$$, $$row(i, n) >= row(1, 2.5)$$, $$(i, v) in ((1, 'a'), (2, 'b'))$$, $$(i, j) is distinct from (1, 2)$$, $$row(i, j) is not null$$, $$co = row(1, 'x')::pair$$, $$(co).a = 1$$, $$(co).b in ('a', 'b')$$,
        $$co is distinct from '(1,x)'::pair$$, $$v is distinct from 'a'$$, $$v like 'a%' and v not like '%b'$$, $$v ilike 'a%' or t similar to 'b|c'$$, $$v ~ '^[a-z]\(\{ \\d+ \}\)$'$$, $$v !~* 'x' escape ''$$, $$v like 'a\%' escape '\'$$,
        $$case v when 'a' then true when 'b' then false else bo end$$, $$case when v = 'a' then i when v in ('b', 'c') then j end > 1$$, $$case m when 'sad' then true else false end$$, $$case i when 1 then 'a' else v end = 'a'$$,
        $$coalesce(v, t, 'x') = 'x'$$, $$coalesce(v, 'x') in ('x', 'y')$$, $$nullif(v, 'a') is null$$, $$nullif(i, 0) > 1$$, $$greatest(i, j, 3) > least(1, j)$$, $$greatest(v, 'a') = 'b'$$, $$(v || 'x')::varchar(3) = 'abc'$$, $$v::char(2) = 'ab'$$, $$t::varchar(3) in ('a')$$,
        $$i::text = '1'$$, $$i::varchar(2) = v$$, $$n::int = 1$$, $$n::numeric(5,1) in (1.0)$$, $$'1'::int = i$$, $$int '1' = i$$, $$cast(v as text) = 'a'$$, $$t::short = 'x'$$, $$i::positive = 1$$, $$po in (1, 2)$$, $$(i::bigint)::numeric = 1$$, $$-i = -1$$, $$i = -1$$, $$+i = - (-2)$$, $$@ i = 1$$,
        $$t collate "C" < 'a'$$, $$t collate bytes in ('a', 'b')$$, $$q < 'b' collate "C"$$, $$q in ('a', 'b')$$, $$v collate "C" = any (array['a', 'b'])$$, $$(v || t) collate "POSIX" > 'x'$$, $$lower(v) = 'a'$$, $$upper(t collate "C") = 'A'$$,
        $$ia[1] = 1$$, $$ia[1:2] = array[1, 2]$$, $$ia @> array[1, 2]$$, $$ia = '{1,2}'$$, $$ia || 3 = array[1, 3]$$, $$va && array['a', 'b']::varchar[]$$, $$va @> '{a}'$$, $$va = array['a', v]$$, $$array[[i, j], [1, 2]] = '{{1,2},{3,4}}'$$, $$array[array['a', v], array['b', w]]::text[] = '{}'$$, $$array[ia, ia] = '{}'$$,
        $$array[ia, array[1, 2]]::bigint[] = '{}'$$, $$array[['a', 'b'], ['c', v]]::varchar(3)[] = '{}'$$, $$array[]::int[] = ia$$, $$array[null]::text[] = ta$$, $$ma = '{sad,ok}'$$, $$ma @> array['sad'::mood]$$, $$ma = '{sad,NULL,ok}'$$, $$array[1.5, i]::int[] = ia$$, $$array[i, j]::text[] = ta$$, $$array['1', '2']::int[] = ia$$, $$array[v, w]::text[]::varchar(2)[] = va$$,
        $$array[b, i]::positive[] = '{1}'$$, $$array[co, row(1, 'x')] = '{}'$$, $$cardinality(array[v, 'x']) = 2$$, $$jb @> '{"a": 1}'$$, $$jb ->> 'a' in ('x', 'y')$$, $$jb -> 'a' ->> 0 = 'x'$$, $$jb ? 'a' or jb ?| array['a', 'b']$$, $$jb #>> '{a,b}' = 'x'$$, $$jb['a'] = '1'$$, $$(jb ->> 'a')::int between 1 and 2 and i = 1$$, $$jb @? '$.a[*] ? (@ > 1)'$$,
        $$js ->> 'a' = 'x'$$, $$r @> 1$$, $$r && '[1,5)'$$, $$r = int4range(1, 5, '[]')$$, $$fr @> 1.5::float8$$, $$fr = '[1,2)'$$, $$mr @> r$$, $$mr = '{[1,2)}'$$, $$u = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'$$, $$bi = b'101'$$, $$bi & x'5'::bit(3) = b'101'$$, $$ip << '10.0.0.0/8'$$, $$ip in ('10.0.0.1', '10.0.0.2')$$,
        $$rc = 'template'::regclass$$, $$o = 'template'::regclass$$, $$rc in ('template', 'count')$$, $$rc = any ('{template,count}'::regclass[])$$, $$'plus'::regproc is not null$$, $$'mood'::regtype = any (array['mood', 'pair']::regtype[])$$, $$'public'::regnamespace = o$$, $$'bytes'::regcollation = o$$, $$'english'::regconfig is not null$$,
        $$plus(i) > 1$$, $$plus(i, j) > 1$$, $$plus(b => j, a => i) > 1$$, $$plus(i, j, 1, 2) > 1$$, $$plus(i, j, variadic ia) > 1$$, $$calm(v) = 'a'$$, $$calm(v::text) in ('a', 'b')$$, $$calm(ia) = '{1}'$$, $$concat(v, i, 'x') = 'a'$$, $$format('%s', v) = 'a'$$, $$extract(year from d) > 2000$$, $$date_trunc('month', ts) = ts$$, $$substring(v from 1 for 2) = 'ab'$$, $$substring(v from 'a(b)') = 'b'$$,
        $$position('a' in v) > 0$$, $$overlay(v placing 'x' from 1) = 'x'$$, $$trim(both 'x' from v) = 'a'$$, $$trim(v) = 'a'$$, $$d + interval '1 month' > ts$$, $$d + 1 > '2020-01-01'$$, $$tz at time zone 'UTC' > ts$$, $$(d, d + 1) overlaps (d, d + 2)$$, $$t is normalized$$, $$normalize(t, nfc) = 'a'$$, $$length(v) between 1 and 5 and v <> ''$$,
        $$num_nonnulls(i, j) = 1$$, $$(i + j) * 2 % 3 = 1 - (2 - 3)$$, $$i << 2 | j & 3 = 1$$, $$2 ^ 3 ^ i > 1$$, $$i operator(pg_catalog.=) 1$$, $$v operator(pg_catalog.~~) 'a'$$, $$xmlexists('//a' passing by ref '<a/>'::xml)$$, $$xmlelement(name a, xmlattributes(i as x), v)::text = ''$$, $$xmlforest(i as "A b", j)::text = 'a' and '<a/>'::xml is document$$, $$current_user = t$$, $$tz < current_timestamp(2) and ts < localtimestamp$$, $$session_user = t or current_date > d$$,
        $$current_setting('my.tenant', true) = v$$, $$to_tsvector('english', t) @@ to_tsquery('english', 'a & b')$$, $$to_tsvector('simple'::regconfig, v) @@ 'a & b'$$, $$json_array(1, i null on null) is not null$$, $$json_object('a' value i, 'b': v absent on null returning jsonb) @> '{}'$$, $$js is json object with unique keys$$, $$t is json array and i = 1$$,
        $$json_value(jb, '$.a' returning int default 1 on empty error on error) = 1$$, $$json_exists(jb, '$.a ? (@ > $x)' passing i as x)$$, $$json_query(jb, '$.a' with conditional wrapper keep quotes) is null$$, $$json_scalar(1) is not null and json(t) is null$$, $$json_serialize(jb returning text) = ''$$, $$json_arrayagg(i) is null$$,
        $$i in (select j from template)$$, $$(i, j) in (select j, i from template where template.v = v)$$, $$exists (select from template s where s.i = template.j and s.v in ('a', 'b'))$$, $$i > all (select b from template)$$, $$array(select i from template order by 1) = ia$$, $$(select max(i) from template) > 1$$];
    constants text[] := array[
        $$'a'$$, $$'a'::varchar$$, $$'a'::varchar(3)$$, $$1$$, $$1.5$$, $$-1$$, $$-1.5::float8$$, $$1 + 2 * 3$$, $$now()$$, $$current_timestamp$$, $$now() at time zone 'utc'$$, $$'2020-01-01'::date + 1$$, $$interval '1' day$$, $$array['a', 'b']$$, $$array['a', 'b']::varchar[]$$, $$'{a,b}'::varchar(3)[]$$, $$array['a', 'b']::varchar(3)[]$$,
        $$array[1, 2]::bigint[]$$, $$array['a']::varchar[]::text[]$$, $$'sad'::mood$$, $$'{sad,ok}'::mood[]$$, $$array['sad', 'ok']::mood[]$$, $$'template'::regclass$$, $$nextval('numbers')$$, $$nextval('numbers'::text)$$, $$currval('numbers'::regclass)$$, $$gen_random_uuid()$$, $$'{"a": 1}'::jsonb$$, $$json_build_object('a', 1)$$,
        $$case when 'a' in ('a'::varchar, 'b') then 'x' else 'y' end$$, $$coalesce('a'::varchar, 'b')$$, $$('a' || 'b')::varchar(1)$$, $$upper('a')$$, $$row(1, 'x')::pair$$, $$'(1,x)'::pair$$, $$array[row(1, 'x')::pair]$$, $$'[1,2)'::floats$$, $$'{[1,2)}'::int4multirange$$, $$'x'::short$$, $$1::positive$$, $$'{1,2}'::positive[]$$, $$'a'::citext$$, $$'{a,b}'::citext[]$$, $$b'101'$$, $$e'a\nb\\c\t(}{'$$,
        $$null$$, $$null::text$$, $$true and (false and true)$$, $$1 in (1, 2) and 2 between 1 and 3$$, $$plus(1)$$, $$plus(b => 1, a => 2)$$, $$floor(random() * 10)::int$$, $$to_char(now(), 'YYYY')$$, $$current_user$$, $$session_user::text$$, $$localtime(1)$$, $$'now'::timestamp$$, $$'infinity'::timestamptz$$, $$'NaN'::numeric$$, $$1e100$$, $$'\x00ff'::bytea$$, $$'10.0.0.1'::inet$$, $$'<a/>'::xml$$, $$xmlelement(name a, 'b')$$, $$'a b'::tsvector$$, $$'public.plus(int, int, int[])'::regprocedure$$, $$'english'::regconfig$$, $$'public'::regnamespace$$, $$'bytes'::regcollation$$, $$'a' collate "C"$$];
    form text;
    k int := 0;
    name text;
begin
    create sequence numbers;
    foreach form in array conditions loop
        k := k + 1;
        name := 'f' || k;
        execute format('create table %I (gone int, like template)', name);
        execute format('alter table %I drop gone', name);
        call make('check', format('alter table %I add constraint c check (%s)', name, form));
        call make('check twice', format('alter table %I add constraint c2 check (i > 0 and (%s))', name, form));
        call make('generated', format('alter table %I add g boolean generated always as (%s) stored', name, form));
        call make('virtual', format('alter table %I add gv boolean generated always as (%s) virtual', name, form));
        call make('index', format('create index on %I ((%s))', name, form));
        call make('predicate', format('create index on %I (i) where %s', name, form));
        call make('exclude', format('alter table %I add constraint e exclude (i with =) where (%s)', name, form));
        call make('statistics', format('create statistics %I on (%s), i from %I', name || '_s', form, name));
        call make('policy', format('create policy p on %I using (%s) with check (i = 1 or (%2$s))', name, form));
        call make('trigger', format('create trigger t before update on %I for each row when (%s) execute function nothing()', name,
            regexp_replace(form, '(?<![\w$''."{,>])(i|j|b|n|f|v|w|t|c|nm|d|ts|tz|iv|bo|m|dm|po|ci|va|ia|ma|ta|jb|js|co|r|mr|fr|u|bi|ip|o|rc|q)(?![\w''"(]|\s*:|\s*=>)', 'new.\1', 'g')));
        call make('rule', format('create rule r as on insert to %I where exists (select from template where %s) do also select 1', name, form));
        call make('view', format('create view %I as select %s as x, i from %I where %2$s', name || '_v', form, name));
        call make('view of join', format('create view %I as select i from %I join template using (i) left join template o using (i) where exists (select from %2$I where %3$s)', name || '_w', name, form));
        call make('matview', format('create materialized view %I as select count(*) filter (where %s) from %I', name || '_m', form, name));
        call make('body', format('create function %I() returns bigint begin atomic select count(*) from %I where %s; end', name || '_b', name, form));
        call make('return', format('create function %I(r %I) returns boolean return (select %s from %2$I)', name || '_r', name, form));
        call make('partition key', format('create table %I (gone int, like template) partition by range ((%s), i)', name || '_p', form));
        call make('publication', format('create publication %I for table %I where (%s)', name || '_u', name, form));
    end loop;
    foreach form in array constants loop
        k := k + 1;
        name := 'k' || k;
        call make('constant', format('create view %I as select %s as x', name || '_v', form));
        execute format('create table %I (i int)', name);
        for form in select unnest(array[form]) loop
            call make('default', format('alter table %I add t text default %s', name, form));
            call make('default', format('alter table %I add v varchar(3) default %s', name, form));
            call make('default', format('alter table %I add n numeric default %s', name, form));
            call make('default', format('alter table %I add va varchar(3)[] default %s', name, form));
            call make('default', format('alter table %I add ta text[] default %s', name, form));
            call make('default', format('alter table %I add m mood default %s', name, form));
            call make('default', format('alter table %I add tz timestamptz default %s', name, form));
            call make('default', format('alter table %I add dm short default %s', name, form));
            call make('domain default', format('create domain %I as text default %s', name || '_d', form));
            call make('domain default', format('create domain %I as mood default %s', name || '_e', form));
            call make('argument', format('create function %I(a text default %s) returns text language sql as ''select $1''', name || '_f', form));
            call make('argument', format('create function %I(int, a varchar[] default %s, mood default ''sad'') returns int language sql as ''select 1''', name || '_g', form));
            call make('list', format('create table %I (like template) partition by list (t); create table %I partition of %1$I for values in (%s, null)', name || '_l', name || '_l1', form));
            call make('range', format('create table %I (like template) partition by range (tz, n); create table %I partition of %1$I for values from (%s, minvalue) to (maxvalue, maxvalue)', name || '_n', name || '_n1', form));
            call make('insert', format('create rule r as on insert to %I where false do instead insert into template(t, i) values (%s, 1), (''x'', new.i)', name, form));
        end loop;
    end loop;
    k := 0;
    foreach form in array array[
        $$value in ('a', 'b')$$, $$value not in ('a', 'b') and length(value) between 1 and 5$$, $$value = any (array['a', 'b'])$$, $$value is null or value <> ''$$, $$case when value = 'a' then true else value > 'b' end$$, $$value ~ '^a' or (value like 'b' or value = 'c')$$, $$coalesce(value, 'x') = 'x'$$, $$value collate "C" < 'x'$$] loop
        k := k + 1;
        call make('domain', format('create domain %I as varchar(10) check (%s)', 'd1_' || k, form));
        call make('domain', format('create domain %I as text constraint named check (%s) not null', 'd2_' || k, form));
        call make('domain', format('create domain %I as citext check (%s)', 'd3_' || k, form));
        call make('domain', format('create domain %I as short check (%s)', 'd4_' || k, form));
        call make('domain', format('create domain %I as char(3) check (%s)', 'd5_' || k, form));
    end loop;
end $do$;
