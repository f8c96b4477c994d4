//! The cluster's objects, as text says them: read, kept by kind and name, looked into.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// Every object that was applied, by kind and name; one namespace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects(BTreeMap<(String, String), Value>);

impl Objects {
    pub(crate) fn put(&mut self, object: Value) {
        let kind = text(&object, "/kind").to_owned();
        let name = text(&object, "/metadata/name").to_owned();
        assert!(
            !kind.is_empty() && !name.is_empty(),
            "an object needs kind and metadata.name: {object}"
        );
        self.0.insert((kind, name), object);
    }

    pub(crate) fn get(&self, kind: &str, name: &str) -> Option<&Value> {
        self.0.get(&(kind.to_owned(), name.to_owned()))
    }

    pub(crate) fn remove(&mut self, kind: &str, name: &str) -> Option<Value> {
        self.0.remove(&(kind.to_owned(), name.to_owned()))
    }

    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let kind = kind.to_owned();
        self.0
            .iter()
            .filter_map(move |((of, _), object)| (*of == kind).then_some(object))
    }

    /// The content of a `ConfigMap` or Secret, decoded; nothing if there is no such object.
    pub(crate) fn content(&self, kind: &str, name: &str) -> Option<BTreeMap<String, Vec<u8>>> {
        let object = self.get(kind, name)?;
        let mut content = BTreeMap::new();
        let plain = if kind == "Secret" {
            "stringData"
        } else {
            "data"
        };
        let encoded = if kind == "Secret" {
            "data"
        } else {
            "binaryData"
        };
        for (key, value) in map(&object[encoded]) {
            content.insert(
                key.clone(),
                decode_base64(value.as_str().unwrap_or_default()),
            );
        }
        for (key, value) in map(&object[plain]) {
            let value = value
                .as_str()
                .unwrap_or_else(|| panic!("{kind} {name}: `{key}` is not a string: {value}"));
            content.insert(key.clone(), value.as_bytes().to_vec());
        }
        Some(content)
    }
}

/// Reads YAML of one or many documents; `0444` is octal, as it is to Kubernetes.
pub(crate) fn parse(yaml: &str) -> Vec<Value> {
    let options = serde_yaml::options! { legacy_octal_numbers: true };
    serde_yaml::from_multiple_with_options(yaml, options)
        .unwrap_or_else(|error| panic!("this is no YAML: {error}\n{yaml}"))
}

/// Reads every object below a directory: each `.yaml` file but those that kustomize alone reads.
pub(crate) fn read_directory(directory: &Path) -> Vec<Value> {
    let mut objects = Vec::new();
    // As `kubectl apply -k` does: what stands in restore/ is listed by a kustomization of its own.
    let apart = directory.join("restore");
    let files = walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.path() != apart);
    for entry in files {
        let entry = entry.unwrap_or_else(|error| panic!("{error}"));
        let name = entry.file_name().to_string_lossy();
        if name.ends_with(".yaml") && !name.starts_with("kustomiz") {
            let yaml = std::fs::read_to_string(entry.path())
                .unwrap_or_else(|error| panic!("{}: {error}", entry.path().display()));
            objects.extend(parse(&yaml));
        }
    }
    objects
}

/// The text at a JSON pointer; empty if there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The namespace that an object is in.
pub(crate) fn object_namespace(object: &Value) -> &str {
    match text(object, "/metadata/namespace") {
        "" => "default",
        namespace => namespace,
    }
}

/// The members of a mapping; none if it is not there.
pub(crate) fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The items of a list; none if it is not there.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A quantity in bytes (`16Mi`, `1G`, `4096`).
pub(crate) fn bytes(quantity: &Value) -> u64 {
    let written = match quantity {
        Value::String(written) => written.clone(),
        other => other.to_string(),
    };
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &written[digits.len()..] {
        "" => 1,
        "Ki" => 1 << 10,
        "Mi" => 1 << 20,
        "Gi" => 1 << 30,
        "Ti" => 1 << 40,
        "k" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        _ => panic!("the kubelet in small does not know the unit of `{written}`"),
    };
    let number: u64 = digits.parse().unwrap_or_else(|_| {
        panic!("the kubelet in small reads whole quantities only: `{written}`")
    });
    number * unit
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut output = Vec::new();
    let mut held: u32 = 0;
    let mut bits = 0;
    for byte in text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=')
    {
        let value = ALPHABET
            .iter()
            .position(|known| *known == byte)
            .unwrap_or_else(|| panic!("this is no base64: {text}"));
        held = (held << 6) | u32::try_from(value).expect("below 64");
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            output.push(u8::try_from((held >> bits) & 0xff).expect("one byte"));
        }
    }
    output
}
