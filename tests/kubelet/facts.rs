//! What a pod is, once it has a name and an address: fieldRef reads it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::objects::map;

/// One pod's facts; they do not change while it lives.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) uid: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) address: String,
    /// The governing Service, which gives the pod a name of its own.
    pub(crate) subdomain: String,
    pub(crate) spec: Value,
    /// Volumes, roots and logs.
    pub(crate) directory: PathBuf,
}

pub(crate) const NODE: &str = "node-0";

impl Facts {
    /// The value of a fieldRef; a missing label or annotation is empty, as it is to Kubernetes.
    pub(crate) fn field(&self, path: &str) -> Result<String, String> {
        let in_map = |values: &BTreeMap<String, String>, rest: &str| {
            let key = rest.strip_suffix("']")?;
            Some(values.get(key).cloned().unwrap_or_default())
        };
        let account = self.spec["serviceAccountName"]
            .as_str()
            .unwrap_or("default");
        let value = match path {
            "metadata.name" => Some(self.name.clone()),
            "metadata.namespace" => Some(self.namespace.clone()),
            "metadata.uid" => Some(self.uid.clone()),
            "status.podIP" => Some(self.address.clone()),
            "spec.nodeName" => Some(NODE.to_owned()),
            "spec.serviceAccountName" => Some(account.to_owned()),
            _ => {
                if let Some(rest) = path.strip_prefix("metadata.annotations['") {
                    in_map(&self.annotations, rest)
                } else if let Some(rest) = path.strip_prefix("metadata.labels['") {
                    in_map(&self.labels, rest)
                } else {
                    None
                }
            }
        };
        value.ok_or_else(|| format!("field label not supported: {path}"))
    }
}

/// A mapping of strings, as labels and annotations are.
pub(crate) fn strings(value: &Value) -> BTreeMap<String, String> {
    map(value)
        .map(|(key, value)| {
            let value = value
                .as_str()
                .unwrap_or_else(|| panic!("`{key}` is not a string: {value}"));
            (key.clone(), value.to_owned())
        })
        .collect()
}
