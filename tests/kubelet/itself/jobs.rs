//! Retries, exit codes that end a Job, deadlines, and Jobs made from `CronJobs`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{SOON, panic_message, script};
use crate::kubelet::{Cluster, Phase};

/// A Job whose pod counts its tries on a claim.
fn job(cluster: &Cluster, text: &str) -> Value {
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: tries}}");
    let mut pod = script(&format!(
        "echo >>/tries/count; try=$(wc -l </tries/count); {text}"
    ));
    super::mount(
        &mut pod,
        "/tries",
        json!({ "persistentVolumeClaim": { "claimName": "tries" } }),
    );
    json!({
        "kind": "Job",
        "metadata": { "name": "j" },
        "spec": { "backoffLimit": 2, "template": { "spec": pod["spec"] } },
    })
}

#[test]
fn a_failed_pod_is_followed_by_another_up_to_the_limit() {
    let cluster = Cluster::new();
    cluster.apply(job(
        &cluster,
        "echo try $try >/dev/termination-log; exit $((try < 3))",
    ));
    let result = cluster.run_job("j");
    result.expect_success();
    assert_eq!(
        (result.pods.len(), result.code(), result.message().as_str()),
        (3, Some(0), "try 3\n")
    );

    cluster.apply(job(&cluster, "echo try $try; exit 1"));
    let result = cluster.run_job("j");
    assert_eq!(
        (result.succeeded, result.reason),
        (false, "BackoffLimitExceeded")
    );
    assert_eq!(
        (result.pods.len(), result.code(), result.log().as_str()),
        (3, Some(1), "try 6\n")
    );
    let names: Vec<&str> = result.pods.iter().map(super::Pod::name).collect();
    assert_eq!(names, ["j-00000", "j-00001", "j-00002"]);
}

#[test]
fn an_exit_code_ends_the_job_at_once() {
    let cluster = Cluster::new();
    let mut object = job(&cluster, "exit 3");
    object["spec"]["podFailurePolicy"] = json!({ "rules": [
        { "action": "FailJob", "onExitCodes": { "containerName": "main", "operator": "In", "values": [3] } },
    ] });
    cluster.apply(object.clone());
    let result = cluster.run_job("j");
    assert_eq!((result.reason, result.pods.len()), ("PodFailurePolicy", 1));
    object["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] = json!([4]);
    cluster.apply(object);
    assert_eq!(cluster.run_job("j").reason, "BackoffLimitExceeded");
}

#[test]
fn a_drained_pod_does_not_count() {
    let cluster = Cluster::new();
    let mut object = job(
        &cluster,
        "echo try $try; ((try == 1)) && sleep infinity; true",
    );
    object["spec"]["backoffLimit"] = json!(0);
    object["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(0);
    object["spec"]["podFailurePolicy"] = json!({ "rules": [
        { "action": "Ignore", "onPodConditions": [{ "type": "DisruptionTarget" }] },
    ] });
    cluster.apply(object);
    let running = cluster.start_job("j");
    running.pod().wait_for_log("try 1", SOON);
    running.pod().disrupt();
    let result = running.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 2);
}

#[test]
fn a_job_ends_at_its_deadline() {
    let cluster = Cluster::new();
    let mut object = job(
        &cluster,
        "trap 'echo end; exit 1' INT; while :; do sleep 0.05; done",
    );
    object["spec"]["activeDeadlineSeconds"] = json!(1);
    cluster.apply(object);
    let begin = Instant::now();
    let result = cluster.run_job("j");
    assert_eq!(
        (result.reason, result.pods.len(), result.log().as_str()),
        ("DeadlineExceeded", 1, "end\n")
    );
    assert!(begin.elapsed() > Duration::from_secs(1));
}

#[test]
fn on_failure_the_same_pod_tries_again() {
    let cluster = Cluster::new();
    let mut object = job(&cluster, "touch /tmp/$try; ls /tmp; exit $((try < 3))");
    object["spec"]["template"]["spec"]["restartPolicy"] = json!("OnFailure");
    cluster.apply(object);
    let result = cluster.run_job("j");
    result.expect_success();
    assert_eq!((result.pods.len(), result.pods[0].restarts()), (1, 2));
    assert!(result.log().ends_with("1\n2\n3\n"));
}

#[test]
fn a_cron_job_runs_when_somebody_makes_a_job_of_it() {
    let cluster = Cluster::new();
    let template = job(&cluster, "echo $WHO");
    let mut spec = template["spec"].clone();
    spec["template"]["spec"]["containers"][0]["env"] =
        json!([{ "name": "WHO", "value": "default" }]);
    cluster.apply(json!({
        "kind": "CronJob",
        "metadata": { "name": "c" },
        "spec": { "schedule": "0 0 31 2 *", "suspend": true, "jobTemplate": { "spec": spec } },
    }));
    cluster.create_job_from_cron_job("c-1", "c");
    assert_eq!(cluster.run_job("c-1").expect_success().log(), "default\n");
    cluster.create_job_from_cron_job("c-2", "c");
    cluster.edit("Job", "c-2", |job| {
        job["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = json!("somebody");
    });
    assert_eq!(cluster.run_job("c-2").expect_success().log(), "somebody\n");
}

#[test]
fn a_cron_job_runs_with_other_values_as_the_runbook_has_it() {
    let cluster = Cluster::new();
    let template = job(
        &cluster,
        "printf '%s|' \"$WHO\" \"$POD\" \"$NEW\" \"$KEPT\"",
    );
    let mut spec = template["spec"].clone();
    spec["template"]["metadata"] = json!({ "annotations": { "a/b": "orders-direct" } });
    spec["template"]["spec"]["containers"][0]["env"] = json!([
        { "name": "WHO", "value": "default" },
        { "name": "POD", "valueFrom": { "fieldRef": { "fieldPath": "metadata.annotations['a/b']" } } },
        { "name": "KEPT", "value": "$(WHO) 012" },
    ]);
    spec["podFailurePolicy"] = json!({ "rules": [
        { "action": "FailJob", "onExitCodes": { "operator": "In", "values": [3] } },
    ] });
    cluster.apply(json!({
        "kind": "CronJob",
        "metadata": { "name": "c" },
        "spec": { "schedule": "0 0 31 2 *", "suspend": true, "jobTemplate": { "spec": spec } },
    }));
    let hostile = "it's \"$(id)\" a=b\nline: [x]";
    cluster.create_job_from_cron_job_with("c-1", "c", &[("WHO", hostile), ("NEW", "")]);
    assert_eq!(
        cluster.run_job("c-1").expect_success().log(),
        format!("{hostile}|orders-direct||{hostile} 012|")
    );
    // The values of one Job are not those of the next.
    cluster.create_job_from_cron_job_with("c-2", "c", &[]);
    assert_eq!(
        cluster.run_job("c-2").expect_success().log(),
        "default|orders-direct||default 012|"
    );
}

#[test]
fn what_the_api_server_refuses_does_not_run() {
    let cluster = Cluster::new();
    for (field, value, reason) in [
        ("suspend", json!(true), "is suspended"),
        ("parallelism", json!(2), "Jobs of one pod"),
    ] {
        let mut object = job(&cluster, "true");
        object["spec"][field] = value;
        cluster.apply(object);
        let message = panic_message(|| cluster.run_job("j"));
        assert!(message.contains(reason), "{message}");
    }
    let mut object = job(&cluster, "true");
    object["spec"]["template"]["spec"]["restartPolicy"] = json!("Always");
    cluster.apply(object);
    assert!(panic_message(|| cluster.run_job("j")).contains("restartPolicy"));
}

#[test]
fn a_job_that_hangs_can_be_killed() {
    let cluster = Cluster::new();
    let mut object = job(
        &cluster,
        "echo try $try; ((try == 1)) && sleep infinity; true",
    );
    object["spec"]["backoffLimit"] = json!(1);
    cluster.apply(object);
    let running = cluster.start_job("j");
    let first = running.pod();
    first.wait_for_log("try 1", SOON);
    first.kill9();
    let result = running.wait();
    result.expect_success();
    assert_eq!(
        (first.phase(), first.termination().unwrap().code),
        (Phase::Failed, 137)
    );
}
