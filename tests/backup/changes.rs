//! What a database holds, and what somebody may change of it: each with what the proof says then.

pub(super) const SCHEMA: &str = r#"
create role report;
create role audit;
set role orders;
create table public.wares (n int primary key, name text, price int);
insert into public.wares select n, md5(n::text), n from generate_series(1, 500) n;
create table public.swapped (a int, b text);
insert into public.swapped select n, md5(n::text) from generate_series(1, 100) n;
create table public.twins (a int, b text);
insert into public.twins select n % 10, 'same' from generate_series(1, 100) n;
create table public.emptied (a int);
insert into public.emptied values (1), (2);
create table public.dropped (a int);
create table public.more (a int default 7, b int check (b > 0));
create table public.checked (b int check (b > 0));
create table public."result=stale" (a int);
insert into public."result=stale" values (1);
create table public.""" result=moved expected=" (a int);
insert into public.""" result=moved expected=" values (1);
create sequence public.plain;
select setval('public.plain', 41);
create sequence public.limited maxvalue 1000;
create index by_name on public.wares (name);
create index "result=equal" on public.wares (price);
create view public.cheap as select n from public.wares where price < 10;
create function public.twice(int) returns int language sql as 'select $1 * 2';
create function public.changed() returns trigger language plpgsql as 'begin return new; end';
create trigger watch before insert on public.wares for each row execute function public.changed();
create policy mine on public.more using (a = 7);
create type public.state as enum ('open', 'shut');
create materialized view public.counted as select count(*) from public.wares;
comment on table public.wares is 'what is sold';
grant select on public.wares, public.more to report;
grant update (name) on public.wares to report;
grant usage on schema public to audit;
alter default privileges in schema public grant select on tables to audit;
select lo_from_bytea(4711, 'first');
select lo_from_bytea(4712, 'second');
grant select on large object 4712 to report;
reset role;
grant connect, create on database orders to report;
alter database orders set work_mem = '5MB';
alter database orders connection limit 77;
alter role report in database orders set statement_timeout = '7s';
create extension pg_trgm schema public;
"#;

/// What is changed alone, and what is said of it: the restore's last line too.
pub(super) const ALONE: [(&str, &str); 5] = [
    (
        "update public.wares set price = price + 1 where n = 250",
        "kind=table name=\"public.wares\" result=differs expected=\"500 rows\" found=\"500 rows, other content\"",
    ),
    (
        "delete from public.wares where n = 250",
        "kind=table name=\"public.wares\" result=differs expected=\"500 rows\" found=\"499 rows\"",
    ),
    (
        "select setval('public.plain', 40)",
        "kind=sequence name=\"public.plain\" result=differs",
    ),
    (
        "revoke select on public.wares from report",
        "object=\"Name: TABLE wares; Type: ACL; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "drop table public.dropped",
        "kind=table name=\"public.dropped\" field=* result=missing",
    ),
];

/// What is changed together, each with its own line of the log.
pub(super) const TOGETHER: [(&str, &str); 33] = [
    (
        "update public.swapped set b = case a when 1 then md5('2') else md5('1') end where a in (1, 2)",
        "event=proof kind=table name=\"public.swapped\" result=differs",
    ),
    (
        "delete from public.twins where ctid = (select min(ctid) from public.twins)",
        "event=proof kind=table name=\"public.twins\" result=differs expected=\"100 rows\" found=\"99 rows\"",
    ),
    (
        "truncate public.emptied",
        "event=proof kind=table name=\"public.emptied\" result=differs expected=\"2 rows\" found=\"0 rows\"",
    ),
    (
        "create table public.added (a int)",
        "event=proof kind=table name=\"public.added\" result=unexpected",
    ),
    (
        "alter sequence public.limited maxvalue 999",
        "event=proof kind=sequence name=\"public.limited\" result=differs",
    ),
    (
        "select nextval('public.plain')",
        "event=proof kind=sequence name=\"public.plain\" result=differs",
    ),
    (
        "select lo_put(4711, 0, 'F')",
        "event=proof kind=large-objects result=differs expected=\"2 objects\" found=\"2 objects, other content\"",
    ),
    (
        "drop index public.by_name",
        "event=schema object=\"Name: by_name; Type: INDEX; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "drop index public.\"result=equal\"",
        "event=schema object=\"Name: result=equal; Type: INDEX; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "create or replace function public.twice(int) returns int language sql as 'select $1 * 3'",
        "event=definition kind=function name=\"public.twice(integer)\" field=prosrc result=differs",
    ),
    (
        "create or replace view public.cheap as select n from public.wares where price < 11",
        "event=definition kind=rule name=\"\\\"_RETURN\\\" on public.cheap\" field=ev_action result=differs",
    ),
    (
        "alter table public.wares disable trigger watch",
        "event=definition kind=trigger name=\"watch on public.wares\" field=tgenabled result=differs",
    ),
    (
        "drop policy mine on public.more",
        "event=schema object=\"Name: more mine; Type: POLICY; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "alter table public.checked enable row level security",
        "event=schema object=\"Name: checked; Type: ROW SECURITY; Schema: public; Owner: orders\" result=unexpected",
    ),
    (
        "alter table public.more alter a set default 8",
        "event=definition kind=column name=\"public.more.a\" field=default result=differs",
    ),
    (
        "alter table public.checked drop constraint checked_b_check",
        "event=definition kind=constraint name=\"checked_b_check on public.checked\" field=* result=missing",
    ),
    (
        "alter type public.state add value 'lost'",
        "event=schema object=\"Name: state; Type: TYPE; Schema: public; Owner: orders\" result=differs",
    ),
    (
        "comment on table public.wares is 'what was sold'",
        "event=schema object=\"Name: TABLE wares; Type: COMMENT; Schema: public; Owner: orders\" result=differs",
    ),
    (
        "grant insert on public.more to report",
        "event=schema object=\"Name: TABLE more; Type: ACL; Schema: public; Owner: orders\" result=differs",
    ),
    (
        "revoke update (name) on public.wares from report",
        "event=schema object=\"Name: COLUMN wares.name; Type: ACL; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "revoke usage on schema public from audit",
        "event=schema object=\"Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner\" result=missing",
    ),
    (
        "alter default privileges for role orders in schema public revoke select on tables from audit",
        "event=schema object=\"Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "alter function public.changed() owner to postgres",
        "event=schema object=\"Name: changed(); Type: FUNCTION; Schema: public; Owner: orders\" result=missing",
    ),
    (
        "create schema beside",
        "event=schema object=\"Name: beside; Type: SCHEMA; Schema: -; Owner: postgres\" result=unexpected",
    ),
    (
        "drop extension pg_trgm",
        "event=property name=extensions result=differs",
    ),
    (
        "alter database underpin_restoring owner to report",
        "event=property name=owner result=differs expected=\"\\\"orders\\\"\" found=\"\\\"report\\\"\"",
    ),
    (
        "alter database underpin_restoring connection limit 78",
        "event=property name=connection_limit result=differs expected=\"77\" found=\"78\"",
    ),
    (
        "revoke create on database underpin_restoring from report",
        "event=property name=grants result=differs",
    ),
    (
        "alter database underpin_restoring set work_mem = '6MB'",
        "event=property name=settings result=differs",
    ),
    (
        "refresh materialized view public.counted with no data",
        "event=proof kind=matview name=\"public.counted\" result=differs",
    ),
    (
        "update public.\"result=stale\" set a = 2",
        "event=proof kind=table name=\"public.\\\"result=stale\\\"\" result=differs",
    ),
    (
        "update public.\"\"\" result=moved expected=\" set a = 2",
        "event=proof kind=table name=\"public.\\\"\\\"\\\" result=moved expected=\\\"\" result=differs",
    ),
    (
        "alter role report in database underpin_restoring set statement_timeout = '8s'",
        "event=property name=settings result=differs",
    ),
];

/// What is changed alone though it stands among many above, because there it could hide.
pub(super) const AGAIN: [(&str, &str); 7] = [
    (
        "alter role report in database underpin_restoring reset statement_timeout",
        "name=settings result=differs",
    ),
    (
        "revoke connect on database underpin_restoring from report",
        "name=grants result=differs",
    ),
    (
        "revoke select on large object 4712 from report",
        "kind=large-objects result=differs expected=\"2 objects\" found=\"2 objects, other content\"",
    ),
    (
        "drop index public.\"result=equal\"",
        "kind=index name=\"public.\\\"result=equal\\\"\" field=* result=missing",
    ),
    (
        "update public.\"result=stale\" set a = 2",
        "kind=table name=\"public.\\\"result=stale\\\"\" result=differs",
    ),
    (
        "update public.\"\"\" result=moved expected=\" set a = 2",
        "kind=table name=\"public.\\\"\\\"\\\" result=moved expected=\\\"\" result=differs",
    ),
    ("select lo_unlink(4711)", "found=\"1 objects\""),
];
