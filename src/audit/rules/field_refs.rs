//! UP0922: names that reach containers through annotations are names of something.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Workload, list, text};
use crate::audit::hash::REFERENCES;
use serde_json::Value;

const CODE: &str = "UP0922";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "names that reach containers through annotations are names of something",
    documentation: "
The annotation `underpin/server` of a pod template names a Service of its namespace, and
`underpin/stateful-set` a StatefulSet. A variable or file that is made from an annotation or label
(`fieldRef: metadata.annotations['underpin/server']`) finds it on the same template.

kustomize renames objects but not the values of environment variables; the base therefore keeps
such names in annotations, which its `kustomizeconfig.yaml` declares to be references. If that file
is missing from an overlay's base, the names stay and the pod dials another database, or none.

Keep `configurations: [kustomizeconfig.yaml]` in the base, and do not drop annotations in a patch.
",
    good: r#"
apiVersion: v1
kind: Service
metadata: { name: eu-orders-direct, namespace: shop }
---
apiVersion: batch/v1
kind: Job
metadata: { name: eu-orders-bootstrap, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  template:
    metadata: { annotations: { underpin/server: eu-orders-direct } }
    spec:
      containers:
        - name: bootstrap
          env: [{ name: PGHOST, valueFrom: { fieldRef: { fieldPath: "metadata.annotations['underpin/server']" } } }]
"#,
    bad: r#"
apiVersion: v1
kind: Service
metadata: { name: eu-orders-direct, namespace: shop }
---
apiVersion: batch/v1
kind: Job
metadata: { name: eu-orders-bootstrap, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  template:
    metadata: { annotations: { underpin/server: orders-direct } }
    spec:
      containers:
        - name: bootstrap
          env: [{ name: PGHOST, valueFrom: { fieldRef: { fieldPath: "metadata.annotations['underpin/host']" } } }]
"#,
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for (annotation, kind) in REFERENCES {
            let value = &pod.metadata["annotations"][*annotation];
            let name = text(value);
            if !value.is_null() && context.find(kind, pod.item.namespace, name).is_none() {
                let path = format!("metadata.annotations['{annotation}']");
                let message = format!("{kind} `{name}` is not among the objects of its namespace");
                let finding = pod.error(CODE, &path, message);
                findings.push(finding.help("keep `configurations:` of the base, which renames it"));
            }
        }
        for (path, field) in field_refs(pod) {
            let field_path = text(&field["fieldPath"]);
            if !is_found(pod, field_path) {
                let message = format!("the pod template has no `{field_path}`");
                findings.push(pod.item.error(CODE, path, message));
            }
        }
    }
    findings
}

/// Every `fieldRef` of a pod, with its path.
fn field_refs<'a>(pod: &Workload<'a>) -> Vec<(String, &'a Value)> {
    let mut found = Vec::new();
    for container in pod.containers() {
        for (index, variable) in list(&container.value["env"]).enumerate() {
            let path = format!("{}.env[{index}].valueFrom.fieldRef", container.path);
            found.push((path, &variable["valueFrom"]["fieldRef"]));
        }
    }
    for (path, volume) in pod.volumes() {
        for (index, item) in list(&volume["downwardAPI"]["items"]).enumerate() {
            found.push((
                format!("{path}.downwardAPI.items[{index}].fieldRef"),
                &item["fieldRef"],
            ));
        }
        for (source, of) in list(&volume["projected"]["sources"]).enumerate() {
            for (index, item) in list(&of["downwardAPI"]["items"]).enumerate() {
                let at = format!("projected.sources[{source}].downwardAPI.items[{index}]");
                found.push((format!("{path}.{at}.fieldRef"), &item["fieldRef"]));
            }
        }
    }
    found.retain(|(_, field)| !field.is_null());
    found
}

/// What the Job controller adds to its pods
/// (<https://kubernetes.io/docs/reference/labels-annotations-taints/#batchkubernetesio-controller-uid>).
const OF_JOBS: [&str; 2] = [
    "metadata.labels['batch.kubernetes.io/controller-uid']",
    "metadata.labels['batch.kubernetes.io/job-name']",
];

/// Whether the template gives what a field path asks for; what is known only when the pod runs
/// (its name, its addresses) is.
fn is_found(pod: &Workload, field_path: &str) -> bool {
    let is_of_job = matches!(pod.item.kind, "Job" | "CronJob");
    if is_of_job && OF_JOBS.contains(&field_path) {
        return true;
    }
    for map in ["annotations", "labels"] {
        let key = field_path
            .strip_prefix("metadata.")
            .and_then(|rest| rest.strip_prefix(map))
            .and_then(|rest| rest.strip_prefix("['"))
            .and_then(|rest| rest.strip_suffix("']"));
        if let Some(key) = key {
            return pod.metadata[map][key].is_string();
        }
    }
    matches!(
        field_path,
        "metadata.name"
            | "metadata.namespace"
            | "metadata.uid"
            | "metadata.labels"
            | "metadata.annotations"
            | "spec.nodeName"
            | "spec.serviceAccountName"
            | "status.hostIP"
            | "status.hostIPs"
            | "status.podIP"
            | "status.podIPs"
    )
}
