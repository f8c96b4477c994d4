//! UP0930: a workload selects the pods that it makes.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;
use crate::audit::select;

const CODE: &str = "UP0930";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a workload selects the pods that it makes",
    documentation: "
The selector of a StatefulSet, Deployment or DaemonSet matches the labels of its own pod template.

The API server refuses it otherwise, and the selector cannot be changed later: an overlay that adds
labels to selectors makes the object impossible to apply over one that stands.

In an overlay use `labels:` without `includeSelectors`, not `commonLabels`.
",
    good: r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { underpin/workload: orders-server } }
  template: { metadata: { labels: { underpin/workload: orders-server } } }
",
    bad: r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { underpin/workload: orders } }
  template: { metadata: { labels: { underpin/workload: orders-server } } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads().filter(|pod| pod.is_long_running()) {
        let selector = &pod.item.value["spec"]["selector"];
        if select::is_empty(selector) || !select::matches(selector, &pod.labels) {
            let message = "the selector does not match the labels of its own pod template";
            findings.push(pod.item.error(CODE, "spec.selector", message));
        }
    }
    findings
}
