//! Backups and restores, as emitted, against real servers: what comes back is what was there.
//!
//! What is compared here is told by pg_dump's text of both databases, which no script of ours wrote:
//! a proof that proves too little shows.

mod applications;
#[cfg(feature = "soak")]
mod aside;
mod at_deploy;
mod changes;
#[cfg(feature = "soak")]
mod choice;
#[cfg(feature = "soak")]
mod crossed;
mod damage;
pub(crate) mod deployed;
mod encodings;
pub(crate) mod faults;
mod in_use;
mod lacking;
#[cfg(feature = "soak")]
mod late;
#[cfg(feature = "soak")]
mod lost;
#[cfg(feature = "soak")]
pub(crate) mod majors;
mod missing;
pub(crate) mod mutant;
mod needs;
pub(crate) mod oracle;
#[cfg(feature = "soak")]
mod refused;
mod renamed;
#[cfg(feature = "soak")]
mod restore_struck;
mod retention;
#[cfg(feature = "soak")]
pub(crate) mod round_trip;
#[cfg(feature = "soak")]
mod salvaged;
#[cfg(feature = "soak")]
mod storm;
mod swapped;
mod tables;
#[cfg(feature = "soak")]
mod targets;
#[cfg(feature = "soak")]
mod under_load;
#[cfg(feature = "soak")]
mod unequal;
mod watch;
