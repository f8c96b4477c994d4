//! Metrics and labels are those that their sources document: `data/metrics/` has them.

use super::models;
use std::collections::{BTreeMap, BTreeSet};
use underpin::alerts::{self, Rule};
use underpin::dashboard;
use underpin::model::Model;

const TABLES: &[&str] = &[
    include_str!("../../data/metrics/kube-state-metrics.tsv"),
    include_str!("../../data/metrics/kubelet.tsv"),
    include_str!("../../data/metrics/pgbouncer.tsv"),
];

/// The labels that may stand in a selector of each metric.
fn known() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let lines = TABLES.iter().flat_map(|table| table.lines());
    lines
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (metric, labels) = line.split_once('\t').unwrap();
            (metric, labels.split(' ').collect())
        })
        .collect()
}

/// What the rules ask.
pub(crate) fn rules(model: &Model) -> impl Iterator<Item = String> {
    let groups = alerts::groups(model).into_iter();
    groups.flat_map(|group| group.rules).map(|rule| match rule {
        Rule::Alert(alert) => alert.expr,
        Rule::Record(record) => record.expr,
    })
}

/// What the dashboard asks.
pub(crate) fn panels(model: &Model) -> impl Iterator<Item = String> {
    let dashboard = dashboard::value(model);
    let panels = dashboard["panels"].as_array().unwrap().clone().into_iter();
    panels.flat_map(|panel| {
        let targets = panel["targets"].as_array().cloned().unwrap_or_default();
        let exprs = targets.into_iter();
        exprs.map(|target| target["expr"].as_str().unwrap().to_owned())
    })
}

/// Whether it comes from the exporter.
pub(crate) fn is_told(metric: &str) -> bool {
    metric.starts_with("underpin_") || metric.starts_with("pg_")
}

/// Each selector of an expression: its metric, and its labels.
pub(crate) fn selectors(expr: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    for (at, _) in expr.match_indices('{') {
        let before = &expr[..at];
        let start = before
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
            .map_or(0, |at| at + 1);
        // The `{10}` of a regular expression follows no name.
        if start == at || !expr[at..].starts_with("{namespace=") {
            continue;
        }
        let end = expr[at..].find("\"}").unwrap() + at;
        let labels = expr[at + 1..end]
            .split(", ")
            .map(|matcher| matcher.split(['=', '!', '~']).next().unwrap())
            .collect();
        found.push((&expr[start..at], labels));
    }
    found
}

#[test]
fn every_metric_and_label_is_documented() {
    let known = known();
    let mut seen = BTreeSet::new();
    for model in models().values() {
        for expr in rules(model).chain(panels(model)) {
            for (metric, labels) in selectors(&expr) {
                // A real exporter tells of its own, in tests/monitoring/.
                if metric.starts_with("underpin:") || metric == "ALERTS" || is_told(metric) {
                    continue;
                }
                let has = known
                    .get(metric)
                    .unwrap_or_else(|| panic!("{metric} stands in no table of data/metrics/"));
                for label in labels {
                    assert!(has.contains(label), "{metric} has no label {label}");
                }
                seen.insert(metric.to_owned());
            }
        }
    }
    let unused: Vec<_> = known.keys().filter(|name| !seen.contains(**name)).collect();
    assert!(unused.is_empty(), "no rule reads {unused:?}");
}
