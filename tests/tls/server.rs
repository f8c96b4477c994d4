//! Who the server lets in, and which keys it takes.

use super::{ALPINE, Certificate, DEBIAN, NAMES, SOON, SPEC, Shielded, VERIFIED, dial, trust};
use crate::backup::deployed::Deployed;
use crate::backup::oracle::Content;
use crate::kubelet::JobResult;

#[test]
fn who_connects_without_tls_is_refused_by_name() {
    let shielded = Shielded::new(DEBIAN, SPEC);
    shielded.shop.bootstrapped();
    let client = shielded.shop.client();
    trust(&client, &shielded.authority);
    for host in ["orders", "orders-direct"] {
        let plain = dial(&client, host, "orders", &["PGSSLMODE=disable"], "select 1");
        assert_eq!(plain.code, Some(2), "{plain:#?}");
        assert!(
            plain.stderr.contains("no pg_hba.conf entry for host")
                && plain.stderr.contains("no encryption"),
            "{plain:#?}"
        );
        let sql = "select version from pg_stat_ssl where pid = pg_backend_pid()";
        let output = dial(&client, host, "orders", VERIFIED, sql);
        assert_eq!(output.expect_success().trim(), "TLSv1.3");
    }
    let old = [VERIFIED, &["PGSSLMAXPROTOCOLVERSION=TLSv1.2"]].concat();
    dial(&client, "orders", "orders", &old, "select 1").expect_success();
    let headless = dial(&client, "orders-headless", "orders", VERIFIED, "select 1");
    assert!(
        headless.stderr.contains("does not match host name"),
        "{headless:#?}"
    );
}

/// A backup and a restore, which verify who they talk to.
#[track_caller]
fn back_up_and_restore(image: &str) {
    let shielded = Shielded::new(image, SPEC);
    let cluster = &shielded.shop.cluster;
    cluster.secret("orders-restore", &[("password", "of restore")]);
    let server = shielded.shop.bootstrapped();
    let deployed = Deployed {
        shop: shielded.shop,
        server,
    };
    deployed.sql("orders", "create table public.things as select generate_series(1, 1000) as thing; alter table public.things owner to orders");
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup");
    let restore = deployed.restore("restore", &[("INTO", "again")]);
    restore.expect_success();
    Content::of(&deployed.server, "again").expect_equal(&before);
}

#[test]
fn a_backup_and_a_restore_go_through_it() {
    back_up_and_restore(DEBIAN);
}

#[test]
fn a_backup_and_a_restore_go_through_it_on_alpine() {
    back_up_and_restore(ALPINE);
}

#[track_caller]
fn expect_refused(result: &JobResult, words: &[&str]) {
    let end = (result.succeeded, result.code());
    assert_eq!(end, (false, Some(3)), "{}", result.log());
    let message = result.message();
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
}

#[test]
fn our_own_clients_refuse_another_authority_and_another_name() {
    let shielded = Shielded::new(DEBIAN, SPEC);
    let server = shielded.shop.bootstrapped();
    let cluster = &shielded.shop.cluster;
    cluster.secret("orders-restore", &[("password", "of restore")]);
    let words = ["could not prove that it is that server", "was told nothing"];
    let all = |round: &str, more: &str| {
        for (kind, from) in [
            ("bootstrap", "orders-bootstrap"),
            ("backup", "orders-backup-nightly"),
            ("restore", "orders-restore"),
        ] {
            let name = format!("{kind}-{round}");
            cluster.create_job_from_cron_job(&name, from);
            expect_refused(&cluster.run_job(&name), &[&words[..], &[more]].concat());
        }
    };
    // What the server serves stays what it has read.
    let right = shielded.authority.sign(NAMES, 90);
    let mut other = right.clone();
    other.authority = Certificate::authority().public;
    shielded.give(&other);
    all("authority", "certificate verify failed");
    shielded.give(&shielded.authority.sign(&["elsewhere"], 90));
    crate::bootstrap::shop::sql(&server, "postgres", "select pg_reload_conf()");
    all("name", "does not match host name");
}

/// The kubelet's own mode of such a volume is what we say; a wider one stops the server, which says why.
#[test]
fn a_key_that_others_may_read_stops_the_server() {
    for image in [DEBIAN, ALPINE] {
        let shielded = Shielded::new(image, SPEC);
        let cluster = &shielded.shop.cluster;
        cluster.edit("StatefulSet", "orders", |set| {
            let volumes = set["spec"]["template"]["spec"]["volumes"].as_array_mut();
            let mut volumes = volumes.unwrap().iter_mut();
            let tls = volumes.find(|volume| volume["name"] == "tls").unwrap();
            assert_eq!(tls["secret"]["defaultMode"], 0o440);
            tls["secret"]["defaultMode"] = 0o444.into();
        });
        let pod = cluster.start_stateful_set("orders");
        pod.wait_until("it has ended", SOON, |pod| pod.termination().is_some());
        let end = pod.termination().unwrap();
        assert_eq!(end.code, 1, "{end:#?}");
        assert!(
            end.message.contains("has group or world access"),
            "{end:#?}"
        );
    }
}

/// TLS comes to a server that runs: what is applied together finds its way together.
#[test]
fn bootstrap_waits_for_a_server_that_has_no_tls_yet() {
    let mut shielded = Shielded::new(DEBIAN, "databases = [{ name = 'orders' }]");
    let old = shielded.shop.bootstrapped();
    shielded.shop.apply(DEBIAN, SPEC);
    let job = shielded.shop.cluster.start_job(&shielded.shop.job);
    job.pod().wait_for_log("server does not support SSL", SOON);
    old.delete();
    shielded.shop.start_server();
    job.wait().expect_success();
}
