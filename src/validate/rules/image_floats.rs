//! A tag that moves to another operating system.

use crate::data;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use crate::value::Flavour;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0203",
        title: "an image that may change its operating system",
        text: "A tag without the name of its operating system moves to the next one when that comes out: `postgres:17` moved from Debian 12 to 13 in August 2025, and with the C library the order of text changed on every volume, which corrupts indexes (<https://github.com/docker-library/postgres/issues/1356>). So the tag must end in a suffix such as `-bookworm` or `-alpine3.22`, or a digest must follow.",
        bad: r#"[postgres]
image = "docker.io/library/postgres:17.12"
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
    let image = &postgres.image;
    if image.major().is_none() || image.digest.is_some() {
        return;
    }
    let major = image.major().unwrap_or_default();
    let minor = image
        .minor()
        .or_else(|| data::minimum_minor(major))
        .unwrap_or_default();
    let (label, suffix) = match image.flavour() {
        Some(Flavour::Debian { suite: Some(_) } | Flavour::Alpine { version: Some(_) }) => return,
        Some(Flavour::Alpine { version: None }) => {
            ("`-alpine` moves to the next Alpine", "alpine3.22")
        }
        _ => ("no operating system in the tag, and no digest", "bookworm"),
    };
    findings
        .value(
            path!["postgres", "image"],
            "the image may change its operating system, and with it the order of text",
        )
        .label(label)
        .help(format!(
            "write `{}:{major}.{minor}-{suffix}`, or add a digest",
            image.repository
        ));
}
