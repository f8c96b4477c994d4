//! A volume in which no server fits.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0307",
        title: "a volume that is too small",
        text: "An empty server takes some 60 MB with its write-ahead log, and needs room for more of that.",
        bad: r#"[storage]
size = "100Mi"
"#,
        good: r#"[storage]
size = "1Gi"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(storage) = &spec.storage else {
        return;
    };
    if storage.size.bytes() < 256 * 1024 * 1024 {
        findings
            .value(
                path!["storage", "size"],
                "the volume is too small for a server",
            )
            .label("at least 256Mi")
            .help("write `size = \"256Mi\"` or more");
    }
}
