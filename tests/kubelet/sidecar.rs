//! Native sidecars: init containers that stay (`restartPolicy: Always`). The next container starts
//! once one has started; it is restarted whenever it ends, and asked to end after all main containers
//! have, in reverse order, on what is left of the pod's grace period. It does not decide how the pod ends.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::objects::{list, text};
use super::pod::Stop;

/// The kubelet gives each container as long, also where others took all the time.
const LEAST_GRACE: Duration = Duration::from_secs(2);

/// When a sidecar shall end.
#[derive(Debug, Default)]
pub(crate) struct Ending(Mutex<Option<Stop>>);

impl Ending {
    pub(crate) fn ask(&self, stop: Stop) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
    }

    /// What a sidecar follows: its own order, and the node's loss or an eviction, which spare nothing.
    pub(crate) fn order(&self, of_pod: Option<Stop>) -> Option<Stop> {
        match of_pod {
            Some(Stop::AtOnce) => of_pod,
            _ => *self.0.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// How a sidecar is asked to end once the others have, so long after the pod was.
pub(crate) fn last_order(of_pod: Option<Stop>, since: Duration, grace: Duration) -> Stop {
    match of_pod {
        Some(Stop::AtOnce) => Stop::AtOnce,
        Some(Stop::Gracefully(grace)) => {
            Stop::Gracefully(grace.saturating_sub(since).max(LEAST_GRACE.min(grace)))
        }
        None => Stop::Gracefully(grace),
    }
}

/// Whether an init container stays.
pub(crate) fn is_one(container: &Value) -> bool {
    text(container, "/restartPolicy") == "Always"
}

/// Every container whose readiness is the pod's: the main ones and the sidecars.
pub(crate) fn lasting(spec: &Value) -> impl Iterator<Item = &Value> {
    let sidecars = list(&spec["initContainers"]).filter(|container| is_one(container));
    sidecars.chain(list(&spec["containers"]))
}

/// What the API server refuses of a pod's containers.
#[track_caller]
pub(crate) fn admit(pod: &str, spec: &Value) {
    for container in list(&spec["containers"]) {
        assert!(
            container["restartPolicy"].is_null(),
            "the API server refuses pod {pod}: a main container has no restartPolicy"
        );
    }
    for container in list(&spec["initContainers"]).filter(|container| !is_one(container)) {
        let policy = &container["restartPolicy"];
        assert!(
            policy.is_null(),
            "the API server refuses pod {pod}: an init container's restartPolicy is Always or not there: {policy}"
        );
        for field in [
            "startupProbe",
            "livenessProbe",
            "readinessProbe",
            "lifecycle",
        ] {
            assert!(
                container[field].is_null(),
                "the API server refuses pod {pod}: an init container without restartPolicy has no {field}"
            );
        }
    }
}
