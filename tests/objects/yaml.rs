//! Our YAML, read back: by the reader of `audit`, by `PyYAML` (YAML 1.1) and by kubectl.

use super::files::Files;
use super::{GENERATED, specs};
use crate::generate::strings::{NOT_STRINGS, UNSEEN, visible};
use crate::{generate, tools};
use serde_json::{Map, Value, json};
use underpin::audit::read;
use underpin::{emit, lower};

#[test]
fn objects_are_read_back_as_they_were() {
    let mut files = Files::new();
    for source in specs(GENERATED) {
        files.add(&generate::compiled(&source));
    }
    read_back(&files);
}

/// Any string as a value, a key and an item of a list: also such as no spec can hold.
#[test]
fn strings_are_read_back_as_they_were() {
    let mut files = Files::new();
    for text in visible().chain(UNSEEN.iter().copied()) {
        let value = holding(text);
        files.put(&written(&value), value);
    }
    read_back(&files);
}

#[test]
fn kubectl_reads_the_same() {
    let mut files = Files::new();
    for source in specs(2) {
        files.add(&generate::compiled(&source));
    }
    for text in NOT_STRINGS.iter().chain(&["a\n\tb", "\ta\nb", "a\u{85}b"]) {
        let value = holding(text);
        files.put(&written(&value), value);
    }
    let mut command = tools::kubectl();
    command.args(["annotate", "--local", "-o", "json", "zz=1"]);
    for (path, _) in &files.all {
        command.arg("-f").arg(path);
    }
    let said = tools::stdout(&mut command);
    let mut read = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
    for (path, value) in &files.all {
        let mut read = read.next().unwrap().unwrap();
        let annotations = read["metadata"]["annotations"].as_object_mut().unwrap();
        annotations.remove("zz");
        if annotations.is_empty() {
            read["metadata"]
                .as_object_mut()
                .unwrap()
                .remove("annotations");
        }
        assert_eq!(read, *value, "{}", std::fs::read_to_string(path).unwrap());
    }
    assert!(read.next().is_none());
}

/// A ConfigMap with a string in every position.
fn holding(text: &str) -> Value {
    let key: Map<String, Value> = Map::from_iter([(text.to_owned(), Value::from(text))]);
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "a", "finalizers": [text, text] },
        "data": { "value": text, "after": "x" },
        "binaryData": key,
        "lists": [[text], { "a": text, "b": [{ "c": text }] }],
    })
}

/// The YAML of an object that no model has.
fn written(value: &Value) -> String {
    let model = generate::compiled(&generate::committed()[0]).model;
    let object = lower::Object {
        path: "a.yaml".into(),
        value: value.clone(),
        comments: vec![("/data", "a comment above a key")],
    };
    let tree = emit::emit(&model, &[object]);
    assert!(tree.files["a.yaml"].contains("\n# a comment above a key\ndata:\n"));
    tree.files["a.yaml"].clone()
}

fn read_back(files: &Files) {
    let mut command = tools::python("tests/objects/read.py");
    let said = tools::stdout(command.arg(files.list()));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), files.all.len());
    let mut wrong = Vec::new();
    for ((path, value), line) in files.all.iter().zip(lines) {
        let text = std::fs::read_to_string(path).unwrap();
        let of_python: Value = serde_json::from_str(line).unwrap();
        if of_python != *value {
            wrong.push(format!("PyYAML reads {of_python}\nfrom {text:?}"));
        }
        match read::parse("a", &text) {
            Ok(objects) if objects.len() == 1 && *objects[0].value == *value => {}
            other => wrong.push(format!("audit reads {other:?}\nfrom {text:?}")),
        }
    }
    let first: Vec<&str> = wrong.iter().take(3).map(String::as_str).collect();
    assert!(
        first.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        first.join("\n\n")
    );
}
