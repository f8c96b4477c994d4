//! Asserts that are no one expression.

use super::drill_database::asserts;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1302",
        title: "an assert that asks nothing, or more than one thing",
        text: "What is asserted is put between parentheses, as `select (…)`, and must be true: it is one query of one value, or an expression, and no `;` ends it.",
        bad: r#"[backup.drill]
asserts = [{ database = "app", sql = "select true;" }]
"#,
        good: r#"[backup.drill]
asserts = [{ database = "app", sql = "select true" }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, assert) in asserts(spec) {
        let at = path!["backup", "drill", "asserts", index, "sql"];
        let sql = assert.sql.trim();
        if sql.is_empty() {
            findings
                .value(at, "nothing is asserted")
                .help("write a query of one value, such as `select count(*) > 0 from orders`");
        } else if let Some(rest) = sql.strip_suffix(';') {
            let finding = findings
                .value(at, "a `;` ends it, and it is put between parentheses")
                .label("one query, without the `;`");
            if !rest.contains(['\n', ';', '`']) {
                finding.help(format!("write `{}`", rest.trim_end()));
            }
        }
    }
}
