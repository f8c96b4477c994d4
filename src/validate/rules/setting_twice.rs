//! One setting under two spellings.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use std::collections::BTreeMap;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0214",
        title: "a setting twice",
        text: "PostgreSQL does not tell upper from lower case in the names of settings, and of two takes the last. Which one is meant cannot be told.",
        bad: "[postgres.settings]\nwork_mem = \"8MB\"\nWork_Mem = \"16MB\"\n",
        good: "[postgres.settings]\nwork_mem = \"16MB\"\n",
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for name in postgres.settings.iter().flatten().map(|(name, _)| name) {
        if let Some(first) = seen.insert(name.to_ascii_lowercase(), name) {
            findings
                .key(
                    path!["postgres", "settings", name.as_str()],
                    format!("`{name}` is set twice"),
                )
                .context(
                    path!["postgres", "settings", first.as_str()],
                    "the same setting",
                )
                .help("keep one of them");
        }
    }
}
