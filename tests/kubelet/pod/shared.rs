//! A pod from the kubelet's side: its threads read and change the state through these.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::{Phase, Shared, State, Stop, Termination};
use crate::kubelet::objects::text;
use crate::kubelet::run::Run;
use crate::kubelet::sidecar;

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Whether every container is ready, and the pod not about to end.
    pub(crate) fn is_ready(&self) -> bool {
        let state = self.lock();
        state.phase == Phase::Running
            && state.stop.is_none()
            && sidecar::lasting(&self.facts.spec).all(|container| {
                let run = state.runs.get(text(container, "/name"));
                run.is_some_and(|run| run.is_ready())
            })
    }

    /// Whether a Service may send to it: known, with a life ahead.
    pub(crate) fn is_listed(&self) -> bool {
        let state = self.lock();
        state.listed && !state.finished
    }

    pub(crate) fn has_finished(&self) -> bool {
        self.lock().finished
    }

    pub(crate) fn grace_period(&self) -> Duration {
        let seconds = self.facts.spec["terminationGracePeriodSeconds"].as_u64();
        Duration::from_secs(seconds.unwrap_or(30))
    }

    pub(crate) fn event(&self, what: &str) {
        let mut state = self.lock();
        if state.events.last().is_none_or(|last| last != what) {
            state.events.push(what.to_owned());
        }
    }

    pub(crate) fn stop(&self) -> Option<Stop> {
        self.lock().stop
    }

    /// How a sidecar is asked to end now that the others have.
    pub(crate) fn last_order(&self) -> Stop {
        let (stop, asked) = {
            let state = self.lock();
            (state.stop, state.asked)
        };
        let since = asked.map_or(Duration::ZERO, |asked| asked.elapsed());
        sidecar::last_order(stop, since, self.grace_period())
    }

    /// The container's run that goes on now.
    pub(crate) fn run_of(&self, container: &str) -> Option<Arc<Run>> {
        self.lock().runs.get(container).cloned()
    }

    pub(crate) fn was_cut_off(&self) -> bool {
        self.lock().stop.is_some()
    }

    pub(crate) fn ask_to_stop(&self, stop: Stop) {
        {
            let mut state = self.lock();
            if state.stop.is_none() {
                state.stop = Some(stop);
                state.asked = Some(Instant::now());
            }
        }
        self.tell();
    }

    /// Waits, but not for longer than until the pod is asked to stop.
    pub(crate) fn pause(&self, time: Duration) {
        let state = self.lock();
        drop(
            self.changed
                .wait_timeout_while(state, time, |state| state.stop.is_none()),
        );
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        self.lock().phase = phase;
        self.tell();
    }

    pub(crate) fn finish(&self, phase: Phase) {
        {
            let mut state = self.lock();
            state.phase = phase;
            state.finished = true;
        }
        self.tell();
    }

    pub(crate) fn set_run(&self, container: &str, run: &Arc<Run>) {
        self.lock()
            .runs
            .insert(container.to_owned(), Arc::clone(run));
        self.tell();
    }

    pub(crate) fn set_terminated(&self, container: &str, termination: Termination) {
        {
            let mut state = self.lock();
            state.runs.remove(container);
            state.terminations.insert(container.to_owned(), termination);
        }
        self.tell();
    }

    pub(crate) fn count_restart(&self, container: &str) {
        *self
            .lock()
            .restarts
            .entry(container.to_owned())
            .or_default() += 1;
    }

    /// Something changed: whoever waits looks again, and Services may select another pod.
    pub(crate) fn tell(&self) {
        self.changed.notify_all();
        self.cluster.update_services();
    }
}
