//! UP0937: no budget keeps a node from being drained.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;
use crate::audit::select;

const CODE: &str = "UP0937";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "no budget keeps a node from being drained",
    documentation: "
A PodDisruptionBudget of ours says `maxUnavailable` of at least 1, no `minAvailable`, and
`unhealthyPodEvictionPolicy: AlwaysAllow`; and each StatefulSet of ours has one that selects it.

With one server, `minAvailable: 1` forbids every eviction: the node's upgrade hangs until somebody
deletes the pod by hand, or the budget. A server that is not healthy could never be moved. Without a budget
nothing shows that it may be moved, and tools that drain nodes ask.
",
    good: r"
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: AlwaysAllow }
",
    bad: r"
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { minAvailable: 1 }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for budget in context.our_items("PodDisruptionBudget") {
        let spec = &budget.value["spec"];
        let mut add = |field: &str, message: &str| {
            findings.push(budget.error(CODE, format!("spec.{field}"), message));
        };
        if !spec["minAvailable"].is_null() {
            add(
                "minAvailable",
                "`minAvailable` forbids to evict the only pod",
            );
        }
        let allowed = &spec["maxUnavailable"];
        if allowed.is_null() || *allowed == 0 || *allowed == "0" || *allowed == "0%" {
            add("maxUnavailable", "no pod may be evicted");
        }
        if spec["unhealthyPodEvictionPolicy"] != "AlwaysAllow" {
            let message = "a pod that is not healthy may not be evicted";
            add("unhealthyPodEvictionPolicy", message);
        }
    }
    for pod in context.our_workloads() {
        let covered = || {
            context.our_items("PodDisruptionBudget").any(|budget| {
                budget.namespace == pod.item.namespace
                    && select::matches(&budget.value["spec"]["selector"], &pod.labels)
            })
        };
        if pod.item.kind == "StatefulSet" && !covered() {
            let message = "no PodDisruptionBudget says that its pod may be moved";
            findings.push(pod.error(CODE, "metadata.labels", message));
        }
    }
    findings
}
