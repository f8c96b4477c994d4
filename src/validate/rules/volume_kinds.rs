//! A volume that is none, or several.

use super::volumes::volumes;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0301",
        title: "not exactly one volume",
        text: "Data is on one volume: from a class, or an existing one of one kind.",
        bad: r#"[storage]
class = "fast-ssd"
volume.local = { path = "/mnt/disks/orders", node = "db-1" }
"#,
        good: r#"[storage]
volume.local = { path = "/mnt/disks/orders", node = "db-1" }
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for volume in volumes(spec) {
        let named = volume.named();
        match named.as_slice() {
            [] if volume.must_be_a_kind => {
                findings
                    .key(volume.kinds_at.clone(), "the volume has no kind")
                    .help(
                        "add one of `volume.local`, `volume.nfs`, `volume.csi` and `volume.host_path`",
                    );
            }
            [] | [_] => {}
            [first, second, ..] => {
                findings
                    .key(volume.kinds_at.join(*second), "the volume is of two kinds")
                    .context(volume.kinds_at.join(*first), "the other one")
                    .help("keep one of them");
            }
        }
        if volume.class
            && let Some(kind) = named
                .first()
                .copied()
                .or(volume.must_be_a_kind.then_some(""))
        {
            let existing = if kind.is_empty() {
                volume.kinds_at.clone()
            } else {
                volume.kinds_at.join(kind)
            };
            findings
                .key(
                    volume.table.join("class"),
                    "both a class and an existing volume",
                )
                .context(existing, "the volume")
                .help("keep one of them: a class makes volumes, an existing one needs none");
        }
    }
}
