//! UP0903: nothing runs as root.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;
use serde_json::Value;

const CODE: &str = "UP0903";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "nothing runs as root",
    documentation: "
`runAsNonRoot` is true for the pod, or for each of its containers, and no container says
otherwise; `runAsUser` is never 0. A clause of the Pod Security Standard \"restricted\". No group is
0 either: `runAsGroup`, `fsGroup`, `supplementalGroups`; what images leave to the group root is
theirs.

Newer clusters relax it for pods in a user namespace (`hostUsers: false`); the oldest that is
supported does not, so neither does this rule.

Say `runAsNonRoot: true` in the pod's security context, with the user of the image.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  securityContext: { runAsNonRoot: true, runAsUser: 999 }
  containers: [{ name: postgresql }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  securityContext: { runAsUser: 0 }
  containers: [{ name: postgresql }]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let security = &pod.spec["securityContext"];
        if security["runAsUser"] == 0 {
            findings.push(pod.error(
                CODE,
                "spec.securityContext.runAsUser",
                "the pod runs as root",
            ));
        }
        if security["runAsNonRoot"] == false {
            let message = "`runAsNonRoot` is false";
            findings.push(pod.error(CODE, "spec.securityContext.runAsNonRoot", message));
        }
        for path in root_groups(security) {
            let path = format!("spec.securityContext.{path}");
            findings.push(pod.error(CODE, &path, "the pod runs in the group root"));
        }
        let by_pod = security["runAsNonRoot"] == true;
        for container in pod.containers() {
            let own = &container.value["securityContext"];
            let path = format!("{}.securityContext", container.path);
            if own["runAsUser"] == 0 {
                let path = format!("{path}.runAsUser");
                findings.push(pod.item.error(CODE, path, "the container runs as root"));
            }
            if own["runAsGroup"] == 0 {
                let path = format!("{path}.runAsGroup");
                let message = "the container runs in the group root";
                findings.push(pod.item.error(CODE, path, message));
            }
            let said = &own["runAsNonRoot"];
            if *said != true && !(said.is_null() && by_pod) {
                let message = "neither the pod nor the container says `runAsNonRoot: true`";
                let path = format!("{path}.runAsNonRoot");
                findings.push(pod.item.error(CODE, path, message));
            }
        }
    }
    findings
}

/// The fields of a pod's security context that name the group root.
fn root_groups(security: &Value) -> Vec<&'static str> {
    let named = |field: &str| match &security[field] {
        Value::Array(groups) => groups.iter().any(|group| *group == 0),
        group => *group == 0,
    };
    let fields = ["runAsGroup", "fsGroup", "supplementalGroups"];
    fields.into_iter().filter(|field| named(field)).collect()
}
