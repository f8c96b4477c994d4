//! Rendered YAML or JSON in, objects out, read as `kubectl` reads it.
//!
//! That is YAML 1.1: `on` is a boolean and `0555` is octal. Keys that stand twice are an error,
//! since readers disagree about which of them counts. Aliases and depth have limits, so that no
//! bytes make the reader run away.

use super::Object;
use serde_json::Value;
use serde_yaml::{Options, options::DuplicateKeyPolicy};
use std::borrow::Cow;
use std::fmt;

/// How deep maps and lists may stand in one another: schemas inside custom resource definitions
/// are the deepest that people have, at about fifty.
const DEPTH: usize = 128;

/// Bytes of stack for the parser: it takes some 30 KiB for each level where nothing is optimised.
const STACK: usize = 16 << 20;

/// How much one text may hold: the render of a few thousand databases, written out.
const DOCUMENTS: usize = 200_000;
const VALUES: usize = 20_000_000;
const BYTES: usize = 1 << 30;

/// How many values aliases may add to those that are written.
const FROM_ALIASES: usize = 100_000;

/// Text that holds no Kubernetes objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The file, or its document.
    pub origin: String,
    /// Line and column, from 1, where they are known.
    pub position: Option<(u64, u64)>,
    /// What is wrong: a lowercase phrase.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.origin)?;
        if let Some((line, column)) = self.position {
            write!(formatter, ":{line}:{column}")?;
        }
        write!(formatter, ": {}", self.message)
    }
}

impl std::error::Error for ReadError {}

/// Every object in `text`: documents one after the other, lists unfolded, empty ones left out.
///
/// A text without any object is an empty vector: the caller knows whether that is a fault.
pub fn parse(origin: &str, text: &str) -> Result<Vec<Object<'static>>, ReadError> {
    let documents = documents(origin, text)?;
    let alone = documents.len() == 1;
    let mut objects = Vec::new();
    for (index, document) in documents.into_iter().enumerate() {
        let origin = if alone {
            origin.to_owned()
        } else {
            format!("{origin}#{}", index + 1)
        };
        unfold(&origin, document, &mut objects)?;
    }
    Ok(objects)
}

/// Parses on a thread of its own, whose stack is large enough for [`DEPTH`] in a debug build too.
fn documents(origin: &str, text: &str) -> Result<Vec<Value>, ReadError> {
    let fault = |message: &str| ReadError {
        origin: origin.to_owned(),
        position: None,
        message: message.to_owned(),
    };
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || {
                serde_yaml::from_multiple_with_options(text, options())
                    .map_err(|error| read_error(origin, &error))
            })
            .map_err(|_| fault("no thread to be had for reading it"))?
            .join()
            .unwrap_or_else(|_| Err(fault("the YAML reader failed on it")))
    })
}

fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: DEPTH,
            max_documents: DOCUMENTS,
            max_nodes: VALUES,
            max_events: 2 * VALUES,
            max_total_scalar_bytes: BYTES,
            flow_nesting_limit: DEPTH,
        },
        alias_limits: serde_yaml::alias_limits! {
            max_total_replayed_events: FROM_ALIASES,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        legacy_octal_numbers: true,
        with_snippet: false,
    }
}

/// The parser's message without the source text around it: that text may hold secrets, and ends
/// in the logs of a pipeline.
fn read_error(origin: &str, error: &serde_yaml::Error) -> ReadError {
    let error = error.without_snippet();
    let whole = error.to_string();
    let first = whole.lines().next().unwrap_or("unreadable");
    let message = first.split(" at line ").next().unwrap_or(first);
    let position = error
        .location()
        .map(|location| (location.line(), location.column()))
        .filter(|(line, _)| *line > 0);
    ReadError {
        origin: origin.to_owned(),
        position,
        message: message.to_owned(),
    }
}

/// Puts `document` into `objects`, or what it lists if it is a list (`kubectl get -o yaml`).
fn unfold(
    origin: &str,
    document: Value,
    objects: &mut Vec<Object<'static>>,
) -> Result<(), ReadError> {
    let fault = |message: &str| ReadError {
        origin: origin.to_owned(),
        position: None,
        message: message.to_owned(),
    };
    let Value::Object(mut map) = document else {
        return Err(fault("not a Kubernetes object: it is no map"));
    };
    let Some(kind) = map.get("kind").and_then(Value::as_str) else {
        return Err(fault("not a Kubernetes object: it has no `kind`"));
    };
    if !map.get("apiVersion").is_some_and(Value::is_string) {
        return Err(fault("not a Kubernetes object: it has no `apiVersion`"));
    }
    if kind.ends_with("List")
        && let Some(Value::Array(items)) = map.get_mut("items").map(Value::take)
    {
        return items
            .into_iter()
            .try_for_each(|item| unfold(origin, item, objects));
    }
    objects.push(Object {
        origin: origin.to_owned(),
        value: Cow::Owned(Value::Object(map)),
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn names(text: &str) -> Vec<(String, String)> {
        parse("f.yaml", text)
            .unwrap()
            .into_iter()
            .map(|object| {
                let name = object.value["metadata"]["name"].as_str().unwrap();
                (object.origin, name.to_owned())
            })
            .collect()
    }

    fn pair(origin: &str, name: &str) -> (String, String) {
        (origin.to_owned(), name.to_owned())
    }

    #[test]
    fn reads_documents_lists_and_json() {
        let text = "
# a comment
---
apiVersion: v1
kind: A
metadata: {name: a}
---
# nothing
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: B, metadata: {name: b}}
- {apiVersion: v1, kind: C, metadata: {name: c}}
...
";
        assert_eq!(
            names(text),
            [
                pair("f.yaml#1", "a"),
                pair("f.yaml#2", "b"),
                pair("f.yaml#2", "c")
            ]
        );
        let json = r#"{"apiVersion": "v1", "kind": "A", "metadata": {"name": "a\tb"}}"#;
        assert_eq!(names(json), [pair("f.yaml", "a\tb")]);
        assert_eq!(names(""), []);
        assert_eq!(names("# only a comment\n---\n"), []);
    }

    #[test]
    fn reads_a_render_of_many_databases() {
        let many = vec!["apiVersion: v1\nkind: A\n"; 5_000].join("---\n");
        assert_eq!(parse("f", &many).unwrap().len(), 5_000);
    }

    #[test]
    fn reads_long_comments_bom_and_crlf() {
        let comments = "# a line\n".repeat(200);
        let text = format!(
            "\u{feff}{comments}apiVersion: v1\n{comments}kind: A\n{comments}a:\n{comments}- b\n"
        );
        assert_eq!(parse("f", &text).unwrap().len(), 1);
        assert_eq!(parse("f", &text.replace('\n', "\r\n")).unwrap().len(), 1);
    }

    #[test]
    fn reads_as_yaml_1_1() {
        let text = "apiVersion: v1\nkind: A\nmode: 0555\nopen: on\nquoted: \"on\"\n";
        let value = &parse("f", text).unwrap()[0].value;
        assert_eq!(value["mode"], 0o555);
        assert_eq!(value["open"], true);
        assert_eq!(value["quoted"], "on");
    }

    #[test]
    fn refuses_what_is_no_object() {
        for text in [
            "a",
            "- a",
            "a: 1",
            "kind: A",
            "kind: 1\napiVersion: v1",
            "kind: [",
            "\u{0}",
            "a: 1\na: 2",
            "apiVersion: v1\nkind: A\nx: .inf",
            "apiVersion: v1\nkind: List\nitems: [1]",
            "{",
            "&a [*a]",
            "apiVersion: v1\nkind: A\nkind: B",
        ] {
            assert!(parse("f", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn says_where_without_repeating_the_text() {
        let text = "apiVersion: v1\nkind: Secret\nstringData:\n  a: hunter2\n  a: hunter2\n";
        let error = parse("f.yaml", text).unwrap_err();
        assert_eq!(error.position.map(|(line, _)| line), Some(5));
        assert!(error.to_string().starts_with("f.yaml:5:"), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn aliases_and_depth_have_limits() {
        let mut laughs = String::from("apiVersion: v1\nkind: A\na0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(",");
            writeln!(laughs, "a{level}: &a{level} [{aliases}]").unwrap();
        }
        assert!(parse("f", &laughs).is_err());
        for deep in ["[", "{a: ", "- ", "? "] {
            assert!(parse("f", &deep.repeat(100_000)).is_err(), "{deep:?}");
        }
        let mut blocks = String::new();
        for depth in 0..5_000 {
            writeln!(blocks, "{}a:", " ".repeat(depth)).unwrap();
        }
        assert!(parse("f", &blocks).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[ -~\n\t\u{85}\u{feff}é]{0,200}") {
            let _ = parse("f", &text);
        }

        #[test]
        fn never_panics_on_what_looks_like_yaml(text in "([-?:,\\[\\]{}#&*!|>'\"%@` \n]|kind|apiVersion|<<|a|1){0,80}") {
            let _ = parse("f", &text);
        }
    }
}
