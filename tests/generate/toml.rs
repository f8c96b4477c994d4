//! JSON values as TOML text, in the order that the value has; top-level tables stand inline.

use serde_json::Value;
use std::fmt::Write;

/// One line a key.
pub fn text(spec: &Value) -> String {
    let mut text = String::new();
    for (key, value) in spec.as_object().unwrap() {
        let _ = writeln!(text, "{} = {}", quoted(key), inline(value));
    }
    text
}

/// A value in one line.
pub fn inline(value: &Value) -> String {
    match value {
        Value::Null => unreachable!("TOML has no null"),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{} = {}", quoted(key), inline(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

/// A basic string.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            _ if character.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}
