//! Characters that a reviewer cannot see: control characters, and those that change the direction
//! of writing. No field has a use for them, and what is reviewed must be what is meant.

use super::Document;
use super::path::{Path, Step};
use crate::diagnostic::{Diagnostic, Severity, is_hidden};
use serde_json::Value;

/// One diagnostic for each string or key with such a character.
pub fn find(document: &Document<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    search(
        &document.to_json(),
        &Path::default(),
        document,
        &mut diagnostics,
    );
    diagnostics
}

fn search(value: &Value, path: &Path, document: &Document<'_>, diagnostics: &mut Vec<Diagnostic>) {
    match value {
        Value::String(text) => {
            let hidden = |character: &char| {
                is_hidden(*character) && !(*character == '\n' && holds_lines(path))
            };
            if let Some(character) = text.chars().find(hidden) {
                diagnostics.push(report(character, path, document, false));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                search(item, &path.join(index), document, diagnostics);
            }
        }
        Value::Object(object) => {
            for (key, item) in object {
                let path = path.join(key.as_str());
                if let Some(character) = key.chars().find(|character| is_hidden(*character)) {
                    diagnostics.push(report(character, &path, document, true));
                }
                search(item, &path, document, diagnostics);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a field holds text of several lines: SQL.
fn holds_lines(path: &Path) -> bool {
    path.0.last() == Some(&Step::from("sql"))
}

fn report(character: char, path: &Path, document: &Document<'_>, at_key: bool) -> Diagnostic {
    let message = format!(
        "the character U+{:04X} cannot be seen, and does not belong here",
        u32::from(character)
    );
    let mut diagnostic = Diagnostic::new(super::FORM, Severity::Error, message);
    let place = document.place(path);
    diagnostic.span = Some(if at_key { place.key } else { place.value });
    diagnostic.key = path.to_string();
    diagnostic.help = Some("leave it out".into());
    diagnostic
}
