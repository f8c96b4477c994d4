//! UP0920: what a pod refers to exists.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Workload, list, text};
use crate::audit::hash::FOREIGN;
use serde_json::Value;

const CODE: &str = "UP0920";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "what a pod refers to exists",
    documentation: "
Every ConfigMap (as a volume, in a projected volume, for the environment) stands among the objects
with the keys that are asked for, and so do every PersistentVolumeClaim and the ServiceAccount, all
in the pod's namespace. What is marked `optional` may be missing. Secrets are always the team's own:
they are never among the objects; and so is the ConfigMap that the pod's annotation
`underpin/foreign` names.

A pod with a reference into nothing stays in `ContainerCreating` or `Pending` and logs nothing.

After an overlay: it renamed or left out an object, or moved one to another namespace.
",
    good: r"
apiVersion: v1
kind: ConfigMap
metadata: { name: orders-settings, namespace: shop }
data: { postgresql.conf: '' }
---
apiVersion: v1
kind: Pod
metadata: { name: orders, namespace: shop, labels: { underpin/workload: orders-server } }
spec:
  volumes:
    - name: settings
      configMap: { name: orders-settings, items: [{ key: postgresql.conf, path: postgresql.conf }] }
",
    bad: r"
apiVersion: v1
kind: ConfigMap
metadata: { name: eu-orders-settings, namespace: shop }
data: { postgresql.conf: '' }
---
apiVersion: v1
kind: Pod
metadata: { name: orders, namespace: shop, labels: { underpin/workload: orders-server } }
spec:
  volumes:
    - name: settings
      configMap: { name: orders-settings, items: [{ key: postgresql.conf, path: postgresql.conf }] }
",
    check,
};

/// The `ConfigMap` that every namespace has.
const OF_THE_CLUSTER: &str = "kube-root-ca.crt";

/// A reference to a `ConfigMap`, a claim or an account.
struct Reference<'a> {
    path: String,
    kind: &'static str,
    name: &'a str,
    keys: Vec<&'a str>,
}

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let foreign = text(&pod.metadata["annotations"][FOREIGN]);
        for reference in references(pod) {
            let Reference {
                path,
                kind,
                name,
                keys,
            } = reference;
            if kind == "ConfigMap" && name == foreign {
                continue;
            }
            let Some(target) = context.find(kind, pod.item.namespace, name) else {
                let message = format!("{kind} `{name}` is not among the objects of its namespace");
                findings.push(pod.item.error(CODE, path, message));
                continue;
            };
            for key in keys {
                let held = ["data", "binaryData"]
                    .iter()
                    .any(|field| !target.value[*field][key].is_null());
                if !held {
                    let message = format!("{kind} `{name}` has no key `{key}`");
                    findings.push(pod.item.error(CODE, path.clone(), message));
                }
            }
        }
    }
    findings
}

fn references<'a>(pod: &Workload<'a>) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    let account = &pod.spec["serviceAccountName"];
    if !matches!(text(account), "" | "default") {
        found.push(Reference {
            path: pod.path("spec.serviceAccountName"),
            kind: "ServiceAccount",
            name: text(account),
            keys: Vec::new(),
        });
    }
    for (path, volume) in pod.volumes() {
        let claim = &volume["persistentVolumeClaim"];
        if !claim.is_null() {
            found.push(Reference {
                path: format!("{path}.persistentVolumeClaim.claimName"),
                kind: "PersistentVolumeClaim",
                name: text(&claim["claimName"]),
                keys: Vec::new(),
            });
        }
        found.extend(config_map(
            &volume["configMap"],
            format!("{path}.configMap"),
        ));
        for (index, source) in list(&volume["projected"]["sources"]).enumerate() {
            let path = format!("{path}.projected.sources[{index}].configMap");
            found.extend(config_map(&source["configMap"], path));
        }
    }
    for container in pod.containers() {
        for (index, source) in list(&container.value["envFrom"]).enumerate() {
            let path = format!("{}.envFrom[{index}].configMapRef", container.path);
            found.extend(config_map(&source["configMapRef"], path));
        }
        for (index, variable) in list(&container.value["env"]).enumerate() {
            let path = format!("{}.env[{index}].valueFrom.configMapKeyRef", container.path);
            found.extend(config_map(&variable["valueFrom"]["configMapKeyRef"], path));
        }
    }
    found
}

/// The reference in a field that names a `ConfigMap`, with `items` or one `key` of it.
fn config_map(field: &Value, path: String) -> Option<Reference<'_>> {
    let name = text(&field["name"]);
    if field.is_null() || field["optional"] == true || name == OF_THE_CLUSTER {
        return None;
    }
    let keys = list(&field["items"])
        .map(|item| &item["key"])
        .chain(std::iter::once(&field["key"]))
        .filter_map(Value::as_str)
        .collect();
    Some(Reference {
        path,
        kind: "ConfigMap",
        name,
        keys,
    })
}
