//! The server, where it is our own: down, not ready, restarting, out of memory; bootstrap.

use super::promql::{begins, is};
use super::{Group, Guide, Rule, Scope, Severity};
use crate::lower::{Disk, Workload};

/// See its meaning.
pub const DOWN: Guide = Guide {
    name: "PostgresServerDown",
    severity: Severity::Critical,
    hold: Some("3m"),
    meaning: "The server's container does not run: no pod, a pod that cannot start, or one that ends again and again. Applications get no connection. A restart takes seconds and does not last as long as this alarm waits.",
    steps: &[
        "See the pod's state and its last words.",
        "Look them up among the states; a server that refuses to start says why in its last line.",
    ],
    chapters: &[
        "Look",
        "What a state means",
        "When the server refuses to start",
        "The volume is full",
        "The node is lost",
    ],
};

/// See its meaning.
pub const NOT_READY: Guide = Guide {
    name: "PostgresServerNotReady",
    severity: Severity::Critical,
    hold: Some("10m"),
    meaning: "The server's container runs and does not take connections, for ten minutes: it recovers from a crash, or hangs, or its node has lost touch with the cluster.",
    steps: &[
        "Read its log. `redo in progress` is a recovery: wait, a restart would begin it again.",
        "Is the node healthy (`kubectl get nodes`)?",
    ],
    chapters: &["What a state means", "The node is lost", "Look"],
};

/// See its meaning.
pub const RESTARTING: Guide = Guide {
    name: "PostgresServerRestarting",
    severity: Severity::Warning,
    hold: None,
    meaning: "The server's container has been restarted more than twice within an hour. Each restart cuts all connections off.",
    steps: &[
        "See why the last run ended: `Last State` in `kubectl -n <namespace> describe pod <name>-0`, and the log of the run before.",
        "Look it up among the states.",
    ],
    chapters: &["Look", "What a state means", "The volume is full"],
};

/// See its meaning.
pub const OUT_OF_MEMORY: Guide = Guide {
    name: "PostgresServerOutOfMemory",
    severity: Severity::Warning,
    hold: None,
    meaning: "The server was killed within the last hour because it had more memory than `postgres.memory`. It has come up again, and all connections were cut off.",
    steps: &[
        "What ran then? Large sorts and hashes, in many connections at once, are the most frequent reason.",
        "Lower `work_mem` or the number of connections, or raise `postgres.memory`.",
    ],
    chapters: &["Look", "Change a setting"],
};

/// See its meaning.
pub const BOOTSTRAP_FAILED: Guide = Guide {
    name: "PostgresBootstrapFailed",
    severity: Severity::Warning,
    hold: Some("5m"),
    meaning: "The Job that makes databases, roles and grants has failed, and none has succeeded since. What was there before works on; what was added to the spec may be missing.",
    steps: &[
        "Read the last line of its log: it says what to do.",
        "Fix it, then run bootstrap again.",
    ],
    chapters: &["When bootstrap fails"],
};

/// The container, as the StatefulSet names it.
const CONTAINER: &str = "postgresql";

/// The rules; none where the server is not ours.
pub fn group(scope: &Scope<'_>) -> Option<Group> {
    scope.model.server()?;
    Some(Group {
        name: scope.group("server"),
        comment: None,
        interval: None,
        rules: vec![
            down(scope),
            not_ready(scope),
            restarting(scope),
            out_of_memory(scope),
            bootstrap_failed(scope),
        ],
    })
}

/// A series of the server's container.
fn of_container(scope: &Scope<'_>, metric: &str) -> String {
    let pod = format!("{}-0", scope.names.name());
    scope.series(metric, &[is("pod", &pod), is("container", CONTAINER)])
}

fn down(scope: &Scope<'_>) -> Rule {
    let set = scope.series(
        "kube_statefulset_replicas",
        &[is("statefulset", scope.names.name())],
    );
    let claim = scope.series(
        "kube_persistentvolumeclaim_info",
        &[is("persistentvolumeclaim", &scope.names.claim(Disk::Data))],
    );
    let running = of_container(scope, "kube_pod_container_status_running");
    let expr = format!(
        "\
# A database is there as long as its claim is, also without a pod or a StatefulSet.
count by (namespace) (
    {set}
  or
    {claim}
)
unless on (namespace)
  {running} == 1"
    );
    let summary = format!("The server of {} does not run.", scope.database());
    scope.alert(&DOWN, expr, summary)
}

fn not_ready(scope: &Scope<'_>) -> Rule {
    let ready = of_container(scope, "kube_pod_container_status_ready");
    let running = of_container(scope, "kube_pod_container_status_running");
    let expr = format!(
        "\
max by (namespace, pod) (
  {ready}
) == 0
and on (namespace, pod)
  {running} == 1"
    );
    let summary = format!(
        "The server of {} runs and takes no connections.",
        scope.database()
    );
    scope.alert(&NOT_READY, expr, summary)
}

fn restarting(scope: &Scope<'_>) -> Rule {
    let restarts = of_container(scope, "kube_pod_container_status_restarts_total");
    let expr = format!(
        "\
# changes() counts; increase() would reckon with a part of a restart.
max by (namespace, pod) (
  changes({restarts}[1h])
) > 2"
    );
    let summary = format!(
        "The server of {} was restarted {{{{ $value }}}} times within an hour.",
        scope.database()
    );
    scope.alert(&RESTARTING, expr, summary)
}

fn out_of_memory(scope: &Scope<'_>) -> Rule {
    let restarts = of_container(scope, "kube_pod_container_status_restarts_total");
    let pod = format!("{}-0", scope.names.name());
    let reason = scope.series(
        "kube_pod_container_status_last_terminated_reason",
        &[
            is("pod", &pod),
            is("container", CONTAINER),
            is("reason", "OOMKilled"),
        ],
    );
    let expr = format!(
        "\
# The reason of the last end stays for the life of the pod; the restart says when.
max by (namespace, pod) (
  changes({restarts}[1h])
) > 0
and on (namespace, pod)
  {reason} == 1"
    );
    let summary = format!(
        "The server of {} was killed for want of memory.",
        scope.database()
    );
    scope.alert(&OUT_OF_MEMORY, expr, summary)
}

fn bootstrap_failed(scope: &Scope<'_>) -> Rule {
    // A hash or, made by hand, a time.
    let prefix = format!("{}-", scope.names.workload(Workload::Bootstrap));
    let of = begins("job_name", &prefix, "[a-z0-9]+");
    let start = scope.series("kube_job_status_start_time", std::slice::from_ref(&of));
    let completed = scope.series("kube_job_status_completion_time", std::slice::from_ref(&of));
    let failed = scope.series("kube_job_failed", &[of, is("condition", "true")]);
    let expr = format!(
        "\
# The newest that has failed began after the last that succeeded, or none has.
max by (namespace) (
    {start}
  and on (namespace, job_name)
    {failed} == 1
)
> on (namespace)
max by (namespace) (
    {completed}
  or
    0 * {start}
)"
    );
    let summary = format!(
        "Bootstrap of {}, begun at {{{{ $value | humanizeTimestamp }}}}, has failed: databases, roles or grants may be missing.",
        scope.database()
    );
    scope.alert(&BOOTSTRAP_FAILED, expr, summary)
}
