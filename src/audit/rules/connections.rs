//! UP0934: a connection between two of our pods is allowed at both ends.

use super::Rule;
use super::one_policy::selects;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, WORKLOAD, Workload, list, text};
use crate::audit::select;
use serde_json::Value;
use std::collections::BTreeSet;

const CODE: &str = "UP0934";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a connection between two of our pods is allowed at both ends",
    documentation: "
Where a policy lets our pods out to other pods of ours, the policy of those lets them in, on the
same ports, and the other way round. A peer with the label `underpin/workload` selects some pod.

With one end alone the connection is dropped without a word: the client sees a server that does
not answer, and waits.

After an overlay: labels were changed in selectors but not in peers. Use `labels:` without
`includeSelectors`.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: server, namespace: shop, labels: { underpin/workload: orders-server } }
---
apiVersion: v1
kind: Pod
metadata: { name: bootstrap, namespace: shop, labels: { underpin/workload: orders-bootstrap } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-server } }
  ingress:
    - from: [{ podSelector: { matchLabels: { underpin/workload: orders-bootstrap } } }]
      ports: [{ port: 5432, protocol: TCP }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: bootstrap, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-bootstrap } }
  egress:
    - to: [{ podSelector: { matchLabels: { underpin/workload: orders-server } } }]
      ports: [{ port: 5432, protocol: TCP }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: server, namespace: shop, labels: { underpin/workload: orders-server } }
---
apiVersion: v1
kind: Pod
metadata: { name: bootstrap, namespace: shop, labels: { underpin/workload: orders-bootstrap } }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-server } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: api } } }]
      ports: [{ port: 5432, protocol: TCP }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: bootstrap, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  podSelector: { matchLabels: { underpin/workload: orders-bootstrap } }
  egress:
    - to: [{ podSelector: { matchLabels: { underpin/workload: orders-server } } }]
      ports: [{ port: 5432, protocol: TCP }]
",
    check,
};

/// One direction of a policy, with the names of its fields and of those at the other end.
struct Direction {
    rules: &'static str,
    peers: &'static str,
    other_rules: &'static str,
    other_peers: &'static str,
}

const DIRECTIONS: &[Direction] = &[
    Direction {
        rules: "egress",
        peers: "to",
        other_rules: "ingress",
        other_peers: "from",
    },
    Direction {
        rules: "ingress",
        peers: "from",
        other_rules: "egress",
        other_peers: "to",
    },
];

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for policy in context.our_items("NetworkPolicy") {
        for direction in DIRECTIONS {
            let rules = list(&policy.value["spec"][direction.rules]).enumerate();
            for (index, rule) in rules {
                let path = format!("spec.{}[{index}].{}", direction.rules, direction.peers);
                for (index, peer) in list(&rule[direction.peers]).enumerate() {
                    let path = format!("{path}[{index}]");
                    check_peer(context, policy, direction, rule, peer, &path, &mut findings);
                }
            }
        }
    }
    findings
}

fn check_peer(
    context: &Context,
    policy: &Item,
    direction: &Direction,
    rule: &Value,
    peer: &Value,
    path: &str,
    findings: &mut Vec<Finding>,
) {
    let asked = select::keys(&peer["podSelector"]);
    if !asked.contains(&WORKLOAD) || !peer["namespaceSelector"].is_null() {
        return;
    }
    let selected = context.selected(policy.namespace, |of| {
        select::matches(&peer["podSelector"], of)
    });
    if selected.is_empty() {
        findings.push(policy.error(CODE, path, "the peer selects no pod of these objects"));
    }
    let own = context.our_workloads().filter(|pod| selects(policy, pod));
    let own = by_label(own);
    for far in by_label(selected.into_iter()) {
        for near in &own {
            for port in ports(rule) {
                if !allows(context, far, near, direction, &port) {
                    let message = format!(
                        "the policy of {} does not allow the same from its end: no {} for {} on {port}",
                        far.item.title(),
                        direction.other_rules,
                        near.item.title(),
                    );
                    findings.push(policy.error(CODE, path, message));
                }
            }
        }
    }
}

/// One workload for each value of the selecting label: a Job and a `CronJob` may share one.
fn by_label<'a, 'b>(pods: impl Iterator<Item = &'b Workload<'a>>) -> Vec<&'b Workload<'a>>
where
    'a: 'b,
{
    let mut seen = BTreeSet::new();
    pods.filter(|pod| seen.insert(pod.labels.get(WORKLOAD).copied()))
        .collect()
}

/// Whether the policies of `far` allow what a rule of `near`'s policy allows.
fn allows(
    context: &Context,
    far: &Workload,
    near: &Workload,
    direction: &Direction,
    port: &str,
) -> bool {
    context
        .our_items("NetworkPolicy")
        .filter(|policy| selects(policy, far))
        .flat_map(|policy| list(&policy.value["spec"][direction.other_rules]))
        .any(|rule| {
            let offered = ports(rule);
            (offered.contains(port) || offered.contains(ALL))
                && list(&rule[direction.other_peers]).any(|peer| {
                    peer["ipBlock"].is_null()
                        && peer["namespaceSelector"].is_null()
                        && select::matches(&peer["podSelector"], &near.labels)
                })
        })
}

/// How a rule without ports is written here.
const ALL: &str = "all ports";

/// The ports of a rule, as `TCP 5432`.
fn ports(rule: &Value) -> BTreeSet<String> {
    let listed: BTreeSet<String> = list(&rule["ports"])
        .map(|port| {
            let protocol = match text(&port["protocol"]) {
                "" => "TCP",
                protocol => protocol,
            };
            match (&port["port"], &port["endPort"]) {
                (Value::Null, _) => ALL.to_owned(),
                (first, Value::Null) => format!("{protocol} {first}"),
                (first, last) => format!("{protocol} {first}-{last}"),
            }
        })
        .collect();
    if listed.is_empty() {
        return BTreeSet::from([ALL.to_owned()]);
    }
    listed
}
