//! Asserts of databases that no backup holds.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Assert;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1301",
        title: "an assert of a database that is not there",
        text: "A drill asks what is asserted in the databases that a backup holds. One that the spec does not have, or that `backup.exclude` leaves out, is none of them, and each drill would fail.",
        bad: r#"[backup.drill]
asserts = [{ database = "ap", sql = "select true" }]
"#,
        good: r#"[backup.drill]
asserts = [{ database = "app", sql = "select true" }]
"#,
    },
    severity: Severity::Error,
    check,
};

/// The asserts of a spec.
pub fn asserts(spec: &Spec) -> impl Iterator<Item = (usize, &Assert)> {
    let drill = spec
        .backup
        .as_ref()
        .and_then(|backup| backup.drill.as_ref());
    drill
        .and_then(|drill| drill.asserts.as_ref())
        .into_iter()
        .flatten()
        .enumerate()
}

fn check(spec: &Spec, findings: &mut Findings) {
    // At Neon the spec names one database, and every other of its owner is backed up too.
    let known: Vec<String> = spec
        .databases()
        .iter()
        .map(|database| database.name.to_string())
        .chain(["postgres".to_owned()])
        .collect();
    let backup = spec.backup.as_ref();
    let exclude = backup.and_then(|backup| backup.exclude.as_ref());
    for (index, assert) in asserts(spec) {
        let at = path!["backup", "drill", "asserts", index, "database"];
        let name = assert.database.to_string();
        let left_out = exclude
            .into_iter()
            .flatten()
            .position(|excluded| *excluded == assert.database);
        if let Some(place) = left_out {
            findings
                .value(at, format!("`{name}` is left out of backups"))
                .context(path!["backup", "exclude", place], "here")
                .help("take it out of that list, or leave out the assert");
        } else if spec.neon.is_none() && !known.contains(&name) {
            findings
                .value(at, format!("there is no database `{name}` in the spec"))
                .help(format!("one of {}", listed(&known)));
        }
    }
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
