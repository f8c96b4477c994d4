//! Lines of the runbook that change something on the server, pasted on a real one.

use super::{runbook, tree};
use crate::bootstrap::shop::{SOCKET, Shop, spec, sql};
use crate::kubelet::{Output, Pod};

const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";
const DATABASES: &str = "databases = [{ name = 'a \"b $(id)' }]\nroles = [{ name = 'a \"b $(id)', password = { secret = 'r', key = 'p' } }]";
/// The server's pod stands for the person's terminal: what `kubectl exec` would run there runs here.
const KUBECTL: &str = "kubectl() { while [[ $1 != -- ]]; do shift; done; shift; \"$@\"; }\n";

/// Tables whose rows are brought back.
const TABLES: &str = r#"
create table if not exists public.items (n int primary key);
create table public.priced (id int generated always as identity primary key, net numeric, gross numeric generated always as (net * 1.2) stored);
create table public.parts (k int, v text) partition by list (k);
create table public.parts_1 partition of public.parts for values in (1);
create table public.parts_2 partition of public.parts for values in (2);
create schema "My ""Shop"" $(id)";
create table "My ""Shop"" $(id)"."it's a ""Table""" ("a column" text);
create table public.secured (n int); alter table public.secured enable row level security, force row level security;
"#;
const ROWS: &str = r#"
insert into public.priced (id, net) overriding system value values (1, 10), (7, 20);
insert into public.parts values (1, E'tab\t'), (2, E'line\nfeed \\.'), (2, null);
insert into "My ""Shop"" $(id)"."it's a ""Table""" values ('a');
alter table public.secured disable row level security; insert into public.secured values (1), (2); alter table public.secured enable row level security;
"#;

/// The block of a chapter of a spec's runbook that holds these words.
pub(crate) fn block(spec: &str, chapter: &str, words: &str) -> String {
    let tree = tree(spec);
    let (_, text) = runbook(&tree)
        .split_once(&format!("\n## {chapter}\n"))
        .unwrap();
    let (text, _) = text.split_once("\n## ").unwrap();
    let mut blocks = text.split("```sh\n").skip(1);
    let block = blocks.find(|block| block.contains(words)).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// What the runbook has a superuser run in that database, each with all its lines.
pub(crate) fn superusers_lines(spec: &str, database: &str) -> Vec<String> {
    let tree = tree(spec);
    let blocks = runbook(&tree).split("```sh\n").skip(1);
    let mut found = Vec::new();
    for block in blocks.map(|block| block.split("```").next().unwrap()) {
        let there = format!(" psql -d {database} -X -U postgres");
        let any = "PGDATABASE=\"$DATABASE\" psql -X -U postgres";
        if block.contains("<<'SQL'") && block.contains(any) {
            found.push(block.to_owned());
        } else {
            found.extend(
                block
                    .lines()
                    .filter(|line| line.contains(&there))
                    .map(str::to_owned),
            );
        }
    }
    found
}

/// Runs it in the server's pod.
pub(crate) fn paste(server: &Pod, block: &str) -> Output {
    server.exec_with_input(
        &["env", SOCKET, "bash", "-eu"],
        &format!("{KUBECTL}{block}"),
    )
}

#[test]
fn a_restore_is_undone_and_what_is_not_wanted_is_dropped() {
    let block = |chapter, words| block(&spec(IMAGE, DATABASES), chapter, words);
    let shop = Shop::of_image(IMAGE, DATABASES, &[("superuser", "x")]);
    shop.cluster.secret("r", &[("p", "of owner")]);
    let server = shop.bootstrapped();
    let (now, old) = ("a \"b $(id)", "a \"b $(id)_replaced_20261123t021500");
    sql(
        &server,
        "postgres",
        &format!(
            "create database {} owner {} allow_connections false",
            quoted(old),
            quoted(now)
        ),
    );
    let made = "set role \"a \"\"b $(id)\"; create table public.items (n int primary key); insert into public.items values (1), (2)";
    sql(&server, now, made);

    let listed = paste(&server, &block("Undo a restore", "_replaced"));
    assert!(listed.expect_success().contains(old), "{listed:#?}");
    let undo = block("Undo a restore", "NAME_FROM_ABOVE");
    let wrong = paste(&server, &undo);
    assert!(
        wrong
            .stderr
            .contains("database \"NAME_FROM_ABOVE\" does not exist"),
        "{wrong:#?}"
    );
    let names = || {
        sql(
            &server,
            "postgres",
            "select string_agg(datname, ' | ' order by oid) from pg_database where oid >= 16384 and datname <> 'underpin'",
        )
    };
    assert_eq!(names(), format!("{now} | {old}"), "nothing has happened");

    let quoted_for_shell = format!("'{old}'");
    let undone = paste(&server, &undo.replace("NAME_FROM_ABOVE", &quoted_for_shell));
    assert!(undone.expect_success().contains("COMMIT"), "{undone:#?}");
    let names = names();
    let aside = names.split(" | ").next().unwrap().to_owned();
    assert!(
        aside.starts_with("undone_") && names.ends_with(&format!(" | {now}")),
        "{names}"
    );
    assert_eq!(
        sql(&server, now, "select to_regclass('public.items') is null"),
        "t"
    );

    // Rows come back beside the table that they are of.
    let (from, into) = (quoted(&aside), quoted("a \"b $(id)_restored"));
    sql(
        &server,
        "postgres",
        &format!(
            "alter database {from} rename to {into}; alter database {into} allow_connections true"
        ),
    );
    rows_are_brought_back(&server, now, "a \"b $(id)_restored");

    let drop = block("Restore", "NOT_WANTED=");
    let drop = drop.replace("one_table", "'a \"b $(id)_restored'");
    let (drop, _) = drop.split_once("kubectl -n shop delete").unwrap();
    assert_eq!(paste(&server, drop).expect_success(), "DROP DATABASE");
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Of each kind of table, all rows or an error.
#[track_caller]
fn rows_are_brought_back(server: &Pod, now: &str, restored: &str) {
    let of_owner = "set role \"a \"\"b $(id)\"; ";
    let same = format!("{of_owner}{TABLES}");
    sql(server, now, &same);
    sql(server, restored, &format!("{same}{ROWS}"));
    // No tunnel: the server is here.
    let copy = block(&spec(IMAGE, DATABASES), "Restore", "TABLE=items").replace(" -p 15432", "");
    let bring = |schema: &str, table: &str| {
        let quote = |name: &str| format!("'{}'", name.replace('\'', "'\\''"));
        let copy = copy.replace("SCHEMA=public", &format!("SCHEMA={}", quote(schema)));
        let copy = copy.replace("TABLE=items", &format!("TABLE={}", quote(table)));
        let pasted = format!("cd /tmp; export PGPASSWORD='of owner'\n{copy}");
        paste(server, &pasted)
    };
    for (schema, table, rows) in [
        ("public", "items", 2),
        ("public", "priced", 2),
        ("public", "parts", 3),
        ("My \"Shop\" $(id)", "it's a \"Table\"", 1),
        ("public", "secured", 2),
    ] {
        if table == "secured" {
            // What looks like success, with no row, is none.
            let refused = bring(schema, table);
            assert!(
                refused
                    .stderr
                    .contains("query would be affected by row-level security policy"),
                "{refused:#?}"
            );
            let end = format!("{of_owner}alter table public.secured no force row level security");
            sql(server, restored, &end);
        }
        let brought = bring(schema, table);
        let said = brought.expect_success();
        let told =
            format!("COPY {rows}\nBEGIN\nCREATE TABLE AS\nCOPY {rows}\nSELECT {rows}\nCOMMIT");
        assert!(said.ends_with(&told), "{table}: {said}");
        let beside = quoted(&format!("{table}_restored"));
        let count = format!("select count(*) from {}.{beside}", quoted(schema));
        assert_eq!(sql(server, now, &count), rows.to_string(), "{table}");
    }
    let take = format!(
        "{of_owner}insert into public.priced (id, net) overriding system value select id, net from public.priced_restored where id = 7; select gross from public.priced"
    );
    assert!(sql(server, now, &take).ends_with("24.0"));
}

/// What a line of a runbook sets in the pod of the Job that it makes of a `CronJob`: `KEY`, `value`, as
/// bash reads it.
#[track_caller]
pub(crate) fn values(block: &str) -> Vec<(String, String)> {
    const KUBECTL: &str = "kubectl() {
        [[ \" $* \" == *' set env --local '* ]] || return 0
        for word; do [[ $word != [A-Z]*=* ]] || printf '%s\\0' \"$word\"; done >&3
    }\n";
    let script = format!("exec 3>&1 >/dev/null\n{KUBECTL}{block}");
    let output = std::process::Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let words = String::from_utf8(output.stdout).unwrap();
    let values: Vec<(String, String)> = words
        .split_terminator('\0')
        .map(|word| word.split_once('=').unwrap())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    assert!(!values.is_empty(), "{block}");
    values
}
