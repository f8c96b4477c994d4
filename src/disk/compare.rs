//! What a build would change, for `check`: nothing is written, and nothing need be writable.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::folder::{Folder, Found, Kind};
use super::listing::NAME;
use super::output::{Output, targets_of_nothing};
use super::plan::{Obstacle, Plan};
use super::write::Edited;
use super::{Scope, parallel};
use crate::emit::Tree;

/// A file that is not as the specs say. Paths are those of the output directory as it was given,
/// and on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The file has another content, if only in its line ends.
    Changed {
        /// Where it stands.
        path: PathBuf,
        /// What the specs say.
        expected: String,
        /// What it holds: any bytes at all.
        found: Vec<u8>,
    },
    /// There is no such file.
    Missing {
        /// Where it should stand.
        path: PathBuf,
        /// What the specs say.
        expected: String,
    },
    /// A file of an earlier build that no spec asks for any more.
    Stale {
        /// Where it stands.
        path: PathBuf,
        /// What it holds: any bytes at all.
        found: Vec<u8>,
    },
}

impl Difference {
    /// The file.
    pub fn path(&self) -> &Path {
        match self {
            Self::Changed { path, .. } | Self::Missing { path, .. } | Self::Stale { path, .. } => {
                path
            }
        }
    }
}

/// Says where the output directory differs from the trees, by folder and path.
pub fn compare(out: &Path, trees: &[Tree], scope: Scope) -> Result<Vec<Difference>> {
    let output = Output::for_reading(out)?;
    let targets = match &output {
        Some(output) => output.targets(trees, scope)?,
        None => targets_of_nothing(out, trees)?,
    };
    let differences = parallel::each(&targets, |target| in_folder(&Folder::observe(target)?))?;
    Ok(differences.into_iter().flatten().collect())
}

/// What of a person's would stop a build that shall make the directory hold the trees.
pub fn in_the_way(out: &Path, trees: &[Tree], scope: Scope) -> Result<Vec<Obstacle>> {
    let Some(output) = Output::for_reading(out)? else {
        return Ok(Vec::new());
    };
    let targets = output.targets(trees, scope)?;
    let obstacles = parallel::each(&targets, |target| {
        Ok(Plan::of(&Folder::observe(target)?, Edited::Keep)?.obstacles)
    })?;
    Ok(obstacles.into_iter().flatten().collect())
}

fn in_folder(folder: &Folder) -> Result<Vec<Difference>> {
    let mut differences = Vec::new();
    for item in folder.items()? {
        differences.extend(difference(
            folder.root.join(item.path),
            item.wanted,
            item.found,
        ));
    }
    let next = folder.next_listing();
    let found = match (&folder.listing, folder.entries.get(NAME)) {
        (Some(bytes), _) if next.as_deref().map(str::as_bytes) == Some(bytes) => Found::Wanted,
        (Some(bytes), _) => Found::Other(bytes.clone()),
        (None, Some(Kind::File) | None) => Found::Nothing,
        (None, Some(_)) => Found::NotAFile,
    };
    differences.extend(difference(folder.root.join(NAME), next.as_deref(), found));
    differences.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(differences)
}

fn difference(path: PathBuf, wanted: Option<&str>, found: Found) -> Option<Difference> {
    match (wanted.map(str::to_owned), found) {
        (_, Found::Wanted) | (None, Found::Nothing | Found::NotAFile) => None,
        (Some(expected), Found::Other(found)) => Some(Difference::Changed {
            path,
            expected,
            found,
        }),
        (Some(expected), Found::Nothing | Found::NotAFile) => {
            Some(Difference::Missing { path, expected })
        }
        (None, Found::Other(found)) => Some(Difference::Stale { path, found }),
    }
}
