//! A reserve that takes the volume.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use crate::value::Reserve;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0303",
        title: "a reserve that is too large",
        text: "The reserve is there to let a full server come up once more. More than half of the volume is none to spare.",
        bad: r#"[storage]
size = "1Gi"
reserve = "800Mi"
"#,
        good: r#"[storage]
size = "1Gi"
reserve = "64Mi"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(storage) = &spec.storage else {
        return;
    };
    if let Some(Reserve::Bytes(reserve)) = &storage.reserve
        && reserve.bytes() > storage.size.bytes() / 2
    {
        findings
            .value(
                path!["storage", "reserve"],
                "the reserve is larger than half of the volume",
            )
            .context(path!["storage", "size"], "the volume")
            .help("write a share such as `2%`");
    }
}
