//! Claims of several pods: one after the other, at once, read-only, and of one pod alone.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::{Value, json};

use super::{SOON, fail, mount, script, start, succeed};
use crate::kubelet::{Cluster, Phase, Pod};

fn cluster() -> Cluster {
    let cluster = Cluster::new();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    cluster
}

fn on_claim(text: &str) -> Value {
    let mut pod = script(text);
    mount(
        &mut pod,
        "/d",
        json!({ "persistentVolumeClaim": { "claimName": "d" } }),
    );
    pod
}

fn start_as(cluster: &Cluster, name: &str, mut pod: Value) -> Pod {
    pod["metadata"]["name"] = json!(name);
    cluster.apply(pod);
    cluster.start_pod(name)
}

#[test]
fn two_pods_on_one_claim_see_each_others_files_and_locks() {
    let cluster = cluster();
    let first = start_as(
        &cluster,
        "first",
        on_claim("exec 9>/d/.lock; flock -n 9 && echo held; sleep infinity"),
    );
    first.wait_for_log("held", SOON);
    let second = start_as(
        &cluster,
        "second",
        on_claim(
            "exec 9>/d/.lock; flock -n 9 || echo taken; until flock -n 9; do sleep 0.05; done; echo mine",
        ),
    );
    second.wait_for_log("taken", SOON);
    assert!(!second.log().contains("mine"));
    // A lock goes with its holder, however that ends.
    first.kill_all();
    assert_eq!(second.wait_finished(SOON), Phase::Succeeded);
    assert_eq!(second.log(), "taken\nmine\n");
}

#[test]
fn a_claim_that_is_mounted_read_only_is_read_and_flocked_and_not_written() {
    let cluster = cluster();
    let text =
        "cat /d/file && flock -n /d/file true && echo flocked; { >/d/new; } 2>&1; rm -f /d/file";
    succeed(&cluster, on_claim("echo here >/d/file"));
    let mut by_mount = on_claim(text);
    by_mount["spec"]["containers"][0]["volumeMounts"][1]["readOnly"] = json!(true);
    let mut by_volume = on_claim(text);
    by_volume["spec"]["volumes"][1]["persistentVolumeClaim"]["readOnly"] = json!(true);
    for pod in [by_mount, by_volume] {
        let log = fail(&cluster, pod);
        assert!(log.starts_with("here\nflocked\n"), "{log}");
        assert_eq!(log.matches("Read-only file system").count(), 2, "{log}");
    }
    // A pod that writes meanwhile is not kept from it.
    let mut reader = on_claim("until [[ -e /d/late ]]; do sleep 0.05; done; cat /d/late");
    reader["spec"]["containers"][0]["volumeMounts"][1]["readOnly"] = json!(true);
    let reader = start_as(&cluster, "reader", reader);
    reader.wait_ready(SOON);
    succeed(&cluster, on_claim("echo late >/d/.l && mv /d/.l /d/late"));
    assert_eq!(reader.wait_finished(SOON), Phase::Succeeded);
    assert_eq!(reader.log(), "late\n");
}

#[test]
fn the_group_is_not_given_to_a_claim_that_nobody_may_write() {
    let cluster = cluster();
    let mut pod = on_claim("stat -c %g /d");
    pod["spec"]["volumes"][1]["persistentVolumeClaim"]["readOnly"] = json!(true);
    assert_eq!(succeed(&cluster, pod), "0\n");
    assert_eq!(succeed(&cluster, on_claim("stat -c %g /d")), "999\n");
}

#[test]
fn a_claim_of_one_pod_alone_keeps_the_next_waiting() {
    let cluster = Cluster::new();
    cluster.apply_yaml(
        "{kind: PersistentVolumeClaim, metadata: {name: d}, spec: {accessModes: [ReadWriteOncePod]}}",
    );
    let first = start_as(&cluster, "first", on_claim("echo runs; sleep infinity"));
    first.wait_for_log("runs", SOON);
    let second = start_as(&cluster, "second", on_claim("echo runs"));
    second.wait_for_event("ReadWriteOncePod access mode", SOON);
    assert_eq!(second.phase(), Phase::Pending);
    first.delete_within(std::time::Duration::ZERO);
    assert_eq!(second.wait_finished(SOON), Phase::Succeeded);
}

#[test]
fn a_claim_is_filled_by_others_and_emptied() {
    let cluster = cluster();
    let claim = cluster.claim("d");
    claim.limit(64 << 20);
    succeed(&cluster, on_claim("head -c 8388608 /dev/zero >/d/eight"));
    claim.leave_free(1 << 20);
    assert_eq!(claim.free(), 1 << 20);
    let pod = start(&cluster, on_claim("sleep infinity"));
    pod.wait_ready(SOON);
    let write = ["head", "-c", "2097152", "/dev/zero"];
    let output = pod.exec(&["bash", "-c", &format!("{} >/d/two", write.join(" "))]);
    assert!(
        output.stderr.contains("No space left on device"),
        "{output:?}"
    );
    claim.leave_free(4 << 20);
    pod.exec(&["bash", "-c", &format!("{} >/d/two", write.join(" "))])
        .expect_success();
    assert_eq!(fs::metadata(claim.path("two")).unwrap().len(), 2 << 20);
    assert_eq!(fs::metadata(claim.path("eight")).unwrap().uid(), 999);
}
