//! Two pods on one volume: the second waits, and never serves beside the first.

use std::thread;
use std::time::{Duration, Instant};

use super::{DEBIAN_17, SOON, deploy, query, spec, start};
use crate::kubelet::{Cluster, Pod};

const WAITING: &str = "event=lock result=waiting";
const HELD: &str = "event=lock result=held";

#[test]
fn a_second_server_waits_for_the_first_ones_slow_end() {
    waits_for_a_slow_end(DEBIAN_17);
}

/// The first pod is deleted by force while its shutdown hangs.
pub(crate) fn waits_for_a_slow_end(image: &str) {
    let cluster = deploy(&spec(image, ""));
    let first = start(&cluster);
    query(&first, "create table t as select 1 as a");
    let checkpointer = "select pid from pg_stat_activity where backend_type = 'checkpointer'";
    let checkpointer = query(&first, checkpointer);
    let tell =
        |signal: &str| first.exec(&["bash", "-c", &format!("kill -{signal} {checkpointer}")]);
    tell("STOP").expect_success();
    first.force_delete();
    let ending = thread::spawn({
        let first = first.clone();
        move || first.delete()
    });
    first.wait_for_log("received fast shutdown request", SOON);

    let second = wait_beside(&cluster);
    // The script looks once a second.
    thread::sleep(Duration::from_secs(3));
    assert!(!second.log().contains(HELD), "{}", second.story());
    // Whether the shell ends before its pod does, nobody knows.
    tell("CONT");
    ending.join().unwrap();
    second.wait_ready(SOON);
    let ended = time_of(&first, "database system is shut down");
    let began = time_of(&second, "starting PostgreSQL");
    assert!(
        ended <= began,
        "the first ended {ended}, the second began {began}"
    );
    assert_eq!(query(&second, "select a from t"), "1");
    assert!(!second.log().contains("automatic recovery"));
}

#[test]
fn a_waiting_server_can_be_stopped_and_takes_over_from_a_killed_one() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let first = start(&cluster);
    query(&first, "create table t as select 1 as a");

    let second = wait_beside(&cluster);
    let begin = Instant::now();
    second.signal("TERM");
    second.wait_for_restarts(1, SOON);
    assert_eq!(second.termination().unwrap().code, 143);
    second.wait_until("waiting again", SOON, |pod| {
        pod.log().matches(WAITING).count() == 2
    });
    second.delete();
    assert_eq!(second.termination().unwrap().code, 143);
    // The script's own pace is a second; its grace period is five minutes.
    assert!(
        begin.elapsed() < Duration::from_mins(1),
        "{:?}",
        begin.elapsed()
    );
    assert!(
        second.log().ends_with("event=stop result=done\n"),
        "{}",
        second.story()
    );

    let third = wait_beside(&cluster);
    assert_eq!(query(&first, "select a from t"), "1");
    first.kill_all();
    third.wait_ready(SOON);
    assert!(third.log().contains("automatic recovery in progress"));
    assert_eq!(query(&third, "select a from t"), "1");
}

/// A process of a dead server that lives on still writes: whichever it is, it holds the lock.
#[test]
fn every_process_of_a_server_holds_the_lock() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let pod = start(&cluster);
    let processes = query(&pod, "select pid from pg_stat_activity union select 1");
    let mut number = 0;
    for process in processes.split_whitespace() {
        let link = format!("readlink /proc/{process}/fd/*");
        let open = pod.exec(&["bash", "-c", &link]).stdout;
        // The session that asked for the list is gone.
        if !open.is_empty() {
            assert!(open.contains("/.underpin-lock\n"), "{process}: {open}");
            number += 1;
        }
    }
    assert!(number >= 6, "{processes}");

    // Somebody who outlives them all: here a process beside the pod.
    pod.delete();
    let orphan = std::fs::File::open(cluster.claim("orders-data").path(".underpin-lock")).unwrap();
    orphan.try_lock().unwrap();
    let next = wait_beside(&cluster);
    drop(orphan);
    next.wait_ready(SOON);
}

/// Somebody takes the file for a stale one.
#[test]
fn removing_the_lock_lets_no_second_server_in() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let first = start(&cluster);
    query(&first, "create table t as select 1 as a");
    let lock = cluster.claim("orders-data").path(".underpin-lock");
    std::fs::remove_file(&lock).unwrap();
    let second = wait_beside(&cluster);
    assert_eq!(query(&first, "select a from t"), "1");
    // One that waited for a file that is gone meanwhile looks for the new one.
    std::fs::remove_file(&lock).unwrap();
    let third = wait_beside(&cluster);
    first.kill_all();
    second.wait_ready(SOON);
    assert_eq!(query(&second, "select a from t"), "1");
    assert!(!third.log().contains(HELD), "{}", third.story());
    second.kill_all();
    third.wait_ready(SOON);
    assert_eq!(query(&third, "select a from t"), "1");
}

fn wait_beside(cluster: &Cluster) -> Pod {
    let pod = cluster.start_stateful_set("orders");
    pod.wait_for_log(WAITING, SOON);
    assert!(
        pod.log()
            .contains("another server still runs on this volume"),
        "{}",
        pod.story()
    );
    assert!(!pod.log().contains(HELD), "{}", pod.story());
    pod
}

/// When the server wrote a line.
fn time_of(pod: &Pod, text: &str) -> String {
    let log = pod.log();
    let line = log.lines().rfind(|line| line.contains(text));
    let line = line.unwrap_or_else(|| panic!("no `{text}`\n{}", pod.story()));
    line.split(" UTC").next().unwrap().to_owned()
}
