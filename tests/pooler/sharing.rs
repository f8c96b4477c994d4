//! Many clients on few connections, and none where no client is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{ORDERS, PASSWORDS, Pooled, SOON, SPEC, Stack, go, run, stay};
use crate::bootstrap::shop::{ask, sql, wait_for};
use crate::kubelet::Probe;

const LONG: Duration = Duration::from_mins(3);

#[test]
fn two_hundred_clients_share_twenty_connections_with_prepared_statements() {
    let spec = "databases = [{ name = 'orders' }]\npooler = { replicas = 1 }";
    let stack = Stack::new(spec, &PASSWORDS);
    two_hundred_on_twenty(&stack.pooled());
}

/// Two hundred clients on one pooler with twenty connections: no transaction fails, none is lost.
#[track_caller]
pub(crate) fn two_hundred_on_twenty(pooled: &Pooled<'_>) {
    let pgbench = |line: &str| run(pooled.client, &pooled.login, line, LONG);
    pgbench("pgbench -i -q -s 20").expect_success();
    let over = AtomicBool::new(false);
    let (output, most) = thread::scope(|scope| {
        let most = scope.spawn(|| {
            let mut most = 0;
            while !over.load(Ordering::SeqCst) {
                most = most.max(pooled.connections());
                thread::sleep(Duration::from_millis(20));
            }
            most
        });
        // A thread for each: pgbench prepares in a call that blocks its thread, and with it clients
        // that have a connection.
        let output = pgbench("pgbench -M prepared -c 200 -j 200 -T 8 --no-vacuum");
        over.store(true, Ordering::SeqCst);
        (output, most.join().unwrap())
    });
    let said = output.expect_success();
    assert!(said.contains("number of clients: 200"), "{said}");
    assert!(said.contains("number of failed transactions: 0 "), "{said}");
    assert!((1..=20).contains(&most), "{most} connections");
    // What was counted as done is done.
    let done: u64 = said
        .lines()
        .find_map(|line| line.strip_prefix("number of transactions actually processed: "))
        .and_then(|number| number.parse().ok())
        .unwrap();
    let rows = pooled.sql("select count(*) from pgbench_history");
    assert_eq!(rows, done.to_string());
}

#[test]
fn nothing_opens_a_connection_while_no_client_asks() {
    let settings = [("server_idle_timeout = 120", "server_idle_timeout = 1")];
    let stack = Stack::with(SPEC, &PASSWORDS, &settings);
    let sessions = || {
        let sql = |text| sql(&stack.server, "postgres", text);
        sql("select pg_stat_clear_snapshot()");
        sql("select sessions from pg_stat_database where datname = 'orders'")
    };
    let at_first = sessions();
    assert_eq!(stack.connections(), 0);
    for pooler in &stack.poolers {
        for kind in [Probe::Startup, Probe::Liveness, Probe::Readiness] {
            pooler.probe(kind).expect_success();
        }
    }
    assert_eq!(stack.connections(), 0);
    assert_eq!(sessions(), at_first);

    // A client that stays keeps none, either, and gets one again when it asks.
    let waits = stay(&stack.client, &ORDERS, "select 1", "select 2");
    wait_for("the pooler asks for it", || stack.connections() == 1);
    wait_for("the connection is given up", || stack.connections() == 0);
    for _ in 0..30 {
        thread::sleep(Duration::from_millis(100));
        assert_eq!(stack.connections(), 0);
    }
    assert_eq!(go(&stack.client, waits), "1\n2");
}

/// Who asks before the pooler knows that the server is away waits; who asks after that is told at
/// once. No pooler is restarted for it, and nobody who was idle notices.
#[test]
fn clients_outlive_a_restart_of_the_server() {
    const TOLD: &str = "server login has been failing";
    let spec = "databases = [{ name = 'orders' }]\npooler = { replicas = 1 }";
    let stack = Stack::new(spec, &PASSWORDS);
    let idle = stay(&stack.client, &ORDERS, "select 1", "select 2");
    wait_for("it is connected", || stack.connections() == 1);
    stack.server.delete();
    // Whichever of the two comes first is the one that waits.
    let client = stack.client.clone();
    let beside = thread::spawn(move || ask(&client, "orders", "of orders", "orders", "select 3"));
    wait_for("one is told at once", || {
        let next = ask(&stack.client, "orders", "of orders", "orders", "select 4");
        next.stderr.contains(TOLD)
    });
    let server = stack.shop.start_server();
    server.wait_ready(SOON);
    // It has waited for the server, or for as long as query_wait_timeout lets it.
    let beside = beside.join().unwrap();
    assert!(
        beside.stdout == "3\n"
            || beside.stderr.contains("query_wait_timeout")
            || beside.stderr.contains(TOLD),
        "{beside:#?}"
    );
    wait_for("who asks is answered again", || {
        ask(&stack.client, "orders", "of orders", "orders", "select 5").stdout == "5\n"
    });
    assert_eq!(go(&stack.client, idle), "1\n2");
    let pooler = &stack.poolers[0];
    assert!(pooler.is_ready() && pooler.restarts() == 0);
}
