//! Major versions that are not supported.

use crate::data;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0202",
        title: "an unsupported major version",
        text: "Underpin knows the settings and the ways of PostgreSQL 15 to 18. Older versions get no more fixes (<https://www.postgresql.org/support/versioning/>).",
        bad: r#"[postgres]
image = "docker.io/library/postgres:14.20-bookworm"
"#,
        good: r#"[postgres]
image = "docker.io/library/postgres:17.12-bookworm"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let Some(major) = postgres.image.major() else {
        return;
    };
    if !data::MAJORS.contains(&major) {
        findings
            .value(
                path!["postgres", "image"],
                format!("PostgreSQL {major} is not supported"),
            )
            .label("majors 15 to 18 are")
            .help(if major < 15 {
                "move to a supported version: dump from the old server, restore into a new one"
            } else {
                "use a newer Underpin, or PostgreSQL 18"
            });
    }
}
