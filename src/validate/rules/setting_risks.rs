//! Settings that are a choice one should know of.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0211",
        title: "a setting with a risk",
        text: "These are choices that one may make, and that should not be made unawares.",
        bad: r"[postgres.settings]
autovacuum = false
",
        good: r#"[postgres.settings]
autovacuum_naptime = "30s"
"#,
    },
    severity: Severity::Warning,
    check,
};

/// Setting, value, and what then happens.
pub const RISKS: [(&str, &str, &str); 7] = [
    (
        "synchronous_commit",
        "off",
        "a crash loses the commits of the last moments, which clients took for done",
    ),
    (
        "autovacuum",
        "off",
        "tables bloat, until the server stops before its transaction ids run out",
    ),
    ("track_counts", "off", "autovacuum does not run without it"),
    (
        "wal_level",
        "minimal",
        "some tables are not logged, and no base backup can be taken",
    ),
    (
        "restart_after_crash",
        "off",
        "a crash of one process ends the container",
    ),
    (
        "ssl_min_protocol_version",
        "TLSv1",
        "TLS before 1.2 is broken, and most clients refuse it",
    ),
    (
        "ssl_min_protocol_version",
        "TLSv1.1",
        "TLS before 1.2 is broken, and most clients refuse it",
    ),
];

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    for (name, setting, value) in settings::valid(postgres) {
        if let Some((_, _, why)) = RISKS
            .iter()
            .find(|(known, bad, _)| *known == setting.name && *bad == value)
        {
            findings
                .value(
                    path!["postgres", "settings", name],
                    format!("`{name} = {value}` is a risk"),
                )
                .label(*why)
                .help("leave it out, or accept the risk with `allow`");
        }
    }
}
