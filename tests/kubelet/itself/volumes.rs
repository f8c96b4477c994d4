//! Modes, owners, the swap of `..data`, and what outlives what.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use serde_json::json;

use super::{SOON, fail, mount, panic_message, script, start, succeed};
use crate::kubelet::{Cluster, Phase};

#[test]
fn files_of_objects_have_their_modes_and_the_groups_bits() {
    let cluster = Cluster::new();
    cluster.secret("s", &[("a", "1"), ("b", "2")]);
    cluster.config_map("c", &[("script", "#!/bin/bash\necho ran\n"), ("plain", "")]);
    let mut pod =
        script("stat -Lc '%a %u %g %n' /v/*/* /v/* && cat /v/secret/password && /v/map/script");
    mount(
        &mut pod,
        "/v/plain",
        json!({ "configMap": { "name": "c" } }),
    );
    mount(
        &mut pod,
        "/v/map",
        json!({ "configMap": { "name": "c", "defaultMode": 0o555 } }),
    );
    mount(
        &mut pod,
        "/v/secret",
        json!({ "secret": { "secretName": "s", "defaultMode": 0o400, "items": [{ "key": "a", "path": "password" }] } }),
    );
    mount(
        &mut pod,
        "/v/both",
        json!({ "projected": { "defaultMode": 0o440, "sources": [
            { "secret": { "name": "s", "items": [{ "key": "b", "path": "deep/b", "mode": 0o600 }] } },
            { "configMap": { "name": "c", "items": [{ "key": "plain", "path": "p" }] } },
            { "secret": { "name": "none", "optional": true } },
            { "downwardAPI": { "items": [{ "path": "name", "fieldRef": { "fieldPath": "metadata.name" } }] } },
        ] } }),
    );
    let log = succeed(&cluster, pod);
    for line in [
        "644 0 999 /v/plain/script",
        "555 0 999 /v/map/script",
        // The group's bits come on top: a key of mode 0400 is 0440, and PostgreSQL takes it from root.
        "440 0 999 /v/secret/password",
        "440 0 999 /v/both/p",
        "440 0 999 /v/both/name",
        "2777 0 999 /v/plain",
        "1ran\n",
    ] {
        assert!(log.contains(line), "{line}:\n{log}");
    }
    assert!(!log.contains("/v/secret/a"), "{log}");
}

#[test]
fn a_changed_secret_is_swapped_in_whole() {
    let cluster = Cluster::new();
    cluster.secret("s", &[("a", "old"), ("b", "old")]);
    let mut pod = script("sleep infinity");
    mount(&mut pod, "/s", json!({ "secret": { "secretName": "s" } }));
    let pod = start(&cluster, pod);
    pod.wait_ready(SOON);
    let look = |what: &str| pod.exec(&["bash", "-c", what]).expect_success().to_owned();
    assert_eq!(look("readlink /s/a"), "..data/a");
    let before = look("readlink /s/..data");
    cluster.secret("s", &[("a", "new"), ("c", "new")]);
    assert_ne!(look("readlink /s/..data"), before);
    // Owner, group and mode are those of the first set.
    assert_eq!(look("stat -Lc '%a %u %g' /s/a"), "644 0 999");
    assert_eq!(
        look("cd /s && echo * && cat a c && LC_ALL=C ls -A"),
        format!("a c\nnewnew{}\n..data\na\nc", look("readlink /s/..data"))
    );
}

#[test]
fn a_changed_secret_is_seen_late_if_the_test_says_so() {
    let cluster = Cluster::new();
    cluster.secret("s", &[("a", "old")]);
    let mut pod = script("sleep infinity");
    mount(&mut pod, "/s", json!({ "secret": { "secretName": "s" } }));
    let pod = start(&cluster, pod);
    pod.wait_ready(SOON);
    cluster.hold_volume_updates();
    cluster.secret("s", &[("a", "new")]);
    assert_eq!(pod.exec(&["cat", "/s/a"]).stdout, "old");
    cluster.release_volume_updates();
    assert_eq!(pod.exec(&["cat", "/s/a"]).stdout, "new");
}

#[test]
fn nobody_writes_to_a_config_map() {
    let cluster = Cluster::new();
    cluster.config_map("c", &[("key", "x")]);
    let mut pod = script("id -u; echo y >/c/new");
    pod["spec"]["securityContext"] = json!({});
    pod["spec"]["containers"][0]["securityContext"] = json!({});
    mount(&mut pod, "/c", json!({ "configMap": { "name": "c" } }));
    let log = fail(&cluster, pod);
    assert!(
        log.starts_with("0\n") && log.contains("Read-only file system"),
        "{log}"
    );
}

#[test]
fn a_missing_object_holds_the_pod_until_it_is_there() {
    let cluster = Cluster::new();
    let mut pod = script("cat /s/key /o/key");
    mount(
        &mut pod,
        "/s",
        json!({ "secret": { "secretName": "s", "items": [{ "key": "key", "path": "key" }] } }),
    );
    mount(&mut pod, "/o", json!({ "configMap": { "name": "c" } }));
    let pod = start(&cluster, pod);
    pod.wait_for_event(
        "MountVolume.SetUp failed for volume \"s\" : secret \"s\" not found",
        SOON,
    );
    assert_eq!(pod.phase(), Phase::Pending);
    cluster.secret("s", &[("other", "")]);
    pod.wait_for_event("references non-existent secret key: key", SOON);
    cluster.secret("s", &[("key", "one")]);
    pod.wait_for_event("configmap \"c\" not found", SOON);
    cluster.config_map("c", &[("key", "two")]);
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded);
    assert_eq!(pod.log(), "onetwo");
}

#[test]
fn an_optional_secret_is_empty_until_it_comes() {
    let cluster = Cluster::new();
    let mut pod = script("echo $(ls /s); until [[ -e /s/key ]]; do sleep 0.05; done; cat /s/key");
    mount(
        &mut pod,
        "/s",
        json!({ "secret": { "secretName": "s", "optional": true } }),
    );
    let pod = start(&cluster, pod);
    pod.wait_for_log("\n", SOON);
    cluster.secret("s", &[("key", "late")]);
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded);
    assert_eq!(pod.log(), "\nlate");
}

#[test]
fn a_claim_that_nobody_applied_holds_the_pod() {
    let cluster = Cluster::new();
    let mut pod = script("true");
    mount(
        &mut pod,
        "/d",
        json!({ "persistentVolumeClaim": { "claimName": "d" } }),
    );
    let pod = start(&cluster, pod);
    pod.wait_for_event("persistentvolumeclaim \"d\" not found", SOON);
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded);
}

#[test]
fn an_empty_directory_outlives_a_container_and_no_pod() {
    let cluster = Cluster::new();
    let mut pod = script(
        "for d in /tmp /m; do [[ -e $d/seen ]] && echo seen $d; touch $d/seen; done
        stat -c '%a %g' /tmp /m; df --output=size -B1M /m | tail -1; sleep infinity",
    );
    pod["spec"]["restartPolicy"] = json!("Always");
    mount(
        &mut pod,
        "/m",
        json!({ "emptyDir": { "medium": "Memory", "sizeLimit": "16Mi" } }),
    );
    let first = start(&cluster, pod.clone());
    first.wait_for_log("16", SOON);
    assert_eq!(
        first.log().split_whitespace().collect::<Vec<_>>(),
        ["2777", "999", "3777", "999", "16"]
    );
    let full = first.exec(&["dd", "if=/dev/zero", "of=/m/big", "bs=1M", "count=17"]);
    assert!(full.stderr.contains("No space left on device"), "{full:?}");
    first.kill9();
    first.wait_for_log("seen /tmp\nseen /m", SOON);
    assert_eq!(first.restarts(), 1);
    first.delete_within(std::time::Duration::ZERO);
    let second = start(&cluster, pod);
    second.wait_for_log("16", SOON);
    assert!(!second.log().contains("seen"));
}

#[test]
fn more_than_an_empty_directory_may_hold_evicts_the_pod() {
    let cluster = Cluster::new();
    let mut pod = script("dd if=/dev/zero of=/e/big bs=1M count=3; sleep infinity");
    mount(
        &mut pod,
        "/e",
        json!({ "emptyDir": { "sizeLimit": "2Mi" } }),
    );
    let pod = start(&cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Failed);
    pod.wait_for_event("Evicted", SOON);
}

#[test]
fn the_group_is_given_to_a_claim_and_breaks_a_data_directory_unless_asked_not_to() {
    let cluster = Cluster::new();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    let mut pod =
        script("[[ -d /d/data ]] || mkdir -m 700 /d/data; stat -c '%a %u %g' /d /d/data; ls /d");
    mount(
        &mut pod,
        "/d",
        json!({ "persistentVolumeClaim": { "claimName": "d" } }),
    );
    let log = "2775 0 999\n700 999 999\ndata\nlost+found\n";
    // The setgid bit of the volume's root is inherited by directories, as on a cluster.
    let log = log.replace("700", "2700");
    assert_eq!(succeed(&cluster, pod.clone()), log);
    assert_eq!(succeed(&cluster, pod.clone()), log);
    pod["spec"]["securityContext"]["fsGroupChangePolicy"] = json!("Always");
    assert_eq!(succeed(&cluster, pod), log.replace("2700", "2770"));
}

#[test]
fn without_a_group_a_claim_belongs_to_root() {
    let cluster = Cluster::new();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    let mut pod = script("touch /d/x");
    pod["spec"]["securityContext"] = json!({ "runAsUser": 999 });
    mount(
        &mut pod,
        "/d",
        json!({ "persistentVolumeClaim": { "claimName": "d" } }),
    );
    assert!(fail(&cluster, pod).contains("Permission denied"));
}

#[test]
fn a_claim_can_be_full_and_grow_under_a_running_pod() {
    let cluster = Cluster::new();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    let claim = cluster.claim("d");
    claim.limit(4 << 20);
    let mut pod = script("sleep infinity");
    mount(
        &mut pod,
        "/d",
        json!({ "persistentVolumeClaim": { "claimName": "d" } }),
    );
    let pod = start(&cluster, pod);
    pod.wait_ready(SOON);
    let write = ["dd", "if=/dev/zero", "of=/d/big", "bs=1M", "count=6"];
    assert!(pod.exec(&write).stderr.contains("No space left on device"));
    assert_eq!(claim.free(), 0);
    claim.grow(16 << 20);
    pod.exec(&write).expect_success();
    let file = fs::metadata(claim.path("big")).unwrap();
    assert_eq!((file.len(), file.uid()), (6 << 20, 999));
    let late = panic_message(|| claim.limit(1 << 20).free());
    assert!(late.contains("is used already"), "{late}");
}

#[test]
fn a_part_of_a_volume_is_mounted_alone() {
    let cluster = Cluster::new();
    cluster.config_map("c", &[("one", "1\n"), ("two", "2\n")]);
    let mut pod = script("cat /etc/one.conf; ls /etc/postgresql 2>&1");
    mount(
        &mut pod,
        "/etc/one.conf",
        json!({ "configMap": { "name": "c" } }),
    );
    pod["spec"]["containers"][0]["volumeMounts"][1]["subPath"] = json!("one");
    let log = fail(&cluster, pod);
    assert!(log.starts_with("1\n"), "{log}");
}

#[test]
fn what_the_image_calls_a_volume_is_thrown_away_with_the_container() {
    let cluster = Cluster::new();
    let mut pod = script("ls -A $PGDATA; touch $PGDATA/precious");
    pod["spec"]["restartPolicy"] = json!("OnFailure");
    pod["spec"]["containers"][0]["command"][2] = json!(
        "ls -A $PGDATA; touch $PGDATA/precious || exit 0; [[ -e /tmp/twice ]] && exit 0; touch /tmp/twice; exit 1"
    );
    assert_eq!(succeed(&cluster, pod), "");
}

#[test]
fn a_data_directory_of_somebody_else_is_refused() {
    let cluster = Cluster::new();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    let directory = cluster.claim("d").path("pgdata");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("PG_VERSION"), "17\n").unwrap();
    fs::write(directory.join("postgresql.conf"), "").unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    for (owner, reason) in [
        (Some(26), "wrong ownership"),
        (Some(999), "invalid permissions"),
    ] {
        chown(&directory, owner, owner).unwrap();
        let mut pod = script("exec postgres -D /d/pgdata");
        mount(
            &mut pod,
            "/d",
            json!({ "persistentVolumeClaim": { "claimName": "d" } }),
        );
        pod["spec"]["securityContext"]["fsGroup"] = json!(null);
        let log = fail(&cluster, pod);
        assert!(log.contains(reason), "{log}");
    }
}
