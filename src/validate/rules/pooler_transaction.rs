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
    let transaction =
        defaults::pooler::of(spec).is_some_and(|pooler| pooler.mode == PoolMode::Transaction);
    if !transaction {
        return;
    }
    let message = "transaction pooling: what a session keeps is lost between transactions";
    let written = spec.pooler.as_ref();
    let said = written.is_some_and(|pooler| pooler.pool_mode.is_some());
    let finding = if said {
        findings.value(path!["pooler", "pool_mode"], message)
    } else if written.is_some() {
        findings.key(path!["pooler"], message)
    } else {
        findings.key(path!["neon"], message)
    };
    let direct = match &spec.neon {
        None => format!("`{}-direct`", spec.name),
        Some(neon) if neon.branch.is_some() => "the branch's own host".into(),
        Some(_) => "`neon.host` itself".into(),
    };
    // A session before Neon has its own trouble, which another rule tells.
    let otherwise = match &spec.neon {
        None => "; else `pool_mode = \"session\"`",
        Some(_) => "",
    };
    finding
        .label("`transaction` is the default")
        .note(format!(
            "this breaks session SET and search_path, LISTEN, temporary tables, session advisory locks, WITH HOLD cursors and PREPARE as SQL; what needs them dials {direct}",
        ))
        .help(format!(
            "where applications do without: `allow = [{{ rule = \"{}\" }}]`{otherwise}",
            RULE.explanation.code
        ));
    if said {
        finding.label("no session outlives its transaction");
    }
}
