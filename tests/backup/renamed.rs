//! What no lock of a backup stops: names go and change while a database is being read. It is begun anew, as it is
//! for tables, and what is published is of one moment.

use super::deployed::Deployed;
use super::faults::{IMAGE, SOON, wait_for_line};
use super::oracle::Content;
use crate::fixture;
use crate::kubelet::Pod;

const SCHEMA: &str = "set role orders;
    create schema app;
    create type app.state as enum ('new', 'sent', 'paid');
    create table app.invoices as select n as id, 'sent'::app.state as state from generate_series(1, 100) n;
    create function app.rate(int) returns int language sql immutable as 'select 1';
    create function app.lone(int) returns int language sql immutable as 'select 1';
    create type app.pair as (a int, b int);
    create table app.jobs as select array['app.rate(int)'::regprocedure] as calls, 'app.pair'::regtype as kind;
    create index by_state on app.invoices (state);
    create sequence app.numbers start 5;
    create sequence app.spare;
    create view app.paid as select id from app.invoices where state = 'paid' and app.rate(id) = 1;
    create view app.lent as select id as number from app.invoices;
    create materialized view app.counted as select count(*) from app.invoices;";

/// What is done between the snapshot and the dump.
const CHANGES: [&str; 11] = [
    "alter type app.state rename value 'sent' to 'shipped'",
    "alter function app.rate(int) rename to charge",
    "alter type app.pair rename to two",
    "alter index app.by_state rename to its_state",
    "alter view app.lent rename column number to id_of_it",
    "alter schema app rename to web; alter schema web rename to site; create schema app",
    "drop view site.lent",
    "drop materialized view site.counted",
    "drop sequence site.spare",
    "drop function site.lone(int)",
    "alter sequence site.numbers rename to figures",
];

fn deployed() -> Deployed {
    Deployed::new(
        IMAGE,
        "backup.volume.keep = { last = 50 }",
        |server: &Pod| {
            fixture::run(server, "orders", SCHEMA);
        },
    )
}

/// When something is done.
#[derive(Clone, Copy, PartialEq)]
enum When {
    /// Between the snapshot and the dump.
    Before,
    /// When all is read.
    After,
}

/// A backup in which that is done.
#[track_caller]
fn changed(deployed: &Deployed, job: &str, when: When, sql: &str) -> String {
    const READ: &str = "cat /tmp/*/try.*/proof.jsonl 2>/dev/null | grep -q .";
    let line = "event=dump id=";
    let running = deployed.start_held(job, line);
    let pod = running.pod();
    if when == When::After {
        pod.go_on();
        wait_for_line(&pod, line, 2);
        pod.wait_until("the proof is there", SOON, |pod| {
            pod.exec(&["bash", "-c", READ]).success()
        });
    }
    deployed.sql("orders", &format!("set role orders; {sql}"));
    pod.go_on_always();
    let log = running.wait().expect_success().log();
    assert!(log.contains("result=published"), "{sql}: {log}");
    log
}

#[test]
fn a_database_whose_names_change_is_begun_anew() {
    let deployed = deployed();
    for (number, sql) in CHANGES.iter().enumerate() {
        let log = changed(&deployed, &format!("backup-{number}"), When::Before, sql);
        let again = log.lines().filter(|line| {
            line.starts_with("event=snapshot id=")
                && line.contains("result=retry")
                && line.contains("was dropped, renamed or changed meanwhile")
        });
        assert_eq!(again.count(), 1, "{sql}: {log}");
    }
    let before = Content::of(&deployed.server, "orders");
    deployed
        .restore("again", &[("INTO", "again")])
        .expect_success();
    Content::of(&deployed.server, "again").expect_equal(&before);
}

/// While rows are read, for hours maybe, what no row is written with may come and go.
#[test]
fn what_rows_are_not_written_with_holds_no_backup_up() {
    let deployed = deployed();
    // jobs has columns that are written with names of functions and types.
    let log = changed(
        &deployed,
        "functions",
        When::After,
        "alter function app.rate(int) rename to charge",
    );
    assert!(log.contains("result=retry"), "{log}");
    deployed.sql("orders", "drop table app.jobs");
    let log = changed(
        &deployed,
        "views",
        When::After,
        "drop function app.lone(int); drop view app.lent; drop sequence app.spare; drop type app.pair; alter view app.paid rename to settled",
    );
    assert!(!log.contains("result=retry"), "{log}");
    let log = changed(
        &deployed,
        "labels",
        When::After,
        "alter type app.state rename value 'sent' to 'gone'; alter type app.state rename value 'gone' to 'sent'",
    );
    assert!(log.contains("result=retry"), "{log}");
}

/// Jobs and applications make and drop things all the time.
#[test]
fn what_is_new_holds_no_backup_up() {
    let deployed = deployed();
    let log = changed(
        &deployed,
        "new",
        When::Before,
        "create function app.fresh(regclass) returns int language sql as 'select 1'; create table app.more (a regclass); create type app.mood as enum ('sad');
         alter type app.state add value 'lost'; grant usage on type app.state to public; grant execute on function app.rate(int) to public;
         create temp table app_of_mine (state app.state); create or replace view app.lent as select id + 1 as number from app.invoices;
         select nextval('app.numbers'); refresh materialized view app.counted; reset role; create role guest_of_mine",
    );
    assert!(!log.contains("result=retry"), "{log}");
    let log = changed(
        &deployed,
        "roles",
        When::Before,
        "reset role; drop role guest_of_mine; analyze",
    );
    assert!(!log.contains("result=retry"), "{log}");
}

/// A database has another name when its turn comes.
#[test]
fn a_database_that_is_renamed_is_backed_up_under_its_new_name() {
    let deployed = Deployed::with(
        IMAGE,
        "databases = [{ name = 'orders' }, { name = 'stock' }]",
        |server: &Pod| {
            fixture::run(
                server,
                "stock",
                "set role stock; create table public.t as select 1 as a",
            );
        },
    );
    let running = deployed.start_held("renamed", "event=begin");
    deployed.sql(
        "postgres",
        "alter database stock rename to \"their old stock\"",
    );
    running.pod().go_on();
    let result = running.wait();
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (false, Some(4), 1), "{}", result.log());
    let words = "\"stock\" (it was renamed to \"their old stock\" while the backup ran)";
    assert!(result.message().contains(words), "{}", result.message());
    let backup = deployed.newest(result.log());
    backup.folder("their old stock");

    // As a restore by hand does it: what has the name now is what is wanted.
    deployed.sql("postgres", "create database stock owner stock");
    deployed.sql(
        "stock",
        "set role stock; create table public.mine as select 1 as a",
    );
    let running = deployed.start_held("swapped", "event=begin");
    deployed.sql("postgres", "alter database stock rename to between; alter database \"their old stock\" rename to stock; alter database between rename to \"their old stock\"");
    running.pod().go_on();
    let result = running.wait();
    let log = result.expect_success().log();
    let backup = deployed.newest(log);
    for name in ["stock", "their old stock"] {
        backup.folder(name);
    }
}
