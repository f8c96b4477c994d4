//! What a spec that a test states compiles to.

use underpin::compile::compile;
use underpin::emit::Tree;
use underpin::source::Source;

/// Every object of a `database.toml`, as YAML; a spec with a fault fails the test.
#[track_caller]
pub(crate) fn database(toml: &str) -> Vec<String> {
    let files = tree(toml).files.into_iter();
    files
        .filter(|(path, _)| path.contains('/') && !path.ends_with("kustomization.yaml"))
        .map(|(_, yaml)| yaml)
        .collect()
}

/// The same with its paths, and with the files that are no objects.
#[track_caller]
pub(crate) fn tree(toml: &str) -> Tree {
    let compilation = compile(&Source {
        path: "database.toml".to_owned(),
        text: toml.to_owned(),
    });
    assert!(!compilation.failed(), "{:#?}", compilation.diagnostics);
    let compiled = compilation.tree.expect("a spec without a fault");
    assert!(compiled.findings.is_empty(), "{:#?}", compiled.findings);
    compiled.tree
}
