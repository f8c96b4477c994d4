//! Backups that are struck, starved, locked out or crossed: nothing half counts, and what was whole
//! before is still there.

use super::deployed::{CLAIM, Deployed};
use crate::bootstrap::shop::{Hold, SECRET};
use crate::fixture;
use crate::kubelet::{JobResult, Pod, RunningJob};

use std::time::Duration;

pub(super) const IMAGE: &str = "17.12-bookworm";
pub(super) const SOON: Duration = Duration::from_mins(2);
pub(crate) const SCRIPTS: &str = "orders-backup-scripts";
/// Keeps as little as there can be.
pub(super) const LAST: &str =
    r#"{"last": 1, "daily": 0, "weekly": 0, "monthly": 0, "yearly": 0, "minimum": 1}"#;

/// Where a backup is struck: at the n-th line that begins so.
const STEPS: [(&str, usize); 11] = [
    ("event=begin", 1),
    // Of the first database: started, made.
    ("event=snapshot id=", 1),
    ("event=snapshot id=", 2),
    ("event=dump id=", 1),
    ("event=proof id=", 1),
    ("event=decode id=", 1),
    ("event=globals", 1),
    ("event=sums", 1),
    ("event=publish", 1),
    ("event=backup id=", 1),
    ("event=prune", 1),
];

/// A database of two tables, whose backups all stay.
#[track_caller]
pub(super) fn small() -> Deployed {
    Deployed::new(
        IMAGE,
        "backup.volume.keep = { last = 50 }",
        |server: &Pod| {
            let tables =
            "set role orders; create table public.wares as select n, md5(n::text) from generate_series(1, 1000) n;
            create table public.others (n int)";
            fixture::run(server, "orders", tables);
        },
    )
}

#[track_caller]
pub(crate) fn wait_for_line(pod: &Pod, line: &str, number: usize) {
    pod.wait_until(&format!("{number} times {line}"), SOON, |pod| {
        let log = pod.log();
        log.lines().filter(|told| told.starts_with(line)).count() >= number
    });
}

#[track_caller]
pub(crate) fn expect_refused(result: &JobResult, words: &[&str]) {
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (false, Some(3), 1), "{}", result.log());
    let message = result.message();
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
}

impl Deployed {
    /// A backup that waits at a line.
    #[track_caller]
    pub(crate) fn start_held(&self, job: &str, line: &str) -> RunningJob {
        self.shop.cluster.hold_at(SCRIPTS, &[line]);
        let running = self.start_backup(job, &[]);
        wait_for_line(&running.pod(), line, 1);
        self.shop.cluster.hold_at(SCRIPTS, &[]);
        running
    }

    #[track_caller]
    pub(crate) fn expect_whole(&self, job: &str) {
        let result = self.list(job, &[("VERIFY", "all")]);
        result.expect_success();
        let log = result.log();
        for id in self.ids() {
            let line = format!("event=verify id={id} result=whole");
            assert!(log.contains(&line), "{line}\n{log}");
        }
        assert!(self.unfinished().is_empty(), "{:?}", self.unfinished());
    }
}

#[cfg(feature = "soak")]
#[test]
fn killed_at_each_step_it_leaves_nothing_half() {
    let deployed = small();
    let cluster = &deployed.shop.cluster;
    let mut ids = vec![deployed.back_up("backup-1").id];

    cluster.hold_at(SCRIPTS, &[STEPS[0].0]);
    cluster.create_job_from_cron_job("struck", "orders-backup-nightly");
    cluster.edit("Job", "struck", |job| {
        job["spec"]["backoffLimit"] = STEPS.len().into();
    });
    let job = cluster.start_job("struck");
    let mut left: Vec<String> = Vec::new();
    for (index, (line, number)) in STEPS.into_iter().enumerate() {
        let pod = job.pod();
        for number in 1..number {
            wait_for_line(&pod, line, number);
            pod.go_on();
        }
        wait_for_line(&pod, line, number);
        for name in &left {
            let told = format!("event=leftover name=\"{name}\" result=removed");
            assert!(pod.log().contains(&told), "{told}\n{}", pod.log());
        }
        let now = deployed.unfinished();
        assert!(left.iter().all(|name| !now.contains(name)), "{left:?}");
        left = now;
        let counting = deployed.ids();
        if line == "event=backup id=" || line == "event=prune" {
            assert_eq!(counting.len(), ids.len() + 1, "{}", pod.log());
            assert!(ids.iter().all(|id| counting.contains(id)));
            assert!(left.is_empty(), "{left:?}");
            ids = counting;
        } else {
            assert_eq!(counting, ids, "{line} {number}");
            assert_eq!(left.len(), usize::from(index > 0), "{left:?}");
        }
        let next = STEPS.get(index + 1).map(|(line, _)| *line);
        cluster.hold_at(SCRIPTS, next.as_slice());
        pod.kill9();
        pod.wait_finished(SOON);
        assert_eq!(pod.termination().unwrap().code, 137);
        assert!(deployed.ids().len() == ids.len());
        pod.wait_until("the next pod", SOON, |pod| job.pod().name() != pod.name());
    }
    job.wait().expect_success();
    assert_eq!(deployed.ids().len(), ids.len() + 1);
    deployed.expect_whole("verify");

    // A deleted pod has time to take away what it made.
    let ids = deployed.ids();
    let job = deployed.start_held("deleted", "event=proof id=");
    let pod = job.pod();
    assert_eq!(deployed.unfinished().len(), 1);
    cluster.hold_at(SCRIPTS, &["event=lock name=server"]);
    pod.signal("TERM");
    pod.wait_finished(Duration::from_secs(20));
    assert_eq!(pod.termination().unwrap().code, 143, "{}", pod.story());
    assert!(deployed.unfinished().is_empty());
    assert_eq!(deployed.ids(), ids);
    pod.wait_until("the next pod", SOON, |pod| job.pod().name() != pod.name());
    wait_for_line(&job.pod(), "event=lock name=server", 1);
    job.pod().go_on();
    job.wait().expect_success();
    cluster.hold_at(SCRIPTS, &[]);
}

#[test]
fn without_its_password_it_says_what_to_do() {
    let deployed = small();
    let cluster = &deployed.shop.cluster;
    let (from, to) = ("login_patience=30", "login_patience=3");
    deployed.shop.hurry(SCRIPTS, "backup.sh", from, to);
    cluster.secret(
        SECRET,
        &[("superuser", "of superuser"), ("backup", "wrong")],
    );
    let result = deployed.start_backup("wrong", &[]).wait();
    expect_refused(
        &result,
        &[
            "refuses role underpin_backup",
            "--from=cronjob/orders-bootstrap",
        ],
    );
    cluster.secret(SECRET, &[("superuser", "of superuser"), ("backup", "")]);
    let result = deployed.start_backup("empty", &[]).wait();
    expect_refused(&result, &["/secrets/backup", "is empty"]);
    // Without the key no pod starts; it goes on by itself once the key is there.
    cluster.secret(SECRET, &[("superuser", "of superuser")]);
    let job = deployed.start_backup("missing", &[]);
    job.pod()
        .wait_for_event("references non-existent secret key: backup", SOON);
    assert!(deployed.ids().is_empty());
    deployed.shop.secret(&[("superuser", "of superuser")]);
    job.wait().expect_success();
    assert_eq!(deployed.ids().len(), 1);
}

#[test]
fn nobody_waits_behind_a_backup_that_waits() {
    let deployed = small();
    let hold = Hold::new(
        &deployed.server,
        "orders",
        "lock table public.wares in access exclusive mode",
    );
    let job = deployed.start_backup("backup-1", &[]);
    wait_for_line(&job.pod(), "event=snapshot id=", 1);
    job.pod().wait_for_log("result=retry", SOON);
    assert!(job.pod().log().contains("wares"), "{}", job.pod().log());
    for number in 0..5 {
        let change = format!(
            "set statement_timeout = '4s'; alter table public.others add column c{number} int"
        );
        deployed.sql("orders", &change);
    }
    hold.release();
    job.wait().expect_success();
    assert_eq!(deployed.ids().len(), 1);

    // Two at once come one after the other.
    let jobs = ["backup-2", "backup-3"].map(|job| deployed.start_backup(job, &[]));
    let logs = jobs.map(|job| job.wait().expect_success().log());
    assert!(
        logs.iter()
            .any(|log| log.contains("event=lock name=server result=waiting")),
        "{logs:?}"
    );
    assert_eq!(deployed.ids().len(), 3);

    // A server that dies in the middle is there again for the Job's next pod.
    let job = deployed.start_held("backup-4", "event=proof id=");
    deployed.server.kill9();
    job.pod().go_on();
    let result = job.wait();
    result.expect_success();
    assert!(result.pods.len() > 1);
    assert_eq!(result.pods[0].termination().unwrap().code, 1);
    assert_eq!(deployed.ids().len(), 4);
    deployed.expect_whole("verify");
}

#[test]
fn a_full_volume_costs_no_older_backup() {
    let deployed = small();
    let claim = deployed.shop.cluster.claim(CLAIM);
    claim.limit(64 << 20);
    let first = deployed.back_up("backup-1").id;

    claim.leave_free(8 << 10);
    let result = deployed.start_backup("seen", &[]).wait();
    expect_refused(
        &result,
        &[
            "1.2 times",
            &first,
            "grow the claim",
            "No older backup was touched",
        ],
    );
    assert!(!result.log().contains("event=begin"));

    fixture::load_megabytes(&deployed.server, "orders", 16, 1);
    claim.leave_free(4 << 20);
    let result = deployed.start_backup("midway", &[]).wait();
    expect_refused(
        &result,
        &[
            "The backup volume is full",
            "grow the claim",
            "No older backup was touched",
        ],
    );
    assert!(result.log().contains("event=begin"));
    assert_eq!(deployed.ids(), [first.as_str()]);
    deployed.expect_whole("verify-1");

    claim.grow(256 << 20);
    deployed.back_up("backup-2");
    deployed.expect_whole("verify-2");
}

#[test]
fn the_backups_of_a_lost_server_are_not_buried() {
    let deployed = small();
    let cluster = &deployed.shop.cluster;
    let first = deployed.back_up("backup-1").id;
    deployed.server.delete();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: fresh}}");
    cluster.edit("StatefulSet", "orders", |set| {
        let text = set.to_string();
        let text = text.replace(r#""claimName":"orders-data""#, r#""claimName":"fresh""#);
        *set = serde_json::from_str(&text).unwrap();
    });
    let _server = cluster.start_stateful_set("orders");
    deployed.shop.again("bootstrap-fresh").expect_success();

    let least = [("KEEP", LAST)];
    let result = deployed.start_backup("stranger", &least).wait();
    expect_refused(
        &result,
        &["older backups of this name exist", &first, "ADOPT=all"],
    );
    assert_eq!(deployed.ids(), [first.as_str()]);
    assert!(deployed.unfinished().is_empty());

    let adopt = [("ADOPT", "all")];
    let result = deployed.start_backup("adopting", &adopt).wait();
    result.expect_success();
    assert_eq!(deployed.ids().len(), 2);
    deployed.back_up("heir");
    let result = deployed.start_backup("last", &least).wait();
    result.expect_success();
    assert_eq!(deployed.ids().len(), 1, "its own by now: {}", result.log());
}
