//! The fields of a spec, as the schema knows them: what an editor shows, at length.

use super::page::Page;
use super::setting;
use crate::spec::faults::toml_text;
use crate::spec::path::{Path, Step};
use crate::spec::schema::{self, Field};
use serde_json::Value;

/// Every field's path, as one writes it: `storage.size`.
pub fn paths() -> Vec<String> {
    schema::fields()
        .into_iter()
        .map(|(path, _)| path.join("."))
        .collect()
}

/// The field that a path leads to. Indices are passed over, and what stands in a table of free
/// keys is that table.
pub fn find(path: &str) -> Option<Vec<&'static str>> {
    let steps = steps(path);
    let all = schema::fields();
    (1..=steps.len()).rev().find_map(|length| {
        let (found, field) = all.iter().find(|(known, _)| known == &steps[..length])?;
        (length == steps.len() || is_map(field.node)).then(|| found.clone())
    })
}

/// `databases[0]."name"` as `databases`, `name`.
pub fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let mut quote = None;
    let mut index = false;
    for character in path.trim().chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '.') => steps.push(String::new()),
            (None, '[') => index = true,
            (None, ']') => index = false,
            _ if index => {}
            _ => steps
                .last_mut()
                .into_iter()
                .for_each(|step| step.push(character)),
        }
    }
    steps.retain(|step| !step.is_empty() && !step.chars().all(|c| c.is_ascii_digit()));
    steps
}

/// All that is known of a field.
pub fn page(path: &[&'static str]) -> Option<Page> {
    let field = schema::field(path)?;
    let dotted = path.join(".");
    let (text, default) = documentation(field.node);
    let presence = match (field.required, default) {
        (true, _) => "none, it must be given".to_owned(),
        (false, Some(default)) => default,
        (false, None) => "none, it may be left out".to_owned(),
    };
    let mut page = Page::new(format!("`{dotted}`"))
        .text(text)
        .fact("type", kind(field.node))
        .fact("default", presence)
        .list(choices(field.node));
    let within: Vec<(String, String)> = schema::fields()
        .into_iter()
        .filter(|(other, _)| other.len() == path.len() + 1 && other.starts_with(path))
        .map(|(other, field)| (format!("`{}`", other.join(".")), summary(&field)))
        .collect();
    page = page.list(within);
    if let Some(example) = example(path, &field) {
        page = page.code("toml", "Example", &example);
    }
    if dotted == "postgres.settings" {
        page = page
            .text("Derived, where the spec says nothing else:")
            .list(setting::derived())
            .text("Set by Underpin, as initdb or a server in a cluster has them, where the spec says nothing else:")
            .list(setting::defaults())
            .text("Not the spec's to set:")
            .list(setting::owned());
    }
    Some(page)
}

/// What it is, in one sentence.
pub fn summary(field: &Field<'_>) -> String {
    let (text, _) = documentation(field.node);
    let sentence = text
        .split(". ")
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned();
    if field.required {
        format!("{sentence} (must be given)")
    } else {
        sentence
    }
}

/// The text, and apart from it the default, which each field's documentation ends with.
fn documentation(node: &Value) -> (String, Option<String>) {
    let text = node
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.split_once("Default: ") {
        Some((text, default)) => (
            text.trim().to_owned(),
            Some(default.trim_end_matches('.').to_owned()),
        ),
        None => (text, None),
    }
}

fn is_map(node: &'static Value) -> bool {
    schema::resolve(node)
        .get("additionalProperties")
        .is_some_and(Value::is_object)
}

fn kind(node: &'static Value) -> String {
    let node = schema::resolve(node);
    if node.get("oneOf").is_some() || node.get("enum").is_some() {
        return "one of these".into();
    }
    let format = node
        .get("format")
        .and_then(Value::as_str)
        .map(|format| format.replace('-', " "));
    if node.get("properties").is_some() && format.is_some() {
        return "the name of a Secret, or a table".into();
    }
    match (node.get("type").and_then(Value::as_str), format) {
        (Some("array"), _) => match node.get("items") {
            Some(items) => format!("list, each a {}", kind(items)),
            None => "list".into(),
        },
        (Some("object"), _) if is_map(node) => "table of keys of your own".into(),
        (Some("object"), _) => "table".into(),
        (Some("integer"), _) => match (node.get("minimum"), node.get("maximum")) {
            (Some(least), Some(most)) => format!("integer, {least} to {most}"),
            _ => "integer".into(),
        },
        (Some("string"), Some(format)) => format,
        (Some("string"), None) => "text".into(),
        (Some("boolean"), _) => "true or false".into(),
        (None, _) if node.get("properties").is_some() => "true or false, or a table".into(),
        _ => "text, number, or true or false".into(),
    }
}

fn choices(node: &'static Value) -> Vec<(String, String)> {
    let branches = schema::resolve(node).get("oneOf").and_then(Value::as_array);
    branches
        .into_iter()
        .flatten()
        .filter_map(|branch| {
            let word = branch.get("const")?.as_str()?;
            Some((format!("`{word}`"), documentation(branch).0))
        })
        .collect()
}

/// The field in its table, as one would write it.
fn example(path: &[&'static str], field: &Field<'_>) -> Option<String> {
    let (name, tables) = path.split_last()?;
    let value = toml_text(field.node.get("examples")?.as_array()?.first()?)?;
    let key = Path(vec![Step::from(*name)]);
    let line = format!("{key} = {value}");
    if tables.is_empty() {
        return Some(line);
    }
    let in_list = schema::field(tables)
        .is_some_and(|table| schema::resolve(table.node).get("items").is_some());
    let header = tables.join(".");
    Some(if in_list {
        format!("[[{header}]]\n{line}")
    } else {
        format!("[{header}]\n{line}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_and_quotes_are_passed_over() {
        assert_eq!(steps("databases[0].name"), ["databases", "name"]);
        assert_eq!(steps("databases.0.name"), ["databases", "name"]);
        assert_eq!(steps("labels.\"a.b/c\""), ["labels", "a.b/c"]);
        assert_eq!(find("databases[12].owner").unwrap(), ["databases", "owner"]);
        assert_eq!(find("placement.node.pool").unwrap(), ["placement", "node"]);
        assert_eq!(find("storage.sise"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn every_field_has_a_page_with_a_text() {
        for path in paths() {
            let page = page(&find(&path).unwrap()).unwrap();
            assert!(
                matches!(&page.parts[0], super::super::page::Part::Text(text) if text.len() > 10),
                "{path}"
            );
        }
    }
}
