//! Values that a setting does not take.

use crate::data;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0208",
        title: "a value that the setting does not take",
        text: "The value is checked as the server would: type, unit, range, choice. `underpin explain SETTING` tells what it takes.",
        bad: r#"[postgres.settings]
work_mem = "lots"
"#,
        good: r#"[postgres.settings]
work_mem = "32MB"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let Some(major) = postgres.image.major() else {
        return;
    };
    for (name, value) in postgres.settings.iter().flatten() {
        let path = path!["postgres", "settings", name.as_str()];
        let text = settings::text(value);
        let Some(setting) = data::setting(major, name) else {
            continue;
        };
        if let Err(fault) = data::check_value(setting, &text) {
            let finding = findings.value(path, format!("`{name}` {}", fault.message));
            let usual = || format!("`underpin explain {name}` says which values it can have");
            finding.help(fault.help.unwrap_or_else(usual));
        }
    }
}
