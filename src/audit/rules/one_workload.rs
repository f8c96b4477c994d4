//! UP0931: what selects pods selects those of one workload.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, WORKLOAD};
use crate::audit::select;
use std::collections::{BTreeMap, BTreeSet};

const CODE: &str = "UP0931";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a Service, budget or policy selects the pods of one workload",
    documentation: "
Every Service with a selector, every PodDisruptionBudget and every NetworkPolicy selects at least
one pod, and only pods of ours with one value of the label `underpin/workload`.

A Service that selects nothing answers no one; one that selects two workloads sends clients of the
database to a backup; a policy of ours that selects somebody else's pods cuts them off.

After an overlay: a label was changed on one side, or an object was moved to another namespace.
",
    good: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { selector: { underpin/workload: orders-server } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec: { template: { metadata: { labels: { underpin/workload: orders-server } } } }
",
    bad: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { selector: { underpin/workload: orders-server } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop-eu }
spec: { template: { metadata: { labels: { underpin/workload: orders-server } } } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in context.our_items("Service") {
        let selector = &service.value["spec"]["selector"];
        if !select::labels(selector).is_empty() {
            let matches = |of: &BTreeMap<&str, &str>| select::matches_map(selector, of);
            look(context, service, "spec.selector", matches, &mut findings);
        }
    }
    for (kind, field) in [
        ("PodDisruptionBudget", "selector"),
        ("NetworkPolicy", "podSelector"),
    ] {
        for item in context.our_items(kind) {
            let selector = &item.value["spec"][field];
            let matches = |of: &BTreeMap<&str, &str>| select::matches(selector, of);
            if !select::is_empty(selector) {
                look(
                    context,
                    item,
                    &format!("spec.{field}"),
                    matches,
                    &mut findings,
                );
            }
        }
    }
    findings
}

fn look(
    context: &Context,
    item: &Item,
    path: &str,
    matches: impl Fn(&BTreeMap<&str, &str>) -> bool,
    findings: &mut Vec<Finding>,
) {
    let selected = context.selected(item.namespace, matches);
    if selected.is_empty() {
        let message = "selects no pod of these objects";
        findings.push(item.error(CODE, path, message));
    }
    if let Some(foreign) = selected.iter().find(|pod| !pod.ours) {
        let message = format!(
            "selects the pods of {}, which are not ours",
            foreign.item.title()
        );
        findings.push(item.error(CODE, path, message));
    }
    let workloads: BTreeSet<&str> = selected
        .iter()
        .filter_map(|pod| pod.labels.get(WORKLOAD).copied())
        .collect();
    if workloads.len() > 1 {
        let names: Vec<&str> = workloads.into_iter().collect();
        let message = format!(
            "selects the pods of several workloads: {}",
            names.join(", ")
        );
        findings.push(item.error(CODE, path, message));
    }
}
