//! What befalls a backup after it was published, and what must not wait for it while it reads back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::faults::{LAST, SCRIPTS, small, wait_for_line};
use crate::kubelet::JobResult;
use crate::tools;

/// Published, and no second one is made for what came after.
#[track_caller]
fn expect_published(result: &JobResult, ids: &[String], before: usize, words: &str) {
    let log = result.log();
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (true, Some(0), 1), "{log}");
    assert_eq!(ids.len(), before + 1, "{log}");
    let message = result.message();
    assert!(message.contains(words), "`{words}` in {message}");
}

#[test]
fn what_fails_after_the_publish_makes_no_second_backup() {
    let deployed = small();
    let cluster = &deployed.shop.cluster;
    let least = [("KEEP", LAST)];
    for job in ["first", "second", "third"] {
        deployed.back_up(job);
    }
    // The lock is lost between two that go.
    cluster.hold_at(SCRIPTS, &["event=prune id="]);
    let running = deployed.start_backup("lost", &least);
    wait_for_line(&running.pod(), "event=prune id=", 1);
    let end =
        "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted";
    deployed.sql("postgres", end);
    cluster.hold_at(SCRIPTS, &[]);
    running.pod().go_on();
    wait_for_line(&running.pod(), "event=prune id=", 2);
    running.pod().go_on();
    let words = "old backups were not all removed: the lock was lost";
    // The one that was being removed is gone, or about to be.
    let result = running.wait();
    expect_published(&result, &deployed.ids(), 2, words);

    // Its own deadline comes in the middle of a removal.
    cluster.hold_at(SCRIPTS, &["event=prune id="]);
    let late = [("KEEP", LAST), ("DEADLINE_SECONDS", "25")];
    let running = deployed.start_backup("late", &late);
    wait_for_line(&running.pod(), "event=prune id=", 1);
    let result = running.wait();
    cluster.hold_at(SCRIPTS, &[]);
    let words = "old backups were not all removed: the backup was stopped, by its deadline of 25 s";
    expect_published(&result, &deployed.ids(), 3, words);

    // A folder that cannot be emptied.
    let old = deployed.directory().join(&deployed.ids()[0]);
    fs::set_permissions(&old, fs::Permissions::from_mode(0o555)).unwrap();
    let result = deployed.start_backup("stuck", &least).wait();
    let words = "old backups were not all removed";
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (true, Some(0), 1), "{}", result.log());
    assert!(result.message().contains(words), "{}", result.log());
}

/// The server is not needed any more: a TRUNCATE does not wait for it.
#[test]
fn who_changes_a_table_waits_for_no_reading_back() {
    let deployed = small();
    let running = deployed.start_held("reading", "event=decode id=");
    deployed.sql(
        "orders",
        "set lock_timeout = '1ms'; truncate public.wares, public.others",
    );
    for number in 2..=4 {
        running.pod().go_on();
        wait_for_line(&running.pod(), "event=decode id=", number);
    }
    running.pod().go_on();
    running.wait().expect_success();
}

#[test]
fn a_dump_that_changes_after_it_was_read_is_not_published() {
    let deployed = small();
    let running = deployed.start_held("changed", "event=sums id=");
    let partial = deployed.directory().join(&deployed.unfinished()[0]);
    let list = partial.join("1/dump/toc.dat");
    let mut text = fs::read(&list).unwrap();
    text.push(0);
    fs::write(&list, text).unwrap();
    running.pod().go_on();
    let pod = running.pod();
    pod.wait_finished(super::faults::SOON);
    let end = pod.termination().unwrap();
    assert_eq!(end.code, 1, "{}", pod.story());
    assert!(
        end.message.contains("files of a dump changed"),
        "{}",
        end.message
    );
}

/// Whatever an attempt has started ends with it: what lives on would write into the next one.
#[test]
fn nothing_of_an_attempt_lives_on() {
    let script = "set -Eeuo pipefail
        source src/scripts/dump.sh
        file=$(mktemp)
        slow() { printf '%s\\0' \"$file\" | xargs -0 sh -c 'sleep 3; echo late >>\"$0\"'; }
        start sums slow
        sleep 0.5
        end_running
        sleep 4
        cat \"$file\"
        echo \"running=${#running[@]}\"
        rm \"$file\"";
    let mut command = Command::new("timeout");
    command
        .args(["30", "bash", "-c", script])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(tools::stdout(&mut command), "running=0\n");
}
