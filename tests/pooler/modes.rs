//! What the modes do to a session, and the messages that the runbook explains: provoked, and looked up
//! in it.

use std::thread;
use std::time::Duration;

use super::{ORDERS, PASSWORDS, SOON, Stack, go, is_there, said, stay};
use crate::bootstrap::shop::{ask, spec, wait_for};
use crate::compiled;

const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";

/// One pooler with one connection, so that two clients meet on it.
fn narrow(more: &str) -> String {
    format!("databases = [{{ name = 'orders' }}]\npooler = {{ replicas = 1, pool_size = 1{more} }}")
}

/// What the warning of transaction pooling says is so.
#[test]
fn in_mode_transaction_a_session_reaches_another_client() {
    let stack = Stack::new(&narrow(""), &PASSWORDS);
    let client = &stack.client;
    let first = stay(
        client,
        &ORDERS,
        "set work_mem = '1234kB'; create temporary table mine (n int); select pg_advisory_lock(1) is null where false; prepare p as select 1",
        "select 1",
    );
    wait_for("the first has said it all", || is_there(client));
    assert_eq!(said(client, "show work_mem"), "1234kB");
    assert_eq!(said(client, "select count(*) from mine"), "0");
    // The lock is the other's own.
    assert_eq!(said(client, "select pg_try_advisory_lock(1)"), "t");
    let twice = ask(
        client,
        "orders",
        "of orders",
        "orders",
        "prepare p as select 2",
    );
    assert!(twice.stderr.contains("already exists"), "{twice:#?}");
    assert_eq!(go(client, first), "1");
}

#[test]
fn in_mode_session_it_does_not() {
    let stack = Stack::with(
        &narrow(", pool_mode = 'session'"),
        &PASSWORDS,
        &[("query_wait_timeout = 30", "query_wait_timeout = 2")],
    );
    let client = &stack.client;
    let first = stay(
        client,
        &ORDERS,
        "set work_mem = '1234kB'; create temporary table mine (n int)",
        "select 1",
    );
    wait_for("the first has said it all", || is_there(client));
    // As long as it stays, the one connection is its own.
    let next = ask(client, "orders", "of orders", "orders", "select 1");
    assert!(next.stderr.contains("query_wait_timeout"), "{next:#?}");
    assert_eq!(go(client, first), "1");
    assert_eq!(said(client, "show work_mem"), "4MB");
    assert_eq!(said(client, "select to_regclass('mine') is null"), "t");
}

#[test]
fn messages_stand_in_the_runbook() {
    let rest = narrow(", max_clients = 2");
    let stack = Stack::with(
        &rest,
        &PASSWORDS,
        &[("query_wait_timeout = 30", "query_wait_timeout = 2")],
    );
    let client = &stack.client;
    let dial = |set: &str, sql: &str| {
        let line = format!(
            "IFS= read -r PGPASSWORD; export PGPASSWORD; {set} exec psql -XAtqw -h orders -U orders -d orders -c {sql:?}"
        );
        client
            .exec_within(&["bash", "-c", &line], "of orders\n", SOON)
            .stderr
    };
    let mut heard = vec![dial("PGPASSWORD=wrong", "select 1")];
    heard.push(dial("PGOPTIONS='-c search_path=x'", "select 1"));

    let first = stay(client, &ORDERS, "begin", "select 1");
    wait_for("the first is in its transaction", || is_there(client));
    heard.push(dial("", "select 1"));
    let waiting = client.clone();
    let second = thread::spawn(move || ask(&waiting, "orders", "of orders", "orders", "select 1"));
    thread::sleep(Duration::from_millis(500));
    heard.push(dial("", "select 1"));
    drop(second.join().unwrap());
    assert_eq!(go(client, first), "1");

    stack.server.delete();
    let asks = client.clone();
    let first = thread::spawn(move || ask(&asks, "orders", "of orders", "orders", "select 1"));
    thread::sleep(Duration::from_secs(1));
    heard.push(dial("", "select 1"));
    drop(first.join().unwrap());
    stack.poolers[0].delete_within(Duration::from_secs(1));
    heard.push(dial("", "select 1"));

    let tree = compiled::tree(&spec(IMAGE, &rest));
    let (_, chapter) = tree.files["RUNBOOK.md"]
        .split_once("\n## The pooler\n")
        .unwrap();
    let (chapter, _) = chapter.split_once("\n## ").unwrap();
    for (message, heard) in [
        "SASL authentication failed",
        "unsupported startup parameter",
        "query_wait_timeout",
        "no more connections allowed",
        "server login has been failing",
        "Connection refused",
    ]
    .iter()
    .zip(&heard)
    {
        assert!(heard.contains(message), "{message}: {heard}");
        assert!(chapter.contains(&format!("| `{message}`")), "{message}");
    }
}
