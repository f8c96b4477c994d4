//! UP0907: pods hold no credentials of the cluster and learn nothing of its services.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};

const CODE: &str = "UP0907";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "pods hold no credentials of the cluster",
    documentation: "
Each pod says `automountServiceAccountToken: false` and names a service account of its own, which
says the same; and it says `enableServiceLinks: false`.

Nothing of ours talks to the API server, so a token is only there to be stolen. Service links put a
variable like `POSTGRES_PORT=tcp://…` into every container for each Service in the namespace, where
scripts and libpq take them for settings.

Write the three fields as in the good example, and the ServiceAccount beside it.
",
    good: r"
apiVersion: v1
kind: ServiceAccount
metadata: { name: orders-server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
automountServiceAccountToken: false
---
apiVersion: v1
kind: Pod
metadata: { name: orders, namespace: shop, labels: { underpin/workload: orders-server } }
spec:
  serviceAccountName: orders-server
  automountServiceAccountToken: false
  enableServiceLinks: false
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, namespace: shop, labels: { underpin/workload: orders-server } }
spec:
  serviceAccountName: default
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        if pod.spec["automountServiceAccountToken"] != false {
            let message = "the pod mounts a token of the API server";
            findings.push(pod.error(CODE, "spec.automountServiceAccountToken", message));
        }
        if pod.spec["enableServiceLinks"] != false {
            let message = "every Service of the namespace puts variables into the pod";
            findings.push(pod.error(CODE, "spec.enableServiceLinks", message));
        }
        if matches!(text(&pod.spec["serviceAccountName"]), "" | "default") {
            let message = "the pod runs under the namespace's default service account";
            findings.push(pod.error(CODE, "spec.serviceAccountName", message));
        }
    }
    for account in context.items_of("ServiceAccount") {
        let is_used = || {
            context.our_workloads().any(|pod| {
                pod.item.namespace == account.namespace
                    && text(&pod.spec["serviceAccountName"]) == account.name
            })
        };
        if (account.ours || is_used()) && account.value["automountServiceAccountToken"] != false {
            let message = "pods under this account mount its token unless they say otherwise";
            findings.push(account.error(CODE, "automountServiceAccountToken", message));
        }
    }
    findings
}
