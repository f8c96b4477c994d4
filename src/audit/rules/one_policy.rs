//! UP0932: every pod has exactly its own policy.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, Workload, list};
use crate::audit::select;

const CODE: &str = "UP0932";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "every pod has exactly one policy, for both directions",
    documentation: "
Every pod of ours is selected by exactly one NetworkPolicy of ours, and that one lists both
`Ingress` and `Egress` under `policyTypes`. Somebody else's policy that opens something for our
pods is a warning: what policies allow adds up.

A pod without a policy may be reached by everybody and reach everybody. With two, neither says the
whole. With one direction, the other is open.

Give each workload one policy; remove the other or narrow its selector.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, namespace: shop, labels: { underpin/workload: orders-server } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders-server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-server } }
  policyTypes: [Ingress, Egress]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, namespace: shop, labels: { underpin/workload: orders-server } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders-server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-server } }
  policyTypes: [Ingress]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let policies: Vec<&Item> = context
            .items_of("NetworkPolicy")
            .filter(|policy| selects(policy, pod))
            .collect();
        let ours: Vec<&Item> = policies
            .iter()
            .copied()
            .filter(|policy| policy.ours)
            .collect();
        let names: Vec<&str> = ours.iter().map(|policy| policy.name).collect();
        if names.len() != 1 {
            let message = match names.len() {
                0 => "no NetworkPolicy of ours selects these pods".to_owned(),
                _ => format!("several policies select these pods: {}", names.join(", ")),
            };
            findings.push(pod.error(CODE, "metadata.labels", message));
        }
        for policy in policies
            .iter()
            .filter(|policy| !policy.ours && opens(policy))
        {
            let message = format!("this policy also allows traffic of {}", pod.item.title());
            findings.push(policy.warning(CODE, "spec.podSelector", message));
        }
    }
    for policy in context.our_items("NetworkPolicy") {
        let types = &policy.value["spec"]["policyTypes"];
        for direction in ["Ingress", "Egress"] {
            if !list(types).any(|listed| listed == direction) {
                let message = format!("`{direction}` is not listed, and so is open");
                findings.push(policy.error(CODE, "spec.policyTypes", message));
            }
        }
    }
    findings
}

/// Whether a policy selects the pods of a workload.
pub(super) fn selects(policy: &Item, pod: &Workload) -> bool {
    policy.namespace == pod.item.namespace
        && select::matches(&policy.value["spec"]["podSelector"], &pod.labels)
}

fn opens(policy: &Item) -> bool {
    ["ingress", "egress"]
        .iter()
        .any(|direction| list(&policy.value["spec"][*direction]).next().is_some())
}
