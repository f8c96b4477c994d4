//! A limit below the request.

use super::workloads::workloads;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0213",
        title: "a CPU limit below the request",
        text: "Kubernetes refuses a limit that is lower than the request. So it is for the server, and for whatever else has both: backups, rehearsals, drills, restores, poolers and exporters.",
        bad: r#"[postgres]
cpu = "2"
cpu_limit = "1"
"#,
        good: r#"[postgres]
cpu = "1"
cpu_limit = "2"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for workload in workloads(spec) {
        let cpu = workload.cpu;
        if workload.cpu_limit.is_some_and(|limit| limit < cpu) {
            findings
                .value(
                    workload.at.join("cpu_limit"),
                    "the CPU limit is lower than the request",
                )
                .label(format!("the request is `{cpu}`"))
                .help(format!(
                    "write `cpu_limit = \"{cpu}\"` or more, or leave it out: what is throttled holds its locks longer"
                ));
        }
    }
}
