//! One run of a container: from a start to the end of its first process; a restart is another.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::container::Running;
use super::objects::list;

/// What the kubelet holds of a container that runs.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) container: Value,
    pub(crate) running: Running,
    pub(crate) since: Instant,
    health: Mutex<Health>,
}

#[derive(Debug)]
struct Health {
    started: bool,
    ready: bool,
    stopping: bool,
    /// A probe gave up on it: how long it may take to end.
    unhealthy: Option<Duration>,
}

impl Run {
    pub(crate) fn new(container: Value, running: Running) -> Run {
        let started = container["startupProbe"].is_null();
        let health = Health {
            started,
            ready: started && container["readinessProbe"].is_null(),
            stopping: false,
            unhealthy: None,
        };
        Run {
            container,
            running,
            since: Instant::now(),
            health: Mutex::new(health),
        }
    }

    pub(crate) fn has_started(&self) -> bool {
        self.lock().started
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.lock().ready && self.running.ended().is_none()
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Whether a probe gave up on it, and how long it may then take to end.
    pub(crate) fn unhealthy(&self) -> Option<Duration> {
        self.lock().unhealthy
    }

    pub(crate) fn set_started(&self) {
        let mut health = self.lock();
        health.started = true;
        health.ready = self.container["readinessProbe"].is_null();
    }

    pub(crate) fn set_ready(&self, ready: bool) {
        self.lock().ready = ready;
    }

    pub(crate) fn call_unhealthy(&self, grace: Duration) {
        self.lock().unhealthy = Some(grace);
    }

    /// Ends it: preStop, then the image's stop signal, and KILL once the grace period is over.
    pub(crate) fn stop(&self, grace: Duration) -> i32 {
        self.lock().stopping = true;
        let begin = Instant::now();
        let hook: Vec<String> = list(&self.container["lifecycle"]["preStop"]["exec"]["command"])
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        if !hook.is_empty() && !grace.is_zero() {
            self.running.exec(&hook, "", grace);
        }
        if !grace.is_zero() {
            self.running.signal(self.running.plan.image.stop_signal);
            // A hook that took all the time leaves the kubelet's minimum of two seconds.
            let left = grace
                .saturating_sub(begin.elapsed())
                .max(Duration::from_secs(2).min(grace));
            if let Some(code) = self.running.wait(Instant::now() + left) {
                return code;
            }
        }
        self.running.signal("KILL");
        let deadline = Instant::now() + Duration::from_secs(30);
        self.running.wait(deadline).expect("nothing survives KILL")
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Health> {
        self.health.lock().expect("no panic inside")
    }
}
