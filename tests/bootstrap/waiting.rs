//! A server that is not there yet, or goes away; and a bootstrap that has to end.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::shop::sql;
use super::{Hold, IMAGE, SOON, Shop, expect_lines};

const SPEC: &str = "databases = [{ name = 'orders', extensions = ['pg_trgm'] }]";
const SECRET: [(&str, &str); 2] = [("superuser", "x"), ("role.orders", "of orders")];

/// Gives the Job another deadline of its own, and one try.
fn shorten(shop: &Shop, seconds: &str) {
    shop.cluster.edit("Job", &shop.job, |job| {
        job["spec"]["backoffLimit"] = 0.into();
        let env = &mut job["spec"]["template"]["spec"]["containers"][0]["env"];
        let deadline = env
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .find(|variable| variable["name"] == "DEADLINE_SECONDS");
        deadline.unwrap()["value"] = Value::from(seconds);
    });
}

#[test]
fn the_job_waits_for_a_server_that_comes_later() {
    let shop = Shop::new(SPEC, &SECRET);
    let job = shop.cluster.start_job(&shop.job);
    job.pod().wait_for_log("event=wait result=no-answer", SOON);
    let _server = shop.start_server();
    let result = job.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 1);
}

#[test]
fn at_its_deadline_it_says_what_it_was_waiting_for() {
    let shop = Shop::new(SPEC, &SECRET);
    shorten(&shop, "2");
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!(
        (result.code(), result.reason),
        (Some(1), "BackoffLimitExceeded")
    );
    let message = result.message();
    let begin = "bootstrap was stopped, by its deadline of 2 s or because the pod was deleted, while waiting for \
                 the server at orders-direct (no-answer: ";
    assert!(message.starts_with(begin), "{message}");
    let end = "; if the server is up, then a NetworkPolicy, a firewall or DNS is in the way\n";
    assert!(message.ends_with(end), "{message}");
    expect_lines(&result.log(), &["event=bootstrap result=stopped"]);
}

#[test]
fn at_its_deadline_it_lets_go_of_the_server() {
    let shop = Shop::new(SPEC, &SECRET);
    shorten(&shop, "6");
    let server = shop.start_server();
    server.wait_ready(SOON);
    let hold = Hold::table(&server, "postgres", "pg_authid");
    let result = shop.cluster.run_job(&shop.job);
    let message = result.message();
    assert!(message.contains("while making roles"), "{message}");
    hold.release();
    shop.again("then").expect_success();
}

#[test]
fn a_deleted_pod_ends_at_once() {
    let shop = Shop::new(SPEC, &SECRET);
    shorten(&shop, "1800");
    let job = shop.cluster.start_job(&shop.job);
    job.pod().wait_for_log("event=wait", SOON);
    let begin = Instant::now();
    job.pod().delete();
    let result = job.wait();
    assert_eq!(result.code(), Some(143), "{}", result.log());
    assert!(
        begin.elapsed() < Duration::from_secs(25),
        "KILL comes at 30"
    );
}

#[test]
fn a_server_that_restarts_in_the_middle_costs_one_try() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.start_server();
    server.wait_ready(SOON);
    let hold = Hold::table(&server, "postgres", "pg_authid");
    let job = shop.cluster.start_job(&shop.job);
    hold.wait_until_hit();
    server.kill9();
    let result = job.wait();
    result.expect_success();
    let [first, .., last] = &result.pods[..] else {
        panic!("{} pods", result.pods.len())
    };
    let end = first.termination().unwrap();
    assert_eq!(end.code, 1, "{}", first.story());
    assert!(
        end.message.contains("while making roles") && end.message.contains("a retry may help"),
        "{}",
        end.message
    );
    expect_lines(
        &last.log(),
        &[
            "event=role name=\"orders\" result=created",
            "event=database name=\"orders\" owner=\"orders\" result=created",
        ],
    );
}

#[test]
fn a_bootstrap_without_its_lock_does_nothing_more() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.start_server();
    server.wait_ready(SOON);
    let hold = Hold::table(&server, "postgres", "pg_authid");
    let job = shop.cluster.start_job(&shop.job);
    hold.wait_until_hit();
    let first = job.pod();
    let terminated = "select count(pg_terminate_backend(pid, 30000)) from pg_locks where locktype = 'advisory' and granted";
    assert_eq!(sql(&server, "postgres", terminated), "1");
    // The statement that was under way still ends.
    hold.release();
    let result = job.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 2);
    let end = first.termination().unwrap();
    assert_eq!(end.code, 1);
    assert!(end.message.contains("lock"), "{}", end.message);
    let log = first.log();
    assert!(
        log.contains("event=role") && !log.contains("event=password"),
        "{log}"
    );
}

#[test]
fn settings_are_reloaded_once_the_server_has_the_new_file() {
    let mut shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    let mut older = None;
    shop.cluster.edit("ConfigMap", "orders-settings", |map| {
        older = Some(map.clone());
    });
    shop.apply(
        IMAGE,
        &format!("postgres.settings = {{ work_mem = '7MB' }}\n{SPEC}"),
    );
    // kubelet brings a changed ConfigMap into a running pod within a minute or two.
    let mut newer = None;
    shop.cluster.edit("ConfigMap", "orders-settings", |map| {
        newer = Some(std::mem::replace(map, older.take().unwrap()));
    });
    let job = shop.cluster.start_job(&shop.job);
    job.pod()
        .wait_for_log("event=settings result=waiting", SOON);
    assert_ne!(sql(&server, "postgres", "show work_mem"), "7MB");
    shop.cluster.apply(newer.unwrap());
    let result = job.wait();
    let log = result.expect_success().log();
    expect_lines(&log, &["event=settings result=reloaded"]);
    assert_eq!(sql(&server, "postgres", "show work_mem"), "7MB");
    assert_eq!(server.restarts(), 0);
}
