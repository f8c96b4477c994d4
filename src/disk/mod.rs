//! A [`Tree`](crate::emit::Tree) against a directory: compare, write, remove only what is ours.
//!
//! In come the output directory and the trees that it shall hold, one a database, each in a folder
//! of its name; out goes what was done, or what differs. Beside a database's files stands
//! `.underpin`, the list of what is ours with its checksums. It is how a file that a person edited
//! is told from one that may be replaced, and it stays right when a build is killed: before the
//! first file changes it lists the old and the new checksums, and only after the last one the new
//! ones alone.
//!
//! What holds for every build: nothing is written before everything has been checked; each file is
//! old or new and never in between; nothing outside the output directory is touched, so no symbolic
//! link is followed from there on down; of two builds at once the second waits.

mod atomic;
mod compare;
mod diff;
mod folder;
mod listing;
mod output;
mod parallel;
mod plan;
mod write;

pub use compare::{Difference, compare, in_the_way};
pub use diff::{Line, LineKind, diff};
pub use plan::{Obstacle, Reason};
pub use write::{Edited, Outcome, Written, write};

/// Which databases the trees stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every spec was compiled: a database on disk that is not among the trees is stale.
    All,
    /// Other databases on disk are not looked at.
    Only,
}
