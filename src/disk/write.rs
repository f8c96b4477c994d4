//! Writes the trees. See the head of the folder for what holds at every moment of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::folder::{Folder, Kind, is_temporary, parents};
use super::listing::NAME;
use super::output::Output;
use super::plan::{Obstacle, Plan};
use super::{Scope, atomic, parallel};
use crate::emit::Tree;

/// What becomes of generated files that were edited by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// They are in the way, and nothing is written.
    Keep,
    /// They are replaced or removed.
    Replace,
}

/// How a build ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The directory holds the trees.
    Written(Written),
    /// Something of a person's is in the way, by path, and nothing was written.
    InTheWay(Vec<Obstacle>),
}

/// What a build did. Paths are those of the output directory as it was given, and on, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The files that were new or had another content.
    pub written: Vec<PathBuf>,
    /// The files that no spec asks for any more.
    pub removed: Vec<PathBuf>,
    /// What those files held that were text.
    pub gone: Vec<String>,
    /// How many files held what they should and were not touched.
    pub unchanged: usize,
}

/// Makes the output directory hold the trees.
pub fn write(out: &Path, trees: &[Tree], scope: Scope, edited: Edited) -> Result<Outcome> {
    let output = Output::for_writing(out)?;
    let targets = output.targets(trees, scope)?;
    let folders = parallel::each(&targets, Folder::observe)?;
    let plans = parallel::each(&folders, |folder| Ok((folder, Plan::of(folder, edited)?)))?;
    let obstacles: Vec<Obstacle> = plans
        .iter()
        .flat_map(|(_, plan)| plan.obstacles.clone())
        .collect();
    if !obstacles.is_empty() {
        return Ok(Outcome::InTheWay(obstacles));
    }
    let done = parallel::each(&plans, |(folder, plan)| carry_out(folder, plan))?;
    let mut sum = Written::default();
    for written in done {
        sum.written.extend(written.written);
        sum.removed.extend(written.removed);
        sum.gone.extend(written.gone);
        sum.unchanged += written.unchanged;
    }
    Ok(Outcome::Written(sum))
}

/// Does in one folder what was planned.
fn carry_out(folder: &Folder, plan: &Plan) -> Result<Written> {
    let Folder { root, .. } = folder;
    sweep(folder)?;
    let next = folder.next_listing();
    let listing = root.join(NAME);
    let mut stands = folder.listing.clone();
    if !plan.is_nothing() {
        fs::create_dir_all(root).with_context(|| format!("cannot create {}", root.display()))?;
        // From here to the end a file may hold its old content or its new one: both are ours.
        let both = folder.listed.clone().and(&folder.next).render();
        if stands.as_deref() != Some(both.as_bytes()) {
            atomic::replace(&listing, &both)?;
            stands = Some(both.into_bytes());
        }
    }
    let gone = texts(folder, plan);
    clear(folder, &plan.clear)?;
    let mut made = BTreeSet::new();
    for path in &plan.write {
        make_directories(folder, path, &mut made)?;
        atomic::replace(&root.join(path), &folder.wanted[*path])?;
    }
    remove(folder, &plan.remove)?;
    let kept: BTreeSet<&str> = folder
        .wanted
        .keys()
        .flat_map(|path| parents(path))
        .collect();
    remove_directories(folder, |directory| !kept.contains(directory))?;
    match &next {
        Some(text) if stands.as_deref() != Some(text.as_bytes()) => {
            atomic::replace(&listing, text)?;
        }
        Some(_) => {}
        None => {
            atomic::remove_file(&listing)?;
            atomic::remove_empty(root)?;
        }
    }
    Ok(Written {
        gone,
        ..report(folder, plan, next.as_deref())
    })
}

/// What is about to be removed. It is told, and decides nothing: what cannot be read is left out.
fn texts(folder: &Folder, plan: &Plan) -> Vec<String> {
    let paths = plan.clear.iter().chain(&plan.remove);
    paths
        .filter_map(|path| fs::read_to_string(folder.root.join(path)).ok())
        .collect()
}

/// What was done in one folder. The list counts as a file, for it is one to git.
fn report(folder: &Folder, plan: &Plan, next: Option<&str>) -> Written {
    let mut written: Vec<&str> = plan.write.clone();
    let mut removed: Vec<&str> = plan.clear.iter().chain(&plan.remove).copied().collect();
    let mut unchanged = plan.unchanged;
    match (folder.listing.as_deref(), next) {
        (Some(old), Some(new)) if old == new.as_bytes() => unchanged += 1,
        (_, Some(_)) => written.push(NAME),
        (Some(_), None) => removed.push(NAME),
        (None, None) => {}
    }
    let (written, removed) = (
        in_order(&folder.root, written),
        in_order(&folder.root, removed),
    );
    Written {
        written,
        removed,
        gone: Vec::new(),
        unchanged,
    }
}

/// Removes the temporary files of builds that were killed: while we have the lock, none is at work.
fn sweep(folder: &Folder) -> Result<()> {
    let is_left = |(path, kind): &(&String, &Kind)| **kind == Kind::File && is_temporary(path);
    let left: Vec<&str> = folder
        .entries
        .iter()
        .filter(is_left)
        .map(|(path, _)| path.as_str())
        .collect();
    remove(folder, &left)
}

/// Makes room for what is to be written: the files that are in the way go, and then the
/// directories where files are to stand.
fn clear(folder: &Folder, paths: &[&str]) -> Result<()> {
    remove(folder, paths)?;
    let is_wanted = |path: &str| folder.wanted.contains_key(path);
    remove_directories(folder, |directory| {
        is_wanted(directory) || parents(directory).any(is_wanted)
    })
}

fn remove(folder: &Folder, paths: &[&str]) -> Result<()> {
    for path in paths {
        atomic::remove_file(&folder.root.join(path))?;
    }
    Ok(())
}

/// Removes such of our directories as are left empty, those of a killed build too.
fn remove_directories(folder: &Folder, such: impl Fn(&str) -> bool) -> Result<()> {
    // A directory stands before what is in it, and goes after it.
    for directory in folder.directories().iter().rev() {
        if folder.entries.get(directory) == Some(&Kind::Directory) && such(directory) {
            atomic::remove_empty(&folder.root.join(directory))?;
        }
    }
    Ok(())
}

fn make_directories<'a>(
    folder: &Folder,
    path: &'a str,
    made: &mut BTreeSet<&'a str>,
) -> Result<()> {
    for directory in parents(path) {
        if made.insert(directory) {
            let path = folder.root.join(directory);
            fs::create_dir_all(&path)
                .with_context(|| format!("cannot create {}", path.display()))?;
        }
    }
    Ok(())
}

fn in_order(root: &Path, mut paths: Vec<&str>) -> Vec<PathBuf> {
    paths.sort_unstable();
    paths.into_iter().map(|path| root.join(path)).collect()
}
