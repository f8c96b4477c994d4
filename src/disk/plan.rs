//! What a build will do in one folder, or what is in its way: decided before anything is written.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::mem::take;
use std::path::PathBuf;

use anyhow::Result;

use super::folder::{Folder, Found, Kind, is_temporary, parents};
use super::listing::NAME;
use super::write::Edited;

/// A path of a person's that a build would have to overwrite or remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Where it stands: the output directory as it was given, and on.
    pub path: PathBuf,
    /// Why it is left alone.
    pub reason: Reason,
}

/// Why a path is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A generated file that was edited by hand. [`Edited::Replace`] replaces or removes it.
    Edited,
    /// A `.underpin` with lines that no build wrote. [`Edited::Replace`] passes over them.
    Listing,
    /// A file that no build wrote stands where one is to be written. It has to be moved.
    NotOurs,
    /// Something that is no file stands where one is to be written, or a file where a directory is
    /// to be. It has to be moved.
    NotAFile,
}

impl Display for Obstacle {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        let reason = match self.reason {
            Reason::Edited => "was edited by hand",
            Reason::Listing => "has lines that no build wrote",
            Reason::NotOurs => "is in the way: no build wrote it",
            Reason::NotAFile => "is in the way of generated files",
        };
        write!(f, "{} {reason}", self.path.display())
    }
}

/// What a build will do in a folder, by path.
#[derive(Default)]
pub(super) struct Plan<'a> {
    /// Files to remove before others can be written: a directory is to stand there, or they stand
    /// in a directory where a file is to be.
    pub(super) clear: Vec<&'a str>,
    pub(super) write: Vec<&'a str>,
    pub(super) remove: Vec<&'a str>,
    pub(super) unchanged: usize,
    pub(super) obstacles: Vec<Obstacle>,
}

impl<'a> Plan<'a> {
    /// Decides what to do with every path.
    pub(super) fn of(folder: &'a Folder, edited: Edited) -> Result<Self> {
        let mut plan = Self::default();
        if !matches!(folder.kind, None | Some(Kind::Directory)) {
            plan.obstacle(folder, "", Reason::NotAFile);
            return Ok(plan);
        }
        match folder.entries.get(NAME) {
            Some(Kind::File) if folder.whole || edited == Edited::Replace => {}
            Some(Kind::File) => plan.obstacle(folder, NAME, Reason::Listing),
            Some(_) => plan.obstacle(folder, NAME, Reason::NotAFile),
            None => {}
        }
        let mut not_files = Vec::new();
        for item in folder.items()? {
            let listed = folder.listed.lists(item.path);
            match (item.wanted, item.found) {
                (Some(_), Found::Wanted) => plan.unchanged += 1,
                (Some(_), Found::Nothing) => plan.write.push(item.path),
                (Some(_), Found::NotAFile) => not_files.push(item.path),
                (None, Found::Nothing | Found::NotAFile | Found::Wanted) => {}
                (wanted, Found::Other(content)) => {
                    let ours = listed
                        && (edited == Edited::Replace || folder.listed.knows(item.path, &content));
                    match wanted {
                        Some(_) if ours => plan.write.push(item.path),
                        None if ours => plan.remove.push(item.path),
                        _ if listed => plan.obstacle(folder, item.path, Reason::Edited),
                        _ => plan.obstacle(folder, item.path, Reason::NotOurs),
                    }
                }
            }
        }
        plan.order_removals(folder);
        plan.make_way(folder, &not_files);
        plan.obstacles.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(plan)
    }

    /// Whether no file but the list changes.
    pub(super) fn is_nothing(&self) -> bool {
        self.clear.is_empty() && self.write.is_empty() && self.remove.is_empty()
    }

    /// Sets apart the removals that others wait for.
    fn order_removals(&mut self, folder: &'a Folder) {
        let directories: BTreeSet<&str> = folder
            .wanted
            .keys()
            .flat_map(|path| parents(path))
            .collect();
        let in_the_way = |path: &&str| {
            directories.contains(path)
                || parents(path).any(|directory| folder.wanted.contains_key(directory))
        };
        (self.clear, self.remove) = take(&mut self.remove).into_iter().partition(in_the_way);
    }

    /// Checks that after those removals each directory and each file can be made.
    fn make_way(&mut self, folder: &'a Folder, not_files: &[&'a str]) {
        let directories: BTreeSet<&str> = folder
            .wanted
            .keys()
            .flat_map(|path| parents(path))
            .collect();
        for directory in directories {
            let free = matches!(folder.entries.get(directory), None | Some(Kind::Directory));
            if !free && !self.clear.contains(&directory) {
                self.obstacle(folder, directory, Reason::NotAFile);
            }
        }
        let ours = folder.directories();
        for path in not_files {
            let inside = format!("{path}/");
            let goes = |(entry, kind): (&String, &Kind)| {
                ours.contains(entry) && *kind == Kind::Directory
                    || self.clear.contains(&entry.as_str())
                    || is_temporary(entry) && *kind == Kind::File
            };
            let mut within = folder
                .entries
                .iter()
                .filter(|(entry, _)| entry.starts_with(&inside));
            if ours.contains(*path) && folder.entries[*path] == Kind::Directory && within.all(goes)
            {
                self.write.push(path);
            } else {
                self.obstacle(folder, path, Reason::NotAFile);
            }
        }
    }

    fn obstacle(&mut self, folder: &Folder, path: &str, reason: Reason) {
        let path = if path.is_empty() {
            folder.root.clone()
        } else {
            folder.root.join(path)
        };
        self.obstacles.push(Obstacle { path, reason });
    }
}
