//! Seconds on a toleration that does not evict.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::TaintEffect;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0601",
        title: "seconds without NoExecute",
        text: "Only the effect `NoExecute` evicts running pods, so Kubernetes refuses seconds with any other.",
        bad: r#"[placement]
tolerations = [{ key = "dedicated", effect = "NoSchedule", seconds = 60 }]
"#,
        good: r#"[placement]
tolerations = [{ key = "dedicated", effect = "NoExecute", seconds = 60 }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let tolerations = spec
        .placement
        .as_ref()
        .and_then(|placement| placement.tolerations.as_ref());
    for (index, toleration) in tolerations.into_iter().flatten().enumerate() {
        if toleration.seconds.is_some() && toleration.effect != Some(TaintEffect::NoExecute) {
            findings
                .value(
                    path!["placement", "tolerations", index, "seconds"],
                    "seconds go with `NoExecute` alone",
                )
                .help("write `effect = \"NoExecute\"`, or leave the seconds out");
        }
    }
}
