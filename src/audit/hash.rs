//! Hashes of pod templates: what a Job's name carries, and what tells that an overlay changed it.
//!
//! A Job's template cannot be changed once it stands in the cluster. So its name carries a hash of
//! the whole template ([`name_hash`]): another template is another Job. An overlay changes the
//! template behind that name; [`pod_hash`], in the annotation `underpin/hash` of the Job, leaves
//! out what an overlay changes together with the names (siblings' names, labels), so that what
//! still differs is what needs the old Job to be deleted first.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The annotation that holds a hash of what was emitted: on a Job [`pod_hash`] of its template, on
/// a static volume [`volume_hash`] of its spec.
pub const HASH: &str = "underpin/hash";

/// The annotation on a static volume that says `namespace/name` of the claim it was made for.
pub const CLAIM: &str = "underpin/claim";
/// The `ConfigMap` that a pod refers to and somebody else makes.
pub const FOREIGN: &str = "underpin/foreign";

/// Annotations of a pod template that hold names of sibling objects, with the kind of each.
pub const REFERENCES: &[(&str, &str)] = &[
    ("underpin/bootstrap", "CronJob"),
    ("underpin/server", "Service"),
    ("underpin/stateful-set", "StatefulSet"),
];

/// Fields whose value is, or whose `name` is, the name of another object.
const NAMES: &[&str] = &[
    "serviceAccountName",
    "serviceAccount",
    "secretName",
    "claimName",
];
const HOLDERS: &[&str] = &[
    "configMap",
    "secret",
    "configMapRef",
    "secretRef",
    "configMapKeyRef",
    "secretKeyRef",
];

/// Ten letters over the whole of a pod template: what a hashed name ends in.
pub fn name_hash(template: &Value) -> String {
    hash(template)
}

/// Ten letters over what a pod template runs: its spec without the names of other
/// objects, and the `underpin/` annotations that hold no names.
pub fn pod_hash(template: &Value) -> String {
    let annotations: BTreeMap<&str, &Value> = template["metadata"]["annotations"]
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| {
            key.starts_with("underpin/") && REFERENCES.iter().all(|(name, _)| name != key)
        })
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let mut spec = template["spec"].clone();
    leave_out_names(&mut spec);
    if let Some(secrets) = spec.get_mut("imagePullSecrets") {
        *secrets = Value::Null;
    }
    hash(&serde_json::json!({ "annotations": annotations, "spec": spec }))
}

/// Ten letters over the storage that a static volume describes.
pub fn volume_hash(spec: &Value) -> String {
    hash(&storage(spec).unwrap_or_default())
}

/// Where the storage of a static volume is, without who claims it; none if it does not say.
pub fn storage(spec: &Value) -> Option<Value> {
    let place = ["csi", "hostPath", "local", "nfs"]
        .iter()
        .find(|kind| !spec[**kind].is_null())?;
    Some(canonical(&serde_json::json!([
        place,
        spec[*place],
        spec["nodeAffinity"]
    ])))
}

/// Takes out the names of other objects, which an overlay changes.
pub fn leave_out_names(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(leave_out_names),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                if NAMES.contains(&key.as_str()) {
                    *value = Value::Null;
                } else if HOLDERS.contains(&key.as_str())
                    && let Some(name) = value.get_mut("name")
                {
                    *name = Value::Null;
                }
                leave_out_names(value);
            }
        }
        _ => {}
    }
}

/// Keys sorted, nulls left out: the same for every reader and writer.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(canonical).collect(),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let members: Map<String, Value> = sorted
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), canonical(value)))
                .collect();
            Value::Object(members)
        }
        other => other.clone(),
    }
}

/// A value whose keys are written in order and without nulls, as [`canonical`] has them, straight
/// into whatever reads it.
struct Canonical<'v>(&'v Value);

impl Serialize for Canonical<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(elements) => serializer.collect_seq(elements.iter().map(Canonical)),
            Value::Object(map) => {
                let mut members: Vec<_> =
                    map.iter().filter(|(_, value)| !value.is_null()).collect();
                members.sort_unstable_by_key(|(key, _)| *key);
                serializer.collect_map(
                    members
                        .into_iter()
                        .map(|(key, value)| (key, Canonical(value))),
                )
            }
            other => other.serialize(serializer),
        }
    }
}

/// Ten letters over a value.
pub fn digest(value: &Value) -> String {
    hash(value)
}

fn hash(value: &Value) -> String {
    letters(&serde_json::to_vec(&Canonical(value)).unwrap_or_default())
}

/// Ten letters that stand for the bytes: forty bits of their SHA-256. No digits, because readers of
/// YAML take `1234567890` and `2e46686220` for numbers, and no vowels, because of words.
pub fn letters(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 16] = b"bcdfghjklmnpqrst";
    Sha256::digest(bytes)[..5]
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(ALPHABET[usize::from(half)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn base() -> Value {
        json!({
            "metadata": {
                "labels": {"underpin/workload": "orders-bootstrap"},
                "annotations": {"underpin/server": "orders-direct", "underpin/scripts": "1"},
            },
            "spec": {
                "serviceAccountName": "orders-bootstrap",
                "containers": [{"name": "bootstrap", "image": "a", "env": [{"name": "A", "value": "1"}]}],
                "volumes": [{"name": "scripts", "configMap": {"name": "orders-scripts"}}],
            },
        })
    }

    #[test]
    fn order_and_nulls_do_not_count() {
        let one = json!({"a": 1, "b": {"c": 2, "d": null}});
        let other = json!({"b": {"c": 2}, "a": 1});
        assert_eq!(name_hash(&one), name_hash(&other));
        assert_eq!(name_hash(&one).len(), 10);
    }

    #[test]
    fn what_an_overlay_renames_does_not_count() {
        let mut renamed = base();
        renamed["metadata"]["labels"]["team"] = json!("x");
        renamed["metadata"]["annotations"]["underpin/server"] = json!("eu-orders-direct");
        renamed["metadata"]["annotations"]["note"] = json!("x");
        renamed["spec"]["serviceAccountName"] = json!("eu-orders-bootstrap");
        renamed["spec"]["volumes"][0]["configMap"]["name"] = json!("eu-orders-scripts");
        assert_eq!(pod_hash(&base()), pod_hash(&renamed));
        assert_ne!(name_hash(&base()), name_hash(&renamed));
    }

    #[test]
    fn what_runs_counts() {
        for (pointer, value) in [
            ("/spec/containers/0/image", json!("b")),
            ("/spec/containers/0/env/0/value", json!("2")),
            ("/metadata/annotations/underpin~1scripts", json!("2")),
        ] {
            let mut changed = base();
            *changed.pointer_mut(pointer).unwrap() = value;
            assert_ne!(pod_hash(&base()), pod_hash(&changed), "{pointer}");
        }
    }

    #[test]
    fn anything_has_a_hash() {
        assert_eq!(pod_hash(&Value::Null).len(), 10);
        assert_eq!(pod_hash(&json!([1])).len(), 10);
    }
}
