//! A cluster of one node: its objects, its pods, its Services.

mod shared;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kubelet::claim::{Claim, Claims};
use crate::kubelet::facts;
use crate::kubelet::fields;
use crate::kubelet::host;
use crate::kubelet::image;
use crate::kubelet::job::{self, JobResult, RunningJob};
use crate::kubelet::network::Network;
use crate::kubelet::objects::{self, Objects, object_namespace, text};
use crate::kubelet::pod::Pod;
use crate::kubelet::process;
use crate::kubelet::services::{self, Services};
use crate::tools;

/// A cluster of its own; its pods, networks and files end with it.
#[derive(Debug)]
pub(crate) struct Cluster {
    shared: Arc<Shared>,
}

/// What the cluster's pods share.
#[derive(Debug)]
pub(crate) struct Shared {
    directory: PathBuf,
    pub(crate) claims: Claims,
    pub(crate) network: Network,
    objects: Mutex<Objects>,
    pods: Mutex<Vec<Pod>>,
    services: Mutex<Services>,
    versions: Mutex<BTreeMap<u32, String>>,
    /// How far containers' clocks are off, as libfaketime says it.
    clock: Mutex<String>,
    closed: AtomicBool,
    /// Mounted objects do not follow what is applied.
    late: AtomicBool,
}

impl Cluster {
    pub(crate) fn new() -> Cluster {
        let name = host::unique();
        let directory = host::state().join(&name);
        fs::create_dir_all(&directory).expect("our directory");
        Cluster {
            shared: Arc::new(Shared {
                claims: Claims::new(&directory),
                network: Network::new(&name),
                directory,
                objects: Mutex::default(),
                pods: Mutex::default(),
                services: Mutex::default(),
                versions: Mutex::default(),
                clock: Mutex::default(),
                closed: AtomicBool::new(false),
                late: AtomicBool::new(false),
            }),
        }
    }

    /// `kubectl apply -f`, of every YAML file below a directory.
    #[track_caller]
    pub(crate) fn apply_directory(&self, directory: &Path) {
        for object in objects::read_directory(directory) {
            self.apply(object);
        }
    }

    /// `kubectl apply -f -`.
    #[track_caller]
    pub(crate) fn apply_yaml(&self, yaml: &str) {
        for object in objects::parse(yaml) {
            self.apply(object);
        }
    }

    /// Takes one object; fails the test on a field that the kubelet in small does not know.
    #[track_caller]
    pub(crate) fn apply(&self, object: Value) {
        let unknown = fields::unknown(&object);
        assert!(
            unknown.is_empty(),
            "the kubelet in small does not know these fields of {} {}: {}",
            text(&object, "/kind"),
            text(&object, "/metadata/name"),
            unknown.join(", ")
        );
        let is_mounted = matches!(text(&object, "/kind"), "ConfigMap" | "Secret");
        self.shared.lock_objects().put(object);
        if is_mounted && !self.shared.late.load(Ordering::SeqCst) {
            self.shared.refresh_volumes();
        }
        self.shared.update_services();
    }

    /// Changes an object that was applied.
    #[track_caller]
    pub(crate) fn edit(&self, kind: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let mut object = self.shared.object(kind, name);
        change(&mut object);
        self.apply(object);
    }

    /// `kubectl delete`, of an object that runs nothing.
    pub(crate) fn remove(&self, kind: &str, name: &str) {
        self.shared.lock_objects().remove(kind, name);
    }

    /// Makes or replaces a Secret; pods that mount it see it at once.
    #[track_caller]
    pub(crate) fn secret(&self, name: &str, values: &[(&str, &str)]) {
        let values: BTreeMap<&str, &str> = values.iter().copied().collect();
        self.apply(json!({
            "kind": "Secret", "metadata": { "name": name }, "stringData": values,
        }));
    }

    /// Makes or replaces a `ConfigMap`; pods that mount it see it at once.
    #[track_caller]
    pub(crate) fn config_map(&self, name: &str, values: &[(&str, &str)]) {
        let values: BTreeMap<&str, &str> = values.iter().copied().collect();
        self.apply(json!({
            "kind": "ConfigMap", "metadata": { "name": name }, "data": values,
        }));
    }

    /// Lets mounted objects stay as they are: on a cluster they follow a minute later.
    pub(crate) fn hold_volume_updates(&self) {
        self.shared.late.store(true, Ordering::SeqCst);
    }

    /// Lets them follow, now and from now on.
    pub(crate) fn release_volume_updates(&self) {
        self.shared.late.store(false, Ordering::SeqCst);
        self.shared.refresh_volumes();
    }

    /// The volume behind a claim.
    pub(crate) fn claim(&self, name: &str) -> Claim {
        Claim {
            directory: self.shared.claims.directory(name),
        }
    }

    /// Takes another version of `target/tools/postgresql` for images of a major, from the next start.
    pub(crate) fn use_postgresql(&self, major: u32, version: &str) {
        let mut versions = self.shared.versions.lock().expect("no panic inside");
        versions.insert(major, version.to_owned());
    }

    /// Adds an extension to what images of a major bring, from the next start: a directory of its own,
    /// so that other tests do not see it.
    pub(crate) fn add_extension(&self, major: u32, name: &str, control: &str, script: &str) {
        let copy = self.shared.directory.join(format!("postgresql-{major}"));
        if !copy.exists() {
            let from = image::local(major, &BTreeMap::new()).expect("a major of the tests");
            let paths = [from.to_string_lossy(), copy.to_string_lossy()];
            host::run("cp", &["-a", &paths[0], &paths[1]]);
            self.use_postgresql(major, &copy.to_string_lossy());
        }
        let directory = copy.join("share/extension");
        let version = "1.0";
        let control = format!("default_version = '{version}'\n{control}\n");
        fs::write(directory.join(format!("{name}.control")), control).expect("our directory");
        let file = directory.join(format!("{name}--{version}.sql"));
        fs::write(file, script).expect("our directory");
    }

    /// Lets the images that bring certificates of authorities bring these, from the next start of a
    /// container. Before that such an image lacks the file.
    pub(crate) fn trust(&self, certificates: &str) {
        fs::write(self.shared.authorities(), certificates).expect("our directory");
    }

    /// Sets the wall clock of containers that start from now on: `-1d`, `+90m`, empty for the true
    /// time. What measures time that passes is not touched.
    pub(crate) fn shift_clock(&self, by: &str) {
        by.clone_into(&mut self.shared.clock.lock().expect("no panic inside"));
    }

    /// Starts the pod of a `StatefulSet` with one replica: again after its deletion, or beside one
    /// that was deleted by force.
    #[track_caller]
    pub(crate) fn start_stateful_set(&self, name: &str) -> Pod {
        let object = self.shared.object("StatefulSet", name);
        let spec = &object["spec"];
        let replicas = spec["replicas"].as_u64().unwrap_or(1);
        assert!(
            replicas == 1,
            "the kubelet in small runs one replica: {replicas}"
        );
        let mut template = selected_template(name, spec);
        let pod_name = format!("{name}-0");
        template["metadata"]["labels"]["statefulset.kubernetes.io/pod-name"] = json!(pod_name);
        template["metadata"]["labels"]["apps.kubernetes.io/pod-index"] = json!("0");
        self.shared.start_pod(
            &pod_name,
            &template,
            text(spec, "/serviceName"),
            object_namespace(&object),
        )
    }

    /// Starts a `Deployment`: as many pods as it has replicas.
    #[track_caller]
    pub(crate) fn start_deployment(&self, name: &str) -> Vec<Pod> {
        let object = self.shared.object("Deployment", name);
        let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
        (0..replicas)
            .map(|_| self.start_deployment_pod(name))
            .collect()
    }

    /// Starts one more pod of a `Deployment`, as it is now: a test does what its controller would.
    #[track_caller]
    pub(crate) fn start_deployment_pod(&self, name: &str) -> Pod {
        let object = self.shared.object("Deployment", name);
        let spec = &object["spec"];
        let mut template = selected_template(name, spec);
        let text = template.to_string();
        let revision = text.bytes().fold(5381_u32, |hash, byte| {
            hash.wrapping_mul(33) ^ u32::from(byte)
        });
        template["metadata"]["labels"]["pod-template-hash"] = json!(format!("{revision:x}"));
        let pod_name = format!("{name}-{revision:x}-{}", host::unique());
        self.shared
            .start_pod(&pod_name, &template, "", object_namespace(&object))
    }

    /// The addresses of the pods that a Service sends new connections to.
    pub(crate) fn endpoints(&self, service: &str) -> Vec<String> {
        let service = self.shared.object("Service", service);
        services::endpoints(&service, &self.shared.pods())
    }

    /// Starts a pod of kind Pod that was applied.
    #[track_caller]
    pub(crate) fn start_pod(&self, name: &str) -> Pod {
        let object = self.shared.object("Pod", name);
        self.shared
            .start_pod(name, &object, "", object_namespace(&object))
    }

    /// Starts a pod to run clients in: `pod.exec(&["psql", …])`.
    #[track_caller]
    pub(crate) fn start_client(&self, name: &str, image: &str) -> Pod {
        let container = json!({
            "name": "client",
            "image": image,
            "command": ["sleep", "infinity"],
            "env": [{ "name": "HOME", "value": "/tmp" }],
            "securityContext": { "capabilities": { "drop": ["ALL"] } },
        });
        self.apply(json!({
            "kind": "Pod",
            "metadata": { "name": name },
            "spec": {
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "terminationGracePeriodSeconds": 0,
                "securityContext": { "runAsUser": 65534, "runAsGroup": 65534 },
                "containers": [container],
            },
        }));
        let pod = self.start_pod(name);
        pod.wait_ready(Duration::from_secs(30));
        pod
    }

    /// Runs a Job to its end.
    #[track_caller]
    pub(crate) fn run_job(&self, name: &str) -> JobResult {
        self.start_job(name).wait()
    }

    /// Starts a Job, for a test that does something meanwhile.
    #[track_caller]
    pub(crate) fn start_job(&self, name: &str) -> RunningJob {
        job::start(&self.shared, self.shared.object("Job", name))
    }

    /// `kubectl create job NAME --from=cronjob/CRON_JOB`; `start_job` runs it.
    #[track_caller]
    pub(crate) fn create_job_from_cron_job(&self, name: &str, cron_job: &str) {
        self.apply(self.job_from_cron_job(name, cron_job));
    }

    /// The same with other values, as the runbook has it: `--dry-run=client -o yaml |
    /// kubectl set env --local -f - KEY=VALUE -o yaml | kubectl create -f -`.
    #[track_caller]
    pub(crate) fn create_job_from_cron_job_with(
        &self,
        name: &str,
        cron_job: &str,
        values: &[(&str, &str)],
    ) {
        let job = self.job_from_cron_job(name, cron_job);
        // Without a value kubectl prints nothing.
        if values.is_empty() {
            return self.apply(job);
        }
        let mut command = tools::kubectl();
        command.args(["set", "env", "--local", "-f", "-", "-o", "yaml"]);
        command.args(values.iter().map(|(key, value)| format!("{key}={value}")));
        let changed = process::run(command, &job.to_string(), Duration::from_mins(1));
        self.apply_yaml(changed.expect_success());
    }

    #[track_caller]
    fn job_from_cron_job(&self, name: &str, cron_job: &str) -> Value {
        let object = self.shared.object("CronJob", cron_job);
        let template = &object["spec"]["jobTemplate"];
        let mut annotations = facts::strings(&template["metadata"]["annotations"]);
        annotations.insert(
            "cronjob.kubernetes.io/instantiate".to_owned(),
            "manual".to_owned(),
        );
        json!({
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {
                "name": name,
                "namespace": object_namespace(&object),
                "labels": facts::strings(&template["metadata"]["labels"]),
                "annotations": annotations,
            },
            "spec": template["spec"],
        })
    }
}

/// The pod template of a workload, which its selector matches.
#[track_caller]
fn selected_template(name: &str, spec: &Value) -> Value {
    let selector = facts::strings(&spec["selector"]["matchLabels"]);
    let template = spec["template"].clone();
    let labels = facts::strings(&template["metadata"]["labels"]);
    assert!(
        !selector.is_empty()
            && selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value)),
        "the API server refuses {name}: its selector does not match its template's labels"
    );
    template
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        let pods = std::mem::take(&mut *self.shared.lock_pods());
        if thread::panicking() {
            for pod in &pods {
                show(&pod.story());
            }
        }
        for pod in &pods {
            pod.kill_all();
        }
        self.shared.network.tear_down();
        unmount_below(&self.shared.directory);
        drop(fs::remove_dir_all(&self.shared.directory));
    }
}

fn unmount_below(directory: &Path) {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let below = format!("{}/", directory.display());
    let targets = mounts
        .lines()
        .rev()
        .filter_map(|line| line.split(' ').nth(1));
    for target in targets.filter(|target| target.starts_with(&below)) {
        drop(host::try_run("umount", &["--lazy", target]));
    }
}

#[expect(clippy::print_stderr, reason = "a failed test shows its pods' logs")]
fn show(story: &str) {
    eprintln!("{story}");
}
