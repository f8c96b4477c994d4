//! UP0935: one label selects, and no other.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, WORKLOAD, list};
use crate::audit::select;

const CODE: &str = "UP0935";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "`underpin/workload` selects, and no other label",
    documentation: "
Selectors of ours (of workloads, Services, budgets, policies and their peers) ask for the label
`underpin/workload` and nothing else.

An overlay that puts labels into selectors (`commonLabels`, or `labels:` with `includeSelectors`)
also puts them into the peers of policies, where they stand for pods that do not have them: the
DNS server, the clients. Names are no longer resolved and applications are cut off. And selectors
cannot be changed on a StatefulSet that stands.

Use `labels: [{ pairs: …, includeTemplates: true }]` in the overlay.
",
    good: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { selector: { underpin/workload: orders-server } }
",
    bad: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { selector: { underpin/workload: orders-server, team: checkout } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for item in context.items.iter().filter(|item| item.ours) {
        let spec = &item.value["spec"];
        match item.kind {
            "Service" => {
                let keys = select::labels(&spec["selector"]).into_keys().collect();
                look(item, "spec.selector", keys, &mut findings);
            }
            "StatefulSet" | "Deployment" | "DaemonSet" | "ReplicaSet" | "PodDisruptionBudget" => {
                look(
                    item,
                    "spec.selector",
                    select::keys(&spec["selector"]),
                    &mut findings,
                );
            }
            "NetworkPolicy" => {
                look(
                    item,
                    "spec.podSelector",
                    select::keys(&spec["podSelector"]),
                    &mut findings,
                );
                check_peers(item, &mut findings);
            }
            _ => {}
        }
    }
    findings
}

/// Peers that are pods of ours: those of others are selected by labels of theirs.
fn check_peers(policy: &Item, findings: &mut Vec<Finding>) {
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (rule_index, rule) in list(&policy.value["spec"][direction]).enumerate() {
            for (index, peer) in list(&rule[peers]).enumerate() {
                let keys = select::keys(&peer["podSelector"]);
                if keys.contains(&WORKLOAD) {
                    let path =
                        format!("spec.{direction}[{rule_index}].{peers}[{index}].podSelector");
                    look(policy, &path, keys, findings);
                }
            }
        }
    }
}

fn look(item: &Item, path: &str, keys: Vec<&str>, findings: &mut Vec<Finding>) {
    let others: Vec<&str> = keys.into_iter().filter(|key| *key != WORKLOAD).collect();
    if !others.is_empty() {
        let message = format!("selects by other labels too: {}", others.join(", "));
        let finding = item.error(CODE, path, message);
        findings.push(finding.help("in an overlay use `labels:` without `includeSelectors`"));
    }
}
