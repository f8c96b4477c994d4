//! A directory of a node.

use super::volumes::volumes;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0306",
        title: "a volume for trials",
        text: "A host path is a directory on the node's own disk: nothing limits its size, and filling it takes the node down. The directory must belong to the server's user, because Kubernetes does not change the owner of a host path.",
        bad: r#"[storage]
volume.host_path = { path = "/srv/orders", node = "db-1" }
"#,
        good: r#"[storage]
volume.local = { path = "/mnt/disks/orders", node = "db-1" }
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for volume in volumes(spec) {
        if volume.kinds.host_path.is_some() {
            findings
                .key(
                    volume.kinds_at.join("host_path"),
                    "a host path is for trials",
                )
                .label("no limit on its size, and no driver behind it")
                .help("mount a disk of its own and use `local`");
        }
    }
}
