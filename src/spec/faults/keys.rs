//! Keys that are not there, and keys that are missing.

use super::text::{example, one_line, shown};
use super::{at_key, schema};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::spec::path::Path;
use crate::spec::{Document, MISSING_KEY, UNKNOWN_KEY};
use serde_json::Value;

pub(super) fn unknown_key(
    key: &str,
    path: &Path,
    table: Option<&'static Value>,
    document: &Document<'_>,
) -> Diagnostic {
    let at = path.join(key);
    let mut diagnostic = at_key(
        UNKNOWN_KEY,
        &at,
        format!("unknown key `{}`", shown(key)),
        document,
    );
    let known: Vec<&str> = table
        .and_then(|table| table.get("properties"))
        .and_then(Value::as_object)
        .map(|properties| properties.keys().map(String::as_str).collect())
        .unwrap_or_default();
    diagnostic.label = Some(match path.0.last() {
        None => "not a key of a spec".into(),
        Some(_) => format!("not a key of `{path}`"),
    });
    let elsewhere: Vec<String> = schema::fields()
        .into_iter()
        .map(|(steps, _)| steps)
        .filter(|steps| steps.last() == Some(&key))
        .map(|steps| format!("`{}`", steps.join(".")))
        .collect();
    diagnostic.help = if let Some(near) = nearest(key, known.iter().copied()) {
        Some(format!("did you mean `{near}`?"))
    } else {
        elsewhere
            .first()
            .map(|field| format!("this key belongs elsewhere: write {field}"))
    };
    if diagnostic.help.is_none() && !known.is_empty() {
        diagnostic
            .notes
            .push(format!("known keys here: {}", known.join(", ")));
    }
    diagnostic
}

pub(super) fn missing_key(
    key: &str,
    path: &Path,
    table: Option<&'static Value>,
    document: &Document<'_>,
) -> Diagnostic {
    let place = document.place(path);
    let message = if path.0.is_empty() {
        format!("missing key `{key}`")
    } else {
        format!("missing key `{key}` in `{path}`")
    };
    let mut diagnostic = Diagnostic::new(MISSING_KEY, Severity::Error, message);
    diagnostic.key = path.join(key).to_string();
    diagnostic.span = (!path.0.is_empty()).then_some(place.value);
    let field = table
        .and_then(|table| table.get("properties"))
        .and_then(|all| all.get(key));
    diagnostic.help = Some(match field.and_then(example) {
        Some(example) if key == "host" => {
            format!("add for example `host = {example}`, or a table `[neon.branch]` for a branch")
        }
        Some(example) => format!("add for example `{key} = {example}`"),
        None if key == "postgres" => {
            "add a table `[postgres]`, or `[neon]` for a database at Neon".into()
        }
        None if key == "databases" => {
            "add for example `databases = [{ name = \"orders\" }]`".into()
        }
        None => format!("add a table `[{}]`", path.join(key)),
    });
    if let Some(text) = field
        .and_then(|field| field.get("description"))
        .and_then(Value::as_str)
    {
        diagnostic
            .notes
            .push(format!("`{key}`: {}", one_line(text)));
    }
    diagnostic
}
