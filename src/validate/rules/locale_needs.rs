//! Locales that an image does not have.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Locale;
use crate::validate::{Findings, Rule};
use crate::value::Flavour;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0206",
        title: "a locale that the image lacks",
        text: "The first start would fail: `PG_UNICODE_FAST` came with PostgreSQL 18, and Alpine's C library knows no locale but its own.",
        bad: r#"[postgres]
locale = "PG_UNICODE_FAST"
"#,
        good: r#"[postgres]
locale = "C.UTF-8"
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
    let fault = match postgres.locale {
        Some(Locale::PgUnicodeFast) if image.major().is_some_and(|major| major < 18) => {
            "it came with PostgreSQL 18"
        }
        Some(Locale::EnUsUtf8) if matches!(image.flavour(), Some(Flavour::Alpine { .. })) => {
            "Alpine does not have it"
        }
        _ => return,
    };
    findings
        .value(
            path!["postgres", "locale"],
            "the image does not have this locale",
        )
        .label(fault)
        .context(path!["postgres", "image"], "this image")
        .help("write `locale = \"C.UTF-8\"`");
}
