//! A limit below the request.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults;
use crate::validate::{Findings, Rule};
use crate::value::Cpu;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0213",
        title: "a CPU limit below the request",
        text: "Kubernetes refuses a limit that is lower than the request.",
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
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let Some(limit) = &postgres.cpu_limit else {
        return;
    };
    let default = Cpu::parse(defaults::CPU).ok();
    let Some(cpu) = postgres.cpu.as_ref().or(default.as_ref()) else {
        return;
    };
    if limit < cpu {
        findings
            .value(
                path!["postgres", "cpu_limit"],
                "the CPU limit is lower than the request",
            )
            .label(format!("the request is `{cpu}`"))
            .help("raise the limit, or leave it out: a throttled server holds its locks longer");
    }
}
