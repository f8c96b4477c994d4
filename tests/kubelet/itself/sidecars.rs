//! Init containers that stay: when they start and end, what they share and what not.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SOON, fail, panic_message, push, script, start, succeed};
use crate::kubelet::{Cluster, Phase};

/// A pod whose container runs one script, and a sidecar `beside` that runs another.
fn pair(main: &str, beside: &str) -> Value {
    let mut pod = script(main);
    let mut sidecar = pod["spec"]["containers"][0].clone();
    sidecar["name"] = json!("beside");
    sidecar["command"][2] = json!(beside);
    sidecar["restartPolicy"] = json!("Always");
    pod["spec"]["initContainers"] = json!([sidecar]);
    pod["spec"]["terminationGracePeriodSeconds"] = json!(5);
    pod
}

fn one_more(pod: &mut Value, name: &str, script: &str, sidecar: bool) {
    let mut container = pod["spec"]["containers"][0].clone();
    container["name"] = json!(name);
    container["command"][2] = json!(script);
    if sidecar {
        container["restartPolicy"] = json!("Always");
    }
    push(&mut pod["spec"]["initContainers"], container);
}

/// Says `NAME` when it is asked to end, and ends.
fn says(name: &str) -> String {
    format!(
        "trap 'echo {name} >>/tmp/ends; exit 0' INT TERM; touch /tmp/{name}; while :; do sleep 0.02; done"
    )
}

#[test]
fn it_runs_beside_and_ends_after_the_main_container() {
    let cluster = Cluster::new();
    let main = "until [[ -e /tmp/beside ]]; do sleep 0.02; done; sleep 0.2; echo main >>/tmp/ends";
    let pod = start(&cluster, pair(main, &says("beside")));
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded, "{}", pod.story());
    let ends = std::fs::read_to_string(pod.volume("tmp").join("ends")).unwrap();
    assert_eq!(ends, "main\nbeside\n");
    assert_eq!(pod.termination_of("beside").unwrap().code, 0);
    assert_eq!(pod.container("beside").restarts(), 0);
}

#[test]
fn it_does_not_decide_how_the_pod_ends() {
    let cluster = Cluster::new();
    // Killed once its grace is over: the pod has succeeded all the same.
    let deaf = "trap '' INT TERM; touch /tmp/deaf; while :; do sleep 0.02; done";
    let main = "until [[ -e /tmp/deaf ]]; do sleep 0.02; done";
    let mut pod = pair(main, deaf);
    pod["spec"]["terminationGracePeriodSeconds"] = json!(1);
    succeed(&cluster, pod.clone());
    pod["spec"]["containers"][0]["command"][2] = json!(format!("{main}; exit 4"));
    let pod = start(&cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Failed);
    assert_eq!(pod.termination().unwrap().code, 4);
    assert_eq!(pod.termination_of("beside").unwrap().code, 137);
}

#[test]
fn it_is_restarted_each_time_it_ends() {
    let cluster = Cluster::new();
    let main = "until [[ $(wc -l </tmp/starts) -ge 3 ]]; do sleep 0.02; done 2>/dev/null";
    let pod = pair(main, "echo up; echo >>/tmp/starts; exit 7");
    let pod = start(&cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Succeeded, "{}", pod.story());
    assert!(pod.log_of("beside").starts_with("up\nup\nup\n"));
    assert!(pod.container("beside").restarts() >= 2);
    assert_eq!(pod.restarts(), 0);
}

#[test]
fn the_next_container_starts_once_it_has_started() {
    let cluster = Cluster::new();
    let mut pod = pair(
        "cat /tmp/order",
        "sleep 0.5; echo beside >>/tmp/order; touch /tmp/started; exec sleep infinity",
    );
    pod["spec"]["terminationGracePeriodSeconds"] = json!(1);
    pod["spec"]["initContainers"][0]["startupProbe"] =
        json!({ "exec": { "command": ["test", "-e", "/tmp/started"] }, "periodSeconds": 1 });
    one_more(&mut pod, "init", "echo init >>/tmp/order", false);
    assert_eq!(succeed(&cluster, pod), "beside\ninit\n");
}

#[test]
fn sidecars_end_in_reverse_order_when_the_pod_is_deleted() {
    let cluster = Cluster::new();
    let mut pod = pair(&says("main"), &says("one"));
    one_more(&mut pod, "two", &says("two"), true);
    let pod = start(&cluster, pod);
    for name in ["one", "two", "main"] {
        pod.wait_until(name, SOON, |pod| pod.volume("tmp").join(name).exists());
    }
    let ends = pod.volume("tmp").join("ends");
    pod.shared
        .ask_to_stop(crate::kubelet::pod::Stop::Gracefully(Duration::from_secs(
            20,
        )));
    pod.wait_finished(SOON);
    assert_eq!(std::fs::read_to_string(ends).unwrap(), "main\ntwo\none\n");
}

#[test]
fn a_failed_init_container_ends_it_too() {
    let cluster = Cluster::new();
    let mut pod = pair("echo never", &says("beside"));
    one_more(
        &mut pod,
        "init",
        "until [[ -e /tmp/beside ]]; do sleep 0.02; done; exit 1",
        false,
    );
    assert_eq!(fail(&cluster, pod), "");
}

#[test]
fn it_shares_network_and_volumes_and_no_processes() {
    let cluster = Cluster::new();
    let beside =
        "echo /proc/[0-9]*; hostname >/tmp/name; touch /tmp/up; exec -a besides sleep infinity";
    let main = "until [[ -e /tmp/up ]]; do sleep 0.02; done; cat /tmp/name; cat /proc/[0-9]*/comm; sleep infinity";
    let mut pod = pair(main, beside);
    pod["spec"]["initContainers"][0]["env"] = json!([{ "name": "OWN", "value": "secret" }]);
    pod["spec"]["terminationGracePeriodSeconds"] = json!(1);
    let pod = start(&cluster, pod);
    pod.wait_for_log("bash", SOON);
    let beside = pod.container("beside");
    assert_eq!(beside.log(), "/proc/1\n");
    assert!(pod.log().starts_with("p\n"), "{}", pod.log());
    assert!(!pod.log().contains("besides"), "{}", pod.log());
    assert_eq!(beside.exec(&["bash", "-c", "echo $OWN"]).stdout, "secret\n");
    assert_eq!(pod.exec(&["bash", "-c", "echo $OWN"]).stdout, "\n");
    // One network: the same interfaces, the same address.
    let network = |pod: &crate::kubelet::Pod| pod.exec(&["readlink", "/proc/1/ns/net"]).stdout;
    assert_eq!(network(&pod), network(&beside));
    assert_ne!(pod.process(), beside.process());
    beside.kill9();
    beside.wait_for_restarts(1, SOON);
    assert_eq!(pod.phase(), Phase::Running);
}

#[test]
fn what_the_api_server_refuses_is_refused() {
    let cluster = Cluster::new();
    let mut pod = pair("true", "true");
    pod["spec"]["initContainers"][0]["restartPolicy"] = json!("OnFailure");
    let message = panic_message(|| start(&cluster, pod.clone()));
    assert!(message.contains("restartPolicy is Always"), "{message}");
    pod["spec"]["initContainers"] = json!([]);
    pod["spec"]["containers"][0]["restartPolicy"] = json!("Always");
    let message = panic_message(|| start(&cluster, pod));
    assert!(message.contains("a main container has no"), "{message}");
    let mut pod = script("true");
    one_more(&mut pod, "init", "true", false);
    pod["spec"]["initContainers"][0]["startupProbe"] = json!({ "exec": { "command": ["true"] } });
    let message = panic_message(|| start(&cluster, pod));
    assert!(message.contains("has no startupProbe"), "{message}");
}
