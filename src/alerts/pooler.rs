//! The pooler: none, or fewer than asked for; and with its exporter, whether clients wait.

use super::promql::{begins, is};
use super::{Group, Guide, Rule, Scope, Severity};
use crate::lower::{Disk, Workload};

/// See its meaning.
pub const DOWN: Guide = Guide {
    name: "PostgresPoolerDown",
    severity: Severity::Critical,
    hold: Some("3m"),
    meaning: "No pooler takes connections, and applications connect to the poolers. What is behind them may be healthy.",
    steps: &[
        "See the state of the poolers' pods, and their log: a Secret without a role's key keeps them from starting.",
        "Restart them.",
    ],
    chapters: &["The pooler", "What a state means", "Look"],
};

/// See its meaning.
pub const FEWER: Guide = Guide {
    name: "PostgresPoolerFewerThanAsked",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "Some poolers take connections, and not as many as asked for: the next one that is lost may be the last, and there are fewer connections to share.",
    steps: &[
        "See which pod is not ready and why: mostly a node without room, or an image that cannot be pulled.",
    ],
    chapters: &["The pooler", "What a state means"],
};

/// See its meaning.
pub const SATURATED: Guide = Guide {
    name: "PostgresPoolerSaturated",
    severity: Severity::Warning,
    hold: Some("5m"),
    meaning: "Clients of a role have waited longer than a second for a connection, for minutes: all connections of their pool are in use. After 30 seconds a client gets an error (`query_wait_timeout`).",
    steps: &[
        "Long transactions hold connections: see which run, and for how long. A client that is idle in a transaction holds one for nothing.",
        "Is the server itself slow: out of CPU, waiting for a lock, for its disk?",
        "Only then give the pool more connections (`pooler.pool_size`), within what the server has (`max_connections`).",
    ],
    chapters: &["The pooler"],
};

/// See its meaning.
pub const CUT_OFF: Guide = Guide {
    name: "PostgresPoolerCutOff",
    severity: Severity::Critical,
    // Longer than the two minutes that the expression looks back.
    hold: Some("3m"),
    meaning: "A pooler has no connection for a role and gets none, and clients wait for one: for them the database is down, though the poolers are there. Nothing answers, or what answers closes the connection. A refusal in words (another password than the pooler read, `too many clients already`) does not raise it: PgBouncer hands that to the client at once, no client waits, and its log has it.",
    steps: &[
        "Read the pooler's log: it says what it was answered, if anything.",
        "Is the server there, and has it just been moved or started?",
        "Is one pooler cut off, or are all? One alone: its node, or a policy that an overlay changed.",
        "At Neon: is there an outage, or is the project suspended or gone?",
    ],
    chapters: &["The pooler", "Look"],
};

/// See its meaning.
pub const METRICS_ABSENT: Guide = Guide {
    name: "PostgresPoolerMetricsAbsent",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "Poolers run, and Prometheus reads none of their exporters: no one is told when clients wait or connections are refused.",
    steps: &[
        "Does Prometheus find the pods (its page of targets)? It reads pods that carry the annotation `prometheus.io/scrape`, or by the PodMonitor.",
        "Does it reach them? The poolers' policy lets in those that `monitoring.scrapers` names.",
        "Do the series carry `namespace` and `pod`, as the scrape configuration names them?",
    ],
    chapters: &["The pooler"],
};

/// The rules; none where applications connect to the server itself.
pub fn group(scope: &Scope<'_>) -> Option<Group> {
    let pooler = scope.model.pooler.as_ref()?;
    let mut rules = vec![down(scope)];
    // Of one there are never some.
    if pooler.replicas > 1 {
        rules.push(fewer(scope));
    }
    if pooler.exporter.is_some() {
        rules.extend([saturated(scope), cut_off(scope), metrics_absent(scope)]);
    }
    Some(Group {
        name: scope.group("pooler"),
        comment: None,
        interval: None,
        rules,
    })
}

fn of(scope: &Scope<'_>) -> [String; 1] {
    [is("deployment", &scope.names.workload(Workload::Pooler))]
}

fn available(scope: &Scope<'_>) -> String {
    scope.series("kube_deployment_status_replicas_available", &of(scope))
}

fn down(scope: &Scope<'_>) -> Rule {
    let asked = scope.series("kube_deployment_spec_replicas", &of(scope));
    let available = available(scope);
    let there = if scope.model.recovery.is_some() {
        let claim = is("persistentvolumeclaim", &scope.names.claim(Disk::Backup));
        let claim = scope.series("kube_persistentvolumeclaim_info", &[claim]);
        format!(
            "\
# A database is there as long as its backups' claim is, also without a Deployment.
count by (namespace) (
    {asked}
  or
    {claim}
)"
        )
    } else {
        format!("count by (namespace) (\n  {asked}\n)")
    };
    let expr = format!("{there}\nunless on (namespace)\n  {available} > 0");
    let summary = format!("No pooler of {} takes connections.", scope.database());
    scope.alert(&DOWN, expr, summary)
}

fn fewer(scope: &Scope<'_>) -> Rule {
    let asked = scope.series("kube_deployment_spec_replicas", &of(scope));
    let available = available(scope);
    let expr = format!(
        "\
max by (namespace, deployment) (
  {available} > 0
)
< on (namespace, deployment)
max by (namespace, deployment) (
  {asked}
)"
    );
    let summary = format!(
        "Only {{{{ $value }}}} of the poolers of {} take connections.",
        scope.database()
    );
    scope.alert(&FEWER, expr, summary)
}

/// Series of the poolers' exporters.
pub fn told(scope: &Scope<'_>, metric: &str) -> String {
    let pooler = format!("{}-", scope.names.workload(Workload::Pooler));
    scope.series(metric, &[begins("pod", &pooler, "[a-z0-9]+-[a-z0-9]+")])
}

fn saturated(scope: &Scope<'_>) -> Rule {
    let waited = told(scope, "pgbouncer_pools_client_maxwait_seconds");
    let active = told(scope, "pgbouncer_pools_server_active_connections");
    let expr = format!(
        "\
max by (namespace, user) (
  {waited}
) > 1
# Without any it is not the pool that is too small.
and on (namespace, user) sum by (namespace, user) (
  {active}
) > 0"
    );
    let summary = format!(
        "Clients of the role {{{{ $labels.user }}}} wait {{{{ $value }}}} s for a connection in the poolers of {}.",
        scope.database()
    );
    scope.alert(&SATURATED, expr, summary)
}

fn cut_off(scope: &Scope<'_>) -> Rule {
    let lately = |metric: &str| format!("max_over_time({}[2m])", told(scope, metric));
    let waiting = lately("pgbouncer_pools_client_waiting_connections");
    let servers = ["active", "idle", "used"]
        .map(|state| lately(&format!("pgbouncer_pools_server_{state}_connections")) + " > 0")
        .join("\n  or\n    ");
    let expr = format!(
        "\
# Clients give up and come again: not every scrape sees one that waits.
max by (namespace, pod, user) (
  {waiting}
) > 0
unless on (namespace, pod, user) (
    {servers}
)"
    );
    let summary = format!(
        "The pooler {{{{ $labels.pod }}}} of {} gets no connection for the role {{{{ $labels.user }}}}, and clients wait.",
        scope.database()
    );
    scope.alert(&CUT_OFF, expr, summary)
}

fn metrics_absent(scope: &Scope<'_>) -> Rule {
    let available = available(scope);
    let told = told(scope, "pgbouncer_pools_client_active_connections");
    let expr = format!(
        "\
max by (namespace) (
  {available}
) > 0
unless on (namespace)
  {told}"
    );
    let summary = format!(
        "Prometheus reads nothing of the poolers of {}.",
        scope.database()
    );
    scope.alert(&METRICS_ABSENT, expr, summary)
}
