//! UP0953: atomic lists carry the server's defaults.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, list};
use serde_json::Value;

const CODE: &str = "UP0953";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "lists carry the defaults that the server would put in",
    documentation: "
Ports of containers, Services and policies say their `protocol`; conditions of a `podFailurePolicy`
say their `status`.

The API server puts such defaults in. In a list that is replaced as a whole, `kubectl apply` then
sees a difference every time: it says \"configured\" where nothing changed, and a reviewer cannot
tell a change from noise.

Write `protocol: TCP` and `status: \"True\"`.
",
    good: r"
apiVersion: v1
kind: Service
metadata: { name: orders, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { ports: [{ port: 5432, protocol: TCP }] }
",
    bad: r"
apiVersion: v1
kind: Service
metadata: { name: orders, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { ports: [{ port: 5432 }] }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for container in pod.containers() {
            let path = format!("{}.ports", container.path);
            look(
                &pod.item,
                &path,
                &container.value["ports"],
                "protocol",
                &mut findings,
            );
        }
    }
    for service in context.our_items("Service") {
        let ports = &service.value["spec"]["ports"];
        look(service, "spec.ports", ports, "protocol", &mut findings);
    }
    for policy in context.our_items("NetworkPolicy") {
        for direction in ["ingress", "egress"] {
            for (index, rule) in list(&policy.value["spec"][direction]).enumerate() {
                let path = format!("spec.{direction}[{index}].ports");
                look(policy, &path, &rule["ports"], "protocol", &mut findings);
            }
        }
    }
    for item in context.items.iter().filter(|item| item.ours) {
        let (path, spec) = match item.kind {
            "Job" => ("spec", &item.value["spec"]),
            "CronJob" => (
                "spec.jobTemplate.spec",
                &item.value["spec"]["jobTemplate"]["spec"],
            ),
            _ => continue,
        };
        for (index, rule) in list(&spec["podFailurePolicy"]["rules"]).enumerate() {
            let path = format!("{path}.podFailurePolicy.rules[{index}].onPodConditions");
            look(
                item,
                &path,
                &rule["onPodConditions"],
                "status",
                &mut findings,
            );
        }
    }
    findings
}

/// The elements of `elements` that lack `field`.
fn look(item: &Item, path: &str, elements: &Value, field: &str, findings: &mut Vec<Finding>) {
    for (index, element) in list(elements).enumerate() {
        if element[field].is_null() {
            let message = format!("`{field}` is left to the server, which puts its default in");
            findings.push(item.error(CODE, format!("{path}[{index}].{field}"), message));
        }
    }
}
