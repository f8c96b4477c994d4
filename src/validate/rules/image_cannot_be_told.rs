//! An image whose tag does not tell its PostgreSQL.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0201",
        title: "an image whose version cannot be told",
        text: "Paths, settings and options differ between the major versions of PostgreSQL, so the tag must name the version: `17.12-bookworm`, or `pg17` as a part of it, as images with extensions do. A digest alone does not tell.",
        bad: r#"[postgres]
image = "docker.io/library/postgres:latest"
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
    if postgres.image.major().is_none() {
        findings
            .value(
                path!["postgres", "image"],
                "the image does not tell which PostgreSQL it holds",
            )
            .label("its tag names no version")
            .help("write a tag such as `:17.12-bookworm`; a digest may follow it");
    }
}
