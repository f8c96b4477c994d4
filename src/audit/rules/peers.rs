//! UP0933 and what else a policy's rules may not say.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, list, text};
use crate::audit::select;
use serde_json::Value;

const CODE: &str = "UP0933";

/// The label with which every namespace carries its own name.
const NAMESPACE: &str = "kubernetes.io/metadata.name";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "policies name whom they let through",
    documentation: "
In a NetworkPolicy of ours no selector is empty, neither the policy's own nor a peer's; every rule
lists its peers and its ports; a peer with a `namespaceSelector` has a `podSelector` beside it; and
a peer in the policy's own namespace has no `namespaceSelector`.

An empty selector is everything: every pod of the namespace, every namespace. A rule without peers
or ports is everyone, everywhere. And kustomize moves objects to another namespace without touching
namespace selectors, so that one that named the own namespace afterwards names a foreign one.

Write the labels of those who may connect. For addresses outside of the cluster use `ipBlock`.
",
    good: r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders-server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-server } }
  ingress:
    - from:
        - podSelector: { matchLabels: { app: api } }
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: bi } }
          podSelector: { matchLabels: { app: etl } }
      ports: [{ port: 5432, protocol: TCP }]
",
    bad: r"
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: orders-server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: {}
  ingress:
    - from:
        - podSelector: {}
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } }
          podSelector: { matchLabels: { app: etl } }
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: bi } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in context.our_items("NetworkPolicy") {
        let spec = &policy.value["spec"];
        if select::is_empty(&spec["podSelector"]) {
            let message = "selects every pod of its namespace";
            findings.push(policy.error(CODE, "spec.podSelector", message));
        }
        for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
            for (index, rule) in list(&spec[direction]).enumerate() {
                let path = format!("spec.{direction}[{index}]");
                for field in [peers, "ports"] {
                    if list(&rule[field]).next().is_none() {
                        let message = format!("a rule without `{field}` allows all of them");
                        findings.push(policy.error(CODE, format!("{path}.{field}"), message));
                    }
                }
                for (index, peer) in list(&rule[peers]).enumerate() {
                    let path = format!("{path}.{peers}[{index}]");
                    check_peer(policy, peer, &path, &mut findings);
                }
            }
        }
    }
    findings
}

fn check_peer(policy: &Item, peer: &Value, path: &str, findings: &mut Vec<Finding>) {
    let mut add = |field: &str, message: &str| {
        findings.push(policy.error(CODE, format!("{path}.{field}"), message));
    };
    if !peer["ipBlock"].is_null() {
        return;
    }
    let (pods, namespaces) = (&peer["podSelector"], &peer["namespaceSelector"]);
    if pods.is_null() {
        add(
            "podSelector",
            "the peer is every pod of the namespaces that it selects",
        );
    } else if select::is_empty(pods) {
        add("podSelector", "an empty selector lets every pod through");
    }
    if namespaces.is_null() {
        return;
    }
    if select::is_empty(namespaces) {
        add(
            "namespaceSelector",
            "an empty selector lets every namespace through",
        );
    }
    if text(&namespaces["matchLabels"][NAMESPACE]) == policy.namespace
        && !policy.namespace.is_empty()
    {
        add(
            "namespaceSelector",
            "names the policy's own namespace, and stays behind when an overlay moves the policy",
        );
    }
}
