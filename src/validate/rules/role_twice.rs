//! One role, said twice.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use std::collections::BTreeMap;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0502",
        title: "a role twice",
        text: "A role stands once in `roles`. The owner of a database need not be there at all, unless it has a password of its own or is a member of something.",
        bad: r#"roles = [{ name = "report" }, { name = "report" }]
"#,
        good: r#"roles = [{ name = "report" }, { name = "billing" }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let mut seen = BTreeMap::new();
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        if let Some(first) = seen.insert(&role.name, index) {
            findings
                .value(
                    path!["roles", index, "name"],
                    format!("role `{}` is listed twice", role.name),
                )
                .context(path!["roles", first, "name"], "here first")
                .help("leave one of the two out");
        }
    }
}
