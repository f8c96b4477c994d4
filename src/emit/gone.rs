//! What removed files held, and the trees that are there, in; the lines that delete what a cluster still
//! has of it, out: `kubectl apply -k` deletes nothing.

use super::Tree;
use crate::audit::read;
use serde_json::Value;
use std::collections::BTreeSet;

/// What is not listed: data and passwords go with it, or it ends by itself.
const STAYS: [&str; 5] = [
    "ExternalSecret",
    "Job",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Secret",
];

/// A line for each object that stands in `removed` and in no tree.
pub fn deletions(removed: &[String], trees: &[Tree]) -> Vec<String> {
    let gone: BTreeSet<String> = removed.iter().flat_map(|text| lines(text)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let there: BTreeSet<String> = trees
        .iter()
        .flat_map(|tree| &tree.files)
        .flat_map(|(_, text)| lines(text))
        .collect();
    gone.difference(&there).cloned().collect()
}

fn lines(text: &str) -> Vec<String> {
    let objects = read::parse("", text).unwrap_or_default();
    objects
        .iter()
        .filter_map(|object| line(&object.value))
        .collect()
}

/// A file may have been edited by hand: what is no name is no part of a command.
fn line(object: &Value) -> Option<String> {
    let plain = |text: &&str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
    };
    let kind = object["kind"].as_str().filter(plain)?;
    let name = object["metadata"]["name"].as_str().filter(plain)?;
    let namespace = object["metadata"]["namespace"].as_str().filter(plain)?;
    let kind_and_name = format!("{}/{name}", kind.to_lowercase());
    (!STAYS.contains(&kind)).then(|| format!("kubectl -n {namespace} delete {kind_and_name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: &str, name: &str) -> String {
        format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: shop\n")
    }

    #[test]
    fn what_is_gone_is_deleted_but_for_data_and_passwords() {
        let drill = object("CronJob", "orders-drill");
        let moved = object("Service", "orders");
        let removed = [
            drill,
            moved.clone(),
            object("PersistentVolumeClaim", "data-orders-0"),
            object("CronJob", "\"orders; reboot\""),
            "not: an object\n".to_owned(),
            "{".to_owned(),
        ];
        let tree = Tree {
            name: "orders".into(),
            files: [("server/other.yaml".to_owned(), moved)].into(),
        };
        assert_eq!(
            deletions(&removed, &[tree]),
            ["kubectl -n shop delete cronjob/orders-drill"]
        );
    }
}
