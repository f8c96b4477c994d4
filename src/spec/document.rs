//! Text in, a [`Document`] out: TOML whose every key and value knows its place. The types carry no
//! places; a fault names a [`Path`], and the document finds where that is.

use super::path::{Path, Step};
use crate::diagnostic::{Diagnostic, Severity};
use serde_json::{Map, Value};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A parsed spec.
#[derive(Debug)]
pub struct Document<'t> {
    root: Spanned<DeTable<'t>>,
}

/// Where something stands in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its key; the table's header or the value itself where it has none.
    pub key: Range<usize>,
    /// Its value.
    pub value: Range<usize>,
}

/// The line that a place stands in, with its newline.
fn line_of(text: &str, at: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let at = at.min(bytes.len());
    let newline = |byte: &u8| *byte == b'\n';
    let start = bytes[..at].iter().rposition(newline).map_or(0, |at| at + 1);
    let end = bytes[at..]
        .iter()
        .position(newline)
        .map_or(bytes.len(), |length| at + length);
    start..end + 1
}

/// More syntax errors than this are echoes of the first ones.
const MOST_SYNTAX_ERRORS: usize = 20;

impl<'t> Document<'t> {
    /// Parses the text; all syntax errors at once.
    pub fn parse(text: &'t str) -> Result<Self, Vec<Diagnostic>> {
        let (root, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { root });
        }
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let mut last_line = 0..0;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            // After a first fault in a line the parser guesses, and what it says is noise.
            if last_line.contains(&span.start) || diagnostics.len() == MOST_SYNTAX_ERRORS {
                continue;
            }
            last_line = line_of(text, span.start);
            let mut diagnostic =
                Diagnostic::new(super::SYNTAX, Severity::Error, first_line(error.message()));
            let line = text[line_of(text, span.start).start..].lines().next();
            diagnostic.help = rest(error.message()).or_else(|| {
                Some(super::syntax::help(
                    error.message(),
                    line.unwrap_or_default(),
                ))
            });
            diagnostic.span = Some(span);
            diagnostics.push(diagnostic);
        }
        Err(diagnostics)
    }

    /// The document as JSON, for the schema. What JSON has no word for (dates, numbers out of
    /// range) becomes `null`, which no field accepts.
    pub fn to_json(&self) -> Value {
        let mut json = table_to_json(self.root.get_ref());
        // The one field that is an instant: TOML has a type for it, JSON writes it as a string.
        let before = self.root.get_ref().get("restore").and_then(|restore| {
            let DeValue::Table(restore) = restore.get_ref() else {
                return None;
            };
            restore.get("before")
        });
        if let Some(DeValue::Datetime(instant)) = before.map(toml::Spanned::get_ref) {
            json["restore"]["before"] = instant.to_string().into();
        }
        json
    }

    /// Where a path leads. A step that is not there ends the search: the last place found.
    pub fn place(&self, path: &Path) -> Place {
        let root = self.root.span();
        let mut place = Place {
            key: root.start..root.start,
            value: root.start..root.start,
        };
        let mut table = Some(self.root.get_ref());
        let mut array = None;
        for step in &path.0 {
            let (key, value) = match (step, table, array) {
                (Step::Key(name), Some(here), _) => match here.get_key_value(name.as_str()) {
                    Some((key, value)) => (key.span(), value),
                    None => return place,
                },
                // A table may have keys that look like numbers.
                (Step::Index(index), Some(here), _) => {
                    match here.get_key_value(index.to_string().as_str()) {
                        Some((key, value)) => (key.span(), value),
                        None => return place,
                    }
                }
                (Step::Index(index), None, Some(items)) => {
                    let items: &toml::de::DeArray<'t> = items;
                    match items.get(*index) {
                        Some(value) => (value.span(), value),
                        None => return place,
                    }
                }
                _ => return place,
            };
            place = Place {
                key,
                value: value.span(),
            };
            table = None;
            array = None;
            match value.get_ref() {
                DeValue::Table(next) => table = Some(next),
                DeValue::Array(next) => array = Some(next),
                _ => {}
            }
        }
        place
    }

    /// Every value that is no table and no list, with its path, as JSON, and where it stands.
    pub fn each_value(&self, see: &mut impl FnMut(&Path, &Value, Range<usize>)) {
        each_in_table(self.root.get_ref(), &mut Path::default(), see);
    }

    /// The way that a JSON pointer (RFC 6901) takes: a step that is a number is an index in an
    /// array, and in a table a key.
    pub fn path(&self, pointer: &str) -> Path {
        let mut path = Path::default();
        let mut here = Some(Here::Table(self.root.get_ref()));
        for step in pointer.split('/').skip(1) {
            let key = step.replace("~1", "/").replace("~0", "~");
            let (step, next) = match here {
                Some(Here::Array(items)) => {
                    let index = key.parse().unwrap_or(usize::MAX);
                    (Step::Index(index), items.get(index))
                }
                Some(Here::Table(table)) => (Step::Key(key.clone()), table.get(key.as_str())),
                None => (Step::Key(key), None),
            };
            path.0.push(step);
            here = next.and_then(|value| match value.get_ref() {
                DeValue::Table(table) => Some(Here::Table(table)),
                DeValue::Array(items) => Some(Here::Array(items)),
                _ => None,
            });
        }
        path
    }

    /// What stands at a path, in a word: `a string`.
    pub fn kind(&self, path: &Path) -> &'static str {
        let mut here: Option<&DeValue<'t>> = None;
        for step in &path.0 {
            let table = match here {
                None => Some(self.root.get_ref()),
                Some(DeValue::Table(table)) => Some(table),
                Some(_) => None,
            };
            here = match (table, step, here) {
                (Some(table), Step::Key(key), _) => table.get(key.as_str()).map(Spanned::get_ref),
                (Some(table), Step::Index(index), _) => {
                    table.get(index.to_string().as_str()).map(Spanned::get_ref)
                }
                (None, Step::Index(index), Some(DeValue::Array(array))) => {
                    array.get(*index).map(Spanned::get_ref)
                }
                _ => None,
            };
            if here.is_none() {
                return "nothing";
            }
        }
        here.map_or("a table", kind)
    }
}

/// What a step of a path can lead on from.
enum Here<'d, 't> {
    Table(&'d DeTable<'t>),
    Array(&'d toml::de::DeArray<'t>),
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) if to_json(value).is_null() => "an integer beyond 64 bits",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) if to_json(value).is_null() => "a number that is not finite",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn table_to_json(table: &DeTable<'_>) -> Value {
    let mut object = Map::new();
    for (key, value) in table {
        object.insert(key.get_ref().to_string(), to_json(value.get_ref()));
    }
    Value::Object(object)
}

fn to_json(value: &DeValue<'_>) -> Value {
    match value {
        // Text of several lines has the file's ends of lines, which git may have changed on its way:
        // TOML leaves it to whoever reads (<https://toml.io/en/v1.0.0#string>).
        DeValue::String(text) => Value::from(text.replace("\r\n", "\n")),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map_or(Value::Null, Value::Number),
        DeValue::Boolean(truth) => Value::from(*truth),
        DeValue::Datetime(_) => Value::Null,
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table_to_json(table),
    }
}

fn each_in_table(
    table: &DeTable<'_>,
    path: &mut Path,
    see: &mut impl FnMut(&Path, &Value, Range<usize>),
) {
    for (key, value) in table {
        path.0.push(Step::from(key.get_ref().as_ref()));
        each_in(value, path, see);
        path.0.pop();
    }
}

fn each_in(
    value: &Spanned<DeValue<'_>>,
    path: &mut Path,
    see: &mut impl FnMut(&Path, &Value, Range<usize>),
) {
    match value.get_ref() {
        DeValue::Table(table) => each_in_table(table, path, see),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.0.push(Step::from(index));
                each_in(item, path, see);
                path.0.pop();
            }
        }
        scalar => see(path, &to_json(scalar), value.span()),
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn rest(message: &str) -> Option<String> {
    let rest = message.lines().skip(1).collect::<Vec<_>>().join(", ");
    (!rest.is_empty()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path;

    #[test]
    fn a_path_finds_its_place() {
        let text = "name = \"a\"\n[storage]\nsize = \"1Gi\"\n[[databases]]\nname = \"b\"\n";
        let document = Document::parse(text).unwrap();
        let at = |path: Path| {
            let place = document.place(&path);
            (&text[place.key], &text[place.value])
        };
        assert_eq!(at(path!["name"]), ("name", "\"a\""));
        assert_eq!(at(path!["storage", "size"]), ("size", "\"1Gi\""));
        assert_eq!(at(path!["databases", 0, "name"]), ("name", "\"b\""));
        assert_eq!(at(path!["storage"]).1, "[storage]");
        assert_eq!(at(path!["databases", 0]).1, "[[databases]]");
    }

    #[test]
    fn a_number_is_an_index_only_in_an_array() {
        let document = Document::parse("labels = { 0 = [1], \"+1\" = 2, \"a/~\" = 3 }").unwrap();
        for (pointer, shown) in [
            ("/labels/0/0", "labels.0[0]"),
            ("/labels/+1", "labels.\"+1\""),
            ("/labels/a~1~0", "labels.\"a/~\""),
            ("/labels/gone/0", "labels.gone.0"),
        ] {
            assert_eq!(document.path(pointer).to_string(), shown);
        }
    }

    #[test]
    fn depth_is_no_danger() {
        for text in [
            format!("a = {}", "[".repeat(500_000)),
            format!("a = {}", "{ b = ".repeat(150_000)),
            vec!["a"; 500_000].join("."),
            format!("{} = 1", vec!["a"; 500_000].join(".")),
            format!("[{}]", vec!["a"; 500_000].join(".")),
            format!("[[{}]]\nb = 1", vec!["a"; 500_000].join(".")),
        ] {
            let _ = Document::parse(&text).map(|document| document.to_json());
        }
    }
}
