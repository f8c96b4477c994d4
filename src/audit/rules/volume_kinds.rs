//! UP0905: pods mount nothing of the node or the network directly.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};

const CODE: &str = "UP0905";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "pods mount nothing of their node or the network directly",
    documentation: "
Volumes are of the kinds that the Pod Security Standard \"restricted\" allows: `configMap`, `csi`,
`downwardAPI`, `emptyDir`, `ephemeral`, `image`, `persistentVolumeClaim`, `projected`, `secret`.

`hostPath` opens the node to the pod; `nfs` and the like name a server that the pod's author picked.

Put the storage behind a PersistentVolume and mount its claim.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  volumes: [{ name: data, persistentVolumeClaim: { claimName: orders-data } }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  volumes: [{ name: data, hostPath: { path: /srv/orders } }]
",
    check,
};

const ALLOWED: &[&str] = &[
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for (path, volume) in pod.volumes() {
            for (kind, _) in volume.as_object().into_iter().flatten() {
                if kind != "name" && !ALLOWED.contains(&kind.as_str()) {
                    let message = format!(
                        "the volume `{}` is of kind `{kind}`, which restricted pods may not mount",
                        text(&volume["name"])
                    );
                    let finding = pod.item.error(CODE, format!("{path}.{kind}"), message);
                    findings
                        .push(finding.help("put it behind a PersistentVolume and mount its claim"));
                }
            }
        }
    }
    findings
}
