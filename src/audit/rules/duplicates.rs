//! UP0940: no object stands twice.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};
use std::collections::BTreeMap;

const CODE: &str = "UP0940";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "no object stands twice",
    documentation: "
No object of ours has the kind, namespace and name of another.

Of two such objects the cluster keeps the one that was applied last, and the next apply changes it
back: every apply restarts what it describes.

Rename one, or leave out the resource that brings it in twice.
",
    good: r"
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, namespace: shop-eu, labels: { app.kubernetes.io/managed-by: underpin } }
",
    bad: r"
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, namespace: shop }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut first = BTreeMap::new();
    for item in &context.items {
        let kind = text(&item.value["kind"]);
        let identity = (item.group, kind, item.namespace, item.name);
        let Some(earlier) = first.insert(identity, item) else {
            continue;
        };
        if item.ours || earlier.ours {
            let message = format!("stands in {} already", earlier.object.origin);
            findings.push(item.error(CODE, "metadata.name", message));
        }
    }
    findings
}
