//! A pod, for a test to look at and to hurt.

mod shared;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::kubelet::cluster::Shared as ClusterShared;
use crate::kubelet::facts::Facts;
use crate::kubelet::hold;
use crate::kubelet::host;
use crate::kubelet::lifecycle;
use crate::kubelet::network::PodNetwork;
use crate::kubelet::objects::{list, text};
use crate::kubelet::probe::{self, Kind};
use crate::kubelet::process::Output;
use crate::kubelet::run::Run;
use crate::kubelet::volume;

/// Where a pod stands in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    Pending,
    Running,
    Succeeded,
    Failed,
}

/// How the pod is asked to end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    Gracefully(Duration),
    AtOnce,
}

/// How a container's last run ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Termination {
    pub(crate) code: i32,
    pub(crate) message: String,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each can hold without the others"
)]
struct State {
    phase: Phase,
    finished: bool,
    events: Vec<String>,
    runs: BTreeMap<String, Arc<Run>>,
    terminations: BTreeMap<String, Termination>,
    restarts: BTreeMap<String, u32>,
    stop: Option<Stop>,
    /// When it was asked to end.
    asked: Option<Instant>,
    cut_off: bool,
    /// Known to the API server: selected by Services.
    listed: bool,
    disrupted: bool,
}

/// What the pod's threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) cluster: Arc<ClusterShared>,
    pub(crate) facts: Facts,
    pub(crate) network: PodNetwork,
    state: Mutex<State>,
    changed: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A handle; the pod lives on without it, until the cluster ends.
#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) shared: Arc<Shared>,
    /// The container that is looked at and hurt; the first main one where none is said.
    container: Option<String>,
}

impl Pod {
    /// Gives birth to a pod; its thread starts at once.
    pub(crate) fn start(cluster: &Arc<ClusterShared>, facts: Facts, network: PodNetwork) -> Pod {
        let directory = &facts.directory;
        for below in ["volumes", "runs", "logs", "etc", "shm"] {
            fs::create_dir_all(directory.join(below)).expect("our directory");
        }
        fs::write(directory.join("etc/hosts"), "").expect("our directory");
        fs::write(directory.join("etc/hostname"), format!("{}\n", facts.name))
            .expect("our directory");
        volume::mount_memory(&directory.join("shm"), Some(64 << 20), 0o1777);
        let state = State {
            phase: Phase::Pending,
            finished: false,
            events: Vec::new(),
            runs: BTreeMap::new(),
            terminations: BTreeMap::new(),
            restarts: BTreeMap::new(),
            stop: None,
            asked: None,
            cut_off: false,
            listed: true,
            disrupted: false,
        };
        let shared = Arc::new(Shared {
            cluster: Arc::clone(cluster),
            facts,
            network,
            state: Mutex::new(state),
            changed: Condvar::new(),
            thread: Mutex::new(None),
        });
        Pod {
            shared,
            container: None,
        }
    }

    /// The same pod, looked at through another of its containers: logs, exec, signals, restarts.
    pub(crate) fn container(&self, name: &str) -> Pod {
        Pod {
            shared: Arc::clone(&self.shared),
            container: Some(name.to_owned()),
        }
    }

    /// Lets the kubelet see it.
    pub(crate) fn begin(&self) {
        let shared = Arc::clone(&self.shared);
        let thread = thread::spawn(move || lifecycle::live(&shared));
        *self.shared.thread.lock().expect("no panic inside") = Some(thread);
    }

    pub(crate) fn name(&self) -> &str {
        &self.shared.facts.name
    }

    pub(crate) fn uid(&self) -> &str {
        &self.shared.facts.uid
    }

    pub(crate) fn address(&self) -> &str {
        &self.shared.facts.address
    }

    /// The directory behind a volume that is the pod's own; it is there after the pod's end.
    pub(crate) fn volume(&self, name: &str) -> PathBuf {
        self.shared.facts.directory.join("volumes").join(name)
    }

    pub(crate) fn phase(&self) -> Phase {
        self.shared.lock().phase
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.shared.is_ready()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.shared.lock().events.clone()
    }

    /// How often the first container was started again.
    pub(crate) fn restarts(&self) -> u32 {
        let restarts = self.shared.lock().restarts.get(&self.first()).copied();
        restarts.unwrap_or_default()
    }

    /// How the first container's last run ended.
    pub(crate) fn termination(&self) -> Option<Termination> {
        self.termination_of(&self.first())
    }

    pub(crate) fn termination_of(&self, container: &str) -> Option<Termination> {
        self.shared.lock().terminations.get(container).cloned()
    }

    /// Everything that the first container wrote, over all its runs.
    pub(crate) fn log(&self) -> String {
        self.log_of(&self.first())
    }

    pub(crate) fn log_of(&self, container: &str) -> String {
        let file = self.shared.facts.directory.join("logs").join(container);
        String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned()
    }

    /// Waits until something holds; fails the test with the pod's story if it does not in time.
    #[track_caller]
    pub(crate) fn wait_until(&self, what: &str, time: Duration, holds: impl Fn(&Pod) -> bool) {
        let deadline = Instant::now() + time;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "not in {time:?}: {what}\n{}",
                self.story()
            );
            thread::sleep(Duration::from_millis(10));
        }
        // A pod says a moment sooner what it is than Services lead to it, or not any more.
        self.shared.cluster.update_services();
    }

    #[track_caller]
    pub(crate) fn wait_ready(&self, time: Duration) {
        self.wait_until("the pod is ready", time, |pod| {
            assert!(
                !pod.shared.lock().finished,
                "the pod has ended\n{}",
                pod.story()
            );
            pod.is_ready()
        });
    }

    /// Waits until the first container runs, ready or not.
    #[track_caller]
    pub(crate) fn wait_running(&self, time: Duration) {
        self.wait_until("the container runs", time, |pod| {
            pod.shared.lock().runs.contains_key(&pod.first())
        });
    }

    /// Waits until every container has ended for good.
    #[track_caller]
    pub(crate) fn wait_finished(&self, time: Duration) -> Phase {
        self.wait_until("the pod has ended", time, |pod| pod.shared.lock().finished);
        self.phase()
    }

    /// Waits until the first container has written a text.
    #[track_caller]
    pub(crate) fn wait_for_log(&self, text: &str, time: Duration) {
        let what = format!("`{text}` in the log");
        self.wait_until(&what, time, |pod| pod.log().contains(text));
    }

    #[track_caller]
    pub(crate) fn wait_for_event(&self, text: &str, time: Duration) {
        let what = format!("`{text}` in an event");
        self.wait_until(&what, time, |pod| {
            pod.events().iter().any(|event| event.contains(text))
        });
    }

    #[track_caller]
    pub(crate) fn wait_for_restarts(&self, number: u32, time: Duration) {
        let what = format!("{number} restarts");
        self.wait_until(&what, time, |pod| pod.restarts() >= number);
    }

    /// `kubectl exec`, in the first container.
    #[track_caller]
    pub(crate) fn exec(&self, command: &[&str]) -> Output {
        self.exec_with_input(command, "")
    }

    #[track_caller]
    pub(crate) fn exec_with_input(&self, command: &[&str], input: &str) -> Output {
        self.exec_within(command, input, Duration::from_mins(2))
    }

    /// `kubectl exec -i`, for what takes longer than commands do.
    #[track_caller]
    pub(crate) fn exec_within(&self, command: &[&str], input: &str, time: Duration) -> Output {
        let command: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
        self.run().running.exec(&command, input, time)
    }

    /// Probes the first container now.
    #[track_caller]
    pub(crate) fn probe(&self, kind: Kind) -> Output {
        probe::probe(kind, &self.run(), self.address())
    }

    /// SIGKILL to the first container's first process: as the kernel does when memory is short.
    #[track_caller]
    pub(crate) fn kill9(&self) {
        self.run().running.signal("KILL");
    }

    /// Another signal to the first container's first process.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        self.run().running.signal(name);
    }

    /// SIGKILL to every process of a program in the first container; says how many there were.
    #[track_caller]
    pub(crate) fn kill9_program(&self, name: &str) -> usize {
        let found = self.processes(name);
        for process in &found {
            host::signal(i64::from(*process), "KILL");
        }
        found.len()
    }

    /// The first container's processes of a program, as this machine counts; a script's name is its
    /// file's.
    #[track_caller]
    pub(crate) fn processes(&self, name: &str) -> Vec<u32> {
        host::processes_beside(self.process(), name)
    }

    /// Lets a script go on that waits where `Cluster::hold_at` said.
    #[track_caller]
    pub(crate) fn go_on(&self) {
        self.exec(&["touch", hold::GO_ON]).expect_success();
    }

    /// The same at every line that it still comes to.
    #[track_caller]
    pub(crate) fn go_on_always(&self) {
        let always = format!(
            "(while :; do touch {}; sleep 0.1; done) >/dev/null 2>&1 &",
            hold::GO_ON
        );
        self.exec(&["bash", "-c", &always]).expect_success();
    }

    /// The first container's first process, as this machine counts.
    #[track_caller]
    pub(crate) fn process(&self) -> u32 {
        self.run().running.process
    }

    /// The node is lost: every process is gone at once, and nothing is started again.
    pub(crate) fn kill_all(&self) {
        {
            let mut state = self.shared.lock();
            state.stop = Some(Stop::AtOnce);
            state.cut_off = true;
            for run in state.runs.values() {
                run.running.signal("KILL");
            }
        }
        self.end();
    }

    /// The pod's cable is cut: nobody hears of it any more, not even its end.
    #[track_caller]
    pub(crate) fn unplug(&self) {
        let namespace = &self.shared.network.namespace;
        host::run("ip", &["-n", namespace, "link", "set", "eth0", "down"]);
    }

    /// `kubectl delete pod`: as graceful as the pod asks for.
    pub(crate) fn delete(&self) {
        self.delete_within(self.shared.grace_period());
    }

    /// `kubectl delete pod --grace-period`.
    pub(crate) fn delete_within(&self, grace: Duration) {
        self.shared.ask_to_stop(Stop::Gracefully(grace));
        self.end();
    }

    /// `kubectl delete pod --force` while the node cannot be reached: the API forgets the pod, its
    /// processes run on.
    pub(crate) fn force_delete(&self) {
        self.shared.lock().listed = false;
        self.shared.tell();
    }

    /// A drain: the pod ends with the condition `DisruptionTarget`.
    pub(crate) fn disrupt(&self) {
        self.shared.lock().disrupted = true;
        self.shared
            .ask_to_stop(Stop::Gracefully(self.shared.grace_period()));
    }

    pub(crate) fn was_disrupted(&self) -> bool {
        self.shared.lock().disrupted
    }

    /// Events, ends and the logs' last lines.
    pub(crate) fn story(&self) -> String {
        let state = self.shared.lock();
        let mut story = format!(
            "pod {}: {:?}, stop {:?}\n",
            self.name(),
            state.phase,
            state.stop
        );
        for event in &state.events {
            let _ = writeln!(story, "  event: {event}");
        }
        for (name, end) in &state.terminations {
            let _ = writeln!(story, "  {name} ended with {}: {}", end.code, end.message);
        }
        drop(state);
        for part in ["initContainers", "containers"] {
            for container in list(&self.shared.facts.spec[part]) {
                let name = text(container, "/name");
                let log = self.log_of(name);
                let lines: Vec<&str> = log.lines().collect();
                for line in &lines[lines.len().saturating_sub(40)..] {
                    let _ = writeln!(story, "  {name}: {line}");
                }
            }
        }
        story
    }

    fn first(&self) -> String {
        if let Some(name) = &self.container {
            return name.clone();
        }
        text(&self.shared.facts.spec, "/containers/0/name").to_owned()
    }

    #[track_caller]
    fn run(&self) -> Arc<Run> {
        let run = self.shared.run_of(&self.first());
        run.unwrap_or_else(|| panic!("the container does not run\n{}", self.story()))
    }

    /// Waits for the thread and clears away what does not outlive a pod.
    fn end(&self) {
        let thread = self.shared.thread.lock().expect("no panic inside").take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
        self.shared.lock().listed = false;
        self.shared.cluster.remove_pod(self);
    }
}
