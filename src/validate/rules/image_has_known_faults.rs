//! Minor releases with faults that matter here.

use crate::data;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0205",
        title: "a minor release with known faults",
        text: "pg_restore and psql before these releases run code that a crafted backup holds (CVE-2025-8714, CVE-2026-18408, CVE-2026-116314). A minor release is a restart; the data stays as it is.",
        bad: r#"[postgres]
image = "docker.io/library/postgres:17.5-bookworm"
"#,
        good: r#"[postgres]
image = "docker.io/library/postgres:17.12-bookworm"
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let image = &postgres.image;
    let (Some(major), Some(minor)) = (image.major(), image.minor()) else {
        return;
    };
    let Some(least) = data::minimum_minor(major) else {
        return;
    };
    if minor < least {
        findings
            .value(
                path!["postgres", "image"],
                format!("PostgreSQL {major}.{minor} has known faults in its restore tools"),
            )
            .label(format!("mended in {major}.{least}"))
            .help(format!("move to {major}.{least} or later"));
    }
}
