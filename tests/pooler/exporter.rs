//! What the exporter beside each PgBouncer tells, and what the user that it logs in as may not.

use std::collections::BTreeSet;

use super::{ORDERS, PASSWORDS, SOON, Stack, is_there, run, stay};
use crate::bootstrap::shop::wait_for;
use crate::kubelet::Pod;
use crate::load::Login;
use crate::monitoring::exposition::Scrape;
use crate::monitoring::read;

/// One pooler with one connection for all.
const SPEC: &str = "
    databases = [{ name = 'orders' }]
    pooler = { exporter = true, replicas = 1, pool_size = 1 }";
const METRICS: &str = include_str!("../../data/metrics/pgbouncer.tsv");

fn scrape(stack: &Stack) -> Scrape {
    Scrape::read(&read(&stack.client, &stack.poolers[0], 9127))
}

/// The sum over the pools of the role of the spec.
fn told(scrape: &Scrape, metric: &str) -> f64 {
    let series = scrape.series(metric).iter();
    let ours = series.filter(|(labels, _)| labels["user"] == ORDERS.role);
    ours.map(|(_, value)| value).sum()
}

#[test]
fn a_client_that_waits_is_told_and_a_server_that_is_away_too() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    let holder = stay(&stack.client, &ORDERS, "begin; select 1", "commit");
    wait_for("a transaction", || is_there(&stack.client));
    let other = stack.shop.client();
    let waits = {
        let other = other.clone();
        std::thread::spawn(move || run(&other, &ORDERS, "psql -XAtqc 'select 2'", SOON))
    };
    wait_for("a client that waits for seconds", || {
        let scrape = scrape(&stack);
        told(&scrape, "pgbouncer_pools_client_waiting_connections") >= 1.0
            && told(&scrape, "pgbouncer_pools_client_maxwait_seconds") > 1.0
            && told(&scrape, "pgbouncer_pools_server_active_connections") >= 1.0
    });
    every_metric_of_the_table_is_told(&scrape(&stack));
    stack.client.exec(&["touch", "/tmp/go"]).expect_success();
    holder.join().unwrap().expect_success();
    assert_eq!(waits.join().unwrap().expect_success(), "2");

    // A server that is away.
    stack.server.delete();
    let waits = std::thread::spawn(move || run(&other, &ORDERS, "psql -XAtqc 'select 3'", SOON));
    wait_for("a client that waits for nothing", || {
        let scrape = scrape(&stack);
        let servers = ["active", "idle", "used"].map(|state| {
            told(
                &scrape,
                &format!("pgbouncer_pools_server_{state}_connections"),
            )
        });
        told(&scrape, "pgbouncer_pools_client_waiting_connections") >= 1.0
            && servers == [0.0, 0.0, 0.0]
    });
    assert!(!waits.join().unwrap().success());
    assert!(stack.poolers[0].is_ready());
}

/// Those that rules read, with the labels that are not the scrape's.
fn every_metric_of_the_table_is_told(scrape: &Scrape) {
    for line in METRICS.lines().filter(|line| !line.starts_with('#')) {
        let (metric, labels) = line.split_once('\t').unwrap();
        let wanted: BTreeSet<&str> = labels
            .split(' ')
            .filter(|label| !["namespace", "pod"].contains(label))
            .collect();
        let series = scrape.series(metric);
        assert!(!series.is_empty(), "{metric} is not told");
        for (labels, _) in series {
            let has: BTreeSet<&str> = labels.keys().map(String::as_str).collect();
            assert_eq!(has, wanted, "{metric}");
        }
    }
}

#[test]
fn its_user_looks_and_does_nothing_else() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    let pooler = &stack.poolers[0];
    let said = |command: &str| {
        let output = pooler.exec(&["sh", "-c", command]);
        output.expect_success().to_owned()
    };
    let users = said("cat /run/pgbouncer/userlist.txt");
    let (_, line) = users.split_once("\"underpin_stats\" \"").unwrap();
    let password: &'static str = line.trim_end_matches('"').to_owned().leak();
    assert_eq!(password.len(), 64);
    // What is the exporter's is not PgBouncer's to see.
    assert_eq!(said("test ! -e /run/exporter && echo none"), "none");
    let login = |database| Login {
        host: "orders",
        database,
        role: "underpin_stats",
        password,
    };
    let console = |command: &str| {
        let line = format!("psql -XAtqc '{command}'");
        run(&stack.client, &login("pgbouncer"), &line, SOON)
    };
    assert!(console("show pools").expect_success().contains("pgbouncer"));
    for command in [
        "shutdown",
        "reload",
        "pause",
        "kill orders",
        "disable orders",
        "set pool_size = 2",
        "show fds",
    ] {
        let output = console(command);
        assert!(output.stderr.contains("admin access needed"), "{output:#?}");
    }
    let inside = run(
        &stack.client,
        &login("orders"),
        "psql -XAtqc 'select 1'",
        SOON,
    );
    assert!(!inside.success(), "{inside:#?}");
    assert!(!scrape(&stack).metrics.is_empty());
}

/// Each pod has made one of its own, and no log or argument has it.
#[test]
fn its_password_is_of_one_pod() {
    let watch = crate::bootstrap::secrecy::Watch::new();
    let spec = SPEC.replace("replicas = 1", "replicas = 2");
    let stack = Stack::new(&spec, &PASSWORDS);
    let password = |pooler: &Pod| {
        let file = pooler.exec(&["cat", "/run/pgbouncer/userlist.txt"]);
        let text = file.expect_success().to_owned();
        let (_, line) = text.split_once("\"underpin_stats\" \"").unwrap();
        line.trim_end_matches('"').to_owned()
    };
    let passwords = [password(&stack.poolers[0]), password(&stack.poolers[1])];
    assert_ne!(passwords[0], passwords[1]);
    scrape(&stack);
    let arguments = watch.end();
    for password in &passwords {
        assert!(!arguments.iter().any(|line| line.contains(password)));
        for pooler in &stack.poolers {
            for container in ["render", "pgbouncer", "exporter"] {
                assert!(!pooler.log_of(container).contains(password));
            }
        }
    }
    assert!(
        arguments
            .iter()
            .any(|line| line.contains("pgbouncer_exporter"))
    );
}
