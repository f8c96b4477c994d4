//! One database, said twice.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use std::collections::BTreeMap;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0501",
        title: "a database or extension twice",
        text: "A name stands twice in a list where each can be there once. PostgreSQL's names are as they are written: `Orders` and `orders` are two.",
        bad: r#"databases = [{ name = "orders" }, { name = "orders" }]
"#,
        good: r#"databases = [{ name = "orders" }, { name = "reports" }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    if spec.databases.as_ref().is_some_and(Vec::is_empty) {
        findings
            .value(path!["databases"], "no database")
            .help("name at least one: `databases = [{ name = \"orders\" }]`");
    }
    let mut seen = BTreeMap::new();
    for (index, database) in spec.databases().iter().enumerate() {
        if let Some(first) = seen.insert(&database.name, index) {
            findings
                .value(
                    path!["databases", index, "name"],
                    format!("database `{}` is listed twice", database.name),
                )
                .context(path!["databases", first, "name"], "here first")
                .help("leave one of the two out");
        }
        let mut seen = BTreeMap::new();
        for (at, extension) in database.extensions.iter().flatten().enumerate() {
            if seen.insert(extension, at).is_some() {
                findings
                    .value(
                        path!["databases", index, "extensions", at],
                        format!("extension `{extension}` is listed twice"),
                    )
                    .help("leave one of the two out");
            }
        }
    }
}
