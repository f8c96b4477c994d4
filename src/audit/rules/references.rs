//! UP0920: what a pod refers to exists.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, Workload, list, text};
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
in the pod's namespace. What is marked `optional` may be missing. Secrets are the team's own and not
among the objects, as is the ConfigMap that the pod's annotation `underpin/foreign` names. A Secret
that an ExternalSecret of the same namespace makes has every key that is asked for; and what an
ExternalSecret of ours makes is read by a pod of ours.

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

/// A reference to a `ConfigMap`, a claim, an account or a Secret.
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
            if kind == "Secret" {
                findings.extend(secret(context, pod, path, name, &keys));
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
    findings.extend(unread(context));
    findings
}

/// The keys of a Secret that the ExternalSecret which makes it does not fetch.
fn secret(
    context: &Context,
    pod: &Workload,
    path: String,
    name: &str,
    keys: &[&str],
) -> Option<Finding> {
    let made = |item: &&Item| item.namespace == pod.item.namespace && target(item) == name;
    let external = context.items_of("ExternalSecret").find(made)?;
    let spec = &external.value["spec"];
    // What these make cannot be told from here.
    if !spec["dataFrom"].is_null() || !spec["target"]["template"].is_null() {
        return None;
    }
    let fetched = |key: &str| list(&spec["data"]).any(|data| data["secretKey"] == key);
    let missing = keys.iter().find(|key| !fetched(key))?;
    let message = format!(
        "{} makes Secret `{name}` without key `{missing}`",
        external.title()
    );
    Some(pod.item.error(CODE, path, message))
}

/// Ours that make a Secret which no pod of ours reads: an overlay has given it another name.
fn unread(context: &Context) -> Vec<Finding> {
    let externals = context.our_items("ExternalSecret");
    let unread = externals.filter(|external| {
        !context.our_workloads().any(|pod| {
            let reads =
                |found: &Reference| found.kind == "Secret" && found.name == target(external);
            pod.item.namespace == external.namespace && references(pod).iter().any(reads)
        })
    });
    unread
        .map(|external| {
            let message = format!("no pod reads Secret `{}`, which it makes", target(external));
            external.error(CODE, "spec.target.name", message)
        })
        .collect()
}

/// The Secret that an ExternalSecret makes.
fn target<'a>(external: &Item<'a>) -> &'a str {
    match text(&external.value["spec"]["target"]["name"]) {
        "" => external.name,
        name => name,
    }
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
        let field = |kind: &str| format!("{path}.{kind}");
        found.extend(keyed(
            "ConfigMap",
            "name",
            &volume["configMap"],
            field("configMap"),
        ));
        found.extend(keyed(
            "Secret",
            "secretName",
            &volume["secret"],
            field("secret"),
        ));
        for (index, source) in list(&volume["projected"]["sources"]).enumerate() {
            let field = |kind: &str| format!("{path}.projected.sources[{index}].{kind}");
            found.extend(keyed(
                "ConfigMap",
                "name",
                &source["configMap"],
                field("configMap"),
            ));
            found.extend(keyed("Secret", "name", &source["secret"], field("secret")));
        }
    }
    for container in pod.containers() {
        for (index, source) in list(&container.value["envFrom"]).enumerate() {
            let path = format!("{}.envFrom[{index}].configMapRef", container.path);
            found.extend(keyed("ConfigMap", "name", &source["configMapRef"], path));
        }
        for (index, variable) in list(&container.value["env"]).enumerate() {
            let path = format!("{}.env[{index}].valueFrom.configMapKeyRef", container.path);
            found.extend(keyed(
                "ConfigMap",
                "name",
                &variable["valueFrom"]["configMapKeyRef"],
                path,
            ));
        }
    }
    found
}

/// The reference in a field that names a `ConfigMap` or a Secret, with `items` or one `key` of it.
fn keyed<'a>(
    kind: &'static str,
    named_by: &str,
    field: &'a Value,
    path: String,
) -> Option<Reference<'a>> {
    let name = text(&field[named_by]);
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
        kind,
        name,
        keys,
    })
}
