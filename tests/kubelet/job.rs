//! Jobs: one pod after another until one succeeds, or until the Job has failed.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::cluster::Shared;
use super::host;
use super::objects::{list, text};
use super::pod::{Phase, Pod};

/// A test does not wait for longer: a Job of its own deadline says so before.
const LONGEST: Duration = Duration::from_mins(5);

/// How a Job ended.
#[derive(Clone, Debug)]
pub(crate) struct JobResult {
    pub(crate) succeeded: bool,
    /// Of the Job's last condition: `Complete`, `BackoffLimitExceeded`, `PodFailurePolicy`, `DeadlineExceeded`.
    pub(crate) reason: &'static str,
    /// In the order in which they ran.
    pub(crate) pods: Vec<Pod>,
}

impl JobResult {
    /// The last pod's exit code.
    pub(crate) fn code(&self) -> Option<i32> {
        self.last().termination().map(|end| end.code)
    }

    /// The last pod's termination message.
    pub(crate) fn message(&self) -> String {
        self.last()
            .termination()
            .map(|end| end.message)
            .unwrap_or_default()
    }

    /// The last pod's log.
    pub(crate) fn log(&self) -> String {
        self.last().log()
    }

    #[track_caller]
    pub(crate) fn expect_success(&self) -> &JobResult {
        assert!(
            self.succeeded,
            "the Job ended with {}\n{}",
            self.reason,
            self.last().story()
        );
        self
    }

    fn last(&self) -> &Pod {
        self.pods.last().expect("a Job starts a pod")
    }
}

/// A Job whose pods run while the test does something else.
#[derive(Debug)]
pub(crate) struct RunningJob {
    pods: Arc<Mutex<Vec<Pod>>>,
    thread: JoinHandle<JobResult>,
}

impl RunningJob {
    /// The pod that runs now, or ran last.
    pub(crate) fn pod(&self) -> Pod {
        self.pods
            .lock()
            .expect("no panic inside")
            .last()
            .expect("started")
            .clone()
    }

    #[track_caller]
    pub(crate) fn wait(self) -> JobResult {
        self.wait_within(LONGEST)
    }

    #[track_caller]
    pub(crate) fn wait_within(self, time: Duration) -> JobResult {
        let deadline = Instant::now() + time;
        while !self.thread.is_finished() {
            let story = || self.pod().story();
            assert!(
                Instant::now() < deadline,
                "the Job has not ended in {time:?}\n{}",
                story()
            );
            thread::sleep(Duration::from_millis(10));
        }
        self.thread.join().expect("the Job's thread does not panic")
    }
}

#[track_caller]
pub(crate) fn start(cluster: &Arc<Shared>, mut job: Value) -> RunningJob {
    // Of this Job; one of the same name that is made later has another.
    job["metadata"]["uid"] = json!(host::unique());
    let spec = &job["spec"];
    let name = text(&job, "/metadata/name");
    for field in ["completions", "parallelism"] {
        let number = spec[field].as_u64().unwrap_or(1);
        assert!(
            number == 1,
            "the kubelet in small runs Jobs of one pod: {field}: {number}"
        );
    }
    assert!(
        spec["suspend"] != Value::Bool(true),
        "the Job {name} is suspended: nothing would run"
    );
    let policy = text(spec, "/template/spec/restartPolicy");
    assert!(
        policy == "Never" || policy == "OnFailure",
        "the API server refuses the Job {name}: its restartPolicy is `{policy}`"
    );
    assert!(
        policy == "Never" || spec["podFailurePolicy"].is_null(),
        "the API server refuses the Job {name}: a podFailurePolicy needs restartPolicy Never"
    );
    let first = start_pod(cluster, &job, 0);
    let pods = Arc::new(Mutex::new(vec![first]));
    let thread = {
        let (cluster, pods) = (Arc::clone(cluster), Arc::clone(&pods));
        thread::spawn(move || control(&cluster, &job, &pods))
    };
    RunningJob { pods, thread }
}

fn start_pod(cluster: &Arc<Shared>, job: &Value, number: usize) -> Pod {
    let name = text(job, "/metadata/name");
    let mut template = job["spec"]["template"].clone();
    template["metadata"]["labels"]["job-name"] = json!(name);
    template["metadata"]["labels"]["batch.kubernetes.io/job-name"] = json!(name);
    template["metadata"]["labels"]["batch.kubernetes.io/controller-uid"] =
        job["metadata"]["uid"].clone();
    let namespace = match text(job, "/metadata/namespace") {
        "" => "default",
        namespace => namespace,
    };
    cluster.start_pod(&format!("{name}-{number:05}"), &template, "", namespace)
}

/// The Job's controller.
fn control(cluster: &Arc<Shared>, job: &Value, pods: &Mutex<Vec<Pod>>) -> JobResult {
    let begin = Instant::now();
    let deadline = job["spec"]["activeDeadlineSeconds"]
        .as_u64()
        .map(Duration::from_secs);
    let limit = job["spec"]["backoffLimit"].as_u64().unwrap_or(6);
    let all = || pods.lock().expect("no panic inside").clone();
    let end = |succeeded, reason| JobResult {
        succeeded,
        reason,
        pods: all(),
    };
    let mut failures = 0;
    loop {
        let pod = all().pop().expect("one was started");
        loop {
            if pod.shared.has_finished() {
                break;
            }
            if deadline.is_some_and(|deadline| begin.elapsed() > deadline) {
                pod.shared
                    .ask_to_stop(super::pod::Stop::Gracefully(pod.shared.grace_period()));
                pod.wait_finished(pod.shared.grace_period() + Duration::from_secs(30));
                return end(false, "DeadlineExceeded");
            }
            if u64::from(pod.restarts()) > limit {
                pod.shared.ask_to_stop(super::pod::Stop::AtOnce);
                pod.wait_finished(Duration::from_secs(30));
                return end(false, "BackoffLimitExceeded");
            }
            thread::sleep(Duration::from_millis(5));
        }
        if pod.phase() == Phase::Succeeded {
            return end(true, "Complete");
        }
        if cluster.is_closed() {
            return end(false, "the cluster has ended");
        }
        match rule(job, &pod) {
            "FailJob" => return end(false, "PodFailurePolicy"),
            "Ignore" => {}
            _ => failures += 1,
        }
        if failures > limit {
            return end(false, "BackoffLimitExceeded");
        }
        let next = start_pod(cluster, job, all().len());
        pods.lock().expect("no panic inside").push(next);
    }
}

/// The action of the first rule that matches a failed pod.
fn rule<'a>(job: &'a Value, pod: &Pod) -> &'a str {
    for rule in list(&job["spec"]["podFailurePolicy"]["rules"]) {
        let codes = &rule["onExitCodes"];
        let by_code = !codes.is_null()
            && list(&pod.shared.facts.spec["containers"]).any(|container| {
                let name = text(container, "/name");
                let wanted = text(codes, "/containerName");
                let code = pod.termination_of(name).map_or(0, |end| end.code);
                let listed =
                    list(&codes["values"]).any(|value| value.as_i64() == Some(i64::from(code)));
                (wanted.is_empty() || wanted == name)
                    && code != 0
                    && listed == (text(codes, "/operator") == "In")
            });
        let by_condition = list(&rule["onPodConditions"])
            .any(|condition| text(condition, "/type") == "DisruptionTarget" && pod.was_disrupted());
        if by_code || by_condition {
            return text(rule, "/action");
        }
    }
    "Count"
}
