//! UP0902: containers have no privileges and gain none.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list};

const CODE: &str = "UP0902";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "containers have no privileges and gain none",
    documentation: "
Every container, init containers included, says `allowPrivilegeEscalation: false`, drops the
capability `ALL`, adds none but `NET_BIND_SERVICE`, and is not `privileged`: clauses of the Pod
Security Standard \"restricted\".

What breaks out of a database or reads a hostile dump then stands on the node without any right.

Write the security context of the good example on the container; it cannot be given by the pod.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      securityContext:
        allowPrivilegeEscalation: false
        capabilities: { drop: [ALL] }
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      securityContext:
        privileged: true
        capabilities: { drop: [NET_RAW], add: [SYS_ADMIN] }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for container in pod.containers() {
            let security = &container.value["securityContext"];
            let mut add = |field: &str, message: String| {
                let path = format!("{}.securityContext.{field}", container.path);
                findings.push(pod.item.error(CODE, path, message));
            };
            if security["privileged"] == true {
                add("privileged", "the container is privileged".to_owned());
            }
            if security["allowPrivilegeEscalation"] != false {
                let message = "`allowPrivilegeEscalation` is not false";
                add("allowPrivilegeEscalation", message.to_owned());
            }
            let capabilities = &security["capabilities"];
            if !list(&capabilities["drop"]).any(|dropped| dropped == "ALL") {
                add(
                    "capabilities.drop",
                    "the capability `ALL` is not dropped".to_owned(),
                );
            }
            for added in list(&capabilities["add"]).filter(|added| *added != "NET_BIND_SERVICE") {
                add(
                    "capabilities.add",
                    format!("the capability {added} is added"),
                );
            }
        }
    }
    findings
}
