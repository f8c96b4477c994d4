//! UP0926: one pod writes to a server's volume.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Workload, text};

const CODE: &str = "UP0926";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "one pod writes to a server's volume",
    documentation: "
A workload that runs for long and mounts a claim of ours has at most one replica, and nothing else
mounts that claim. Pods that are not ours mount no claim of ours at all.

Two servers on one volume destroy it. Our start script takes a lock, so that the second only waits;
somebody else's pod takes none. A backup volume that an application can write to is one whose
backups it can replace.

Underpin has one server under one name: leave `replicas` at 1, and read with the database's own
tools instead of from its volume.
",
    good: r"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: orders-data, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  replicas: 1
  template: { spec: { volumes: [{ name: data, persistentVolumeClaim: { claimName: orders-data } }] } }
",
    bad: r"
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: orders-data, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  replicas: 2
  template: { spec: { volumes: [{ name: data, persistentVolumeClaim: { claimName: orders-data } }] } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for claim in context.our_items("PersistentVolumeClaim") {
        let mounting: Vec<(&Workload, String)> = context
            .workloads
            .iter()
            .filter(|pod| pod.item.namespace == claim.namespace)
            .filter_map(|pod| Some((pod, mounts(pod, claim.name)?)))
            .collect();
        let server = mounting
            .iter()
            .map(|(pod, _)| *pod)
            .find(|pod| pod.ours && pod.is_long_running());
        for (pod, path) in &mounting {
            let name = claim.name;
            let message = if !pod.ours {
                format!("pods that are not ours mount `{name}`")
            } else if server.is_some_and(|server| server.item.title() != pod.item.title()) {
                format!("`{name}` is the volume of a server that runs")
            } else if server.is_some() && pod.item.value["spec"]["replicas"].as_u64() > Some(1) {
                format!("more than one replica mounts `{name}`")
            } else {
                continue;
            };
            findings.push(pod.item.error(CODE, path.clone(), message));
        }
    }
    findings
}

/// Where a pod mounts a claim.
fn mounts(pod: &Workload, claim: &str) -> Option<String> {
    pod.volumes()
        .find(|(_, volume)| text(&volume["persistentVolumeClaim"]["claimName"]) == claim)
        .map(|(path, _)| format!("{path}.persistentVolumeClaim"))
}
