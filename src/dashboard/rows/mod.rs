//! What is shown, from what wakes somebody down to what one looks for afterwards.
//!
//! Every query gathers by what it is about, as the alerts' do. Only the exporter tells of connections
//! and below; without one those rows are not there.

mod cluster;
mod server;

use super::{Kind, Line, Panel, Query, Row};
use crate::alerts::Scope;
use cluster::{backups, drills, health, space};
use server::{connections, locks, log, pools, work};

/// Every row of a database.
pub fn of(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = vec![health(scope)];
    if let Some(recovery) = &scope.model.recovery {
        rows.push(backups(scope, &recovery.backup));
        rows.extend(recovery.drill.as_ref().map(|it| drills(scope, it)));
        rows.push(space(scope));
    }
    let pooler = scope.model.pooler.as_ref();
    if pooler.is_some_and(|pooler| pooler.exporter.is_some()) {
        rows.push(pools(scope));
    }
    if scope.model.monitoring.exporter.is_some() {
        rows.extend([connections(scope), locks(scope), work(scope), log(scope)]);
    }
    rows
}

fn stats(panels: Vec<Panel>) -> Line {
    Line { height: 4, panels }
}

fn graphs(panels: Vec<Panel>) -> Line {
    Line { height: 8, panels }
}

fn panel(
    kind: Kind,
    title: &'static str,
    unit: &'static str,
    description: &'static str,
    queries: Vec<Query>,
) -> Panel {
    Panel {
        title,
        description,
        kind,
        unit,
        queries,
    }
}

/// The number that it is now.
fn stat(
    title: &'static str,
    unit: &'static str,
    description: &'static str,
    expr: String,
    legend: &str,
) -> Panel {
    panel(
        Kind::Stat,
        title,
        unit,
        description,
        vec![query(expr, legend)],
    )
}

fn query(expr: String, legend: &str) -> Query {
    Query {
        expr,
        legend: legend.to_owned(),
    }
}

/// The largest of a series that kube-state-metrics or the kubelet tells twice when it restarts.
fn most(by: &str, series: &str) -> String {
    format!("max by ({by}) ({series})")
}

/// The same of the exporter's.
fn told(scope: &Scope<'_>, by: &str, metric: &str) -> String {
    most(by, &scope.told(metric))
}

/// By how much a counter of the exporter's grows, a second.
fn rate(scope: &Scope<'_>, metric: &str) -> String {
    format!(
        "sum(max by (datname) (rate({}[$__rate_interval])))",
        scope.told(metric)
    )
}
