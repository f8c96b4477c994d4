//! Deployments: several pods behind one Service, stopped one by one; and the image that they have.

use std::thread;

use serde_json::{Value, json};

use super::{SOON, panic_message, script};
use crate::kubelet::Cluster;

const SERVICE: &str = "
{kind: Service, metadata: {name: p}, spec: {selector: {app: p}, ports: [{port: 5432}]}}
";

/// Two pods of PgBouncer's image that sleep until a hook has let them go.
fn deployment() -> Value {
    let mut pod = script("");
    pod["metadata"]["name"] = Value::Null;
    let spec = &mut pod["spec"];
    spec["restartPolicy"] = json!("Always");
    spec["containers"][0]["image"] = json!("docker.io/edoburu/pgbouncer:v1.25.2-p0");
    spec["containers"][0]["command"] =
        json!(["sh", "-c", "trap 'exit 7' INT; while :; do sleep 0.1; done"]);
    spec["containers"][0]["lifecycle"] = json!({ "preStop": { "exec": { "command": ["sh", "-c", "sleep 2; kill -INT 1; sleep 60"] } } });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "p" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "p" } },
            "template": { "metadata": { "labels": { "app": "p" } }, "spec": spec },
        },
    })
}

#[test]
fn a_pod_that_is_stopped_takes_no_new_connections() {
    let cluster = Cluster::new();
    cluster.apply_yaml(SERVICE);
    cluster.apply(deployment());
    let pods = cluster.start_deployment("p");
    for pod in &pods {
        pod.wait_ready(SOON);
        assert!(pod.name().starts_with("p-"), "{}", pod.name());
    }
    assert_ne!(pods[0].name(), pods[1].name());
    let both = [pods[0].address(), pods[1].address()];
    assert_eq!(cluster.endpoints("p"), both);
    let stopped = pods[0].clone();
    let stop = thread::spawn(move || stopped.delete());
    pods[0].wait_until("it is left out", SOON, |_| {
        cluster.endpoints("p") == [both[1]]
    });
    // Its end is the hook's doing, and does not wait for the hook's.
    stop.join().expect("no panic inside");
    assert_eq!(pods[0].termination().expect("it has ended").code, 7);
    let third = cluster.start_deployment_pod("p");
    third.wait_ready(SOON);
    assert_eq!(cluster.endpoints("p"), [both[1], third.address()]);
}

#[test]
fn a_selector_that_does_not_match_is_refused() {
    let cluster = Cluster::new();
    let mut wrong = deployment();
    wrong["spec"]["selector"]["matchLabels"]["app"] = json!("q");
    cluster.apply(wrong);
    let message = panic_message(|| cluster.start_deployment("p"));
    assert!(message.contains("does not match"), "{message}");
}

#[test]
fn its_image_has_a_pgbouncer_and_no_bash() {
    let cluster = Cluster::new();
    cluster.apply(deployment());
    let pod = cluster.start_deployment_pod("p");
    pod.wait_ready(SOON);
    let version = pod.exec(&["/usr/bin/pgbouncer", "--version"]);
    assert!(version.expect_success().starts_with("PgBouncer 1."));
    assert!(!pod.exec(&["sh", "-c", "type bash psql"]).success());
}
