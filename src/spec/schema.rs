//! The JSON Schema: derived from the types, committed for editors, and compiled here into the
//! validator. This is the only file that knows the jsonschema crate.

use super::Document;
use super::faults;
use super::types::Spec;
use crate::diagnostic::Diagnostic;
use crate::value;
use jsonschema::{Draft, Validator};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::Value;
use std::sync::LazyLock;

/// The committed schema. A test keeps it equal to what [`generate`] says.
pub const TEXT: &str = include_str!("../../schemas/database.schema.json");

static SCHEMA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(TEXT).expect("the committed schema is JSON"));

static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema = SCHEMA.clone();
    leave_patterns_to_grammars(&mut schema);
    let mut options = jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(true);
    for format in value::formats() {
        options = options.with_format(format, |text| {
            value::check(format, text).is_none_or(|result| result.is_ok())
        });
    }
    options
        .build(&schema)
        .expect("the committed schema is a schema")
});

/// The schema as JSON.
pub fn schema() -> &'static Value {
    &SCHEMA
}

/// Every fault that the schema finds.
pub fn validate(document: &Document<'_>) -> Vec<Diagnostic> {
    let json = document.to_json();
    let mut diagnostics = Vec::new();
    for error in VALIDATOR.iter_errors(&json) {
        if diagnostics.len() >= faults::MOST {
            break;
        }
        faults::explain(&error, document, schema(), &mut diagnostics);
    }
    diagnostics
}

/// The schema's text, from the types. Draft 7, because that is what every TOML editor knows.
pub fn generate() -> String {
    let schema = SchemaSettings::draft07()
        .with_transform(RecursiveTransform(without_null))
        .with_transform(RecursiveTransform(keys_have_a_form))
        .into_generator()
        .into_root_schema_for::<Spec>();
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

/// TOML has no null, so an optional field is one that may be left out and nothing else.
fn without_null(schema: &mut schemars::Schema) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(any)) = schema.get_mut("anyOf") {
        any.retain(|branch| branch != &serde_json::json!({ "type": "null" }));
        if let [only] = any.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            // Draft 7 ignores what stands beside a `$ref`, so that is wrapped.
            schema.insert("allOf".into(), Value::Array(vec![only]));
        }
    }
    if let Some(Value::Null) = schema.get("default") {
        schema.remove("default");
    }
}

/// A table with keys of one form: said as such, since a key of another form is not an unknown one.
fn keys_have_a_form(schema: &mut schemars::Schema) {
    let Some(Value::Object(patterns)) = schema.get("patternProperties") else {
        return;
    };
    let Some((pattern, values)) = patterns.iter().next().map(|(k, v)| (k.clone(), v.clone()))
    else {
        return;
    };
    schema.remove("patternProperties");
    schema.insert("additionalProperties".into(), values);
    schema.insert(
        "propertyNames".into(),
        serde_json::json!({ "format": value::LabelKey::FORMAT, "pattern": pattern }),
    );
}

/// Editors get patterns; here the grammars themselves judge, since they can say what is wrong.
fn leave_patterns_to_grammars(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("format") {
                object.remove("pattern");
            }
            object.values_mut().for_each(leave_patterns_to_grammars);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_patterns_to_grammars),
        _ => {}
    }
}

/// What of the schema a field's path leads to, and what is known about the field: its
/// documentation and example. Array items are stepped into.
pub fn field<'s>(path: &[&str]) -> Option<Field<'s>> {
    let mut here = schema();
    let mut field = Field {
        node: here,
        required: true,
    };
    for step in path {
        here = resolve(here);
        if let Some(items) = here.get("items") {
            here = resolve(items);
        }
        let required = required(here).contains(step);
        here = here.get("properties")?.get(*step)?;
        field = Field {
            node: here,
            required,
        };
    }
    Some(field)
}

/// A field in the schema.
#[derive(Debug, Clone, Copy)]
pub struct Field<'s> {
    /// Its subschema, as it stands where it is used: with its own documentation.
    pub node: &'s Value,
    /// Whether it may be left out.
    pub required: bool,
}

/// Follows a `$ref` to a definition, also one that is wrapped to have a documentation of its own.
pub fn resolve(node: &'static Value) -> &'static Value {
    let wrapped = node.pointer("/allOf/0").unwrap_or(node);
    match wrapped.get("$ref").and_then(Value::as_str) {
        Some(reference) => schema()
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or(node),
        None => node,
    }
}

/// Every field of the spec with its path, tables before what is in them, in the schema's order.
pub fn fields() -> Vec<(Vec<&'static str>, Field<'static>)> {
    let mut found = Vec::new();
    collect(schema(), &mut Vec::new(), &mut found);
    found
}

/// The keys that a table must have, those included that only a server of one's own must have.
fn required(table: &'static Value) -> Vec<&'static str> {
    let always = table.get("required");
    let with_server = table.pointer("/else/required");
    let names = [always, with_server].into_iter().flatten();
    let names = names.filter_map(Value::as_array).flatten();
    names.filter_map(Value::as_str).collect()
}

fn collect(
    node: &'static Value,
    path: &mut Vec<&'static str>,
    found: &mut Vec<(Vec<&'static str>, Field<'static>)>,
) {
    let node = resolve(node);
    let node = node.get("items").map_or(node, resolve);
    let Some(properties) = node.get("properties").and_then(Value::as_object) else {
        return;
    };
    let required = required(node);
    for (name, child) in properties {
        path.push(name);
        found.push((
            path.clone(),
            Field {
                node: child,
                required: required.contains(&name.as_str()),
            },
        ));
        collect(child, path, found);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UNDERPIN_OVERWRITE=1 cargo test` writes the committed file anew.
    #[test]
    fn the_committed_schema_is_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/database.schema.json");
        if std::env::var_os("UNDERPIN_OVERWRITE").is_some() {
            std::fs::write(path, generate()).unwrap();
        }
        snapbox::assert_data_eq!(
            std::fs::read_to_string(path).unwrap(),
            snapbox::Data::from(generate()).raw()
        );
    }
}
