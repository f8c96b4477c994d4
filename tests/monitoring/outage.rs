//! A server that is away, or does not let the exporter in: that is told, and nothing restarts.

use super::{SOON, Stack};

#[test]
fn a_server_that_is_down_is_told_until_it_is_back() {
    let stack = Stack::new("");
    stack.wait("pg_up", |up| up == 1.0);
    stack.server.delete();
    stack.wait("pg_up", |up| up == 0.0);
    let scrape = stack.scrape();
    assert_eq!(scrape.value("pg_exporter_last_scrape_error"), Some(1.0));
    assert_eq!(scrape.value("underpin_connections_used"), None);
    assert!(stack.exporter.is_ready());
    let server = stack.shop.start_server();
    server.wait_ready(SOON);
    stack.wait("pg_up", |up| up == 1.0);
    super::scrape::expect_all(&stack.scrape());
    assert_eq!(stack.exporter.restarts(), 0);
}

/// The Secret is read at the start of a pod alone.
#[test]
fn a_new_password_is_taken_by_a_new_pod() {
    let stack = Stack::new("");
    let secret = [
        ("superuser", "x"),
        ("monitoring", "another"),
        ("role.orders", "of orders"),
    ];
    stack.shop.secret(&secret);
    stack.shop.again("rotate").expect_success();
    let ends = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'underpin_monitoring'";
    crate::bootstrap::shop::sql(&stack.server, "postgres", ends);
    stack.wait("pg_up", |up| up == 0.0);
    stack.exporter.delete();
    let exporter = stack.shop.cluster.start_deployment_pod("orders-exporter");
    exporter.wait_ready(SOON);
    let text = super::scraped(&stack.client, &exporter);
    super::scrape::expect_all(&super::Scrape::read(&text));
}

#[test]
fn a_secret_without_the_key_keeps_the_pod_waiting_and_says_so() {
    let stack = Stack::new("");
    stack.exporter.delete();
    stack
        .shop
        .secret(&[("superuser", "x"), ("role.orders", "of orders")]);
    let exporter = stack.shop.cluster.start_deployment_pod("orders-exporter");
    exporter.wait_for_event("references non-existent secret key: monitoring", SOON);
}
