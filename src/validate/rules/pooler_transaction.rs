//! What transaction pooling breaks.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::PoolMode;
use crate::validate::defaults;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1001",
        title: "transaction pooling",
        text: "In mode `transaction` a client has a connection of the server until its transaction ends, and then perhaps another one. What a session keeps beyond that is lost, or reaches another client: `SET` and `search_path` (`ALTER ROLE … SET` instead), `LISTEN`, session advisory locks (`pg_advisory_xact_lock` instead), temporary tables, cursors `WITH HOLD`, `PREPARE` as SQL. Prepared statements of the protocol, which drivers use, work. What needs a session dials `<name>-direct`; or all of them get one, with `pool_mode = \"session\"`. Where the applications are known to do without, an allowance says so.",
        bad: "[pooler]\n",
        good: r#"allow = [{ rule = "UP1001" }]
[pooler]
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(written) = &spec.pooler else {
        return;
    };
    if defaults::pooler::pooler(written).mode != PoolMode::Transaction {
        return;
    }
    let message = "transaction pooling: what a session keeps is lost between transactions";
    let finding = if written.pool_mode.is_some() {
        findings.value(path!["pooler", "pool_mode"], message)
    } else {
        findings.key(path!["pooler"], message)
    };
    finding
        .label("`transaction` is the default")
        .note(format!(
            "this breaks session SET and search_path, LISTEN, temporary tables, session advisory locks, WITH HOLD cursors and PREPARE as SQL; what needs them dials `{}-direct`",
            spec.name
        ))
        .help(format!(
            "where applications do without: `allow = [{{ rule = \"{}\" }}]`; else `pool_mode = \"session\"`",
            RULE.explanation.code
        ));
    if written.pool_mode.is_some() {
        finding.label("no session outlives its transaction");
    }
}
