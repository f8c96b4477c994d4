//! Valid specs in great number: those of the repository, a list by hand in which every field and
//! every choice occurs, and a strategy that mixes them with names that are legal and hostile.

mod listed;
mod spec;
pub mod strings;
pub mod toml;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::path::{Path, PathBuf};
use underpin::compile::{Compiled, compile};
use underpin::source::Source;
use walkdir::WalkDir;

pub use listed::listed;
pub use spec::spec;

/// How many generated specs are compiled for themselves.
const GENERATED: usize = 50 * crate::FACTOR as usize;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A text as the compiler gets it.
pub fn source(text: impl Into<String>) -> Source {
    Source {
        path: "database.toml".into(),
        text: text.into(),
    }
}

/// The specs of the repository.
pub fn committed() -> Vec<Source> {
    let files: Vec<PathBuf> = WalkDir::new(root().join("specs"))
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.ends_with("database.toml"))
        .collect();
    assert!(!files.is_empty(), "no specs in the repository");
    let read = |path: PathBuf| source(std::fs::read_to_string(path).unwrap());
    files.into_iter().map(read).collect()
}

/// So many generated specs, the same ones in every run.
pub fn many(count: usize) -> Vec<Source> {
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| {
            let value = spec().new_tree(&mut runner).unwrap().current();
            source(toml::text(&value))
        })
        .collect()
}

/// Compiles a spec that must be fine, in our own audit too.
pub fn compiled(source: &Source) -> Compiled {
    let compilation = compile(source);
    assert!(
        !compilation.failed(),
        "{}\n{:#?}",
        source.text,
        compilation.diagnostics
    );
    let compiled = compilation.tree.unwrap();
    assert_eq!(compiled.findings, [], "{}", source.text);
    compiled
}

#[test]
fn what_is_generated_compiles() {
    for source in committed().iter().chain(&listed()).chain(&many(GENERATED)) {
        compiled(source);
    }
}

/// A field that is added to the spec has to be added to the list: this names what is missing.
#[test]
fn every_field_and_choice_is_listed() {
    let texts: String = listed().iter().map(|source| source.text.as_str()).collect();
    for (path, field) in underpin::spec::schema::fields() {
        let name = path.last().unwrap();
        assert!(
            texts.contains(name),
            "no listed spec has {}",
            path.join(".")
        );
        let node = underpin::spec::schema::resolve(field.node);
        for choice in node["oneOf"].as_array().into_iter().flatten() {
            if let Some(word) = choice["const"].as_str() {
                let said = format!("\"{word}\"");
                assert!(texts.contains(&said), "no listed spec has {said}");
            }
        }
    }
}
