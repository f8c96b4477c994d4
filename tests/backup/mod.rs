//! Backups and restores, as emitted, against real servers: what comes back is what was there.
//!
//! What is compared here is told by pg_dump's text of both databases, which no script of ours wrote:
//! a proof that proves too little shows.

mod applications;
mod aside;
mod changes;
mod choice;
mod crossed;
mod damage;
pub(crate) mod deployed;
mod encodings;
pub(crate) mod faults;
mod in_use;
mod lacking;
mod late;
mod lost;
pub(crate) mod majors;
mod missing;
pub(crate) mod mutant;
mod needs;
pub(crate) mod oracle;
mod refused;
mod restore_struck;
mod retention;
pub(crate) mod round_trip;
mod salvaged;
mod storm;
mod swapped;
mod tables;
mod targets;
mod under_load;
mod unequal;
mod watch;
