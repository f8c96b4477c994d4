//! UP0923: a `StatefulSet` names its headless Service.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};
use crate::audit::select;

const CODE: &str = "UP0923";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a StatefulSet names its headless Service",
    documentation: "
`serviceName` of a StatefulSet is a Service of the same namespace that is headless
(`clusterIP: None`) and selects its pods. It gives the pods their names in DNS and cannot be
changed later.
",
    good: r"
apiVersion: v1
kind: Service
metadata: { name: orders-pods, namespace: shop }
spec: { clusterIP: None, selector: { underpin/workload: orders-server } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec:
  serviceName: orders-pods
  template: { metadata: { labels: { underpin/workload: orders-server } } }
",
    bad: r"
apiVersion: v1
kind: Service
metadata: { name: orders-pods, namespace: shop }
spec: { selector: { underpin/workload: orders-server } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop }
spec:
  serviceName: orders-pods
  template: { metadata: { labels: { underpin/workload: orders-server } } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        if pod.item.kind != "StatefulSet" {
            continue;
        }
        let name = text(&pod.item.value["spec"]["serviceName"]);
        let mut add = |message: String| {
            findings.push(pod.item.error(CODE, "spec.serviceName", message));
        };
        match context.find("Service", pod.item.namespace, name) {
            None => add(format!(
                "Service `{name}` is not among the objects of its namespace"
            )),
            Some(service) if service.value["spec"]["clusterIP"] != "None" => {
                add(format!("Service `{name}` is not headless"));
            }
            Some(service)
                if !select::matches_map(&service.value["spec"]["selector"], &pod.labels) =>
            {
                add(format!("Service `{name}` does not select these pods"));
            }
            Some(_) => {}
        }
    }
    findings
}
