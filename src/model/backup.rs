//! What is kept, and what comes back.

use super::VolumeSource;
use crate::keep::Keep;
use crate::schedule::Schedule;
use crate::spec::types::{BackupAccessMode, Verify};
use crate::value::{BackupChoice, Cpu, Duration, Identifier, Instant, Size, Subdomain};

/// What is done against the loss of the databases.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovery {
    /// How they are backed up.
    pub backup: Backup,
    /// What a restore does.
    pub restore: Restore,
    /// How backups are restored for trial, where they are.
    pub drill: Option<Drill>,
}

/// How the server is backed up.
#[derive(Debug, Clone, PartialEq)]
pub struct Backup {
    /// What a backup is proven by.
    pub verify: Verify,
    /// Databases that are left out.
    pub exclude: Vec<Identifier>,
    /// Never empty; in the order of the spec.
    pub schedules: Vec<Schedule>,
    /// After how long a backup gives up.
    pub deadline: Duration,
    /// Where backups go.
    pub volume: BackupVolume,
    /// What its pods get.
    pub resources: Resources,
    /// How its restore is rehearsed, where it is.
    pub rehearsal: Option<Rehearsal>,
}

/// How the restore of a backup is rehearsed while it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal {
    /// How long a backup waits for it.
    pub deadline: Duration,
    /// What its container gets.
    pub resources: Resources,
}

/// What a pod of ours gets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resources {
    /// Requested.
    pub cpu: Cpu,
    /// Requested, and the limit.
    pub memory: Size,
    /// None means unlimited.
    pub cpu_limit: Option<Cpu>,
}

/// The volume that backups are written to.
#[derive(Debug, Clone, PartialEq)]
pub struct BackupVolume {
    /// What is claimed.
    pub size: Size,
    /// Where it comes from.
    pub source: VolumeSource,
    /// How it is attached.
    pub access_mode: BackupAccessMode,
    /// Which backups stay.
    pub keep: Keep,
}

/// What a restore does.
#[derive(Debug, Clone, PartialEq)]
pub struct Restore {
    /// The database, as it is named in the backup.
    pub database: Identifier,
    /// Which backup.
    pub backup: BackupChoice,
    /// The newest that had ended by this instant, where it is named.
    pub before: Option<Instant>,
    /// What the database becomes.
    pub into: Identifier,
    /// Whether it takes the place of `database`.
    pub replace: bool,
    /// The digest of a list of differences that a person has accepted: never of a spec.
    pub accept: Option<String>,
    /// Roles that may own something in it, beside the owner of the spec and who does on the server: never of a
    /// spec.
    pub owners: Vec<Identifier>,
    /// Tables whose rows are restored, as `schema.table` or `table`; empty means all.
    pub tables: Vec<String>,
    /// The Secret with the password of the restore role.
    pub secret: Subdomain,
    /// Whether it logs in as the superuser.
    pub as_superuser: bool,
    /// After how long it gives up.
    pub deadline: Duration,
    /// What its pod gets.
    pub resources: Resources,
}

/// How backups are restored for trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Drill {
    /// When the newest is.
    pub newest: Schedule,
    /// When one of the others is.
    pub older: Schedule,
    /// The volume of the throw-away server.
    pub size: Size,
    /// None means the cluster's default.
    pub class: Option<Subdomain>,
    /// After how long it gives up.
    pub deadline: Duration,
    /// What its pod gets.
    pub resources: Resources,
    /// In the order of the spec.
    pub asserts: Vec<Assert>,
}

impl Drill {
    /// Both of them.
    pub fn schedules(&self) -> [&Schedule; 2] {
        [&self.newest, &self.older]
    }
}

/// What must be true in a restored database.
#[derive(Debug, Clone, PartialEq)]
pub struct Assert {
    /// As it is named in the backup.
    pub database: Identifier,
    /// One expression.
    pub sql: String,
}
