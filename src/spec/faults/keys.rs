//! Keys that are not there, and keys that are missing.

use super::at_key;
use super::elsewhere::{of_other_tables, of_other_tools};
use super::text::{example, one_line, shown};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::spec::path::Path;
use crate::spec::{Document, MISSING_KEY, UNKNOWN_KEY};
use serde_json::Value;

pub(super) fn unknown_key(
    key: &str,
    path: &Path,
    instance: &Value,
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
    diagnostic.help = of_other_tools(key, path, instance, &known)
        .or_else(|| {
            nearest(key, known.iter().copied()).map(|near| format!("did you mean `{near}`?"))
        })
        .or_else(|| of_other_tables(key, path, document));
    if diagnostic.help.is_none() {
        diagnostic.help = Some("leave it out".into());
        if !known.is_empty() {
            diagnostic
                .notes
                .push(format!("known keys here: {}", known.join(", ")));
        }
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
