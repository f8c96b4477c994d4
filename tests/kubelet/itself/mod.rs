//! The kubelet in small, tested: what a cluster would refuse or break must fail here too.

mod claims;
mod deployments;
mod ends;
mod environment;
mod host;
mod jobs;
mod network;
mod server;
mod sidecars;
mod strikes;
mod volumes;
mod walls;

use std::time::Duration;

use serde_json::{Value, json};

use super::{Cluster, Phase, Pod};

const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";
const SOON: Duration = Duration::from_secs(20);

/// A restricted pod `p` that runs a bash script once, with a writable /tmp.
fn script(script: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": "p", "labels": { "app": "p" }, "annotations": { "a/b": "orders-direct" } },
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "securityContext": {
                "runAsUser": 999, "runAsGroup": 999, "fsGroup": 999, "runAsNonRoot": true,
                "fsGroupChangePolicy": "OnRootMismatch",
            },
            "containers": [{
                "name": "main",
                "image": IMAGE,
                "command": ["bash", "-c", script],
                "securityContext": {
                    "readOnlyRootFilesystem": true,
                    "allowPrivilegeEscalation": false,
                    "capabilities": { "drop": ["ALL"] },
                },
                "volumeMounts": [{ "name": "tmp", "mountPath": "/tmp" }],
            }],
            "volumes": [{ "name": "tmp", "emptyDir": {} }],
        },
    })
}

/// Mounts one more volume into the pod's container.
fn mount(pod: &mut Value, path: &str, mut volume: Value) {
    let name = path.trim_matches('/').replace(['/', '.'], "-");
    volume["name"] = json!(name);
    push(&mut pod["spec"]["volumes"], volume);
    let mounts = &mut pod["spec"]["containers"][0]["volumeMounts"];
    push(mounts, json!({ "name": name, "mountPath": path }));
}

fn push(list: &mut Value, item: Value) {
    if list.is_null() {
        *list = json!([]);
    }
    list.as_array_mut().expect("a list").push(item);
}

fn start(cluster: &Cluster, pod: Value) -> Pod {
    cluster.apply(pod);
    cluster.start_pod("p")
}

/// Runs the pod to its end, which must be good, and gives its log.
#[track_caller]
fn succeed(cluster: &Cluster, pod: Value) -> String {
    let pod = start(cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded, "{}", pod.story());
    pod.log()
}

/// Runs the pod to its end, which must be bad, and gives its log.
#[track_caller]
fn fail(cluster: &Cluster, pod: Value) -> String {
    let pod = start(cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Failed, "{}", pod.story());
    pod.log()
}

/// Runs something that must fail the test, and gives its message.
#[track_caller]
fn panic_message<T>(run: impl FnOnce() -> T) -> String {
    let run = std::panic::AssertUnwindSafe(run);
    match std::panic::catch_unwind(run) {
        Ok(_) => panic!("this should have failed the test"),
        Err(message) => message
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_default(),
    }
}
