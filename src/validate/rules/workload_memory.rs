//! Memory that a backup, a rehearsal, a drill or a restore cannot work with.

use super::workloads::workloads;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults::backup;
use crate::validate::{Findings, Rule};
use crate::value::Size;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0714",
        title: "too little memory for a backup or a restore",
        text: "Beyond its memory a container is killed. A rehearsal and a drill run a PostgreSQL server of their own: measured with 300 tables, it is killed with 48Mi and works with 64Mi. A backup and a restore run `pg_dump`, `pg_restore` and a few sessions of `psql`, which took 16Mi. The least that is accepted is twice that: 128Mi with a server, 32Mi without. The default is 512Mi.",
        bad: r#"[backup.rehearsal]
memory = "16Mi"
"#,
        good: r#"[backup.rehearsal]
memory = "256Mi"
"#,
    },
    severity: Severity::Error,
    check,
};

const MIB: u64 = 1024 * 1024;

fn check(spec: &Spec, findings: &mut Findings) {
    let limits = [
        (path!["backup"], "a backup", 32),
        (
            path!["backup", "rehearsal"],
            "the server of a rehearsal",
            128,
        ),
        (path!["backup", "drill"], "the server of a drill", 128),
        (path!["restore"], "a restore", 32),
    ];
    for workload in workloads(spec) {
        let limit = limits.iter().find(|(at, ..)| *at == workload.at);
        let (Some((at, what, least)), Some(memory)) = (limit, workload.memory.map(Size::bytes))
        else {
            continue;
        };
        if memory < least * MIB {
            findings
                .value(
                    at.join("memory"),
                    format!("the memory is too small for {what}"),
                )
                .label(format!("at least {least}Mi"))
                .help(format!(
                    "write `memory = \"{}\"`, or leave it out for that default",
                    backup::MEMORY
                ));
        }
    }
}
