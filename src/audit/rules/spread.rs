//! UP0912: copies of a pod stand on nodes of their own.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Workload, list};

const CODE: &str = "UP0912";
const NODE: &str = "kubernetes.io/hostname";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "copies of a pod stand on nodes of their own",
    documentation: "
A Deployment or StatefulSet of ours with more than one replica says that its pods are to be spread
over nodes: by `topologySpreadConstraints`, or by `podAntiAffinity`, with the topology key
`kubernetes.io/hostname`. To prefer it is enough.

Two poolers on one node are one pooler: both go with the node.

Write a constraint as in the good example.
",
    good: r"
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders-pooler, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  replicas: 2
  template:
    metadata: { labels: { underpin/workload: orders-pooler } }
    spec:
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { underpin/workload: orders-pooler } }
",
    bad: r"
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders-pooler, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  replicas: 2
  template:
    metadata: { labels: { underpin/workload: orders-pooler } }
    spec:
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: { matchLabels: { underpin/workload: orders-pooler } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    context
        .our_workloads()
        .filter(|pod| pod.is_long_running())
        .filter(|pod| pod.item.value["spec"]["replicas"].as_i64().unwrap_or(1) > 1)
        .filter(|pod| !is_spread(pod))
        .map(|pod| {
            let message = "nothing keeps its pods from standing on one node";
            pod.error(CODE, "spec.topologySpreadConstraints", message)
        })
        .collect()
}

fn is_spread(pod: &Workload<'_>) -> bool {
    let apart = &pod.spec["affinity"]["podAntiAffinity"];
    let required = list(&apart["requiredDuringSchedulingIgnoredDuringExecution"]);
    let preferred = list(&apart["preferredDuringSchedulingIgnoredDuringExecution"])
        .map(|preference| &preference["podAffinityTerm"]);
    list(&pod.spec["topologySpreadConstraints"])
        .chain(required)
        .chain(preferred)
        .any(|term| term["topologyKey"] == NODE)
}
