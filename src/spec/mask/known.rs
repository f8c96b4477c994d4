//! Whether the spec has a field for a value, by the schema.

use crate::data;
use crate::spec::faults::fits_a_key_of;
use crate::spec::path::{Path, Step};
use crate::spec::schema;
use crate::validate::settings::OWNED;
use crate::value;
use serde_json::Value;

/// What may be seen of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has a field.
    Shown,
    /// Nobody knows what it is.
    Hidden,
    /// It stands where a Secret is to be named, and is no name: messages do not hold it either.
    Secret,
}

/// Whether a text is what a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    Good,
    /// Text, as the field is; or what may be meant for it.
    Near,
    Wrong,
}

/// Of the value at a path, which is no table and no list.
pub(super) fn verdict(path: &Path, value: &Value) -> Verdict {
    if let [Step::Key(table), Step::Key(settings), Step::Key(name)] = path.0.as_slice()
        && (table.as_str(), settings.as_str()) == ("postgres", "settings")
    {
        return of_setting(name);
    }
    let Some((node, named)) = node_of(path) else {
        return Verdict::Hidden;
    };
    let Some(text) = value.as_str() else {
        return Verdict::Shown;
    };
    match fit(node, text) {
        Fit::Good => Verdict::Shown,
        _ if names_a_secret(path) => Verdict::Secret,
        // Below keys that people choose, a value means what its key says: anything.
        Fit::Near if named => Verdict::Shown,
        Fit::Near | Fit::Wrong => Verdict::Hidden,
    }
}

fn fit(node: &'static Value, text: &str) -> Fit {
    let takes_text = match node.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|one| one == "string"),
        Some(kind) => kind == "string",
        // A choice of words.
        None => ["enum", "const", "oneOf", "anyOf"]
            .iter()
            .any(|key| node.get(key).is_some()),
    };
    if takes_text {
        let format = node.get("format").and_then(Value::as_str);
        return match format.and_then(|format| value::check(format, text)) {
            Some(Ok(())) => Fit::Good,
            _ => Fit::Near,
        };
    }
    if let Some(items) = node.get("items") {
        return fit(schema::resolve(items), text);
    }
    // A number in quotes, or the one text that a table is about.
    if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() || fits_a_key_of(node, text) {
        return Fit::Near;
    }
    Fit::Wrong
}

/// The subschema of a field, and whether the spec gives its key. None for what the spec does not know.
fn node_of(path: &Path) -> Option<(&'static Value, bool)> {
    let mut node = schema::schema();
    let mut named = true;
    for step in &path.0 {
        node = match step {
            Step::Index(_) => node.get("items")?,
            Step::Key(key) => {
                let field = node.get("properties").and_then(|all| all.get(key));
                named &= field.is_some();
                field.or_else(|| {
                    node.get("additionalProperties")
                        .filter(|any| any.is_object())
                })?
            }
        };
        node = schema::resolve(node);
    }
    Some((node, named))
}

/// Whether a Secret or one of its keys is named there.
fn names_a_secret(path: &Path) -> bool {
    let last = path.keys().last().copied().unwrap_or_default();
    matches!(last, "secret" | "pull_secrets" | "password" | "key")
}

/// A setting of PostgreSQL's, unless it may be a command or a connection string: those are ours to set.
fn of_setting(name: &str) -> Verdict {
    let name = name.to_ascii_lowercase();
    let known = data::MAJORS
        .into_iter()
        .any(|major| data::setting(major, &name).is_some());
    let owned = OWNED.iter().any(|(owned, _)| *owned == name);
    if known && !owned {
        Verdict::Shown
    } else {
        Verdict::Hidden
    }
}
