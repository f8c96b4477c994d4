//! Startup, liveness and readiness probes.
//!
//! Thresholds, periods and timeouts are the kubelet's. While a probe has not succeeded yet it is
//! also tried more often, without counting those failures: a test does not wait out a period to
//! learn that a pod is ready, and what fails takes as long to be called so as on a cluster.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::environment::probe_command;
use super::objects::text;
use super::pod::Shared;
use super::process::Output;
use super::run::Run;

const EAGER: Duration = Duration::from_millis(200);

/// Which of the three.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Startup,
    Liveness,
    Readiness,
}

impl Kind {
    pub(crate) fn field(self) -> &'static str {
        match self {
            Kind::Startup => "startupProbe",
            Kind::Liveness => "livenessProbe",
            Kind::Readiness => "readinessProbe",
        }
    }
}

/// Starts a worker for each probe that the container has; one that it has not has succeeded.
pub(crate) fn watch(shared: &Arc<Shared>, run: &Arc<Run>) {
    for kind in [Kind::Startup, Kind::Liveness, Kind::Readiness] {
        if run.container[kind.field()].is_null() {
            continue;
        }
        let (shared, run) = (Arc::clone(shared), Arc::clone(run));
        thread::spawn(move || work(kind, &shared, &run));
    }
}

/// Probes once, as the kubelet would now.
pub(crate) fn probe(kind: Kind, run: &Run, address: &str) -> Output {
    let probe = &run.container[kind.field()];
    let timeout = Duration::from_secs(number(probe, "timeoutSeconds", 1));
    if !probe["exec"].is_null() {
        let command = probe_command(probe, &run.container);
        return run.running.exec(&command, "", timeout);
    }
    let port = number(&probe["tcpSocket"], "port", 0);
    assert!(
        port > 0,
        "the kubelet in small knows exec and tcpSocket with a number: {probe}"
    );
    let line = format!("exec 3<>/dev/tcp/{address}/{port}");
    run.running.exec(
        &["/.kubelet/bin/bash".to_owned(), "-c".to_owned(), line],
        "",
        timeout,
    )
}

fn work(kind: Kind, shared: &Arc<Shared>, run: &Arc<Run>) {
    let written = &run.container[kind.field()];
    let period = Duration::from_secs(number(written, "periodSeconds", 10));
    let delay = Duration::from_secs(number(written, "initialDelaySeconds", 0));
    let failures_allowed = number(written, "failureThreshold", 3);
    let successes_needed = number(written, "successThreshold", 1);

    let over = || run.running.ended().is_some() || (kind != Kind::Readiness && run.is_stopping());
    while kind != Kind::Startup && !run.has_started() {
        if over() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    pause(delay.saturating_sub(run.since.elapsed()), over);

    let (mut successes, mut failures) = (0, 0);
    let mut succeeding = kind == Kind::Liveness;
    let mut next_counts = Instant::now();
    while !over() {
        let counts = Instant::now() >= next_counts;
        if counts {
            next_counts = Instant::now() + period;
        }
        let output = probe(kind, run, &shared.facts.address);
        if over() {
            return;
        }
        if output.success() {
            failures = 0;
            successes += u64::from(counts || successes_needed == 1);
            if successes >= successes_needed && !succeeding {
                succeeding = true;
                report(kind, shared, run, true);
                if kind == Kind::Startup {
                    return;
                }
            }
        } else if counts {
            successes = 0;
            failures += 1;
            let name = kind.field().trim_end_matches("Probe");
            let said = format!("{}{}", output.stdout, output.stderr);
            shared.event(&format!("{name} probe failed: {}", said.trim()));
            // Readiness starts out as failed: only a change is told.
            if failures >= failures_allowed && (succeeding || kind != Kind::Readiness) {
                succeeding = false;
                report(kind, shared, run, false);
            }
        }
        let wait = next_counts.saturating_duration_since(Instant::now());
        pause(if succeeding { wait } else { wait.min(EAGER) }, over);
    }
}

fn report(kind: Kind, shared: &Arc<Shared>, run: &Arc<Run>, success: bool) {
    match (kind, success) {
        (Kind::Startup, true) => run.set_started(),
        (Kind::Readiness, ready) => run.set_ready(ready),
        (Kind::Liveness, true) => {}
        (Kind::Startup | Kind::Liveness, false) => {
            let grace = run.container[kind.field()]["terminationGracePeriodSeconds"].as_u64();
            run.call_unhealthy(grace.map_or(shared.grace_period(), Duration::from_secs));
            let name = text(&run.container, "/name");
            let field = kind.field().trim_end_matches("Probe");
            shared.event(&format!(
                "Container {name} failed {field} probe, will be restarted"
            ));
        }
    }
    shared.tell();
}

fn pause(time: Duration, over: impl Fn() -> bool) {
    let end = Instant::now() + time;
    while Instant::now() < end && !over() {
        thread::sleep(Duration::from_millis(10).min(end.saturating_duration_since(Instant::now())));
    }
}

fn number(probe: &Value, field: &str, default: u64) -> u64 {
    probe[field].as_u64().unwrap_or(default)
}
