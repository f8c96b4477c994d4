//! fsGroup: the group that the kubelet gives a volume's files, and the mode bits that come with it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::path::Path;

const SETGID: u32 = 0o2000;

/// What the pod may do with the volume.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Access {
    fn file_bits(self) -> u32 {
        match self {
            Access::Read => 0o440,
            Access::Write => 0o660,
        }
    }

    fn directory_bits(self) -> u32 {
        self.file_bits() | 0o110 | SETGID
    }
}

/// Gives everything below a path, and the path, to the group, and the group its bits.
///
/// It adds bits and takes none: a data directory of mode 0700 becomes 2770, which `PostgreSQL`
/// refuses. That is what happens on a cluster without `fsGroupChangePolicy: OnRootMismatch`.
pub(crate) fn give(path: &Path, group: u32, access: Access) {
    let metadata = fs::symlink_metadata(path).expect("the volume is ours");
    if metadata.is_dir() {
        for entry in fs::read_dir(path).expect("the volume is ours").flatten() {
            give(&entry.path(), group, access);
        }
    }
    lchown(path, None, Some(group)).expect("the tests run as root");
    if metadata.is_symlink() {
        return;
    }
    let bits = if metadata.is_dir() {
        access.directory_bits()
    } else {
        access.file_bits()
    };
    let mode = metadata.mode() & 0o7777 | bits;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the tests run as root");
}

/// The same, unless the volume's root has group and bits already.
pub(crate) fn give_on_root_mismatch(path: &Path, group: u32, access: Access) {
    let metadata = fs::metadata(path).expect("the volume is ours");
    let bits = access.directory_bits();
    if metadata.gid() != group || metadata.mode() & bits != bits {
        give(path, group, access);
    }
}
