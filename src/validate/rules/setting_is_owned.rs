//! Settings that the rest of the output depends on.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0209",
        title: "a setting that Underpin sets",
        text: "Services, probes, scripts and policies are built on these; another value would break them. The message says on what.",
        bad: r"[postgres.settings]
port = 6432
",
        good: r"[postgres.settings]
max_connections = 200
",
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    for name in postgres.settings.iter().flatten().map(|(name, _)| name) {
        let lower = name.to_ascii_lowercase();
        if let Some((_, why)) = settings::OWNED.iter().find(|(owned, _)| *owned == lower) {
            findings
                .key(
                    path!["postgres", "settings", name.as_str()],
                    format!("`{name}` is not the spec's to set"),
                )
                .label(*why)
                .help("leave it out");
        }
    }
}
