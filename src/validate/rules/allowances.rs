//! Warnings that a spec accepts.

use super::RULES;
use crate::diagnostic::{Explanation, Severity, nearest};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const UNKNOWN: Rule = Rule {
    explanation: Explanation {
        code: "UP0105",
        title: "an allowance of what cannot be allowed",
        text: "`allow` accepts warnings, each by the code of its rule. An error stays an error: what is wrong with it is not a matter of taste.",
        bad: r#"allow = [{ rule = "UP0202" }]
"#,
        good: r#"pooler = {}
allow = [{ rule = "UP1001" }]
"#,
    },
    severity: Severity::Error,
    check: unknown,
};

/// See its explanation.
pub const UNUSED: Rule = Rule {
    explanation: Explanation {
        code: "UP0106",
        title: "an allowance that allows nothing",
        text: "Nothing in this spec raises the warning any more. A line that is left behind would silence it when it comes back, perhaps for another reason.",
        bad: r#"allow = [{ rule = "UP1001" }]
"#,
        good: r#"pooler = {}
allow = [{ rule = "UP1001" }]
"#,
    },
    severity: Severity::Warning,
    check: unused,
};

fn unknown(spec: &Spec, findings: &mut Findings) {
    for (index, allowance) in spec.allow.iter().flatten().enumerate() {
        let code = allowance.rule.as_str();
        let path = path!["allow", index, "rule"];
        match rule(code) {
            Some(rule) if rule.severity == Severity::Error => {
                findings
                    .value(
                        path,
                        format!("`{code}` is an error, which cannot be allowed"),
                    )
                    .label(rule.explanation.title)
                    .help("mend what it finds, and take this out");
            }
            Some(_) => {}
            None => {
                let codes: Vec<String> = RULES
                    .iter()
                    .filter(|rule| rule.severity == Severity::Warning)
                    .map(|rule| rule.explanation.code.to_lowercase())
                    .collect();
                let help = match nearest(code, codes.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{}`?", near.to_uppercase()),
                    None => "docs/rules.md lists the codes of warnings".to_owned(),
                };
                findings
                    .value(path, format!("no rule has the code `{code}`"))
                    .help(help);
            }
        }
    }
}

fn unused(spec: &Spec, findings: &mut Findings) {
    for (index, allowance) in spec.allow.iter().flatten().enumerate() {
        let Some(rule) = rule(&allowance.rule) else {
            continue;
        };
        // Its own answer would depend on itself.
        if rule.severity == Severity::Error || rule.explanation.code == UNUSED.explanation.code {
            continue;
        }
        let mut found = Findings::default();
        (rule.check)(spec, &mut found);
        if found.is_empty() {
            findings
                .value(
                    path!["allow", index, "rule"],
                    format!("nothing here raises `{}`", allowance.rule),
                )
                .label(rule.explanation.title)
                .help("take it out");
        }
    }
}

fn rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.explanation.code == code)
}
