//! The volumes of a spec, for the rules that hold for each.

use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::validate::defaults::VolumeKinds;

/// A volume as the spec says it.
pub struct Volume<'s> {
    /// The table with its size and class.
    pub table: Path,
    /// The table with its kinds.
    pub kinds_at: Path,
    /// Which kinds it names.
    pub kinds: VolumeKinds<'s>,
    /// Whether `kinds_at` is a table that is there for nothing else.
    pub must_be_a_kind: bool,
    /// Whether it names a class.
    pub class: bool,
    /// Whether one pod alone can have it.
    pub one_pod: bool,
}

impl Volume<'_> {
    /// The names of its kinds.
    pub fn named(&self) -> Vec<&'static str> {
        [
            ("local", self.kinds.local.is_some()),
            ("nfs", self.kinds.nfs.is_some()),
            ("csi", self.kinds.csi.is_some()),
            ("host_path", self.kinds.host_path.is_some()),
        ]
        .into_iter()
        .filter_map(|(kind, named)| named.then_some(kind))
        .collect()
    }
}

/// The server's volume, and the backups' where the spec has something to say of it.
pub fn volumes(spec: &Spec) -> Vec<Volume<'_>> {
    use crate::spec::types::{AccessMode, BackupAccessMode};
    let data = spec.storage.as_ref().map(|storage| Volume {
        table: path!["storage"],
        kinds_at: path!["storage", "volume"],
        kinds: storage
            .volume
            .as_ref()
            .map(|volume| VolumeKinds {
                local: volume.local.as_ref(),
                nfs: volume.nfs.as_ref(),
                csi: volume.csi.as_ref(),
                host_path: volume.host_path.as_ref(),
            })
            .unwrap_or_default(),
        must_be_a_kind: storage.volume.is_some(),
        class: storage.class.is_some(),
        one_pod: storage.access_mode == Some(AccessMode::ReadWriteOncePod),
    });
    let backup = spec
        .backup
        .as_ref()
        .and_then(|backup| backup.volume.as_ref());
    let backup = backup.map(|volume| Volume {
        table: path!["backup", "volume"],
        kinds_at: path!["backup", "volume"],
        kinds: VolumeKinds {
            local: volume.local.as_ref(),
            nfs: volume.nfs.as_ref(),
            csi: volume.csi.as_ref(),
            host_path: volume.host_path.as_ref(),
        },
        must_be_a_kind: false,
        class: volume.class.is_some(),
        one_pod: volume.access_mode == Some(BackupAccessMode::ReadWriteOncePod),
    });
    data.into_iter().chain(backup).collect()
}
