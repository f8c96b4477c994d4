//! UP0921: mounts and volumes belong together.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list, text};
use std::collections::BTreeSet;

const CODE: &str = "UP0921";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "mounts and volumes belong together",
    documentation: "
Every `volumeMounts` entry names a volume of the pod, every volume is mounted by some container,
and no container mounts two volumes at one path.

The API server refuses the first and the last; a volume that nobody mounts is a mistake in a patch.
Claims of a StatefulSet's `volumeClaimTemplates` count as volumes.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers: [{ name: postgresql, volumeMounts: [{ name: tmp, mountPath: /tmp }] }]
  volumes: [{ name: tmp, emptyDir: { sizeLimit: 64Mi } }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers: [{ name: postgresql, volumeMounts: [{ name: temp, mountPath: /tmp }] }]
  volumes: [{ name: tmp, emptyDir: { sizeLimit: 64Mi } }]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let claims = list(&pod.item.value["spec"]["volumeClaimTemplates"])
            .map(|claim| text(&claim["metadata"]["name"]));
        let volumes: BTreeSet<&str> = pod
            .volumes()
            .map(|(_, volume)| text(&volume["name"]))
            .chain(claims)
            .collect();
        let mut mounted = BTreeSet::new();
        for container in pod.containers() {
            let mut paths = BTreeSet::new();
            for field in ["volumeMounts", "volumeDevices"] {
                for (index, mount) in list(&container.value[field]).enumerate() {
                    let name = text(&mount["name"]);
                    let path = format!("{}.{field}[{index}]", container.path);
                    if !volumes.contains(name) {
                        let message = format!("the pod has no volume `{name}`");
                        findings.push(pod.item.error(CODE, path.clone(), message));
                    }
                    let place = text(&mount["mountPath"]);
                    if !place.is_empty() && !paths.insert(place) {
                        let message = format!("two volumes are mounted at `{place}`");
                        findings.push(pod.item.error(CODE, path, message));
                    }
                    mounted.insert(name);
                }
            }
        }
        for (path, volume) in pod.volumes() {
            let name = text(&volume["name"]);
            if !mounted.contains(name) {
                let message = format!("no container mounts the volume `{name}`");
                findings.push(pod.item.error(CODE, path, message));
            }
        }
    }
    findings
}
