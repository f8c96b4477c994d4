//! One field of a spec touches only what it must.
//!
//! `table.md` is the promise, a row for each field of the schema: the files that change when the
//! field alone does, and what follows from that in a cluster. It is read in review: a file too
//! many in it is a restart that nobody asked for. `UNDERPIN_OVERWRITE=1` writes it anew.

mod changes;

use changes::{CHANGES, Change};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use underpin::compile::compile;
use underpin::emit::Tree;
use underpin::source::Source;
use underpin::spec::schema;

const BASE: &str = include_str!("base.toml");
const NEON: &str = include_str!("neon.toml");
const BRANCH: &str = include_str!("branch.toml");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/blast_radius/table.md");

const HEAD: &str = "\
# What a field touches

The files of `generated/<name>/` that change when one field of the spec does, and nothing else. Of
each field a typical change; `base.toml`, for `[neon]` `neon.toml`, for `[neon.branch]` `branch.toml`,
and `changes.rs` beside this file say which. A tick in the second column: the server's pod changes, so
applying it restarts the server. In the third: the bootstrap Job is a new one, and runs. In the fourth: the first
backup's Job is. Another name or namespace is another database, beside the old.

| field | restart | bootstrap | backup | files |
|---|---|---|---|---|
";

/// What stands in the pod template of the server: another one is a restart.
const SERVER: &str = "server/stateful-set.yaml";
const BOOTSTRAP: &str = "access/job-bootstrap.yaml";
const BACKUP: &str = "backup/job-first.yaml";

#[test]
fn each_field_touches_what_the_table_says_and_nothing_else() {
    let mut table = HEAD.to_owned();
    for change in CHANGES {
        let text = match change.field {
            field if field.starts_with("neon.branch") => BRANCH,
            field if field.starts_with("neon") => NEON,
            _ => BASE,
        };
        let base = once(text, change.volume.0, change.volume.1, change.field);
        let before = tree(&base, change.field);
        let after = tree(
            &once(&base, change.from, change.to, change.field),
            change.field,
        );
        table.push_str(&row(change, &before, &after));
    }
    if std::env::var_os("UNDERPIN_OVERWRITE").is_some() {
        std::fs::write(TABLE, &table).unwrap();
    }
    snapbox::assert_data_eq!(table, snapbox::Data::read_from(TABLE.as_ref(), None).raw());
}

#[test]
fn each_field_of_the_schema_has_a_row() {
    let rows: BTreeSet<&str> = CHANGES
        .iter()
        .map(|change| change.field.split(':').next().unwrap_or_default())
        .collect();
    let fields: BTreeSet<String> = schema::fields()
        .into_iter()
        // A table that must be there cannot be left out, and nothing but its fields can change.
        .filter(|(_, field)| !(field.required && is_table(field.node)))
        .map(|(path, _)| path.join("."))
        .collect();
    let missing: Vec<_> = fields
        .iter()
        .filter(|field| !rows.contains(field.as_str()))
        .collect();
    assert!(
        missing.is_empty(),
        "no change in tests/blast_radius/changes.rs for {missing:?}"
    );
    let unknown: Vec<_> = rows.iter().filter(|row| !fields.contains(**row)).collect();
    assert!(unknown.is_empty(), "the schema does not know {unknown:?}");
}

fn is_table(node: &'static Value) -> bool {
    schema::resolve(node).get("properties").is_some()
}

/// The text with `from` replaced, which stands in it exactly once.
fn once(text: &str, from: &str, to: &str, field: &str) -> String {
    assert_eq!(
        text.matches(from).count(),
        1,
        "for {field}, the base holds {from:?} other than once"
    );
    text.replace(from, to)
}

fn tree(text: &str, field: &str) -> Tree {
    let source = Source {
        path: "base.toml".into(),
        text: text.to_owned(),
    };
    let compilation = compile(&source);
    assert!(
        !compilation.failed(),
        "the change of {field} is no good spec: {:?}",
        compilation.diagnostics
    );
    let compiled = compilation.tree.unwrap();
    assert!(
        compiled.findings.is_empty(),
        "{field}: {:?}",
        compiled.findings
    );
    compiled.tree
}

fn row(change: &Change, before: &Tree, after: &Tree) -> String {
    let mut files = BTreeMap::new();
    for path in before.files.keys().chain(after.files.keys()) {
        let how = match (before.files.get(path), after.files.get(path)) {
            (None, Some(_)) => "new: ",
            (Some(_), None) => "gone: ",
            (old, new) if old != new => "",
            _ => continue,
        };
        files.insert(path, how);
    }
    let kept: Vec<String> = before
        .files
        .keys()
        .filter(|path| !files.contains_key(path))
        .map(|path| format!("`{path}`"))
        .collect();
    let changed = files.values().all(|how| how.is_empty());
    let cells: Vec<String> = files
        .iter()
        .map(|(path, how)| format!("{how}`{path}`"))
        .collect();
    let files = if cells.is_empty() {
        "none".to_owned()
    } else if changed && kept.is_empty() {
        "all".to_owned()
    } else if changed && kept.len() < cells.len() {
        format!("all but {}", kept.join(" "))
    } else {
        cells.join(" ")
    };
    let restart = pod(before, SERVER) != pod(after, SERVER);
    let another =
        |path| object(before, path)["metadata"]["name"] != object(after, path)["metadata"]["name"];
    let (bootstrap, backup) = (another(BOOTSTRAP), another(BACKUP));
    let field = match change.field.split_once(": ") {
        Some((field, which)) => format!("`{field}`, {which}"),
        None => format!("`{}`", change.field),
    };
    format!(
        "| {field} | {} | {} | {} | {files} |\n",
        tick(restart),
        tick(bootstrap),
        tick(backup)
    )
}

fn tick(yes: bool) -> &'static str {
    if yes { "✓" } else { "" }
}

fn pod(tree: &Tree, path: &str) -> Value {
    object(tree, path)["spec"]["template"].clone()
}

fn object(tree: &Tree, path: &str) -> Value {
    // At Neon there is no server, and no bootstrap.
    tree.files
        .get(path)
        .map_or(Value::Null, |text| serde_yaml::from_str(text).unwrap())
}
