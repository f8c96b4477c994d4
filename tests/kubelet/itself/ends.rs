//! Probes, restarts, preStop, the stop signal, grace, KILL, and what is left to read.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{SOON, script, start, succeed};
use crate::kubelet::{Cluster, Phase, Probe};

const TRAP: &str =
    "trap 'echo INT; exit 0' INT; trap 'echo TERM' TERM; echo up; while :; do sleep 0.05; done";

#[test]
fn the_images_stop_signal_stops_it() {
    let cluster = Cluster::new();
    let pod = start(&cluster, script(TRAP));
    pod.wait_for_log("up", SOON);
    let begin = Instant::now();
    pod.delete_within(Duration::from_secs(20));
    assert!(begin.elapsed() < Duration::from_secs(10));
    assert_eq!(pod.log(), "up\nINT\n");
    assert_eq!(pod.termination().unwrap().code, 0);
}

#[test]
fn what_ignores_the_signal_is_killed_after_the_grace_period() {
    let cluster = Cluster::new();
    let mut pod = script("trap '' INT; echo up; while :; do sleep 0.05; done");
    pod["spec"]["terminationGracePeriodSeconds"] = json!(1);
    let pod = start(&cluster, pod);
    pod.wait_for_log("up", SOON);
    let begin = Instant::now();
    pod.delete();
    assert!(
        begin.elapsed() >= Duration::from_secs(1),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(pod.termination().unwrap().code, 137);
}

#[test]
fn the_hook_runs_before_the_signal_and_on_its_time() {
    let cluster = Cluster::new();
    let mut pod = script(TRAP);
    pod["spec"]["containers"][0]["lifecycle"] = json!({ "preStop": { "exec": { "command": ["bash", "-c", "sleep 0.3; echo hook >/proc/1/fd/1"] } } });
    let pod = start(&cluster, pod);
    pod.wait_for_log("up", SOON);
    pod.delete_within(Duration::from_secs(20));
    assert_eq!(pod.log(), "up\nhook\nINT\n");
}

#[test]
fn a_killed_container_starts_again_as_the_policy_says() {
    let cluster = Cluster::new();
    for (policy, phase) in [
        ("Always", Phase::Running),
        ("OnFailure", Phase::Running),
        ("Never", Phase::Failed),
    ] {
        let mut pod = script("echo up; exec sleep infinity");
        pod["spec"]["restartPolicy"] = json!(policy);
        let pod = start(&cluster, pod);
        pod.wait_ready(SOON);
        pod.wait_until("sleep runs", SOON, |pod| pod.log() == "up\n");
        pod.kill9();
        if phase == Phase::Running {
            pod.wait_until("a second start", SOON, |pod| pod.log() == "up\nup\n");
            assert_eq!(pod.restarts(), 1);
        } else {
            assert_eq!(pod.wait_finished(SOON), phase);
            assert_eq!(pod.log(), "up\n");
        }
        assert_eq!(pod.termination().unwrap().code, 137);
        pod.kill_all();
    }
}

#[test]
fn init_containers_run_before_in_order() {
    let cluster = Cluster::new();
    let mut pod = script("cat /tmp/order");
    let mut init = pod["spec"]["containers"][0].clone();
    init["name"] = json!("one");
    init["command"][2] = json!("echo one >>/tmp/order");
    let mut second = init.clone();
    second["name"] = json!("two");
    second["command"][2] = json!("echo two >>/tmp/order; [[ ! -e /tmp/fail ]]");
    pod["spec"]["initContainers"] = json!([init, second]);
    assert_eq!(succeed(&cluster, pod.clone()), "one\ntwo\n");
    pod["spec"]["initContainers"][0]["command"][2] = json!("touch /tmp/fail");
    let pod = start(&cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Failed);
    assert_eq!(pod.termination_of("two").unwrap().code, 1);
    assert_eq!(pod.termination(), None);
}

#[test]
fn a_pod_is_ready_once_its_probe_says_so_and_no_longer() {
    let cluster = Cluster::new();
    let mut pod = script("sleep infinity");
    pod["spec"]["containers"][0]["readinessProbe"] = json!({ "exec": { "command": ["test", "-e", "/tmp/ready"] }, "periodSeconds": 1, "failureThreshold": 2 });
    let pod = start(&cluster, pod);
    pod.wait_for_event("readiness probe failed", SOON);
    assert!(!pod.is_ready());
    pod.exec(&["touch", "/tmp/ready"]).expect_success();
    pod.wait_ready(SOON);
    pod.exec(&["rm", "/tmp/ready"]).expect_success();
    let begin = Instant::now();
    pod.wait_until("it is not ready", SOON, |pod| !pod.is_ready());
    // One failure is not two.
    assert!(
        begin.elapsed() > Duration::from_millis(900),
        "{:?}",
        begin.elapsed()
    );
    assert_eq!(pod.restarts(), 0);
}

#[test]
fn a_probe_that_cannot_run_never_makes_a_pod_ready() {
    let cluster = Cluster::new();
    let mut pod = script("sleep infinity");
    pod["spec"]["containers"][0]["readinessProbe"] =
        json!({ "exec": { "command": ["pg_is_ready"] } });
    let pod = start(&cluster, pod);
    pod.wait_for_event("pg_is_ready", SOON);
    let output = pod.probe(Probe::Readiness);
    assert_eq!(output.code, Some(127), "{output:?}");
    assert!(!pod.is_ready());
}

#[test]
fn a_probe_sees_written_values_and_has_its_timeout() {
    let cluster = Cluster::new();
    let mut pod = script("sleep infinity");
    pod["spec"]["containers"][0]["env"] = json!([
        { "name": "A", "value": "a" },
        { "name": "B", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
    ]);
    pod["spec"]["containers"][0]["readinessProbe"] = json!({ "exec": { "command": ["bash", "-c", "echo '$(A)' '$(B)' $B; sleep 5"] }, "timeoutSeconds": 1 });
    let pod = start(&cluster, pod);
    pod.wait_running(SOON);
    let begin = Instant::now();
    let output = pod.probe(Probe::Readiness);
    assert_eq!((output.code, output.stdout.as_str()), (None, "a $(B) p\n"));
    assert!(begin.elapsed() < Duration::from_secs(4));
    assert!(
        !pod.exec(&["bash", "-c", "grep -l 5 /proc/[0-9]*/cmdline"])
            .stdout
            .contains("sleep")
    );
}

#[test]
fn a_container_that_is_not_alive_is_started_again() {
    let cluster = Cluster::new();
    let mut pod = script("echo up; trap 'exit 0' INT; while :; do sleep 0.05; done");
    pod["spec"]["restartPolicy"] = json!("Always");
    pod["spec"]["containers"][0]["startupProbe"] = json!({ "exec": { "command": ["test", "-e", "/tmp/started"] }, "periodSeconds": 1, "failureThreshold": 100 });
    pod["spec"]["containers"][0]["livenessProbe"] = json!({ "exec": { "command": ["test", "!", "-e", "/tmp/stuck"] }, "periodSeconds": 1, "failureThreshold": 2 });
    let pod = start(&cluster, pod);
    pod.wait_for_log("up", SOON);
    pod.exec(&["touch", "/tmp/stuck"]).expect_success();
    // Liveness has nothing to say before the start is over.
    std::thread::sleep(Duration::from_millis(2500));
    assert_eq!(pod.restarts(), 0);
    assert!(!pod.is_ready());
    pod.exec(&["touch", "/tmp/started"]).expect_success();
    pod.wait_for_restarts(1, SOON);
    pod.wait_for_event(
        "Container main failed liveness probe, will be restarted",
        SOON,
    );
}

#[test]
fn a_container_that_does_not_start_in_time_is_started_again() {
    let cluster = Cluster::new();
    let mut pod = script("echo up; trap 'exit 0' INT; while :; do sleep 0.05; done");
    pod["spec"]["restartPolicy"] = json!("Always");
    pod["spec"]["containers"][0]["startupProbe"] =
        json!({ "exec": { "command": ["false"] }, "periodSeconds": 1, "failureThreshold": 2 });
    let pod = start(&cluster, pod);
    pod.wait_for_event(
        "Container main failed startup probe, will be restarted",
        SOON,
    );
    pod.wait_for_restarts(1, SOON);
}

#[test]
fn the_last_words_are_the_message_or_the_end_of_the_log() {
    let cluster = Cluster::new();
    let message = |script_text: &str, policy: &str| {
        let mut pod = script(script_text);
        pod["spec"]["containers"][0]["terminationMessagePolicy"] = json!(policy);
        let pod = start(&cluster, pod);
        pod.wait_finished(SOON);
        pod.termination().unwrap().message
    };
    let said = "echo log; echo advice >/dev/termination-log; exit 3";
    assert_eq!(message(said, "FallbackToLogsOnError"), "advice\n");
    assert_eq!(
        message("echo log; exit 1", "FallbackToLogsOnError"),
        "log\n"
    );
    assert_eq!(message("echo log; exit 1", "File"), "");
    assert_eq!(message("echo log", "FallbackToLogsOnError"), "");
    assert_eq!(
        message("seq 200; exit 1", "FallbackToLogsOnError")
            .lines()
            .next(),
        Some("121")
    );
}

#[test]
fn a_pod_ends_at_its_deadline() {
    let cluster = Cluster::new();
    let mut pod = script("sleep infinity");
    pod["spec"]["activeDeadlineSeconds"] = json!(1);
    pod["spec"]["terminationGracePeriodSeconds"] = json!(0);
    let pod = start(&cluster, pod);
    assert_eq!(pod.wait_finished(SOON), Phase::Failed);
    pod.wait_for_event("DeadlineExceeded", SOON);
}
