//! Backups on the disk that they are made for the loss of.

use super::volumes::{Volume, volumes};
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const SAME_PLACE: Rule = Rule {
    explanation: Explanation {
        code: "UP0711",
        title: "backups on the volume of the data",
        text: "A backup on the disk that holds the data is lost with it, and fills the disk that the server needs.",
        bad: r#"[storage]
volume.nfs = { server = "nfs.internal", path = "/export/orders" }

[backup.volume]
nfs = { server = "nfs.internal", path = "/export/orders" }
"#,
        good: r#"[storage]
volume.nfs = { server = "nfs.internal", path = "/export/orders" }

[backup.volume]
nfs = { server = "nas.internal", path = "/export/orders-backup" }
"#,
    },
    severity: Severity::Error,
    check: same_place,
};

/// See its explanation.
pub const SAME_NODE: Rule = Rule {
    explanation: Explanation {
        code: "UP0712",
        title: "backups on the machine of the data",
        text: "Two disks of one machine are lost together: by fire, theft, a wrong hand. Backups belong on another one.",
        bad: r#"[storage]
volume.local = { path = "/mnt/disks/orders", node = "db-1" }

[backup.volume]
local = { path = "/mnt/disks/backup", node = "db-1" }
"#,
        good: r#"[storage]
volume.local = { path = "/mnt/disks/orders", node = "db-1" }

[backup.volume]
local = { path = "/mnt/disks/backup", node = "db-2" }
"#,
    },
    severity: Severity::Warning,
    check: same_node,
};

fn same_place(spec: &Spec, findings: &mut Findings) {
    let volumes = volumes(spec);
    let [data, backup] = volumes.as_slice() else {
        return;
    };
    let kind = match (disk(data), disk(backup)) {
        (Some((node, path)), Some((other, same))) if node == other && within(&path, &same) => {
            backup.named()[0]
        }
        _ => match (data.kinds, backup.kinds) {
            (a, b)
                if a.nfs.is_some_and(|a| {
                    b.nfs.is_some_and(|b| {
                        a.server == b.server && within(&a.path.to_string(), &b.path.to_string())
                    })
                }) =>
            {
                "nfs"
            }
            (a, b)
                if a.csi.is_some_and(|a| {
                    b.csi
                        .is_some_and(|b| a.driver == b.driver && a.handle == b.handle)
                }) =>
            {
                "csi"
            }
            _ => return,
        },
    };
    findings
        .value(
            backup.kinds_at.join(kind),
            "backups would be on the volume of the data",
        )
        .context(data.kinds_at.join(data.named()[0]), "the data")
        .help("name another volume, best on another machine");
}

fn same_node(spec: &Spec, findings: &mut Findings) {
    let volumes = volumes(spec);
    let [data, backup] = volumes.as_slice() else {
        return;
    };
    if let (Some((node, path)), Some((other, same))) = (disk(data), disk(backup))
        && node == other
        && !within(&path, &same)
    {
        findings
            .value(
                backup.kinds_at.join(backup.named()[0]),
                format!("backups would be on the machine of the data, `{node}`"),
            )
            .context(data.kinds_at.join(data.named()[0]), "the data")
            .help("name a volume of another machine");
    }
}

/// Node and path of a volume that is a part of a node.
fn disk(volume: &Volume<'_>) -> Option<(String, String)> {
    let place = volume.kinds.local.or(volume.kinds.host_path)?;
    Some((place.node.to_string(), place.path.to_string()))
}

/// Whether one path is the other or lies in it.
fn within(a: &str, b: &str) -> bool {
    let a = format!("{}/", a.trim_end_matches('/'));
    let b = format!("{}/", b.trim_end_matches('/'));
    a.starts_with(&b) || b.starts_with(&a)
}
