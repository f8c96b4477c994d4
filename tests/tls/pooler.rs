//! The pooler: TLS towards its clients and towards the server.

use super::{
    Certificate, DEBIAN, NAMES, SOON, SPEC, Shielded, VERIFIED, dial, fingerprint, served, trust,
};
use crate::bootstrap::shop::{sql, wait_for};
use crate::kubelet::Pod;
use crate::monitoring::exposition::Scrape;
use crate::monitoring::read;

#[track_caller]
fn pooled() -> (Shielded, Pod, Vec<Pod>, Pod) {
    let shielded = Shielded::new(DEBIAN, &format!("{SPEC}\npooler.exporter = true"));
    let server = shielded.shop.bootstrapped();
    let poolers = shielded.shop.cluster.start_deployment("orders-pooler");
    for pooler in &poolers {
        pooler.wait_ready(SOON);
    }
    let client = shielded.shop.client();
    (shielded, server, poolers, client)
}

#[test]
fn both_sides_are_encrypted_and_verified() {
    let (shielded, server, poolers, client) = pooled();
    trust(&client, &shielded.authority);
    let plain = dial(
        &client,
        "orders",
        "orders",
        &["PGSSLMODE=disable"],
        "select 1",
    );
    assert!(
        !plain.success() && plain.stderr.contains("SSL required"),
        "{plain:#?}"
    );
    let sql_of_session =
        "select ssl, host(inet_client_addr()) from pg_stat_ssl where pid = pg_backend_pid()";
    let output = dial(&client, "orders", "orders", VERIFIED, sql_of_session);
    let said = output.expect_success().trim().to_owned();
    assert!(
        poolers
            .iter()
            .any(|pooler| said == format!("t|{}", pooler.address())),
        "{said}"
    );
    // The exporter dials as every client must.
    for pooler in &poolers {
        let told = Scrape::read(&read(&client, pooler, 9127));
        assert!(
            told.metrics
                .contains_key("pgbouncer_pools_client_active_connections")
        );
    }
    // A server that cannot prove who it is gets no password.
    shielded.give(&shielded.authority.sign(&["orders"], 90));
    sql(&server, "postgres", "select pg_reload_conf()");
    // It is told twice. A connection that it makes in that moment may go without the check of the name:
    // PgBouncer frees the settings by which the handshake checks it (README, Limits).
    for pooler in &poolers {
        wait_for("both reloads", || {
            pooler.log().matches("got SIGHUP").count() == 2
        });
    }
    sql(
        &server,
        "postgres",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'orders'",
    );
    // The first one may be told that the server has ended the connection.
    let refused = || {
        let output = dial(&client, "orders", "orders", VERIFIED, "select 1");
        let why = "name `orders-direct' not present in server certificate";
        !output.success() && poolers.iter().any(|pooler| pooler.log().contains(why))
    };
    wait_for("the pooler refuses the server", refused);
}

#[test]
fn a_renewed_certificate_is_served_by_poolers_that_run() {
    let (shielded, server, poolers, client) = pooled();
    let old = served(&client, "orders");
    let session = {
        let client = client.clone();
        let statement = "select pg_sleep(600)";
        std::thread::spawn(move || {
            dial(
                &client,
                "orders",
                "orders",
                &["PGSSLMODE=require"],
                statement,
            )
        })
    };
    let there = "select pid from pg_stat_activity where query = 'select pg_sleep(600)'";
    wait_for("a session", || !sql(&server, "postgres", there).is_empty());
    let pid = sql(&server, "postgres", there);
    // The server's authority is another one with it, which poolers must trust from now on.
    let renewed = Certificate::authority().sign(NAMES, 90);
    shielded.give(&renewed);
    let result = shielded.reload("reload");
    let log = result.expect_success().log();
    assert!(log.contains("host=orders result=current"), "{log}");
    let new = fingerprint(&client, &renewed);
    assert_ne!(old, new);
    for pooler in &poolers {
        wait_for("it serves the renewed one", || {
            served(&client, pooler.address()) == new
        });
        assert_eq!(pooler.restarts(), 0);
    }
    assert_eq!(sql(&server, "postgres", there), pid);
    trust(&client, &renewed);
    for _ in 0..4 {
        dial(&client, "orders", "orders", VERIFIED, "select 1").expect_success();
    }
    sql(
        &server,
        "postgres",
        &format!("select pg_terminate_backend({pid})"),
    );
    drop(session.join());
}
