//! Settings with which a server takes no commit, or does what no one expects of it.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0215",
        title: "a setting that stops what applications do",
        text: "With `synchronous_standby_names` every commit waits for a standby, and none of Underpin's servers has one: bootstrap's first commit would never return. `session_replication_role` other than `origin` switches off triggers and foreign keys for everyone, and `row_security = off` ends each query in an error that a policy would filter.",
        bad: r#"[postgres.settings]
synchronous_standby_names = "*"
"#,
        good: r#"[postgres.settings]
synchronous_commit = "on"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    for (name, setting, value) in settings::valid(postgres) {
        let (why, help) = match (setting.name, value.as_str()) {
            ("synchronous_standby_names", value) if !value.trim().is_empty() => (
                "every commit waits for a standby that is not there",
                "leave it out",
            ),
            ("session_replication_role", "replica" | "local") => (
                "triggers and foreign keys do not act, for everyone",
                "set it in the session that needs it",
            ),
            ("row_security", "off") => (
                "a query that a policy would filter ends in an error",
                "set it in the session that needs it",
            ),
            _ => continue,
        };
        findings
            .value(
                path!["postgres", "settings", name],
                format!("`{name} = {value}` stops what applications do"),
            )
            .label(why)
            .help(help);
    }
}
