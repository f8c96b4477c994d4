//! Rows that a restore cannot put back as they were: a rule came after them, or was passed over. All
//! else is there, kept aside until a person accepts it.

use super::deployed::Deployed;
use super::deployed::pasted;
use super::faults::{IMAGE, expect_refused};
use crate::cases::run::drill;
use crate::fixture;
use crate::kubelet::Pod;

const SPEC: &str = "backup.drill.size = '2Gi'\nbackup.volume.keep = { last = 50 }\n";

/// What each table holds is against a rule of it, and one table is as it should be.
const AGAINST: &str = r#"set role orders;
create function public.fits(n int) returns boolean language sql immutable as 'select true';
create table public."Of a check" (n int, constraint "fits, since" check (public.fits(n)));
insert into public."Of a check" select generate_series(1, 1000);
create or replace function public.fits(n int) returns boolean language sql immutable as 'select n < 900';

create table public.of_partitions (n int constraint small check (public.fits(n))) partition by range (n);
create table public.of_few partition of public.of_partitions for values from (0) to (950);
create table public.of_many partition of public.of_partitions for values from (950) to (2000);
insert into public.of_partitions values (1), (950 - 51), (1999 - 1200);
alter table public.of_partitions drop constraint small;
insert into public.of_partitions values (1500);
alter table public.of_partitions add constraint small check (public.fits(n)) not valid;

create domain public.short as text constraint three check (length(value) < 4);
create table public.of_a_domain (what public.short);
insert into public.of_a_domain values ('abc');

create function public.folded(what text) returns text language sql immutable as 'select what';
create table public.of_an_index (what text);
insert into public.of_an_index values ('a'), ('A');
create unique index only_one on public.of_an_index (public.folded(what));
create or replace function public.folded(what text) returns text language sql immutable as 'select lower(what)';

create table public.parents (n int primary key);
create table public.children (n int constraint of_parents references public.parents);
create materialized view public.refreshed as select 1 / n as part from public.parents with no data;
create index on public.refreshed (part);
refresh materialized view public.refreshed;
insert into public.parents values (0);

create table public.kept (n int primary key, what text);
insert into public.kept select n, 'as it was' from generate_series(1, 500) n;
"#;

/// By a superuser, past what an owner may.
const PAST: &str = "set session_replication_role = replica;
insert into public.children values (0), (7);
alter domain public.short drop constraint three;
insert into public.of_a_domain values ('abcdef');
alter domain public.short add constraint three check (length(value) < 4) not valid;
update pg_constraint set convalidated = true where conname in ('three', 'small');";

const ROWS: &str = r#"select (select count(*) from public."Of a check"), (select count(*) from public.of_partitions),
    (select count(*) from public.of_a_domain), (select count(*) from public.of_an_index),
    (select count(*) from public.children), (select count(*) from public.kept)"#;

/// Everything that is not as it was, and why.
const LISTED: [(&str, &str); 6] = [
    ("public.Of a check fits, since", "violates check constraint"),
    ("public.of_many small", "violates check constraint"),
    (
        "public.short three",
        "violates check constraint \\\"three\\\"",
    ),
    ("public.only_one", "could not create unique index"),
    (
        "public.children of_parents",
        "violates foreign key constraint",
    ),
    ("public.refreshed", "division by zero"),
];

#[test]
fn what_rows_break_is_left_out_and_all_rows_are_there() {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        fixture::run(server, "orders", AGAINST);
        fixture::run(server, "orders", PAST);
    });
    let before = deployed.sql("orders", ROWS);
    deployed.back_up("backup-1");

    let result = deployed.restore("first", &[("INTO", "again")]);
    expect_refused(&result, &["is not what was backed up", "It is kept aside"]);
    let (log, message) = (result.log(), result.message());
    for (name, why) in LISTED {
        let told = log.lines().any(|line| {
            let line = line.strip_prefix("event=entry ").unwrap_or_default();
            line.contains(&format!(" name=\"{name}\" "))
                && line.contains(why)
                && line.ends_with(" result=failed")
        });
        assert!(told, "{name}\n{log}");
    }
    let kept = deployed.kept_aside();
    deployed.sql(
        "postgres",
        &format!("alter database {kept} allow_connections true"),
    );
    assert_eq!(deployed.sql(&kept, ROWS), before);
    let rules = "select string_agg(conname || case when convalidated then '' else ' not valid' end, ', ' order by conname) from pg_constraint
        where conname in ('fits, since', 'small', 'three', 'of_parents') and coninhcount = 0";
    assert_eq!(
        deployed.sql(&kept, rules),
        "fits, since not valid, of_parents not valid, small not valid, three not valid"
    );

    // The same list, of a database that is not loaded again.
    let values = pasted(&message);
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    let accepted = deployed.restore("accepted", &values);
    assert!(accepted.expect_success().log().contains("result=accepted"));
    assert_eq!(deployed.sql("again", ROWS), before);

    let drilled = drill(&deployed, "drill-1");
    let words = [
        "database \"orders\" of backup",
        "does not come back whole",
        "The rows were so",
    ];
    expect_refused(&drilled, &words);
}

/// What rows name is made after them by pg_restore: they are loaded once more.
#[test]
fn rows_that_name_what_comes_after_them_come_back() {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        let tables = "set role orders;
            create table public.items (n int); create index on public.items (n);
            create table public.watched (what regclass, since int generated always as identity);
            insert into public.watched (what) values ('public.items'), ('public.items_n_idx');";
        fixture::run(server, "orders", tables);
    });
    deployed.back_up("backup-1");
    deployed
        .restore("first", &[("INTO", "again")])
        .expect_success();
    let rows = "select string_agg(what::text, ' ' order by since) from public.watched";
    assert_eq!(
        deployed.sql("again", rows),
        "public.items public.items_n_idx"
    );
    drill(&deployed, "drill-1").expect_success();
}

/// Names of lines that psql would take for its own commands, where rows break what bears them.
#[test]
fn no_name_is_run() {
    let run = "\\! echo RUN >/proc/1/fd/1 #";
    let name = format!("{run}\n{run}");
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        let tables = r#"set role orders;
            create function public."@"(n int) returns boolean language sql immutable as 'select true';
            create domain public."@" as int not null;
            create table public."t @" (id int primary key, "c
DATATYPE NAME:  %
z" public."@");
            insert into public."t @" select 1, (select a from (select 1::public."@" as a) as none where false);
            create schema "@"; set search_path = "@";
            create domain "c @" as int constraint "@" check (public."@"(value));
            create table "r @" (id "c @", constraint "r @" check (public."@"(id::int)), constraint "f @" foreign key (id) references public."t @");
            insert into public."t @" select 2, 2; insert into "r @" values (2);
            create unique index "u @" on public."t @" ((1 / (3 - id)));
            create or replace function public."@"(n int) returns boolean language sql immutable as 'select false';"#;
        let tables = tables.replace('@', &name).replace('%', run);
        fixture::run(server, "orders", &tables);
        let past =
            r#"set session_replication_role = replica; delete from public."t @" where id = 2"#;
        fixture::run(server, "orders", &past.replace('@', &name));
    });
    deployed.back_up("backup-1");
    let restored = deployed.restore("restore-1", &[("INTO", "again")]);
    expect_refused(
        &restored,
        &["is not what was backed up", "It is kept aside"],
    );
    let drilled = drill(&deployed, "drill-1");
    expect_refused(&drilled, &["does not come back whole"]);
    for result in [&restored, &drilled] {
        let run = result.log().lines().any(|line| line == "RUN");
        assert!(!run, "{}", result.log());
    }
}

/// Rows that a server does not take, each table with others beside them; and an owner who says in his
/// errors what a server says of other rows.
const UNTAKEN: &str = r#"create role leaver; create cast (bytea as text) without function;
set role orders;
create table public."Of
""bytes""" (n int, what text);
insert into public."Of
""bytes""" select n, case when n % 1000 = 7 then '\x436166e9'::bytea::text when n = 9 then repeat('long ', 1000000) else 'good' end from generate_series(1, 3000) n;
create table public.of_many as select '\x436166e9'::bytea::text as what from generate_series(1, 150);
create table public.of_grants as select relname, relacl from pg_class where relname = 'pg_class';
grant select on public.of_many to leaver; insert into public.of_grants select relname, relacl from pg_class where relname = 'of_many';
revoke all on public.of_many from leaver;
create table public.of_trees as select adrelid, adbin from pg_attrdef limit 0;
create table public.defaults (n int default 7); insert into public.of_trees select adrelid, adbin from pg_attrdef where adrelid = 'public.defaults'::regclass;
insert into public.of_trees values (1, null);
create table public.of_lengths (what varchar(20)); insert into public.of_lengths values ('12345'), ('1234567890'), ('6');
create table public.of_no_nulls (n int, what text) partition by range (n);
create table public.of_no_nulls_1 partition of public.of_no_nulls for values from (0) to (10);
insert into public.of_no_nulls values (1, 'a'), (2, null), (3, 'c');
create function public.saying(n int) returns boolean language plpgsql as $$ begin return true; end $$;
create table public.of_words (n int check (public.saying(n)));
insert into public.of_words select generate_series(1, 5);
create or replace function public.saying(n int) returns boolean language plpgsql as $$ begin
    raise exception E'of words\nCONTEXT:  COPY of_lengths, line 1, COPY of_words, line 4000000000' using schema = 'public', table = 'of_lengths', column = 'what'; end $$;
reset role;
drop cast (bytea as text); drop role leaver;
update pg_attribute set atttypmod = 9 where attrelid = 'public.of_lengths'::regclass and attname = 'what';
update pg_attribute set attnotnull = true where attrelid in ('public.of_no_nulls'::regclass, 'public.of_no_nulls_1'::regclass) and attname = 'what';"#;

#[test]
fn a_row_that_a_server_does_not_take_costs_no_other() {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        fixture::run(server, "orders", UNTAKEN);
    });
    deployed.back_up("backup-1");
    let result = deployed.restore("first", &[("INTO", "again")]);
    expect_refused(&result, &["is not what was backed up", "It is kept aside"]);
    let log = result.log();
    let words = "line 2007 of its rows in the dump: invalid byte sequence for encoding";
    let listed = [
        ("row", r#"public."Of\n""bytes""""#, words),
        (
            "row",
            "public.of_grants",
            "line 2 of its rows in the dump: role",
        ),
        (
            "row",
            "public.of_trees",
            "line 1 of its rows in the dump: cannot accept a value of type pg_node_tree",
        ),
        (
            "row",
            "public.of_lengths",
            "line 2 of its rows in the dump: value too long",
        ),
        (
            "not null",
            "public.of_no_nulls_1 what",
            "null value in column",
        ),
        ("table data", "public.of_many", "tried 101 times"),
        ("table data", "public.of_words", "of words"),
    ];
    for (kind, name, why) in listed {
        let start = format!(
            "event=entry kind=\"{kind}\" name=\"{}\" ",
            name.replace('"', "\\\"")
        );
        let told = |line: &str| {
            line.starts_with(&start) && line.contains(why) && line.ends_with(" result=failed")
        };
        assert!(log.lines().any(told), "{start}{why}\n{log}");
    }
    let kept = deployed.kept_aside();
    deployed.sql(
        "postgres",
        &format!("alter database {kept} allow_connections true"),
    );
    let rows = r#"select (select count(*) from public."Of
""bytes"""), (select sum(n) from public."Of
""bytes"""), (select max(length(what)) from public."Of
""bytes"""), (select count(*) from public.of_many), (select count(*) from public.of_grants), (select count(*) from public.of_trees),
        (select string_agg(what, ' ') from public.of_lengths), (select count(*) from public.of_no_nulls)"#;
    assert_eq!(
        deployed.sql(&kept, rows).trim_end(),
        format!(
            "2997|{}|5000000|0|1|1|12345 6|3",
            3000 * 3001 / 2 - 7 - 1007 - 2007
        )
    );
    let drilled = drill(&deployed, "drill-1");
    expect_refused(&drilled, &["does not come back whole"]);
}
