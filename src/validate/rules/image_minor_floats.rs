//! A tag that moves to the next minor release.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0204",
        title: "an image that moves to the next minor release",
        text: "The tag names no minor release and no digest follows, so two pods of one commit can run different releases: what runs is then not what was reviewed.",
        bad: r#"[postgres]
image = "docker.io/library/postgres:17-bookworm"
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
    // Where even the operating system is open, that is said already.
    if image.digest.is_none()
        && image.flavour().is_some()
        && image.major().is_some()
        && image.minor().is_none()
    {
        findings
            .value(
                path!["postgres", "image"],
                "the image moves to the next minor release by itself",
            )
            .label("the tag names no minor release")
            .help("name it, as in `17.12-bookworm`, or add a digest");
    }
}
