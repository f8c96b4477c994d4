//! UP0908: what a container may take is written.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Role};
use crate::audit::quantity;

const CODE: &str = "UP0908";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "what a container may take is written",
    documentation: "
Every container requests cpu, memory and ephemeral storage, and has limits for memory and ephemeral
storage. A limit for cpu is not asked for: it throttles a database without need.

A database without a memory request is the first that a node under pressure evicts; a container
without limits takes its neighbours down with it. Quotas of the namespace may refuse the pod.

Write requests and limits as in the good example.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      resources:
        requests: { cpu: '2', memory: 4Gi, ephemeral-storage: 1Gi }
        limits: { memory: 4Gi, ephemeral-storage: 1Gi }
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      resources: { requests: { cpu: '2' } }
",
    check,
};

const NEEDED: &[(&str, &str)] = &[
    ("requests", "cpu"),
    ("requests", "memory"),
    ("requests", "ephemeral-storage"),
    ("limits", "memory"),
    ("limits", "ephemeral-storage"),
];

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let containers = pod.containers();
        for container in containers
            .iter()
            .filter(|container| container.role != Role::Ephemeral)
        {
            let resources = &container.value["resources"];
            for (list, resource) in NEEDED {
                let path = format!("{}.resources.{list}.{resource}", container.path);
                let name = container.name;
                let message = match &resources[*list][*resource] {
                    value if value.is_null() => format!("`{name}` has no {resource} in {list}"),
                    value if quantity::units(value).is_none() => {
                        format!("the {resource} in {list} of `{name}` is no amount")
                    }
                    _ => continue,
                };
                findings.push(pod.item.error(CODE, path, message));
            }
        }
    }
    findings
}
