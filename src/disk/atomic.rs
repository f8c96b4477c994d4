//! One file at a time, so that whoever reads it sees all of the old content or all of the new.
//!
//! Nothing is forced onto the disk: after a power cut, git has the content.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use super::listing::TEMPORARY;

/// Gives a file its content, through a temporary file beside it that goes when something fails.
pub(super) fn replace(path: &Path, content: &str) -> Result<()> {
    try_replace(path, content).with_context(|| format!("cannot write {}", path.display()))
}

fn try_replace(path: &Path, content: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut temporary = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(directory)?;
    temporary.write_all(content.as_bytes())?;
    temporary.persist(path)?;
    Ok(())
}

/// Removes a file. One that is gone already is as good.
pub(super) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a directory if nothing is left in it.
pub(super) fn remove_empty(path: &Path) -> Result<()> {
    match fs::remove_dir(path) {
        Err(error) if !may_stay(error.kind()) => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Whether a directory with this fault need not be removed: something is left in it, it is gone, or
/// a file stands there by now.
fn may_stay(fault: ErrorKind) -> bool {
    matches!(
        fault,
        ErrorKind::DirectoryNotEmpty | ErrorKind::NotFound | ErrorKind::NotADirectory
    )
}
