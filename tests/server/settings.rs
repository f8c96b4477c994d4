//! A change of the spec reaches the running server: by a reload where that is enough, by a new pod
//! where it is not.

use serde_json::Value;

use super::{DEBIAN_17, SOON, apply, deploy, query, spec, start};
use crate::compiled;

#[test]
fn a_setting_that_reloads_does_so_without_a_restart() {
    reloads(DEBIAN_17);
}

pub(crate) fn reloads(image: &str) {
    let before = spec(image, "postgres.settings.work_mem = '5MB'");
    let after = before.replace("5MB", "7MB");
    let cluster = deploy(&before);
    let pod = start(&cluster);
    cluster.run_job(&job_of(&before)).expect_success();
    assert_eq!(query(&pod, "show work_mem"), "5MB");
    let (process, template) = (pod.process(), template(&before));

    // The Job may run before kubelet has brought the new file into the server's pod: it waits.
    for yaml in compiled::database(&after) {
        if !yaml.contains("\n  name: orders-settings\n") {
            cluster.apply_yaml(&yaml);
        }
    }
    let job = job_of(&after);
    assert_ne!(job, job_of(&before));
    let running = cluster.start_job(&job);
    running
        .pod()
        .wait_for_log("event=settings result=waiting", SOON);
    assert_eq!(query(&pod, "show work_mem"), "5MB");
    apply(&cluster, &after);
    running.wait().expect_success();

    assert_eq!(query(&pod, "show work_mem"), "7MB");
    assert_eq!((pod.process(), pod.restarts()), (process, 0));
    assert!(pod.is_ready());
    assert_eq!(
        self::template(&after),
        template,
        "the StatefulSet would start a new pod"
    );
}

#[test]
fn a_setting_that_needs_a_restart_comes_with_a_new_pod_that_waits_for_it() {
    let before = spec(DEBIAN_17, "postgres.settings.max_connections = 60");
    let after = before.replace("60", "70");
    let [old, new] = [&before, &after].map(|spec| template(spec));
    let annotation = "underpin/restart-settings";
    let hash = |template: &Value| template["metadata"]["annotations"][annotation].clone();
    assert_ne!(hash(&old), hash(&new));
    let mut same = new.clone();
    same["metadata"]["annotations"][annotation] = hash(&old);
    assert_eq!(same, old, "nothing else of the pod changes");

    let cluster = deploy(&before);
    let pod = start(&cluster);
    assert_eq!(query(&pod, "show max_connections"), "60");
    // The StatefulSet is new; kubelet still has the old ConfigMap in its cache.
    for yaml in compiled::database(&after) {
        if yaml.contains("\nkind: StatefulSet\n") {
            cluster.apply_yaml(&yaml);
        }
    }
    pod.delete();
    let pod = cluster.start_stateful_set("orders");
    pod.wait_for_log("event=settings result=waiting", SOON);
    assert!(!pod.log().contains("event=start"), "{}", pod.story());
    apply(&cluster, &after);
    pod.wait_for_log("event=settings result=current", SOON);
    pod.wait_ready(SOON);
    assert_eq!(query(&pod, "show max_connections"), "70");
    assert_eq!(pod.restarts(), 0);
}

#[test]
fn more_storage_starts_no_new_pod() {
    for image in ["15.16-bookworm", DEBIAN_17, "18.1-trixie"] {
        let small = spec(image, "");
        let large = small.replace("1Gi", "100Gi");
        assert_eq!(template(&small), template(&large));
        let claim = |spec| object(spec, "PersistentVolumeClaim", "orders-data")["spec"].clone();
        let mut grown = claim(&small);
        grown["resources"]["requests"]["storage"] = "100Gi".into();
        assert_eq!(grown, claim(&large));
    }
}

fn template(spec: &str) -> Value {
    object(spec, "StatefulSet", "orders")["spec"]["template"].clone()
}

fn job_of(spec: &str) -> String {
    let job = object(spec, "Job", "orders-bootstrap-");
    job["metadata"]["name"].as_str().unwrap().to_owned()
}

/// The object of a kind whose name begins so.
fn object(spec: &str, kind: &str, name: &str) -> Value {
    let objects = compiled::database(spec);
    let lines = [format!("\nkind: {kind}\n"), format!("\n  name: {name}")];
    let mut matching = objects
        .iter()
        .filter(|yaml| lines.iter().all(|line| yaml.contains(line)));
    let yaml = matching.next().unwrap();
    serde_yaml::from_str(yaml).unwrap()
}
