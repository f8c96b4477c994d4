//! Settings that this PostgreSQL does not have.

use crate::data;
use crate::diagnostic::nearest;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0207",
        title: "an unknown setting",
        text: "The server does not start with a setting that it does not know. Settings of an extension carry its name and a dot.",
        bad: r"[postgres.settings]
max_conections = 200
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
    let Some(major) = postgres
        .image
        .major()
        .filter(|major| data::MAJORS.contains(major))
    else {
        return;
    };
    for name in postgres.settings.iter().flatten().map(|(name, _)| name) {
        let path = path!["postgres", "settings", name.as_str()];
        if let Some((extension, rest)) = name.split_once('.') {
            let well_formed = |part: &str| {
                part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && part
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
            };
            if extension == "underpin" {
                findings
                    .key(path, "settings of `underpin` are not the spec's to set")
                    .help("leave it out");
            } else if !well_formed(extension) || !rest.split('.').all(well_formed) {
                findings
                    .key(path, format!("`{name}` is not a name that a setting can have"))
                    .help("write an extension, a dot and the setting, such as `auto_explain.log_analyze`");
            }
        } else if let Some(setting) = data::setting(major, name) {
            if setting.context == data::Context::Internal {
                findings
                    .key(path, format!("`{name}` cannot be set"))
                    .label("PostgreSQL reports it, and decides it itself")
                    .help("leave it out");
            }
        } else {
            let finding = findings.key(path, format!("PostgreSQL {major} has no setting `{name}`"));
            let others: Vec<String> = data::MAJORS
                .into_iter()
                .filter(|other| data::setting(*other, name).is_some())
                .map(|other| other.to_string())
                .collect();
            if !others.is_empty() {
                finding
                    .label(format!("only in {}", others.join(", ")))
                    .help(format!("leave it out: PostgreSQL {major} does not have it"));
            } else if let Some(near) = nearest(name, data::names(major)) {
                finding.help(format!("did you mean `{near}`?"));
            } else {
                finding.help("the settings are listed at https://www.postgresql.org/docs/current/runtime-config.html");
            }
        }
    }
}
