//! UP0910: scratch space is bounded and fits.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Role, Workload, list, text};
use crate::audit::quantity;
use serde_json::Value;

const CODE: &str = "UP0910";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "scratch space is bounded and fits into memory",
    documentation: "
Every `emptyDir` has a `sizeLimit`, and those of medium `Memory` that a container mounts are
together smaller than its memory limit.

What stands in them counts as the container's memory. Were they as large as the limit, a full
`/dev/shm` would have the kernel kill the server before it says that the space is full.

Raise the memory limit or lower the `sizeLimit`.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      resources: { limits: { memory: 4Gi } }
      volumeMounts: [{ name: shm, mountPath: /dev/shm }]
  volumes: [{ name: shm, emptyDir: { medium: Memory, sizeLimit: 1Gi } }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      resources: { limits: { memory: 512Mi } }
      volumeMounts: [{ name: shm, mountPath: /dev/shm }]
  volumes: [{ name: shm, emptyDir: { medium: Memory, sizeLimit: 1Gi } }]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for (path, volume) in pod.volumes() {
            let scratch = &volume["emptyDir"];
            if !scratch.is_null() && quantity::units(&scratch["sizeLimit"]).is_none() {
                let message = format!("the emptyDir `{}` has no size limit", text(&volume["name"]));
                let path = format!("{path}.emptyDir.sizeLimit");
                findings.push(pod.item.error(CODE, path, message));
            }
        }
        for container in pod.containers() {
            let limit = &container.value["resources"]["limits"]["memory"];
            let Some(limit) = quantity::units(limit) else {
                continue;
            };
            let mounted = in_memory(pod, container.value);
            if container.role != Role::Ephemeral && mounted >= limit {
                let path = format!("{}.resources.limits.memory", container.path);
                let message = format!(
                    "`{}` may use {limit} bytes of memory, and its volumes in memory may fill {mounted}",
                    container.name
                );
                findings.push(pod.item.error(CODE, path, message));
            }
        }
    }
    findings
}

/// How much a container's volumes in memory may hold.
fn in_memory(pod: &Workload, container: &Value) -> u128 {
    pod.volumes()
        .filter(|(_, volume)| {
            volume["emptyDir"]["medium"] == "Memory"
                && list(&container["volumeMounts"])
                    .any(|mount| !mount["name"].is_null() && mount["name"] == volume["name"])
        })
        .filter_map(|(_, volume)| quantity::units(&volume["emptyDir"]["sizeLimit"]))
        .fold(0, u128::saturating_add)
}
