//! Chosen tables alone: their rows, indexes and keys are restored beside, everything else of the
//! schema is there and empty, and nobody sees more of them than in the original.

use super::deployed::Deployed;
use super::faults::{IMAGE, expect_refused};
use crate::fixture;
use crate::kubelet::Pod;

/// Names that a pattern, a list or a shell could take for something else.
const NAMES: [&str; 14] = [
    "a*",
    "Big",
    "per%cent",
    "two  spaces",
    "quo'te\"d",
    "-x",
    "--help",
    "$(id)",
    "a.b",
    "a,b",
    "{c}",
    "back\\slash",
    "line\nfeed",
    "é",
];

const SCHEMA: &str = "
create role report login;
set role orders;
create table public.ab as select n from generate_series(1, 3) n;
create table public.big as select n from generate_series(1, 3) n;
create schema parts;
create table parts.events (at date, id bigint generated always as identity, what text, primary key (at, id)) partition by range (at);
create table parts.old partition of parts.events for values from (minvalue) to ('2026-01-01');
create table parts.new partition of parts.events for values from ('2026-01-01') to (maxvalue) partition by hash (id);
create table parts.new_0 partition of parts.new for values with (modulus 2, remainder 0);
create table parts.new_1 partition of parts.new for values with (modulus 2, remainder 1);
insert into parts.events (at, what) select '2025-06-01'::date + n, 'event ' || n from generate_series(1, 500) n;
create index by_what on parts.events (what);
create table public.refers (at date, id bigint, n serial, foreign key (at, id) references parts.events);
insert into public.refers (at, id) select at, id from parts.events limit 40;
create function public.shout() returns trigger language plpgsql as 'begin raise exception $x$no$x$; end';
create trigger shout before insert on public.refers for each row when (new.n > 1000) execute function public.shout();
create schema one;
create schema two;
create table one.twin as select 1 as n;
create table two.twin as select 2 as n;
create table two.looping (id int primary key, what text, n bigint);
create function two.loops() returns bigint language sql stable begin atomic
    select count(*) from (select looping.id, looping.what from two.looping group by looping.id) as each_one; end;
alter table two.looping alter n set default two.loops();
grant execute on function two.loops() to report;
create table public.secret (who text primary key, what text);
insert into public.secret values ('report', 'mine'), ('orders', 'not mine');
alter table public.secret enable row level security;
create policy own on public.secret using (who = current_user);
grant select on public.secret to report;
grant select on public.refers to report;
create materialized view public.counted as select count(*) from public.refers;
select lo_from_bytea(4711, 'large');
reset role;
";

#[track_caller]
fn deployed() -> Deployed {
    let load = |server: &Pod| {
        fixture::run(server, "orders", SCHEMA);
        for (number, name) in NAMES.iter().enumerate() {
            let name = quoted(name);
            let table = format!(
                "set role orders; create table public.{name} ({name} int primary key, b text);
                insert into public.{name} select n, md5(n::text) from generate_series(1, {}) n",
                number + 1
            );
            fixture::run(server, "orders", &table);
        }
    };
    let deployed = Deployed::new(IMAGE, "", load);
    deployed.back_up("backup-1");
    deployed
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The rows of all tables, each as its name and its number.
const COUNTS: &str = r#"select string_agg(format('%s.%s=%s', nspname, to_json(relname), (xpath('/row/c/text()', query_to_xml(format('select count(*) as c from only %I.%I', nspname, relname), true, true, '')))[1]), ' ' order by nspname, relname collate "C")
from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'r' and nspname !~ '^pg_' and nspname <> 'information_schema'"#;

impl Deployed {
    fn counts(&self, database: &str) -> Vec<String> {
        let all = self.sql(database, COUNTS);
        // Names hold spaces; a number ends each.
        let mut counts = Vec::new();
        let mut rest = all.as_str();
        while let Some(at) = rest.find('=') {
            let digits = rest[at + 1..]
                .find(' ')
                .map_or(rest.len(), |end| at + 1 + end);
            counts.push(rest[..digits].to_owned());
            rest = rest[digits..].trim_start();
        }
        counts
    }

    #[track_caller]
    fn restore_tables(&self, job: &str, tables: &[&str]) -> String {
        let tables = serde_json::to_string(tables).unwrap();
        let values = [("TABLES", tables.as_str()), ("INTO", "some")];
        let result = self.restore(job, &values);
        let log = result.expect_success().log();
        assert!(log.contains("event=proof result=equal objects="), "{log}");
        log
    }

    /// Tables that hold rows, beside what they hold in the original.
    #[track_caller]
    fn expect_rows_of(&self, wanted: impl Fn(&str) -> bool) {
        let original = self.counts("orders");
        let expected: Vec<String> = original
            .iter()
            .map(|count| match count.rsplit_once('=').unwrap() {
                (name, _) if wanted(name) => count.clone(),
                (name, _) => format!("{name}=0"),
            })
            .collect();
        assert_eq!(self.counts("some"), expected);
    }
}

#[test]
fn their_names_are_exact() {
    let deployed = deployed();
    let json = |name: &str| serde_json::to_string(name).unwrap();
    let named: Vec<String> = NAMES
        .iter()
        .map(|name| format!("public.{}", json(name)))
        .collect();
    deployed.restore_tables("hostile", &NAMES);
    deployed.expect_rows_of(|name| named.iter().any(|named| named == name));
    let sum = "select md5(string_agg(\"a*\" || b, ',' order by 1)) from public.\"a*\"";
    assert_eq!(deployed.sql("some", sum), deployed.sql("orders", sum));

    for (number, name) in NAMES.iter().enumerate().take(3) {
        let full = format!("public.{name}");
        let log = deployed.restore_tables(&format!("alone-{number}"), &[&full]);
        assert!(log.contains("result=equal objects=1 "), "{log}");
        deployed.expect_rows_of(|name| name == named[number]);
    }
    deployed.restore_tables("twin", &["two.twin"]);
    deployed.expect_rows_of(|name| name == "two.\"twin\"");
}

#[test]
fn with_partitions_keys_and_row_security() {
    let deployed = deployed();
    let log = deployed.restore_tables("parts", &["parts.events", "refers", "secret"]);
    // A tree of three leaves, another table, their two sequences, and one more table.
    assert!(log.contains("result=equal objects=7 "), "{log}");
    deployed.expect_rows_of(|name| {
        name.starts_with("parts.") || name == "public.\"refers\"" || name == "public.\"secret\""
    });
    let sum = "select md5(string_agg(e::text, ',' order by id)) from parts.events e";
    assert_eq!(deployed.sql("some", sum), deployed.sql("orders", sum));
    let indexes = "select string_agg(indexdef, ';' order by indexdef) from pg_indexes where schemaname = 'parts'";
    assert_eq!(
        deployed.sql("some", indexes),
        deployed.sql("orders", indexes)
    );
    let keys = "select contype, count(*) from pg_constraint where contype <> 'n' and connamespace in ('public'::regnamespace, 'parts'::regnamespace) group by 1 order by 1";
    assert_eq!(
        deployed.sql("some", keys),
        format!("p|{}", 5 + 1 + NAMES.len())
    );
    // It calls a function that needs a key of its own table.
    let default = "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'two.looping'::regclass";
    assert_eq!(deployed.sql("some", default), "two.loops()");
    let triggers = "select count(*) from pg_trigger where not tgisinternal";
    assert_eq!(deployed.sql("some", triggers), "0");
    // The next one is as in the original.
    let next = "insert into parts.events (at) values ('2025-01-01') returning id";
    assert_eq!(deployed.sql("some", next), "501");
    let large = "select count(*) from pg_largeobject_metadata";
    assert_eq!(deployed.sql("some", large), "0");
    let filled = "select relispopulated from pg_class where relname = 'counted'";
    assert_eq!(deployed.sql("some", filled), "f");
    // Who sees one row there sees no other here.
    let seen = "set role report; select string_agg(what, ' ') from public.secret";
    for database in ["orders", "some"] {
        assert_eq!(deployed.sql(database, seen), "mine", "in {database}");
    }
}

#[test]
fn what_cannot_be_chosen_is_refused() {
    let deployed = deployed();
    let refuse = |job: &str, tables: &str, words: &[&str]| {
        deployed.refuse(job, &[("TABLES", tables), ("INTO", "some")], words);
    };
    refuse(
        "none",
        r#"["public.ab", "no such", "counted"]"#,
        &[
            "\"no such\" is no table of the backup",
            "\"counted\" is no table",
        ],
    );
    // As SQL writes it, it is the name of another one.
    refuse(
        "quoted",
        r#"["public.\"Ab\""]"#,
        &[
            "is no table of the backup. A name stands without the quotes that SQL asks for; there are \"one.twin\", \"parts.events\", ",
            "\"public.secret\"",
            "Nothing that serves was changed",
        ],
    );
    refuse(
        "twice",
        r#"["parts.events", "refers", "parts.events"]"#,
        &["TABLES: \"parts.events\" is written more than once. Nothing"],
    );
    refuse(
        "ambiguous",
        r#"["twin"]"#,
        &["\"twin\" is in several schemas", "write it with its schema"],
    );
    refuse(
        "pattern",
        r#"["public.*"]"#,
        &["\"public.*\" is no table of the backup"],
    );
    refuse(
        "leaf",
        r#"["parts.new_0"]"#,
        &["\"parts.new_0\" is a partition", "\"parts.events\""],
    );
    let words = [
        "TABLES is",
        "TABLES='[\"public.orders\", \"public.items\"]'",
    ];
    refuse("word", "public.ab", &words);
    refuse("half", "[\"public.ab\"", &words);
    refuse("object", "{\"public.ab\": 1}", &words);
    let values = [("TABLES", "[\"public.ab\"]"), ("REPLACE", "true")];
    deployed.refuse(
        "replace",
        &values,
        &["TABLES with REPLACE=true would leave out all other tables"],
    );
}

/// What was chosen is proven like everything else.
#[test]
fn what_was_chosen_is_proven() {
    let deployed = deployed();
    let values = [
        ("TABLES", r#"["parts.events", "refers"]"#),
        ("INTO", "some"),
    ];
    for (number, (change, words)) in [
        (
            "delete from parts.new_0 where id = (select min(id) from parts.new_0)",
            "name=\"parts.new_0\" result=differs expected=",
        ),
        (
            "select setval('public.refers_n_seq', 1)",
            "kind=sequence name=\"public.refers_n_seq\" result=differs",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let job = format!("changed-{number}");
        let running = deployed.start_restore_held(&job, "proof", &values);
        deployed.sql("underpin_restoring", change);
        running.pod().go_on();
        expect_refused(&running.wait(), &["is not what was backed up", words]);
        let there =
            "select count(*) from pg_database where datname in ('some', 'underpin_restoring')";
        assert_eq!(deployed.sql("postgres", there), "0");
    }
}
