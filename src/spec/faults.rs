//! What the schema finds, in words: one match from its kinds of error to our diagnostics.

use super::path::{Path, Step};
use super::{Document, schema};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::value::{self, Fault};
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

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
                    .map(|key| unknown_key(key, &path, table, document)),
            );
            return;
        }
        Kind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            missing_key(key, &path, table_of(error, root), document)
        }
        Kind::Type { .. } => {
            let text = error.instance().as_str().unwrap_or_default();
            wrong_type(&path, found, text, parent_of(error, root), document)
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
        Kind::Minimum { limit } | Kind::ExclusiveMinimum { limit } => out_of_range(
            &path,
            format!("{} is too small", error.instance()),
            &format!("at least {limit}"),
            document,
        ),
        Kind::Maximum { limit } | Kind::ExclusiveMaximum { limit } => out_of_range(
            &path,
            format!("{} is too large", error.instance()),
            &format!("at most {limit}"),
            document,
        ),
        Kind::MinLength { .. } => {
            out_of_range(&path, format!("`{path}` is empty"), "some text", document)
        }
        Kind::MaxLength { limit } => out_of_range(
            &path,
            format!("`{path}` is too long"),
            &format!("at most {limit} characters"),
            document,
        ),
        Kind::MinItems { limit } | Kind::MinProperties { limit } => out_of_range(
            &path,
            format!("`{path}` is empty"),
            &format!("at least {limit}"),
            document,
        ),
        Kind::MaxItems { limit } | Kind::MaxProperties { limit } => out_of_range(
            &path,
            format!("`{path}` holds too much"),
            &format!("at most {limit}"),
            document,
        ),
        other => at_value(
            super::FORM,
            &path,
            format!("`{path}` is not valid ({})", other.keyword()),
            document,
        ),
    };
    diagnostics.push(diagnostic);
}

fn unknown_key(
    key: &str,
    path: &Path,
    table: Option<&'static Value>,
    document: &Document<'_>,
) -> Diagnostic {
    let at = path.join(key);
    let mut diagnostic = at_key(
        super::UNKNOWN_KEY,
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

fn missing_key(
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
    let mut diagnostic = Diagnostic::new(super::MISSING_KEY, Severity::Error, message);
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

fn wrong_type(
    path: &Path,
    found: &str,
    text: &str,
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
        super::TYPE,
        path,
        format!("`{path}` is {found}, but must be {expected}"),
        document,
    );
    diagnostic.label = Some(format!("expected {expected}"));
    diagnostic.help = match (expected.as_str(), found) {
        ("a string", "an integer" | "a decimal number" | "a boolean" | "a date or time") => {
            Some("put it in quotes".into())
        }
        ("an array", _) => Some("put it in brackets: `[…]`".into()),
        ("a table", "a string") => Some("write a table: `{ … }`".into()),
        ("an integer", "a string") if text.parse::<i64>().is_ok() => {
            Some("write it without quotes".into())
        }
        ("a boolean", "a string") if text.parse::<bool>().is_ok() => {
            Some("write it without quotes".into())
        }
        _ => None,
    };
    diagnostic
}

fn wrong_form(path: &Path, format: &str, text: &str, document: &Document<'_>) -> Diagnostic {
    let fault = fault_of(format, text);
    let message = format!("`{path}` {}", fault.message);
    let mut diagnostic = at_value(super::FORM, path, message, document);
    diagnostic.label = Some(format!("not {}", with_article(format)));
    diagnostic.help = fault.help;
    diagnostic
}

fn key_of_wrong_form(path: &Path, format: &str, key: &str, document: &Document<'_>) -> Diagnostic {
    let fault = fault_of(format, key);
    let message = format!("key `{}` {}", shown(key), fault.message);
    let mut diagnostic = at_key(super::FORM, path, message, document);
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

fn not_one_of<'v>(
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
            super::TYPE,
            path,
            format!("`{path}` is {found}, but must be a string"),
            document,
        );
        diagnostic.label = Some(format!("expected one of {listed}"));
        let written = instance.to_string();
        diagnostic.help = options
            .iter()
            .find(|option| **option == written)
            .map(|option| format!("write `\"{option}\"`"));
        return diagnostic;
    };
    let mut diagnostic = at_value(
        super::CHOICE,
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
        .map(|(_, option)| format!("did you mean `{option}`?"));
    diagnostic
}

fn out_of_range(
    path: &Path,
    message: String,
    expected: &str,
    document: &Document<'_>,
) -> Diagnostic {
    let mut diagnostic = at_value(super::FORM, path, message, document);
    diagnostic.label = Some(format!("expected {expected}"));
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

fn type_name(kind: &str) -> &'static str {
    match kind {
        "string" => "a string",
        "integer" => "an integer",
        "number" => "a number",
        "boolean" => "a boolean",
        "array" => "an array",
        _ => "a table",
    }
}

fn with_article(format: &str) -> String {
    let name = format.replace('-', " ");
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {name}")
}

/// `a`, `a or b`, `a, b or c`.
fn list(items: &[impl AsRef<str>], conjunction: &str) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
