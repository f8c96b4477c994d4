//! A database that a pooler keeps for itself.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// What PgBouncer calls its console.
const CONSOLE: &str = "pgbouncer";

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1007",
        title: "a database that no client could reach",
        text: "PgBouncer keeps the database name `pgbouncer` for its own console: with a pooler, a database of that name could only be reached by `<name>-direct`.",
        bad: r#"databases = [{ name = "pgbouncer", owner = "app" }]
allow = [{ rule = "UP1001" }]
[pooler]
"#,
        good: r#"databases = [{ name = "app" }]
allow = [{ rule = "UP1001" }]
[pooler]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    if spec.pooler.is_none() {
        return;
    }
    for (index, database) in spec.databases().iter().enumerate() {
        if database.name.to_string() == CONSOLE {
            findings
                .value(
                    path!["databases", index, "name"],
                    format!("`{CONSOLE}` is the name of the pooler's own console"),
                )
                .context(path!["pooler"], "this pooler")
                .help("write another name");
        }
    }
}
