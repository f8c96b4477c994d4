//! UP0938: databases are reached from within the cluster.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list, text};
use crate::audit::select::{labels, matches_map};

const CODE: &str = "UP0938";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "databases are reached from within the cluster",
    documentation: "
A Service that Underpin did not make and that selects its pods is an error where it is of the type `NodePort` or
`LoadBalancer`, or has `externalIPs`, and a warning where it is not: it is a way around the names that
are reviewed. A Service of ours that became one of those is a warning.

A port of every node, or an address of the internet, with a database behind it. Whether a
NetworkPolicy still keeps strangers out depends on the network: many of them let what came by a node
in as the node itself.

Leave the type as it is, and let clients in by `access.clients`. Who must come from outside comes by
something that authenticates them: a VPN, a bastion, a tunnel.
",
    good: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { type: ClusterIP, selector: { underpin/workload: orders-server }, ports: [{ port: 5432 }] }
",
    bad: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { type: LoadBalancer, selector: { underpin/workload: orders-server }, ports: [{ port: 5432 }] }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in context.our_items("Service") {
        let spec = &service.value["spec"];
        let kind = text(&spec["type"]);
        if !matches!(kind, "" | "ClusterIP") {
            let message = format!("the type `{kind}` opens the database to outside of the cluster");
            findings.push(service.warning(CODE, "spec.type", message));
        }
        if list(&spec["externalIPs"]).next().is_some() {
            let message = "`externalIPs` open the database to outside of the cluster";
            findings.push(service.warning(CODE, "spec.externalIPs", message));
        }
    }
    for service in context.items_of("Service").filter(|service| !service.ours) {
        let spec = &service.value["spec"];
        let selects = !labels(&spec["selector"]).is_empty();
        let chosen = context.selected(service.namespace, |labels| {
            selects && matches_map(&spec["selector"], labels)
        });
        let Some(pod) = chosen.into_iter().find(|pod| pod.ours) else {
            continue;
        };
        let outside = !matches!(text(&spec["type"]), "" | "ClusterIP")
            || list(&spec["externalIPs"]).next().is_some();
        let whose = format!(
            "this Service is not Underpin's, and selects the pods of {}",
            pod.item.title()
        );
        let finding = if outside {
            let message = format!("{whose}, for outside of the cluster");
            service.error(CODE, "spec.selector", message)
        } else {
            service.warning(CODE, "spec.selector", whose)
        };
        findings.push(finding.help("take it out, and let clients in by `access.clients`"));
    }
    findings
}
