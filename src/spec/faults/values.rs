//! Values of the wrong type or form, or that are none of the choices.

use super::advice::{for_type, with_unit, write_example};
use super::text::{list, shown, type_name, with_article};
use super::{at_key, at_value, schema};
use crate::diagnostic::{Diagnostic, nearest};
use crate::spec::path::Path;
use crate::spec::{CHOICE, Document, FORM, TYPE};
use crate::value::{self, Fault};
use serde_json::Value;

pub(super) fn wrong_type(
    path: &Path,
    found: &str,
    instance: &Value,
    node: Option<&'static Value>,
    document: &Document<'_>,
) -> Diagnostic {
    let node = node.map(schema::resolve);
    let expected: Vec<&str> = match node.and_then(|node| node.get("type")) {
        Some(Value::String(kind)) => vec![type_name(kind)],
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .map(type_name)
            .collect(),
        _ => vec!["something else"],
    };
    let expected = list(&expected, "or");
    let mut diagnostic = at_value(
        TYPE,
        path,
        format!("`{path}` is {found}, but must be {expected}"),
        document,
    );
    diagnostic.label = Some(format!("expected {expected}"));
    diagnostic.help = node
        .and_then(|node| for_type(path, instance, node))
        .or_else(|| Some(format!("write {expected}")));
    diagnostic
}

pub(super) fn wrong_form(
    path: &Path,
    format: &str,
    text: &str,
    document: &Document<'_>,
) -> Diagnostic {
    let fault = fault_of(format, text);
    let message = format!("`{path}` {}", fault.message);
    let mut diagnostic = at_value(FORM, path, message, document);
    diagnostic.label = Some(format!("not {}", with_article(format)));
    diagnostic.help = match with_unit(path, format, text) {
        Some(text) => Some(format!("write `{text}`")),
        None => fault.help,
    };
    diagnostic
}

pub(super) fn key_of_wrong_form(
    path: &Path,
    format: &str,
    key: &str,
    document: &Document<'_>,
) -> Diagnostic {
    let fault = fault_of(format, key);
    let message = format!("key `{}` {}", shown(key), fault.message);
    let mut diagnostic = at_key(FORM, path, message, document);
    diagnostic.label = Some(format!("not {}", with_article(format)));
    diagnostic.help = fault.help;
    diagnostic
}

fn fault_of(format: &str, text: &str) -> Fault {
    match value::check(format, text) {
        Some(Err(fault)) => fault,
        _ => Fault {
            message: format!("is not {}", with_article(format)),
            help: None,
        },
    }
}

pub(super) fn not_one_of<'v>(
    path: &Path,
    instance: &Value,
    found: &str,
    options: impl Iterator<Item = &'v Value>,
    document: &Document<'_>,
) -> Diagnostic {
    let options: Vec<&str> = options.filter_map(Value::as_str).collect();
    let listed = list(
        &options
            .iter()
            .map(|option| format!("`{option}`"))
            .collect::<Vec<_>>(),
        "or",
    );
    let Some(text) = instance.as_str() else {
        let mut diagnostic = at_value(
            TYPE,
            path,
            format!("`{path}` is {found}, but must be a string"),
            document,
        );
        diagnostic.label = Some(format!("expected one of {listed}"));
        let written = instance.to_string();
        diagnostic.help = options
            .iter()
            .find(|option| **option == written)
            .map(|option| format!("write `\"{option}\"`"))
            .or_else(|| write_example(path));
        return diagnostic;
    };
    let mut diagnostic = at_value(
        CHOICE,
        path,
        format!("`{}` is not a value that `{path}` can have", shown(text)),
        document,
    );
    diagnostic.label = Some(format!("expected one of {listed}"));
    let lowered: Vec<(String, &str)> = options
        .iter()
        .map(|option| (option.to_lowercase(), *option))
        .collect();
    diagnostic.help = nearest(text, lowered.iter().map(|(lower, _)| lower.as_str()))
        .and_then(|near| lowered.iter().find(|(lower, _)| lower == near))
        .map(|(_, option)| format!("did you mean `{option}`?"))
        .or_else(|| write_example(path));
    diagnostic
}
