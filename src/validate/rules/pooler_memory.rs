//! A pooler that has too little memory for its clients.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults;
use crate::validate::{Findings, Rule};

/// What PgBouncer takes before it has a client, with room for files in memory.
const BASE: u64 = 16 << 20;
/// What one takes: nine kilobytes were measured while it asks, the rest is for the prepared
/// statements that it has named.
const CLIENT: u64 = 16 << 10;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1008",
        title: "a pooler with too little memory for its clients",
        text: "A client costs PgBouncer some nine kilobytes, and more with each prepared statement that it names: reckoned are 16Mi, and 16Ki for each of `max_clients`. A pooler that reaches its limit is killed, and all of its clients lose their connections at once.",
        bad: r#"allow = [{ rule = "UP1001" }]
[pooler]
max_clients = 20000
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[pooler]
max_clients = 20000
memory = "512Mi"
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(written) = &spec.pooler else {
        return;
    };
    let pooler = defaults::pooler::pooler(written);
    let needed = BASE + u64::from(pooler.max_clients) * CLIENT;
    if pooler.resources.memory.bytes() >= needed {
        return;
    }
    let message = format!(
        "{} clients may need more than {} of memory",
        pooler.max_clients, pooler.resources.memory
    );
    let finding = match (written.memory, written.max_clients) {
        (Some(_), _) => findings.value(path!["pooler", "memory"], message),
        (None, Some(_)) => findings.value(path!["pooler", "max_clients"], message),
        (None, None) => findings.key(path!["pooler"], message),
    };
    finding.help(format!(
        "write `memory = \"{}Mi\"` or more, or fewer `max_clients`",
        needed.div_ceil(1 << 20)
    ));
}
