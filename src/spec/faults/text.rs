//! Words: a value as TOML, a list, a type's name.

use crate::spec::path::{Path, Step};
use serde_json::Value;

/// The first example of a field, as TOML.
pub fn example(field: &Value) -> Option<String> {
    toml_text(field.get("examples")?.as_array()?.first()?)
}

/// A JSON value in one line of TOML.
pub fn toml_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            let items: Option<Vec<_>> = items.iter().map(toml_text).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Object(object) => {
            let pairs: Option<Vec<_>> = object
                .iter()
                .map(|(key, value)| {
                    let key = Path(vec![Step::Key(key.clone())]);
                    Some(format!("{key} = {}", toml_text(value)?))
                })
                .collect();
            format!("{{ {} }}", pairs?.join(", "))
        }
    })
}

pub(super) fn type_name(kind: &str) -> &'static str {
    match kind {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "a boolean",
        "array" => "an array",
        _ => "a table",
    }
}

pub(super) fn with_article(format: &str) -> String {
    let name = format.replace('-', " ");
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list(items: &[impl AsRef<str>], conjunction: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
