//! UP0906: root file systems are read-only.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;

const CODE: &str = "UP0906";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "root file systems are read-only",
    documentation: "
Every container says `readOnlyRootFilesystem: true`. What it writes goes to volumes with a size,
so nothing fills the node's disk unseen and nothing that breaks in can change what the image holds.

Mount an `emptyDir` with a `sizeLimit` where the program must write.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers: [{ name: postgresql, securityContext: { readOnlyRootFilesystem: true } }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers: [{ name: postgresql }]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for container in pod.containers() {
            if container.value["securityContext"]["readOnlyRootFilesystem"] != true {
                let path = format!("{}.securityContext.readOnlyRootFilesystem", container.path);
                let message = format!(
                    "the root file system of `{}` can be written",
                    container.name
                );
                let finding = pod.item.error(CODE, path, message);
                findings.push(finding.help("say true, and mount an emptyDir where it must write"));
            }
        }
    }
    findings
}
