//! UP0936: one copy of a database stands in a namespace.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;
use crate::audit::select;

const CODE: &str = "UP0936";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "one copy of a database stands in a namespace",
    documentation: "
No two workloads of a namespace select each other's pods.

A prefix changes names and not labels. Two copies of one database in one namespace, under two
prefixes, select each other's pods: each Service sends its clients to both servers.

Give each copy a namespace of its own, or compile it from a spec with another name.
",
    good: r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { underpin/workload: orders-server } }
  template: { metadata: { labels: { underpin/workload: orders-server } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop-eu }
spec:
  selector: { matchLabels: { underpin/workload: orders-server } }
  template: { metadata: { labels: { underpin/workload: orders-server } } }
",
    bad: r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: eu-orders, namespace: shop }
spec:
  selector: { matchLabels: { underpin/workload: orders-server } }
  template: { metadata: { labels: { underpin/workload: orders-server } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: us-orders, namespace: shop }
spec:
  selector: { matchLabels: { underpin/workload: orders-server } }
  template: { metadata: { labels: { underpin/workload: orders-server } } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads().filter(|pod| pod.is_long_running()) {
        let selector = &pod.item.value["spec"]["selector"];
        if select::is_empty(selector) {
            continue;
        }
        let others = context.selected(pod.item.namespace, |of| select::matches(selector, of));
        for other in others {
            let is_other = (other.item.kind, other.item.name) != (pod.item.kind, pod.item.name);
            if is_other && other.is_long_running() {
                let message = format!("selects the pods of {} too", other.item.title());
                let finding = pod.item.error(CODE, "spec.selector", message);
                findings.push(finding.help("give each copy a namespace of its own"));
            }
        }
    }
    findings
}
