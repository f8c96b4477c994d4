//! A renewed certificate is served without a restart, and one that is not renewed is told of in time.

use super::{
    ALPINE, Certificate, DEBIAN, NAMES, SOON, SPEC, Shielded, VERIFIED, dial, fingerprint, served,
    trust,
};
use crate::bootstrap::shop::sql;
use crate::kubelet::JobResult;

#[track_caller]
fn expect_told(result: &JobResult, words: &[&str]) {
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (false, Some(1), 1), "{}", result.log());
    let message = result.message();
    assert_eq!(message.lines().count(), 1, "{message}");
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
}

#[track_caller]
fn renews(image: &str) {
    let shielded = Shielded::new(image, SPEC);
    let server = shielded.shop.bootstrapped();
    let client = shielded.shop.client();
    shielded.reload("first").expect_success();
    let started = "select pg_postmaster_start_time()";
    let (restarts, since) = (server.restarts(), sql(&server, "postgres", started));
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
    crate::bootstrap::shop::wait_for("a session", || !sql(&server, "postgres", there).is_empty());
    let pid = sql(&server, "postgres", there);

    // Another authority too: the Job must get in while clients that look at it would not.
    let authority = Certificate::authority();
    let renewed = authority.sign_kind("rsa", NAMES, 90);
    let before = served(&client, "orders-direct");
    let cluster = &shielded.shop.cluster;
    cluster.hold_volume_updates();
    shielded.give(&renewed);
    cluster.create_job_from_cron_job("renewed", "orders-reload");
    let job = cluster.start_job("renewed");
    job.pod().wait_for_log("result=older", SOON);
    assert_eq!(served(&client, "orders-direct"), before);
    cluster.release_volume_updates();
    let result = job.wait();
    assert!(result.expect_success().log().contains("result=current"));
    assert_eq!(
        served(&client, "orders-direct"),
        fingerprint(&client, &renewed)
    );
    assert_ne!(served(&client, "orders-direct"), before);
    trust(&client, &renewed);
    dial(&client, "orders", "orders", VERIFIED, "select 1").expect_success();
    assert_eq!(server.restarts(), restarts);
    assert_eq!(sql(&server, "postgres", started), since);
    assert_eq!(sql(&server, "postgres", there), pid);
    sql(
        &server,
        "postgres",
        &format!("select pg_terminate_backend({pid})"),
    );
    drop(session.join());
}

#[test]
fn a_renewed_certificate_is_served_and_sessions_stay() {
    renews(DEBIAN);
}

#[test]
fn a_renewed_certificate_is_served_and_sessions_stay_on_alpine() {
    renews(ALPINE);
}

#[test]
fn a_certificate_near_its_end_is_told_of() {
    let shielded = Shielded::new(DEBIAN, SPEC);
    shielded.shop.bootstrapped();
    shielded.shop.cluster.shift_clock("+70d");
    shielded.reload("in-time").expect_success();
    shielded.shop.cluster.shift_clock("+77d");
    let words = [
        "near its end",
        "orders-certificate",
        "kubectl -n shop describe certificate orders-certificate",
    ];
    expect_told(&shielded.reload("near"), &words);
    shielded.shop.cluster.shift_clock("+91d");
    expect_told(&shielded.reload("over"), &["orders-certificate"]);
    shielded.shop.cluster.shift_clock("");
    // One that lives for days has a sixth of that.
    shielded.give(&shielded.authority.sign(NAMES, 6));
    shielded.reload("short").expect_success();
}

#[test]
fn what_cannot_be_served_or_trusted_is_told_of() {
    let shielded = Shielded::new(DEBIAN, SPEC);
    shielded.hurry();
    let server = shielded.shop.bootstrapped();
    let mut broken = shielded.authority.sign(NAMES, 90);
    broken.key = shielded.authority.sign(NAMES, 90).key;
    shielded.give(&broken);
    let words = [
        "orders-direct does not serve the certificate",
        "belong together",
    ];
    expect_told(&shielded.reload("pair"), &words);
    assert!(server.log().contains("SSL configuration was not reloaded"));

    shielded.give(&shielded.authority.sign(&["orders"], 90));
    let words = [
        "clients that verify orders-direct refuse it",
        "does not match host name",
    ];
    expect_told(&shielded.reload("name"), &words);

    let mut stranger = shielded.authority.sign(NAMES, 90);
    stranger.authority = Certificate::authority().public;
    shielded.give(&stranger);
    let words = [
        "clients that verify orders-direct refuse it",
        "certificate verify failed",
    ];
    expect_told(&shielded.reload("authority"), &words);

    let mut none = stranger.clone();
    none.public = "not PEM".into();
    shielded.give(&none);
    let result = shielded.reload("none");
    assert_eq!(result.code(), Some(3), "{}", result.log());
    assert!(result.message().contains("holds no certificate"));
}

#[test]
fn a_server_of_tls_1_3_alone_is_reloaded_too() {
    let spec = format!("{SPEC}\npostgres.settings.ssl_min_protocol_version = 'TLSv1.3'");
    let shielded = Shielded::new(DEBIAN, &spec);
    shielded.shop.bootstrapped();
    let client = shielded.shop.client();
    let renewed = shielded.authority.sign(NAMES, 90);
    shielded.give(&renewed);
    let result = shielded.reload("reload");
    assert!(result.expect_success().log().contains("result=unreadable"));
    assert_eq!(
        served(&client, "orders-direct"),
        fingerprint(&client, &renewed)
    );
}
