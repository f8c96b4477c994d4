//! UP0942: the objects of a database stand in one namespace, and it is written.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, text};
use std::collections::BTreeSet;

const CODE: &str = "UP0942";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "the objects of a database stand in one namespace",
    documentation: "
Every namespaced object of ours stands in a namespace that also holds pods of the same database
(the same `app.kubernetes.io/instance`). One that does not was left behind by an overlay.

A warning: an object without a namespace goes to whatever namespace `kubectl` happens to be set to,
and `default` is where everything that forgot its own ends up.

Set the namespace with `namespace:` in the overlay's kustomization, not by patches.
",
    good: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin, app.kubernetes.io/instance: orders } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin, app.kubernetes.io/instance: orders } }
",
    bad: r"
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin, app.kubernetes.io/instance: orders } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, namespace: shop-eu, labels: { app.kubernetes.io/managed-by: underpin, app.kubernetes.io/instance: orders } }
",
    check,
};

/// Kinds that stand in no namespace and that a render with a database in it may hold.
const OF_THE_CLUSTER: &[&str] = &[
    "ClusterIssuer",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "CustomResourceDefinition",
    "Namespace",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
];

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    let inhabited: BTreeSet<(&str, &str)> = context
        .our_workloads()
        .map(|pod| (instance(&pod.item), pod.item.namespace))
        .collect();
    let instances: BTreeSet<&str> = inhabited.iter().map(|(instance, _)| *instance).collect();
    for item in context.items.iter().filter(|item| item.ours) {
        if OF_THE_CLUSTER.contains(&text(&item.value["kind"])) {
            continue;
        }
        let path = "metadata.namespace";
        match item.namespace {
            "" => {
                let message = "no namespace is written: the object goes wherever kubectl is set to";
                findings.push(item.warning(CODE, path, message));
            }
            "default" => {
                let message = "the object stands in the namespace `default`";
                findings.push(item.warning(CODE, path, message));
            }
            _ => {}
        }
        let instance = instance(item);
        if instances.contains(instance)
            && !instance.is_empty()
            && !inhabited.contains(&(instance, item.namespace))
        {
            let message = format!("`{instance}` has no pods in this namespace");
            let finding = item.error(CODE, path, message);
            findings.push(finding.help("set `namespace:` for the whole overlay"));
        }
    }
    findings
}

/// The database that an object belongs to.
fn instance<'a>(item: &Item<'a>) -> &'a str {
    text(&item.value["metadata"]["labels"]["app.kubernetes.io/instance"])
}
