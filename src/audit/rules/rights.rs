//! UP0913: pods have no rights in the cluster.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list, text};

const CODE: &str = "UP0913";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "pods have no rights in the cluster",
    documentation: "
No RoleBinding and no ClusterRoleBinding names a service account of ours, whoever made it; and
Underpin makes no Role and no binding of its own.

Nothing of ours asks the API server for anything. A right that nobody uses is there for whoever
breaks into a database; the token for it can be had even where none is mounted, by whoever may
create one.

Remove the binding. A tool that needs the right gets a service account of its own.
",
    good: r"
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: api, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: api }]
",
    bad: r"
apiVersion: v1
kind: ServiceAccount
metadata: { name: orders-server, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: orders, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: orders-server }]
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for kind in ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"] {
        for item in context.our_items(kind) {
            let message = "Underpin gives no rights in the cluster";
            findings.push(item.error(CODE, "kind", message));
        }
    }
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        for binding in context.items_of(kind) {
            for (index, subject) in list(&binding.value["subjects"]).enumerate() {
                // A RoleBinding may leave its own namespace out.
                let namespace = match text(&subject["namespace"]) {
                    "" => binding.namespace,
                    namespace => namespace,
                };
                let name = text(&subject["name"]);
                let account = context.find("ServiceAccount", namespace, name);
                if subject["kind"] == "ServiceAccount" && account.is_some_and(|found| found.ours) {
                    let message = format!("it gives `{name}` rights, which needs none");
                    let path = format!("subjects[{index}]");
                    findings.push(binding.error(CODE, path, message));
                }
            }
        }
    }
    findings
}
