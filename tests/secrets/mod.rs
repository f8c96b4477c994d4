//! `underpin secrets` as a person calls it: what the pods read and nothing else, on standard output
//! and nowhere else.

mod keys;
mod leaks;
mod server;

use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Output;

/// The values of each key, by Secret.
type Secrets = BTreeMap<String, BTreeMap<String, String>>;

/// Runs it in the repository.
fn secrets(arguments: &[&str]) -> Output {
    tools::run(
        tools::underpin()
            .arg("secrets")
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR")),
    )
}

/// What it prints when all is well.
#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = secrets(arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The same, read; each document is a Secret of that namespace that only has a name and values.
#[track_caller]
fn read(text: &str, namespace: &str) -> Secrets {
    let mut secrets = Secrets::new();
    for document in text.split("---\n") {
        let value: Value = serde_yaml::from_str(document).unwrap();
        let name = value["metadata"]["name"].as_str().unwrap().to_owned();
        let values: BTreeMap<String, String> =
            serde_json::from_value(value["stringData"].clone()).unwrap();
        let rest = serde_json::json!({
            "apiVersion": "v1", "kind": "Secret", "stringData": values,
            "metadata": { "name": name, "namespace": namespace },
        });
        assert_eq!(value, rest);
        assert!(secrets.insert(name, values).is_none(), "twice");
    }
    secrets
}

/// Every value of it.
fn values(secrets: &Secrets) -> Vec<&String> {
    secrets.values().flat_map(BTreeMap::values).collect()
}
