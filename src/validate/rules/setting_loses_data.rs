//! Settings with which a crash loses or corrupts data.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0210",
        title: "a setting that loses data",
        text: "With these the database may be gone after the next crash, or damage is passed over in silence. They are for throw-away servers and for rescue by hand, and not for a spec.",
        bad: r#"[postgres.settings]
fsync = "off"
"#,
        good: r#"[postgres.settings]
synchronous_commit = "on"
"#,
    },
    severity: Severity::Error,
    check,
};

/// Setting, value, and what then happens (the manual's chapters 20.5, 20.17 and 28).
pub const LOSES: [(&str, &str, &str); 6] = [
    (
        "fsync",
        "off",
        "a crash of the node leaves a corrupt database",
    ),
    (
        "full_page_writes",
        "off",
        "a crash in the middle of a page leaves it torn",
    ),
    (
        "data_sync_retry",
        "on",
        "a failed write may be taken for done",
    ),
    ("zero_damaged_pages", "on", "damaged pages are emptied"),
    ("ignore_checksum_failure", "on", "damaged pages are used"),
    ("ignore_invalid_pages", "on", "recovery passes over damage"),
];

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    for (name, setting, value) in settings::valid(postgres) {
        let path = path!["postgres", "settings", name];
        if let Some((_, _, why)) = LOSES
            .iter()
            .find(|(known, bad, _)| *known == setting.name && *bad == value)
        {
            findings
                .value(path, format!("`{name} = {value}` loses data"))
                .label(*why)
                .help("leave it out");
        } else if setting.name == "allow_system_table_mods" && value == "on" {
            findings
                .value(
                    path,
                    format!("`{name} = {value}` lets the catalogs be damaged"),
                )
                .help("set it in the session that needs it");
        }
    }
}
