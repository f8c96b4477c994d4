//! A compute goes to sleep under clients that are idle, wakes for the next query, and is kept awake by
//! nobody.

use std::thread;
use std::time::Duration;

use super::endpoint::{Endpoint, IMAGE, SOON};
use super::pooled::{OWNER, Stack};
use super::proxy::expect_told;
use crate::bootstrap::shop::wait_for;
use crate::kubelet::Pod;
use crate::pooler::{go, is_there, stay};

const COLD: &str = "Couldn't connect to compute node";

#[test]
fn idle_clients_do_not_notice_it() {
    let mut stack = Stack::new("pooler.replicas = 1", &[]);
    let idle = stay(&stack.client, &OWNER, "select 1", "select 2");
    wait_for("it has asked", || is_there(&stack.client));
    assert_eq!(stack.pooled().connections(), 1);
    // Every session is ended, and nothing is there to connect to.
    stack.endpoint.deployed.server.delete();
    stack.client.exec(&["touch", "/tmp/go"]).expect_success();
    stack
        .endpoint
        .front
        .wait_for_log("waking the compute", SOON);
    assert!(!idle.is_finished());
    stack.endpoint.deployed.server = stack.endpoint.deployed.shop.start_server();
    assert_eq!(idle.join().unwrap().expect_success(), "1\n2");
    let pooler = &stack.poolers[0];
    assert!(pooler.is_ready() && pooler.restarts() == 0);
}

/// Who waits as the first logins come to nothing goes on waiting.
#[test]
fn a_cold_start_that_refuses_the_first_logins_is_waited_out() {
    let stack = Stack::new("pooler.replicas = 1", &[]);
    let idle = stay(&stack.client, &OWNER, "select 1", "select 2");
    wait_for("it has asked", || is_there(&stack.client));
    suspend(&stack, "closed");
    stack.client.exec(&["touch", "/tmp/go"]).expect_success();
    wait_for("several logins are refused", || {
        stack.endpoint.refused() >= 3
    });
    assert!(!idle.is_finished());
    stack.endpoint.mode("plain");
    assert_eq!(idle.join().unwrap().expect_success(), "1\n2");
}

/// Where Neon itself has waited in vain and says so, the client is told in Neon's words, at once; and
/// the next one that asks makes the pooler try again.
#[test]
fn a_compute_that_does_not_wake_in_time_is_told() {
    let stack = Stack::new("pooler.replicas = 1", &[]);
    let idle = stay(&stack.client, &OWNER, "select 1", "select 2");
    wait_for("it has asked", || is_there(&stack.client));
    suspend(&stack, COLD);
    stack.client.exec(&["touch", "/tmp/go"]).expect_success();
    let output = idle.join().unwrap();
    assert!(!output.success(), "{output:#?}");
    expect_told(COLD, &output.stderr);
    let output = stack.ask("select 3");
    assert!(!output.success(), "{output:#?}");
    expect_told(COLD, &output.stderr);
    stack.endpoint.mode("plain");
    wait_for("the next one is answered", || {
        stack.ask("select 4").stdout == "4\n"
    });
    let pooler = &stack.poolers[0];
    assert!(pooler.is_ready() && pooler.restarts() == 0);
}

/// Ends every session; from then on the front does as a mode says.
#[track_caller]
fn suspend(stack: &Stack, mode: &str) {
    stack.endpoint.mode(mode);
    let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'neondb_owner'";
    assert_eq!(stack.endpoint.sql("postgres", end), "1");
    wait_for("the pooler has noticed", || {
        stack.pooled().connections() == 0
    });
}

/// Neither probes nor pools: after the last query there is no connection, and none comes.
#[test]
fn nothing_keeps_it_awake() {
    let endpoint = Endpoint::with(IMAGE, "", &[]);
    // Ten times as many probes as there are.
    let cluster = &endpoint.deployed.shop.cluster;
    cluster.edit("Deployment", "orders-pooler", |deployment| {
        let container = &mut deployment["spec"]["template"]["spec"]["containers"][0];
        for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
            assert!(container[probe]["tcpSocket"].is_object());
            container[probe]["periodSeconds"] = 1.into();
        }
    });
    let settings = [
        ("server_idle_timeout = 120", "server_idle_timeout = 1"),
        ("server_lifetime = 1800", "server_lifetime = 2"),
    ];
    let stack = Stack::of(endpoint, &settings);
    expect_quiet(&stack);
    assert_eq!(stack.endpoint.diallers(), Vec::<String>::new());

    // One that stays, and one that leaves.
    let idle = stay(&stack.client, &OWNER, "select 1", "select 2");
    wait_for("it has asked", || is_there(&stack.client));
    assert_eq!(stack.said("select 3"), "3");
    expect_quiet(&stack);
    assert_eq!(go(&stack.client, idle), "1\n2");
    expect_quiet(&stack);
}

/// Once the connections are given up, nobody dials for as long as each probe is made several times.
#[track_caller]
fn expect_quiet(stack: &Stack) {
    wait_for("the connections are given up", || {
        stack.pooled().connections() == 0
    });
    let before = stack.endpoint.diallers().len();
    for _ in 0..5 {
        thread::sleep(Duration::from_secs(1));
        assert_eq!(stack.pooled().connections(), 0);
    }
    assert_eq!(stack.endpoint.diallers().len(), before);
    assert!(stack.poolers.iter().all(Pod::is_ready));
}
