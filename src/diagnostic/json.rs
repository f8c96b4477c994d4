//! Diagnostics for other programs: one JSON object a line.

use super::{Diagnostic, Redaction, line_and_column};
use crate::source::Source;
use serde_json::{Value, json};

/// One line, without its newline. Places are given as line and column from 1 (columns in
/// characters) and as byte offsets from 0.
pub fn render(diagnostic: &Diagnostic, source: &Source, redaction: &Redaction) -> String {
    let clean = |text: &str| redaction.message(text);
    let place = diagnostic.span.as_ref().map(|span| {
        let (line, column) = line_and_column(&source.text, span.start);
        let (end_line, end_column) = line_and_column(&source.text, span.end);
        json!({
            "line": line, "column": column, "end_line": end_line, "end_column": end_column,
            "start": span.start, "end": span.end,
        })
    });
    let value = json!({
        "code": diagnostic.code,
        "severity": diagnostic.severity.to_string(),
        "message": clean(&diagnostic.message),
        "file": source.path,
        "key": clean(&diagnostic.key),
        "place": place,
        "label": diagnostic.label.as_deref().map(clean),
        "notes": diagnostic.notes.iter().map(|note| Value::from(clean(note))).collect::<Vec<_>>(),
        "help": diagnostic.help.as_deref().map(clean),
    });
    value.to_string()
}
