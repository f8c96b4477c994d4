//! What the schema finds, in words: one match from its kinds of error to our diagnostics.

mod advice;
mod elsewhere;
mod keys;
mod text;
mod values;

pub(super) use advice::fits_a_key_of;
pub use text::toml_text;

use super::path::{Path, Step};
use super::{Document, schema};
use crate::diagnostic::{Diagnostic, Severity};
use advice::{for_empty, line};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use keys::{missing_key, unknown_key};
use serde_json::Value;
use values::{key_of_wrong_form, not_one_of, wrong_form, wrong_type};

/// More faults than this are echoes of one: this is another file, or a list of one mistake.
pub const MOST: usize = 200;

/// Adds the diagnostics for one error; an error about unknown keys is one for each key.
pub fn explain(
    error: &ValidationError<'_>,
    document: &Document<'_>,
    root: &'static Value,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let path = document.path(error.instance_path().as_str());
    let found = document.kind(&path);
    let diagnostic = match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            let table = table_of(error, root);
            diagnostics.extend(
                unexpected
                    .iter()
                    .take(MOST)
                    .map(|key| unknown_key(key, &path, error.instance(), table, document)),
            );
            return;
        }
        Kind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            missing_key(key, &path, table_of(error, root), document)
        }
        Kind::Type { .. } => {
            let node = parent_of(error, root);
            wrong_type(&path, found, error.instance(), node, document)
        }
        Kind::Format { format } => {
            let text = error.instance().as_str().unwrap_or_default();
            wrong_form(&path, format, text, document)
        }
        Kind::PropertyNames { error: inner } => {
            let key = inner.instance().as_str().unwrap_or_default();
            let at = path.join(key);
            match inner.kind() {
                Kind::Format { format } => key_of_wrong_form(&at, format, key, document),
                _ => at_key(
                    super::FORM,
                    &at,
                    format!("key `{key}` has the wrong form"),
                    document,
                ),
            }
        }
        Kind::Enum { options } => {
            let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
            not_one_of(&path, error.instance(), found, options.iter(), document)
        }
        Kind::Constant { expected_value } => not_one_of(
            &path,
            error.instance(),
            found,
            [expected_value.as_ref()].into_iter(),
            document,
        ),
        Kind::OneOfNotValid { .. } | Kind::AnyOf { .. } => {
            let branches = parent_of(error, root)
                .and_then(|node| node.get("oneOf").or_else(|| node.get("anyOf")))
                .and_then(Value::as_array)
                .map(Vec::as_slice)
                .unwrap_or_default();
            let options = branches.iter().filter_map(|branch| branch.get("const"));
            not_one_of(&path, error.instance(), found, options, document)
        }
        other => out_of_bounds(other, &path, error.instance(), document),
    };
    diagnostics.push(diagnostic);
}

/// Too small, too large, too long, empty; and whatever else the schema may learn to say.
fn out_of_bounds(
    kind: &Kind,
    path: &Path,
    instance: &Value,
    document: &Document<'_>,
) -> Diagnostic {
    match kind {
        Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => out_of_range(
            path,
            format!("`{path}` is {instance}, which is too small"),
            &format!("at least {limit}"),
            Some(format!("write {}, or more", line(path, &limit.to_string()))),
            document,
        ),
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => out_of_range(
            path,
            format!("`{path}` is {instance}, which is too large"),
            &format!("at most {limit}"),
            Some(format!("write {}, or less", line(path, &limit.to_string()))),
            document,
        ),
        Kind::MinLength { .. } => out_of_range(
            path,
            format!("`{path}` is empty"),
            "some text",
            for_empty(path),
            document,
        ),
        Kind::MaxLength { limit } => out_of_range(
            path,
            format!("`{path}` is too long"),
            &format!("at most {limit} characters"),
            Some(format!("shorten it to {limit} characters")),
            document,
        ),
        Kind::MinItems { limit } | Kind::MinProperties { limit } => out_of_range(
            path,
            format!("`{path}` is empty"),
            &format!("at least {limit}"),
            for_empty(path),
            document,
        ),
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } => out_of_range(
            path,
            format!("`{path}` holds too much"),
            &format!("at most {limit}"),
            Some(format!("keep {limit} of them at most")),
            document,
        ),
        other => at_value(
            super::FORM,
            path,
            format!("`{path}` is not valid ({})", other.keyword()),
            document,
        ),
    }
}

fn out_of_range(
    path: &Path,
    message: String,
    expected: &str,
    help: Option<String>,
    document: &Document<'_>,
) -> Diagnostic {
    let mut diagnostic = at_value(super::FORM, path, message, document);
    diagnostic.label = Some(format!("expected {expected}"));
    diagnostic.help = help;
    diagnostic
}

fn at_value(
    code: &'static str,
    path: &Path,
    message: String,
    document: &Document<'_>,
) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, Severity::Error, message);
    diagnostic.span = Some(document.place(path).value);
    diagnostic.key = path.to_string();
    diagnostic
}

fn at_key(code: &'static str, path: &Path, message: String, document: &Document<'_>) -> Diagnostic {
    let mut diagnostic = Diagnostic::new(code, Severity::Error, message);
    diagnostic.span = Some(document.place(path).key);
    diagnostic.key = path.to_string();
    diagnostic
}

/// The key that a path ends in.
fn key_of(path: &Path) -> Option<&str> {
    match path.0.last()? {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    }
}

/// The subschema that holds the keyword which failed.
fn parent_of(error: &ValidationError<'_>, root: &'static Value) -> Option<&'static Value> {
    let path = error.schema_path().as_str();
    root.pointer(path.rsplit_once('/')?.0)
}

/// The subschema of the table that the error is about.
fn table_of(error: &ValidationError<'_>, root: &'static Value) -> Option<&'static Value> {
    let path = error.schema_path().as_str();
    let (table, _) = path.rsplit_once('/')?;
    // What is needed under a condition stands beside the keys of the table.
    let table = table.strip_suffix("/else").unwrap_or(table);
    root.pointer(table).map(schema::resolve)
}
