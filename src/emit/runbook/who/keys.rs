//! Which pod mounts which key of which Secret.

use super::workload;
use crate::audit::context::{list, template, text};
use crate::lower::Object;
use serde::Serialize;
use std::collections::BTreeMap;

/// A key of a Secret, and who reads it.
#[derive(Debug, PartialEq, Serialize)]
pub struct Mounted {
    pub(super) secret: String,
    pub(super) key: String,
    /// The pods start without it.
    optional: bool,
    /// The workloads; of one that mounts it in an init container alone, that too.
    pub(super) by: Vec<String>,
}

/// Every key that a pod mounts, by Secret and key.
pub fn mounted(objects: &[Object]) -> Vec<Mounted> {
    let mut found: BTreeMap<(String, String), (bool, Vec<String>)> = BTreeMap::new();
    for object in objects {
        let Some((metadata, pod)) = template(&object.value) else {
            continue;
        };
        let workload = workload(metadata);
        for volume in list(&pod["volumes"]) {
            let mounts = |field: &str| {
                list(&pod[field])
                    .flat_map(|container| list(&container["volumeMounts"]))
                    .any(|mount| mount["name"] == volume["name"])
            };
            let by = match (mounts("containers"), mounts("initContainers")) {
                (true, _) => format!("`{workload}`"),
                (false, true) => format!("`{workload}`, its init container"),
                (false, false) => continue,
            };
            let projected = list(&volume["projected"]["sources"]).map(|source| &source["secret"]);
            for secret in projected.chain([&volume["secret"]]) {
                let name = secret.get("name").or_else(|| secret.get("secretName"));
                let Some(name) = name.map(text) else { continue };
                for item in list(&secret["items"]) {
                    let key = (name.to_owned(), text(&item["key"]).to_owned());
                    let (optional, readers) = found.entry(key).or_insert((true, Vec::new()));
                    *optional &= secret["optional"] == true;
                    if !readers.contains(&by) {
                        readers.push(by.clone());
                    }
                }
            }
        }
    }
    found
        .into_iter()
        .map(|((secret, key), (optional, by))| Mounted {
            secret,
            key,
            optional,
            by,
        })
        .collect()
}
