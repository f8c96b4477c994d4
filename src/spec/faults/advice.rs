//! What to write in place of a value: made from what was written, the field's grammar and its example.

use super::text::{example, toml_text};
use super::{key_of, schema};
use crate::spec::path::{Path, Step};
use crate::value;
use serde_json::Value;

/// For a value of another type than the field's. `node` is the subschema that says the type.
pub(super) fn for_type(path: &Path, instance: &Value, node: &'static Value) -> Option<String> {
    let takes = |kind: &str| match node.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == kind),
        Some(one) => one == kind,
        None => false,
    };
    if takes("string") {
        let format = node.get("format").and_then(Value::as_str);
        return match instance {
            Value::Array(_) | Value::Object(_) => write_example(path),
            _ => Some(in_quotes(path, format, instance)),
        };
    }
    if takes("boolean") {
        return Some(for_boolean(path, instance, takes("object")));
    }
    if takes("array") {
        return for_array(path, instance, node);
    }
    if takes("object") {
        return for_table(path, instance, node);
    }
    let is_number = instance
        .as_str()
        .is_some_and(|text| text.parse::<f64>().is_ok());
    if is_number {
        return Some("write it without quotes".into());
    }
    write_example(path)
}

/// For a value that is empty and must not be.
pub(super) fn for_empty(path: &Path) -> Option<String> {
    let required = schema::field(&path.keys())?.required;
    let help = write_example(path)?;
    Some(if required {
        help
    } else {
        format!("{help}, or leave it out")
    })
}

/// What ends a table that is not wanted: each has a way of its own.
pub(super) fn without(path: &Path) -> String {
    match path.to_string().as_str() {
        "backup" => {
            "a server is always backed up: leave the table out for a backup every night, or write `schedules` for fewer, and `exclude = [\"scratch\"]` for databases that shall be in none, under [backup]".into()
        }
        "backup.drill" => "leave the table out: without it there is no drill".into(),
        "pooler" => "leave the table out: without it a server has no pooler".into(),
        "access.tls" => "leave it out: without it there is no TLS".into(),
        "monitoring" => "write `rules = \"none\"` under [monitoring] for no alerts".into(),
        _ => "leave it out".into(),
    }
}

/// A number with the unit that is mostly meant, where it has none: `512` of memory is `512Mi`.
pub(super) fn with_unit(path: &Path, format: &str, number: &str) -> Option<String> {
    let amount: f64 = number.parse().ok()?;
    let of_memory = matches!(key_of(path), Some("memory" | "shm"));
    let unit = match format {
        "size" if of_memory && amount >= 64.0 => "Mi",
        "size" => "Gi",
        "reserve" => "%",
        _ => return None,
    };
    let text = format!("{number}{unit}");
    value::check(format, &text)?.is_ok().then_some(text)
}

/// `write for example …`, by the field's example.
pub(super) fn write_example(path: &Path) -> Option<String> {
    let field = schema::field(&path.keys())?.node;
    let value = match path.0.last() {
        Some(Step::Index(_)) => made_up_item(schema::resolve(field)),
        _ => example(field).or_else(|| made_up(schema::resolve(field))),
    }?;
    Some(format!("write for example {}", line(path, &value)))
}

/// The line to write, and in which table.
pub(super) fn line(path: &Path, value: &str) -> String {
    let Some((Step::Key(key), tables)) = path.0.split_last() else {
        return format!("`{value}`");
    };
    let key = Path(vec![Step::Key(key.clone())]);
    let in_list = tables.iter().any(|step| matches!(step, Step::Index(_)));
    if tables.is_empty() || in_list {
        return format!("`{key} = {value}`");
    }
    format!("`{key} = {value}` under [{}]", Path(tables.to_vec()))
}

fn for_boolean(path: &Path, instance: &Value, or_table: bool) -> String {
    let text = match instance {
        Value::String(text) => text.to_lowercase(),
        other => other.to_string(),
    };
    match text.as_str() {
        "true" | "yes" | "on" | "1" | "y" | "enabled" => {
            format!("write {}", line(path, "true"))
        }
        "false" | "no" | "off" | "0" | "n" | "none" | "never" | "disabled" | "" => {
            format!("write {}", line(path, "false"))
        }
        _ if or_table => format!("write {}, `false`, or a table", line(path, "true")),
        _ => format!("write {}, or `false`", line(path, "true")),
    }
}

fn for_array(path: &Path, instance: &Value, node: &'static Value) -> Option<String> {
    let items = schema::resolve(node.get("items")?);
    let item = match instance {
        Value::String(text) if items.get("type").is_some_and(|kind| kind == "string") => {
            toml_text(&Value::from(text.as_str()))
        }
        Value::String(text) => table_of_text(items, text),
        Value::Object(_) => {
            return Some(format!(
                "write `[[{path}]]` in the place of `[{path}]`, or `{path} = [{{ … }}]`: it is a list of tables"
            ));
        }
        _ => None,
    };
    match item {
        Some(item) => Some(format!("write {}", line(path, &format!("[{item}]")))),
        None => write_example(path),
    }
}

fn for_table(path: &Path, instance: &Value, node: &'static Value) -> Option<String> {
    let table = match instance {
        Value::Bool(false) => return Some(without(path)),
        Value::String(text) => table_of_text(node, text),
        // How many stay: mostly of days.
        Value::Number(number) if key_of(path) == Some("keep") => {
            let days = number.as_u64().filter(|days| *days > 0).unwrap_or(7);
            Some(format!("{{ daily = {days} }}"))
        }
        _ => None,
    };
    match table {
        Some(table) => Some(format!("write {}", line(path, &table))),
        None => write_example(path)
            .or_else(|| Some(format!("write a table: `[{path}]` and its keys below"))),
    }
}

fn in_quotes(path: &Path, format: Option<&str>, instance: &Value) -> String {
    const QUOTES: &str = "put it in quotes";
    // A date: JSON has no word for it.
    if instance.is_null() {
        return QUOTES.into();
    }
    let text = instance.to_string();
    let Some((format, verdict)) =
        format.and_then(|format| Some((format, value::check(format, &text)?)))
    else {
        return format!("{QUOTES}: `\"{text}\"`");
    };
    let Err(fault) = verdict else {
        return format!("{QUOTES}: `\"{text}\"`");
    };
    if format == "time-span" && instance.as_u64().is_some() {
        return format!(
            "write it with a unit, in quotes: `\"{text}s\"` for seconds, `\"{text}m\"` for minutes"
        );
    }
    if let Some(text) = with_unit(path, format, &text) {
        return format!("write it with a unit, in quotes: `\"{text}\"`");
    }
    match fault.help {
        Some(help) if instance.is_number() => format!("{QUOTES}, and {help}"),
        Some(help) => help,
        None => QUOTES.into(),
    }
}

/// Whether a text in the place of a table may be meant for one of its keys.
pub(crate) fn fits_a_key_of(node: &'static Value, text: &str) -> bool {
    table_of_text(node, text).is_some()
}

/// A table with a text at the key that takes it, the last of those that must be there; the others get
/// their examples.
fn table_of_text(node: &'static Value, text: &str) -> Option<String> {
    let required = required(node);
    let takes = |key: &str| {
        let field = node.pointer(&format!("/properties/{key}"))?;
        let is_text = field.get("type")? == "string";
        let format = field.get("format").and_then(Value::as_str);
        let fits = format
            .and_then(|format| value::check(format, text))
            .is_none_or(|verdict| verdict.is_ok());
        (is_text && fits).then_some(())
    };
    let chosen = required.iter().rposition(|key| takes(key).is_some())?;
    table(node, &required, |at| {
        (at == chosen).then(|| toml_text(&Value::from(text)))?
    })
}

/// An example of what has none: of what must be there.
fn made_up(node: &'static Value) -> Option<String> {
    if node.get("items").is_some() {
        return Some(format!("[{}]", made_up_item(node)?));
    }
    let required = required(node);
    (!required.is_empty()).then(|| table(node, &required, |_| None))?
}

fn made_up_item(node: &'static Value) -> Option<String> {
    let items = node.get("items")?;
    example(items).or_else(|| made_up(schema::resolve(items)))
}

fn required(node: &'static Value) -> Vec<&'static str> {
    let names = node.get("required").and_then(Value::as_array);
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// A table in one line: each key's value, or else its example.
fn table(
    node: &'static Value,
    keys: &[&'static str],
    said: impl Fn(usize) -> Option<String>,
) -> Option<String> {
    let pairs: Option<Vec<String>> = keys
        .iter()
        .enumerate()
        .map(|(at, key)| {
            let field = node.pointer(&format!("/properties/{key}"))?;
            let value = said(at).or_else(|| example(field))?;
            Some(format!("{key} = {value}"))
        })
        .collect();
    Some(format!("{{ {} }}", pairs?.join(", ")))
}
