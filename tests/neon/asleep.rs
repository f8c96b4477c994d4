//! A compute that sleeps is woken; one that is taken away meanwhile costs a run and nothing else.

use super::endpoint::{Endpoint, RESTORE_SCRIPTS, SCRIPTS, SOON};
use crate::backup::oracle::Content;

#[test]
fn a_cold_start_is_waited_out() {
    let mut endpoint = Endpoint::new();
    endpoint.deployed.server.delete();
    let job = endpoint.deployed.start_backup("backup-1", &[]);
    endpoint.front.wait_for_log("waking the compute", SOON);
    endpoint.deployed.server = endpoint.deployed.shop.start_server();
    let result = job.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 1);
    endpoint.expect_nobody();

    // Neon says so when it does not wake in time; that too is waited out.
    endpoint.mode("Couldn't connect to compute node");
    let job = endpoint.deployed.start_restore("restore-1", &[]);
    job.pod().wait_for_log("event=wait result=starting", SOON);
    endpoint.mode("plain");
    job.wait().expect_success();
}

#[test]
fn taken_away_meanwhile() {
    let mut endpoint = Endpoint::new();
    let before =
        Content::of(&endpoint.deployed.server, "neondb").without(&["FOR ROLE cloud_admin"]);

    // Stopped in the middle of a backup: the Job's next pod finds it awake again.
    endpoint
        .deployed
        .shop
        .cluster
        .hold_at(SCRIPTS, &["event=proof id="]);
    let job = endpoint.deployed.start_backup("backup-1", &[]);
    job.pod().wait_for_log("event=proof id=", SOON);
    endpoint.deployed.shop.cluster.hold_at(SCRIPTS, &[]);
    assert!(endpoint.sessions().contains("underpin backup"));
    endpoint.deployed.server.delete();
    job.pod().go_on();
    job.pod().wait_finished(SOON);
    endpoint.deployed.server = endpoint.deployed.shop.start_server();
    let result = job.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 2);
    let first = result.pods[0].termination().unwrap();
    assert_eq!(first.code, 1, "{}", result.pods[0].story());
    assert!(
        first.message.contains("a retry may help"),
        "{}",
        first.message
    );
    assert!(endpoint.deployed.unfinished().is_empty());
    assert_eq!(endpoint.deployed.ids().len(), 1);
    endpoint.expect_nobody();

    // Each session ended, as at a suspension, in the middle of a backup and of a restore.
    for (number, (cron_job, line)) in [
        ("backup", "event=globals"),
        ("backup", "event=dump id="),
        ("restore", "event=step name=load"),
        ("restore", "event=step name=analyze"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("ended-{number}");
        let scripts = match cron_job {
            "backup" => SCRIPTS,
            _ => RESTORE_SCRIPTS,
        };
        endpoint.deployed.shop.cluster.hold_at(scripts, &[line]);
        let job = match cron_job {
            "backup" => endpoint.deployed.start_backup(&name, &[]),
            _ => endpoint.deployed.start_restore(&name, &[("INTO", "again")]),
        };
        job.pod().wait_for_log(line, SOON);
        endpoint.deployed.shop.cluster.hold_at(scripts, &[]);
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = 'neondb_owner'";
        assert_ne!(endpoint.sql("postgres", end), "0");
        job.pod().go_on();
        let result = job.wait();
        result.expect_success();
        let first = result.pods[0].termination().unwrap();
        assert_eq!(
            (first.code, result.pods.len()),
            (1, 2),
            "{name}: {}",
            result.pods[0].story()
        );
        assert!(
            first.message.contains("a retry may help"),
            "{}",
            first.message
        );
        endpoint.expect_nobody();
    }
    // What an earlier restore had made is kept.
    let databases = endpoint.databases();
    let kept =
        databases.starts_with("again again_replaced_") && databases.ends_with("analytics neondb");
    assert!(kept || databases == "again analytics neondb", "{databases}");
    Content::of(&endpoint.deployed.server, "again")
        .without(&["FOR ROLE cloud_admin"])
        .expect_equal(&before);
}

/// What holds the locks keeps the compute awake for as long as it runs, and no longer.
#[test]
fn nothing_outlives_the_job() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    deployed.shop.cluster.hold_at(SCRIPTS, &["event=sums"]);
    let job = deployed.start_backup("killed", &[]);
    job.pod().wait_for_log("event=sums", SOON);
    let awake = "select count(*) from pg_stat_activity where usename = 'neondb_owner' and state ~ 'in transaction' and backend_xmin is null";
    assert_eq!(
        endpoint.sql("postgres", awake),
        "1",
        "{}",
        endpoint.sessions()
    );
    deployed.shop.cluster.hold_at(SCRIPTS, &[]);
    // A node that dies: nobody says goodbye.
    job.pod().kill9();
    job.pod().wait_finished(SOON);
    job.wait().expect_success();
    endpoint.expect_nobody();
    assert_eq!(deployed.ids().len(), 1);
}
