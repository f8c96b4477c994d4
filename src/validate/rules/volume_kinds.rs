//! A volume that is none, or several.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
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
    let Some(volume) = &spec.storage.volume else {
        return;
    };
    let kinds: Vec<&str> = [
        ("local", volume.local.is_some()),
        ("nfs", volume.nfs.is_some()),
        ("csi", volume.csi.is_some()),
        ("host_path", volume.host_path.is_some()),
    ]
    .into_iter()
    .filter_map(|(kind, named)| named.then_some(kind))
    .collect();
    match kinds.as_slice() {
        [_] => {}
        [] => {
            findings
                .key(path!["storage", "volume"], "the volume has no kind")
                .help(
                    "add one of `volume.local`, `volume.nfs`, `volume.csi` and `volume.host_path`",
                );
        }
        [first, second, ..] => {
            findings
                .key(
                    path!["storage", "volume", *second],
                    "the volume is of two kinds",
                )
                .context(path!["storage", "volume", *first], "the other one")
                .help("keep one of them");
        }
    }
    if spec.storage.class.is_some() {
        findings
            .key(
                path!["storage", "class"],
                "both a class and an existing volume",
            )
            .context(path!["storage", "volume"], "the volume")
            .help("keep one of them: a class makes volumes, an existing one needs none");
    }
}
