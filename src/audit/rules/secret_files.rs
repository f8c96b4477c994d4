//! UP0928: secrets reach containers as files.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list};

const CODE: &str = "UP0928";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "secrets reach containers as files",
    documentation: "
A warning: a container of ours reads a Secret into its environment, by `secretKeyRef` or by
`envFrom`.

What stands in the environment is inherited by every child process, is shown by `/proc` to whoever
runs as the same user, ends up in crash reports, and stays as it was when the Secret changes. A file
has one reader, and follows the Secret.

Mount the Secret as a volume and name the file.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers: [{ name: postgresql, volumeMounts: [{ name: secrets, mountPath: /secrets }] }]
  volumes: [{ name: secrets, secret: { secretName: orders-postgres } }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      env: [{ name: PGPASS, valueFrom: { secretKeyRef: { name: orders-postgres, key: superuser } } }]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for container in pod.containers() {
            let by_variable = list(&container.value["env"])
                .enumerate()
                .filter(|(_, variable)| !variable["valueFrom"]["secretKeyRef"].is_null())
                .map(|(index, _)| format!("env[{index}].valueFrom.secretKeyRef"));
            let all_of_it = list(&container.value["envFrom"])
                .enumerate()
                .filter(|(_, source)| !source["secretRef"].is_null())
                .map(|(index, _)| format!("envFrom[{index}].secretRef"));
            for field in by_variable.chain(all_of_it) {
                let path = format!("{}.{field}", container.path);
                let message = format!("`{}` has a secret in its environment", container.name);
                findings.push(pod.item.warning(CODE, path, message));
            }
        }
    }
    findings
}
