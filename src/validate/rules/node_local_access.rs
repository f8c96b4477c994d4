//! ReadWriteOncePod where no driver can keep it.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::AccessMode;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0305",
        title: "ReadWriteOncePod without a CSI driver",
        text: "Only CSI drivers know the access mode ReadWriteOncePod (<https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes>). start.sh holds a lock on the volume in any case, so two servers never run on it.",
        bad: r#"[storage]
access_mode = "ReadWriteOncePod"
volume.local = { path = "/mnt/disks/orders", node = "db-1" }
"#,
        good: r#"[storage]
access_mode = "ReadWriteOnce"
volume.local = { path = "/mnt/disks/orders", node = "db-1" }
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let no_driver = spec
        .storage
        .volume
        .as_ref()
        .is_some_and(|volume| volume.csi.is_none());
    if no_driver && spec.storage.access_mode == Some(AccessMode::ReadWriteOncePod) {
        findings
            .value(
                path!["storage", "access_mode"],
                "this volume cannot be ReadWriteOncePod",
            )
            .label("only CSI drivers know it")
            .context(path!["storage", "volume"], "not a CSI volume")
            .help("leave it out: the default is ReadWriteOnce");
    }
}
