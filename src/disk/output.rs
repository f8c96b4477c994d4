//! The output directory itself: whether it can be one, its lock, and which folders are looked at.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::Scope;
use super::folder::{self, Kind};
use super::listing::{self, is_own_name, is_own_path};
use crate::emit::Tree;

/// What a database that no spec names any more shall hold.
static NOTHING: BTreeMap<String, String> = BTreeMap::new();

/// A folder of the output directory, and what it shall hold.
pub(super) struct Target<'a> {
    pub(super) root: PathBuf,
    pub(super) files: &'a BTreeMap<String, String>,
}

/// The output directory, locked for as long as this lives. The lock is the kernel's, on the
/// directory, so none is left behind by a build that was killed and git sees nothing of it.
pub(super) struct Output {
    path: PathBuf,
    _lock: File,
}

impl Output {
    /// Makes the directory where it is missing, and waits until no other build is at work in it.
    pub(super) fn for_writing(path: &Path) -> Result<Self> {
        let path = checked(path)?;
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot create the output directory {}", path.display()))?;
        Self::locked(path, File::lock)
    }

    /// Waits until no build is at work; none when there is no such directory.
    pub(super) fn for_reading(path: &Path) -> Result<Option<Self>> {
        let path = checked(path)?;
        if folder::kind(&path)?.is_none() {
            return Ok(None);
        }
        Self::locked(path, File::lock_shared).map(Some)
    }

    fn locked(path: PathBuf, lock: impl Fn(&File) -> io::Result<()>) -> Result<Self> {
        let handle = File::open(&path)
            .with_context(|| format!("cannot open the output directory {}", path.display()))?;
        loop {
            match lock(&handle) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        }
        .with_context(|| format!("cannot lock the output directory {}", path.display()))?;
        Ok(Self {
            path,
            _lock: handle,
        })
    }

    /// The folders to look at, by name: those of the trees and, when these are all there are, the
    /// ones that another build left.
    pub(super) fn targets<'a>(&self, trees: &'a [Tree], scope: Scope) -> Result<Vec<Target<'a>>> {
        let mut folders = wanted(trees)?;
        if scope == Scope::All {
            for (name, kind) in folder::entries(&self.path)? {
                if kind == Kind::Directory
                    && !folders.contains_key(name.as_str())
                    && is_left_over(&self.path.join(&name))?
                {
                    folders.insert(name, &NOTHING);
                }
            }
        }
        let target = |(name, files)| Target {
            root: self.path.join(name),
            files,
        };
        Ok(folders.into_iter().map(target).collect())
    }
}

/// The trees' folders where there is no output directory yet.
pub(super) fn targets_of_nothing<'a>(path: &Path, trees: &'a [Tree]) -> Result<Vec<Target<'a>>> {
    let target = |(name, files)| Target {
        root: path.join(name),
        files,
    };
    Ok(wanted(trees)?.into_iter().map(target).collect())
}

/// The trees by name. That names and paths stay inside the output directory is a promise of the
/// stages before; it is not relied on here.
fn wanted(trees: &[Tree]) -> Result<BTreeMap<String, &BTreeMap<String, String>>> {
    let mut folders = BTreeMap::new();
    for Tree { name, files } in trees {
        ensure!(
            is_own_name(name) && is_own_path(name),
            "`{}` cannot be the name of a folder",
            name.escape_debug()
        );
        for path in files.keys() {
            ensure!(
                is_own_path(path),
                "`{}` is not a path inside `{name}`",
                path.escape_debug()
            );
        }
        ensure!(
            folders.insert(name.clone(), files).is_none(),
            "two databases have the name `{name}`"
        );
    }
    Ok(folders)
}

/// The path without `.` and `/` at its end: behind these, a symbolic link looks like a directory.
fn checked(path: &Path) -> Result<PathBuf> {
    let path: PathBuf = path.components().collect();
    let path = if path.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        path
    };
    match folder::kind(&path)? {
        None => return Ok(path),
        Some(Kind::Directory) => {}
        Some(Kind::Symlink) => bail!("{} is a symbolic link: it is not followed", path.display()),
        Some(Kind::File | Kind::Other) => {
            bail!("the output directory {} is not a directory", path.display())
        }
    }
    let absolute = fs::canonicalize(&path)
        .with_context(|| format!("cannot open the output directory {}", path.display()))?;
    ensure!(
        absolute.parent().is_some(),
        "the output directory is `/`: name one for the generated files alone"
    );
    Ok(path)
}

/// Whether a build made this folder: it holds our list, or a file that a killed build left.
fn is_left_over(root: &Path) -> Result<bool> {
    match fs::read_dir(root) {
        // What a person keeps here and shows to nobody is not ours.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(false),
        _ => {}
    }
    let entries = folder::entries(root)?;
    Ok(entries
        .iter()
        .any(|(name, _)| name == listing::NAME || name.starts_with(listing::TEMPORARY)))
}
