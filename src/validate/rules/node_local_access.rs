//! ReadWriteOncePod where no driver can keep it.

use super::volumes::volumes;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
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
    for volume in volumes(spec) {
        let named = volume.named();
        let no_driver = !named.is_empty() && volume.kinds.csi.is_none();
        if no_driver && volume.one_pod {
            findings
                .value(
                    volume.table.join("access_mode"),
                    "this volume cannot be ReadWriteOncePod",
                )
                .label("only CSI drivers know it")
                .context(volume.kinds_at.join(named[0]), "not a CSI volume")
                .help("leave it out: the default is ReadWriteOnce");
        }
    }
}
