//! One database's folder as it is found: its list, and the state of every path that is ours or
//! shall be. Only the directories of those paths are looked into; the rest is a person's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, FileType};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::listing::{Listing, NAME, TEMPORARY};
use super::output::Target;

/// What stands at a path. A symbolic link is one whatever it points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Symlink,
    Other,
}

/// A folder as it is found.
pub(super) struct Folder<'a> {
    pub(super) root: PathBuf,
    /// What it shall hold, by path.
    pub(super) wanted: &'a BTreeMap<String, String>,
    /// The list of it.
    pub(super) next: Listing,
    /// The list that stands in it.
    pub(super) listed: Listing,
    /// Whether every line of that list could be read.
    pub(super) whole: bool,
    /// The list as it stands in it.
    pub(super) listing: Option<Vec<u8>>,
    /// What stands at the folder's own path.
    pub(super) kind: Option<Kind>,
    /// What was found, by path.
    pub(super) entries: BTreeMap<String, Kind>,
}

/// A path that is ours or shall be.
pub(super) struct Item<'a> {
    pub(super) path: &'a str,
    /// What it shall hold; nothing, if it shall go.
    pub(super) wanted: Option<&'a str>,
    pub(super) found: Found,
}

/// What an item's path holds.
pub(super) enum Found {
    Nothing,
    /// Just what it shall hold.
    Wanted,
    Other(Vec<u8>),
    /// A directory, a pipe, …
    NotAFile,
}

impl<'a> Folder<'a> {
    /// Reads the folder, and refuses symbolic links on the way to what is ours.
    pub(super) fn observe(target: &Target<'a>) -> Result<Self> {
        let mut folder = Self {
            root: target.root.clone(),
            wanted: target.files,
            next: Listing::of(target.files),
            listed: Listing::default(),
            whole: true,
            listing: None,
            kind: kind(&target.root)?,
            entries: BTreeMap::new(),
        };
        match folder.kind {
            Some(Kind::Directory) => {}
            Some(Kind::Symlink) => return Err(refusal(&folder.root)),
            _ => return Ok(folder),
        }
        folder.look_into("")?;
        folder.read_listing()?;
        // A directory stands before what is in it.
        for directory in folder.directories() {
            match folder.entries.get(&directory) {
                Some(Kind::Directory) => folder.look_into(&directory)?,
                Some(Kind::Symlink) => return Err(refusal(&folder.root.join(directory))),
                _ => {}
            }
        }
        let link = folder
            .paths()
            .find(|path| folder.entries.get(*path) == Some(&Kind::Symlink));
        if let Some(path) = link {
            return Err(refusal(&folder.root.join(path)));
        }
        Ok(folder)
    }

    /// What `.underpin` shall hold; nothing, if the database is gone and the list goes with it.
    pub(super) fn next_listing(&self) -> Option<String> {
        (!self.wanted.is_empty()).then(|| self.next.render())
    }

    /// The directories of what is ours or shall be, each before those in it.
    pub(super) fn directories(&self) -> BTreeSet<String> {
        self.paths().flat_map(parents).map(str::to_owned).collect()
    }

    /// Every path that is ours or shall be, in order: first those wanted, then those to go.
    pub(super) fn items(&self) -> Result<Vec<Item<'_>>> {
        let wanted = self
            .wanted
            .iter()
            .map(|(path, text)| (path.as_str(), Some(text.as_str())));
        let stale = self.stale().map(|path| (path, None));
        let item = |(path, wanted)| {
            Ok(Item {
                path,
                wanted,
                found: self.found(path, wanted)?,
            })
        };
        wanted.chain(stale).map(item).collect()
    }

    fn found(&self, path: &str, wanted: Option<&str>) -> Result<Found> {
        match self.entries.get(path) {
            None => Ok(Found::Nothing),
            Some(Kind::File) => {
                let content = read(&self.root.join(path))?;
                let same = wanted.is_some_and(|text| text.as_bytes() == content);
                Ok(if same {
                    Found::Wanted
                } else {
                    Found::Other(content)
                })
            }
            Some(_) => Ok(Found::NotAFile),
        }
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.wanted.keys().map(String::as_str).chain(self.stale())
    }

    fn stale(&self) -> impl Iterator<Item = &str> {
        self.listed
            .paths()
            .filter(|path| !self.wanted.contains_key(*path))
    }

    fn read_listing(&mut self) -> Result<()> {
        match self.entries.get(NAME) {
            Some(Kind::File) => {}
            Some(Kind::Symlink) => return Err(refusal(&self.root.join(NAME))),
            _ => return Ok(()),
        }
        let bytes = read(&self.root.join(NAME))?;
        if self
            .next_listing()
            .is_some_and(|next| next.as_bytes() == bytes)
        {
            self.listed = self.next.clone();
        } else {
            (self.listed, self.whole) = Listing::parse(&bytes);
        }
        self.listing = Some(bytes);
        Ok(())
    }

    fn look_into(&mut self, directory: &str) -> Result<()> {
        for (name, kind) in entries(&self.root.join(directory))? {
            let path = if directory.is_empty() {
                name
            } else {
                format!("{directory}/{name}")
            };
            self.entries.insert(path, kind);
        }
        Ok(())
    }
}

/// The directories that a path goes through, the outermost first.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(index, _)| &path[..index])
}

/// Whether the path is a temporary file of a build.
pub(super) fn is_temporary(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with(TEMPORARY))
}

/// What stands at a path, if anything.
pub(super) fn kind(path: &Path) -> Result<Option<Kind>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(kind_of(metadata.file_type()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", path.display())),
    }
}

/// What a directory holds, by name.
pub(super) fn entries(directory: &Path) -> Result<Vec<(String, Kind)>> {
    let read = || -> std::io::Result<Vec<(String, Kind)>> {
        let entry = |entry: std::io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok((
                entry.file_name().to_string_lossy().into_owned(),
                kind_of(entry.file_type()?),
            ))
        };
        fs::read_dir(directory)?.map(entry).collect()
    };
    read().with_context(|| format!("cannot read the directory {}", directory.display()))
}

fn kind_of(file_type: FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Directory
    } else if file_type.is_symlink() {
        Kind::Symlink
    } else {
        Kind::Other
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn refusal(path: &Path) -> anyhow::Error {
    anyhow!("{} is a symbolic link: it is not followed", path.display())
}
