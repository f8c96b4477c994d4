//! The pooler: none, or fewer than asked for.

use super::promql::is;
use super::{Group, Guide, Rule, Scope, Severity};
use crate::lower::{Disk, Workload};

/// See its meaning.
pub const DOWN: Guide = Guide {
    name: "PostgresPoolerDown",
    severity: Severity::Critical,
    hold: Some("3m"),
    meaning: "No pooler takes connections, and applications dial the poolers. What is behind them may be well.",
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

/// The rules; none where applications dial the server itself.
pub fn group(scope: &Scope<'_>) -> Option<Group> {
    let pooler = scope.model.pooler.as_ref()?;
    let mut rules = vec![down(scope)];
    // Of one there are never some.
    if pooler.replicas > 1 {
        rules.push(fewer(scope));
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
