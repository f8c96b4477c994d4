//! Names that lead nowhere, looked for without a look at `audit`: where Kubernetes and our scripts
//! read a name, an object of that kind must have it.

use serde_json::Value;

/// Each place that names an object of this set, but none that is there.
pub fn dangling(objects: &[Value]) -> Vec<String> {
    objects
        .iter()
        .flat_map(|object| {
            references(object)
                .into_iter()
                .map(move |reference| (object, reference))
        })
        .filter(|(object, reference)| !objects.iter().any(|other| reference.is(object, other)))
        .map(|(object, reference)| {
            format!(
                "{} {} names {reference:?}",
                text(object, "/kind"),
                text(object, "/metadata/name")
            )
        })
        .collect()
}

#[derive(Debug)]
struct Reference {
    kind: &'static str,
    name: String,
    /// Where it is not the object's own.
    namespace: Option<String>,
}

impl Reference {
    fn is(&self, from: &Value, other: &Value) -> bool {
        let own = text(from, "/metadata/namespace");
        text(other, "/kind") == self.kind
            && text(other, "/metadata/name") == self.name
            && (self.kind == "PersistentVolume"
                || text(other, "/metadata/namespace") == self.namespace.as_deref().unwrap_or(own))
    }
}

fn references(object: &Value) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut add = |kind, name: &str| {
        if !name.is_empty() {
            found.push(Reference {
                kind,
                name: name.to_owned(),
                namespace: None,
            });
        }
    };
    match text(object, "/kind") {
        "StatefulSet" => add("Service", text(object, "/spec/serviceName")),
        "PersistentVolumeClaim" => add("PersistentVolume", text(object, "/spec/volumeName")),
        _ => {}
    }
    for pod in ["/spec/template", "/spec/jobTemplate/spec/template"] {
        let Some(pod) = object.pointer(pod) else {
            continue;
        };
        let annotation = |name| text(pod, &format!("/metadata/annotations/underpin~1{name}"));
        add("Service", annotation("server"));
        add("StatefulSet", annotation("stateful-set"));
        add("ServiceAccount", text(pod, "/spec/serviceAccountName"));
        for volume in list(pod, "/spec/volumes") {
            add("ConfigMap", text(volume, "/configMap/name"));
            add(
                "PersistentVolumeClaim",
                text(volume, "/persistentVolumeClaim/claimName"),
            );
        }
    }
    if text(object, "/kind") == "PersistentVolume" {
        found.push(Reference {
            kind: "PersistentVolumeClaim",
            name: text(object, "/spec/claimRef/name").to_owned(),
            namespace: Some(text(object, "/spec/claimRef/namespace").to_owned()),
        });
    }
    found
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[test]
fn a_name_that_leads_nowhere_is_seen() {
    use crate::generate;
    let compiled = generate::compiled(&generate::committed()[0]);
    let all: Vec<Value> = underpin::lower::lower(&compiled.model)
        .into_iter()
        .map(|object| object.value)
        .collect();
    assert_eq!(dangling(&all), Vec::<String>::new());
    for kind in [
        "Service",
        "ConfigMap",
        "ServiceAccount",
        "StatefulSet",
        "PersistentVolumeClaim",
    ] {
        let without: Vec<Value> = all
            .iter()
            .filter(|object| object["kind"] != kind)
            .cloned()
            .collect();
        assert_ne!(dangling(&without), Vec::<String>::new(), "{kind}");
    }
}
