//! Restores, backups and prunes that meet, and databases that appear meanwhile: each comes to its end
//! or says why not, and none undoes another.

use super::applications::{SOON, next_pod, sell, step_line};
use super::deployed::Deployed;
use super::oracle::Content;
use crate::bootstrap::shop::Hold;
use crate::kubelet::{JobResult, Pod, RunningJob};

use std::fs;

const WAITING: &str = "event=lock name=server result=waiting";
const CHOSEN: &str = "result=chosen";

#[test]
fn restores_and_backups_at_once() {
    let (deployed, _client) = Deployed::with_application("");
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");

    // A backup does not wait for a restore, and does not hold what is half.
    let job = deployed.start_restore_held("restore-1", "grants", &[("INTO", "one")]);
    let backup = deployed.back_up("backup-2");
    let held = backup.manifest["databases"].to_string();
    assert!(!held.contains("underpin_restoring"), "{held}");
    let left_out = backup.manifest["left_out"].as_array().unwrap();
    let working = left_out
        .iter()
        .find(|out| out["name"] == "underpin_restoring");
    assert_eq!(working.unwrap()["why"], "a restore is building it");

    // A second restore waits for the first, and leaves its working database alone.
    let oid = deployed.working();
    let second = deployed.start_lasting_restore("restore-2", &[("INTO", "two")]);
    second.pod().wait_for_log(WAITING, SOON);
    let log = second.pod().log();
    assert!(log.contains("another underpin restore runs"), "{log}");
    assert_eq!(deployed.working(), oid, "{log}");
    job.pod().go_on();
    job.wait().expect_success();
    second.wait().expect_success();
    for name in ["one", "two"] {
        Content::of(&deployed.server, name).expect_equal(&before);
    }

    // A restore does not wait for a backup, but its swap does.
    let backup = deployed.start_held("backup-3", "event=sums");
    let job = deployed.start_lasting_restore("restore-3", &[("INTO", "three")]);
    let pod = job.pod();
    pod.wait_for_log(WAITING, SOON);
    let log = pod.log();
    assert!(log.contains(&step_line("analyze")), "{log}");
    assert!(log.contains("another underpin backup runs"), "{log}");
    assert!(!log.contains(&step_line("swap")), "{log}");
    assert!(!deployed.databases().contains("three"), "{log}");
    backup.pod().go_on();
    backup.wait().expect_success();
    job.wait().expect_success();
    Content::of(&deployed.server, "three").expect_equal(&before);
    deployed.back_up("backup-4");
}

#[test]
fn who_has_lost_the_lock_leaves_the_other_alone() {
    let (deployed, _client) = Deployed::with_application("");
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");
    for step in ["create", "load", "proof"] {
        let (first, second) = (format!("{step}-1"), format!("{step}-2"));
        let job = deployed.start_restore_held(&first, step, &[("INTO", &first)]);
        let session = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'underpin restore' and query ~ 'pg_locks|advisory'";
        assert_eq!(deployed.sql("postgres", session), "t");
        let other = deployed.start_restore_held(&second, "grants", &[("INTO", &second)]);
        let (oid, pod) = (deployed.working(), job.pod());
        pod.go_on();
        pod.wait_finished(SOON);
        let end = pod.termination().unwrap();
        assert_eq!(end.code, 1, "{}", pod.story());
        assert!(end.message.contains("lock was lost"), "{}", pod.story());
        assert_eq!(deployed.working(), oid, "{}", pod.story());
        other.pod().go_on();
        let pods = other.wait().expect_success().pods.len();
        assert_eq!(pods, 1, "the other was not disturbed");
        job.wait().expect_success();
        Content::of(&deployed.server, &first).expect_equal(&before);
        Content::of(&deployed.server, &second).expect_equal(&before);
    }
}

#[test]
fn a_backup_is_pruned_while_it_is_read() {
    let (deployed, client) = Deployed::with_application("");
    let before = Content::of(&deployed.server, "orders");
    let oldest = deployed.back_up("backup-1");
    sell(&client, "more");
    let ids: Vec<String> = (2..6)
        .map(|number| deployed.back_up(&format!("backup-{number}")).id)
        .collect();
    let mut newest = ids.iter().rev();
    for step in ["check", "load"] {
        let id = newest.next().unwrap();
        let job = deployed.start_restore_held(step, step, &[("INTO", step)]);
        let pod = prune(&deployed, &job, id);
        let told = &pod.termination().unwrap().message;
        assert!(
            told.contains(&format!("backup {id} was pruned while it was read")),
            "{told}"
        );
        let result = job.wait();
        let log = result.expect_success().log();
        let next = newest.clone().next().unwrap();
        assert!(log.contains(&format!("event=choice id={next}")), "{log}");
    }
    // One that was named is not replaced by another.
    let id = newest.next().unwrap();
    let values = [("INTO", "named"), ("BACKUP", id)];
    let job = deployed.start_restore_held("named", "load", &values);
    prune(&deployed, &job, id);
    expect_refused(
        &job.wait(),
        &[&format!("there is no backup {id}"), &oldest.id],
    );

    // What has been loaded is proven without it.
    let id = newest.next().unwrap();
    let job = deployed.start_restore_held("loaded", "settings", &[("INTO", "loaded")]);
    remove(&deployed, id);
    job.pod().go_on();
    let result = job.wait();
    assert_eq!(result.expect_success().pods.len(), 1, "{}", result.log());

    // A clock that went back chooses by what the manifests say.
    deployed.shop.cluster.shift_clock("-1d");
    let time = oldest.manifest["finished"].as_str().unwrap();
    let result = deployed.restore("before", &[("INTO", "before"), ("BEFORE", time)]);
    let log = result.expect_success().log();
    let chosen: Vec<&str> = log.lines().filter(|line| line.contains(CHOSEN)).collect();
    assert!(chosen.len() == 1 && chosen[0].contains(&oldest.id), "{log}");
    Content::of(&deployed.server, "before").expect_equal(&before);
    deployed.shop.cluster.shift_clock("");
}

/// Takes a backup away as prune does.
fn remove(deployed: &Deployed, id: &str) {
    let directory = deployed.directory();
    let aside = directory.join(format!(".prune-{id}"));
    fs::rename(directory.join(id), &aside).unwrap();
    fs::remove_file(aside.join("manifest.json")).unwrap();
    fs::remove_dir_all(&aside).unwrap();
}

/// The same while a restore is held; then it goes on, and its pod ends.
#[track_caller]
fn prune(deployed: &Deployed, job: &RunningJob, id: &str) -> Pod {
    remove(deployed, id);
    let pod = job.pod();
    pod.go_on();
    pod.wait_finished(SOON);
    assert_eq!(pod.termination().unwrap().code, 1, "{}", pod.story());
    next_pod(job, &pod);
    pod
}

#[test]
fn a_database_appears_under_the_name() {
    let (deployed, _client) = Deployed::with_application("");
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");

    // There was none when the restore began.
    let job = deployed.start_restore_held("late-1", "proof", &[("INTO", "late")]);
    deployed.sql("postgres", "create database late owner orders");
    let table = "create table public.mine as select 1 as n";
    deployed.sql("late", table);
    job.pod().go_on();
    expect_refused(
        &job.wait(),
        &[
            "a database \"late\" is there that Underpin did not make",
            "INTO",
        ],
    );
    assert_eq!(deployed.databases(), "late orders");
    assert_eq!(deployed.sql("late", "select n from public.mine"), "1");

    // There was an empty one of ours, and an application has filled it since; be it in the last moment.
    deployed.sql("postgres", "create database ours owner orders");
    deployed.mark("ours", "underpin: made by bootstrap");
    let job = deployed.start_restore_held("ours-1", "swap", &[("INTO", "ours")]);
    deployed.sql("ours", table);
    job.pod().go_on();
    expect_refused(
        &job.wait(),
        &["a database \"ours\" is there and holds something"],
    );
    assert_eq!(deployed.sql("ours", "select n from public.mine"), "1");
    deployed.sql("ours", "drop table public.mine");
    let job = deployed.start_restore_held("ours-2", "mark", &[("INTO", "ours")]);
    let aside = deployed.databases();
    let aside = aside
        .split(' ')
        .find(|name| name.starts_with("ours_replaced_"))
        .unwrap();
    deployed.sql(aside, table);
    job.pod().go_on();
    let result = job.wait();
    let log = result.expect_success().log();
    assert!(log.contains(&format!("kept=\"{aside}\"")), "{log}");
    let kept = format!("select not datallowconn from pg_database where datname = '{aside}'");
    assert_eq!(deployed.sql("postgres", &kept), "t", "{log}");
    Content::of(&deployed.server, "ours").expect_equal(&before);

    // What has the working database's name: of a killed restore, or of somebody else.
    deployed.sql("postgres", "create database underpin_restoring");
    let into = [("INTO", "ours too")];
    let job = deployed.start_lasting_restore("taken", &into);
    expect_refused(
        &job.wait(),
        &["underpin_restoring is there that has no mark of a restore"],
    );
    assert!(!deployed.working().is_empty(), "it is not ours to drop");
    deployed.sql("postgres", "drop database underpin_restoring; create database underpin_restoring allow_connections false connection limit 0");
    let job = deployed.start_lasting_restore("left", &into);
    expect_refused(
        &job.wait(),
        &["left by an earlier restore", "drop it: kubectl"],
    );
    deployed.sql(
        "postgres",
        "alter database underpin_restoring owner to orders",
    );
    deployed.restore("cut-short", &into).expect_success();
    Content::of(&deployed.server, "ours too").expect_equal(&before);
    deployed.sql(
        "postgres",
        "drop database \"ours too\"; create database underpin_restoring owner orders",
    );
    deployed.mark("underpin_restoring", "underpin: restoring x by y");
    let hold = Hold::new(&deployed.server, "underpin_restoring", "select 1");
    let job = deployed.start_lasting_restore("watched", &into);
    let pod = job.pod();
    pod.wait_finished(SOON);
    let end = pod.termination().unwrap();
    assert_eq!(end.code, 1, "{}", pod.story());
    let words = "a superuser is logged in to the working database underpin_restoring";
    assert!(end.message.contains(words), "{}", pod.story());
    hold.release();
    job.wait().expect_success();

    // The one to be replaced is gone: nothing is left to keep.
    let values = [("REPLACE", "true")];
    let job = deployed.start_restore_held("gone", "proof", &values);
    deployed.sql("postgres", "drop database orders");
    job.pod().go_on();
    job.wait().expect_success();
    Content::of(&deployed.server, "orders").expect_equal(&before);
    assert!(!deployed.databases().contains("orders_replaced_"));
}

#[track_caller]
fn expect_refused(result: &JobResult, words: &[&str]) {
    assert_eq!(
        (result.succeeded, result.code()),
        (false, Some(3)),
        "{}",
        result.log()
    );
    let message = result.message();
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
}
