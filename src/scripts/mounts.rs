//! Which scripts each pod mounts, and so which of them its ConfigMap holds: those that it runs, and what
//! these source.

#[allow(clippy::wildcard_imports, reason = "nothing but scripts is meant")]
use super::*;

/// What the server's container mounts.
pub const SERVER: [Script; 3] = [LIB, SET_SUPERUSER_PASSWORD, START];

/// What the bootstrap container mounts.
pub const BOOTSTRAP_JOB: [Script; 13] = [
    ACCESS,
    BOOTSTRAP,
    DATABASES,
    EXTENSIONS,
    HOME,
    LIB,
    LOGIN,
    MEMBERSHIPS,
    OWN_ROLES,
    ROLES,
    RUN,
    SESSION,
    UNDERPIN,
];

/// What a pooler mounts.
pub const POOLER: [Script; 4] = [DRAIN, ONE_LINE, RENDER, SERVE];

/// The same of one that sees to a branch at Neon.
pub const POOLER_OF_BRANCH: [Script; 5] = [BRANCH, DRAIN, ONE_LINE, RENDER, SERVE];

/// What the Job mounts that reloads the server.
pub const RELOAD_JOB: [Script; 6] = [CERTIFICATE, LIB, LOGIN, RELOAD, RUN, SESSION];

/// What an exporter mounts.
pub const EXPORTER: [Script; 2] = [ONE_LINE, PASSFILE];

/// What a backup mounts.
pub const BACKUP_JOB: [Script; 33] = [
    BACKUP,
    CATALOG_FILES,
    CATALOG_NAMES,
    CATALOG_SERVER,
    CATALOG_TABLES,
    CATALOG,
    DATABASE,
    DEFINITIONS,
    DEFINITIONS_SQL,
    DESTINATION,
    DUMP,
    FAILURE,
    LIB,
    LIBRARIES,
    LOGIN,
    MANAGED,
    MANAGED_SQL,
    NEEDS,
    ORDER,
    PROVE,
    PROOF,
    PRUNE,
    PUBLISH,
    REHEARSAL_TABLES,
    REHEARSAL,
    RUN,
    SCHEMA,
    SEQUENCES,
    SESSION,
    SNAPSHOT,
    UNCHANGED,
    VALUES,
    WHOSE,
];

/// What listing and verifying backups mounts.
pub const BACKUPS_JOB: [Script; 7] = [BACKUPS, DESTINATION, LIB, NEEDS, ORDER, RUN, VALUES];

/// What a restore mounts.
pub const RESTORE_JOB: [Script; 43] = [
    ACCESS,
    ADVICE,
    ARCHIVE,
    ASIDE,
    CHOICE,
    COMPARE_1,
    COMPARE_DESCRIPTION,
    COMPARE,
    DATABASE,
    DEFINITIONS,
    DEFINITIONS_SQL,
    EQUAL,
    GRANTS,
    LIB,
    LIBRARIES,
    LOAD,
    LOADER,
    LOGIN,
    MANIFEST,
    NEEDS,
    ORDER,
    PROOF_1,
    PROVE,
    PROOF,
    RESTORE_ASIDE,
    RESTORE_CREATE,
    RESTORE_END,
    RESTORE_EXTENSIONS,
    RESTORE_NEEDS,
    RESTORE_OPEN,
    RESTORE_SWAP,
    RESTORE,
    RESTORING,
    RUN,
    SALVAGE,
    SALVAGE_SQL,
    SCHEMA,
    SEQUENCES,
    SESSION,
    STRUCTURE,
    SWAP,
    TARGET,
    VALUES,
];

/// What a drill mounts: as a restore, but for what touches a server that serves.
pub const DRILL_JOB: [Script; 40] = [
    ACCESS,
    ARCHIVE,
    ASSERTS,
    COMPARE_1,
    COMPARE_DESCRIPTION,
    COMPARE,
    DATABASE,
    DEFINITIONS,
    DEFINITIONS_SQL,
    DRILL,
    EQUAL,
    GRANTS,
    LIB,
    LIBRARIES,
    LOAD,
    LOADER,
    MANIFEST,
    MEMBERSHIPS,
    NEEDS,
    ORDER,
    OWN_ROLES,
    PROOF_1,
    PROVE,
    PROOF,
    RESTORE_CREATE,
    RESTORE_EXTENSIONS,
    RESTORE_NEEDS,
    RESTORE_OPEN,
    RESTORING,
    ROLES,
    RUN,
    SALVAGE,
    SALVAGE_SQL,
    SCHEMA,
    SEQUENCES,
    SESSION,
    STRUCTURE,
    THROWAWAY,
    UNDERPIN,
    VALUES,
];

/// All that works on the backup volume but a restore: one `ConfigMap`, since most of it is shared.
pub const BACKUP_VOLUME: [Script; 34] = [
    BACKUP,
    BACKUPS,
    CATALOG_FILES,
    CATALOG_NAMES,
    CATALOG_SERVER,
    CATALOG_TABLES,
    CATALOG,
    DATABASE,
    DEFINITIONS,
    DEFINITIONS_SQL,
    DESTINATION,
    DUMP,
    FAILURE,
    LIB,
    LIBRARIES,
    LOGIN,
    MANAGED,
    MANAGED_SQL,
    NEEDS,
    ORDER,
    PROVE,
    PROOF,
    PRUNE,
    PUBLISH,
    REHEARSAL_TABLES,
    REHEARSAL,
    RUN,
    SCHEMA,
    SEQUENCES,
    SESSION,
    SNAPSHOT,
    UNCHANGED,
    VALUES,
    WHOSE,
];

/// What the container mounts that rehearses restores.
pub const REHEARSAL_CONTAINER: [Script; 30] = [
    ACCESS,
    ARCHIVE,
    COMPARE_DESCRIPTION,
    DATABASE,
    DEFINITIONS,
    DEFINITIONS_SQL,
    FINDING_FIX,
    FINDINGS,
    GRANTS,
    LIB,
    LIBRARIES,
    LOAD,
    LOADER,
    MEMBERSHIPS,
    NEEDS,
    OWN_ROLES,
    PROVE,
    REHEARSE,
    RESTORE_CREATE,
    RESTORE_EXTENSIONS,
    RESTORE_NEEDS,
    RESTORE_OPEN,
    RESTORING,
    ROLES,
    RUN,
    SCHEMA,
    SESSION,
    STRUCTURE,
    THROWAWAY,
    UNDERPIN,
];

/// What tells what a database is, and compares it: the same in a backup, a restore, a drill and a
/// rehearsal, so that it stands in a `ConfigMap` of its own.
pub const OF_DATABASES: [Script; 11] = [
    DATABASE,
    DEFINITIONS,
    DEFINITIONS_SQL,
    LIBRARIES,
    NEEDS,
    ORDER,
    PROVE,
    PROOF,
    SCHEMA,
    SEQUENCES,
    VALUES,
];

/// What makes a database from a backup: the same in a restore, a drill and a rehearsal.
pub const OF_RESTORES: [Script; 24] = [
    ACCESS,
    ARCHIVE,
    COMPARE_1,
    COMPARE_DESCRIPTION,
    COMPARE,
    EQUAL,
    GRANTS,
    LOAD,
    LOADER,
    MANIFEST,
    MEMBERSHIPS,
    OWN_ROLES,
    PROOF_1,
    RESTORE_CREATE,
    RESTORE_EXTENSIONS,
    RESTORE_NEEDS,
    RESTORE_OPEN,
    RESTORING,
    ROLES,
    SALVAGE,
    SALVAGE_SQL,
    STRUCTURE,
    THROWAWAY,
    UNDERPIN,
];

/// Those of these scripts that stand in the `ConfigMap` of the workload itself.
pub fn own(scripts: &[Script]) -> Vec<Script> {
    let shared = |script: &&Script| !OF_DATABASES.contains(script) && !OF_RESTORES.contains(script);
    scripts.iter().filter(shared).copied().collect()
}
