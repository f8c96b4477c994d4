//! The scripts that run in the cluster, shell but for one: constant text, all data in the environment.
//!
//! Each is a file of this folder, embedded as it is and mounted under `/scripts`. Nothing is ever
//! put into their text: what a spec says reaches them by environment variables and mounted files.

mod mounts;

pub use mounts::*;

/// A script as it stands in a `ConfigMap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// Its key in the `ConfigMap`: policy scanners take one with `password` in it for a password.
    pub key: &'static str,
    /// The file name under `/scripts`.
    pub name: &'static str,
    /// The whole text.
    pub text: &'static str,
}

const fn script(name: &'static str, text: &'static str) -> Script {
    Script {
        key: name,
        name,
        text,
    }
}

/// Shared by all others, which source it from their own folder.
pub const LIB: Script = script("lib.sh", include_str!("lib.sh"));

/// The server's command.
pub const START: Script = script("start.sh", include_str!("start.sh"));

/// Run by hand in the server's pod after the Secret was changed.
pub const SET_SUPERUSER_PASSWORD: Script = Script {
    key: "set-superuser",
    name: "set-superuser-password",
    text: include_str!("set-superuser-password"),
};

/// The command of the bootstrap Job.
pub const BOOTSTRAP: Script = script("bootstrap.sh", include_str!("bootstrap.sh"));

/// How a Job's script runs: its deadline, its children and its end.
pub const RUN: Script = script("run.sh", include_str!("run.sh"));

/// Sessions on the server, and locks.
pub const SESSION: Script = script("session.sh", include_str!("session.sh"));

/// The first login at a server.
pub const LOGIN: Script = script("login.sh", include_str!("login.sh"));

/// Lets our own roles into databases: bootstrap's and a restore's.
pub const ACCESS: Script = script("access.sql", include_str!("access.sql"));

/// What a database needs for its restore, in words.
pub const NEEDS: Script = script("needs.sh", include_str!("needs.sh"));

/// What a restore must know of a database beside its dump.
pub const DATABASE: Script = script("database.sql", include_str!("database.sql"));

/// Makes the databases of the spec.
pub const DATABASES: Script = script("databases.sql", include_str!("databases.sql"));

/// Makes the extensions of the spec.
pub const EXTENSIONS: Script = script("extensions.sql", include_str!("extensions.sql"));

/// Makes roles members of others.
pub const MEMBERSHIPS: Script = script("memberships.sql", include_str!("memberships.sql"));

/// Makes the roles of our own.
pub const OWN_ROLES: Script = script("own-roles.sql", include_str!("own-roles.sql"));

/// Makes the roles of the spec.
pub const ROLES: Script = script("roles.sql", include_str!("roles.sql"));

/// The command of a backup.
pub const BACKUP: Script = script("backup.sh", include_str!("backup.sh"));

/// The command that lists and verifies backups.
pub const BACKUPS: Script = script("backups.sh", include_str!("backups.sh"));

/// What an error of a backup means.
pub const FAILURE: Script = script("failure.sh", include_str!("failure.sh"));

/// The snapshot that a database is backed up from.
pub const SNAPSHOT: Script = script("snapshot.sh", include_str!("snapshot.sh"));

/// The dump of a database, and its proof.
pub const DUMP: Script = script("dump.sh", include_str!("dump.sh"));

/// Whether what a dump has read is of one moment.
pub const UNCHANGED: Script = script("unchanged.sh", include_str!("unchanged.sh"));

/// What makes a backup of dumps.
pub const PUBLISH: Script = script("publish.sh", include_str!("publish.sh"));

/// Whose the backups on a volume are.
pub const WHOSE: Script = script("whose.sh", include_str!("whose.sh"));

/// Lists the databases.
pub const CATALOG: Script = script("catalog.sql", include_str!("catalog.sql"));

/// What the server is, and what was restored to it.
pub const CATALOG_SERVER: Script = script("catalog-server.sql", include_str!("catalog-server.sql"));

/// Lists the names that a backup reads as they are now.
pub const CATALOG_NAMES: Script = script("catalog-names.sql", include_str!("catalog-names.sql"));

/// Lists what lies in the files of a database.
pub const CATALOG_FILES: Script = script("catalog-files.sql", include_str!("catalog-files.sql"));

/// Lists the tables of a database.
pub const CATALOG_TABLES: Script = script("catalog-tables.sql", include_str!("catalog-tables.sql"));

/// Compares two proofs.
pub const COMPARE: Script = script("compare.sql", include_str!("compare.sql"));

/// Compares two proofs of version 1.
pub const COMPARE_1: Script = script("compare-1.sql", include_str!("compare-1.sql"));

/// What lies on a backup volume.
pub const DESTINATION: Script = script("destination.sh", include_str!("destination.sh"));

/// Sees to a branch at Neon.
pub const BRANCH: Script = script("branch.py", include_str!("branch.py"));

/// What a pooler's pod runs before it is stopped.
pub const DRAIN: Script = script("drain.sh", include_str!("drain.sh"));

/// Prints the certificate that a server serves.
pub const CERTIFICATE: Script = script("certificate.sh", include_str!("certificate.sh"));

/// What a managed server does not take back.
pub const MANAGED: Script = script("managed.sh", include_str!("managed.sh"));

/// The same as log lines.
pub const MANAGED_SQL: Script = script("managed.sql", include_str!("managed.sql"));

/// The command of the CronJob that reloads the server.
pub const RELOAD: Script = script("reload.sh", include_str!("reload.sh"));

/// The pooler's command where it has TLS.
pub const SERVE: Script = script("serve.sh", include_str!("serve.sh"));

/// What a pooler's pod runs before it starts.
pub const RENDER: Script = script("render.sh", include_str!("render.sh"));

/// What a script of POSIX shell knows of passwords.
pub const ONE_LINE: Script = script("one-line.sh", include_str!("one-line.sh"));

/// What an exporter's pod runs before it starts.
pub const PASSFILE: Script = script("passfile.sh", include_str!("passfile.sh"));

/// What a database holds, by its catalogs.
pub const PROOF: Script = script("proof.sql", include_str!("proof.sql"));

/// What a database holds, as backups of before say it.
pub const PROOF_1: Script = script("proof-1.sql", include_str!("proof-1.sql"));

/// What a database holds, with its rows.
pub const PROVE: Script = script("proof.sh", include_str!("proof.sh"));

/// The values of sequences.
pub const SEQUENCES: Script = script("sequences.sql", include_str!("sequences.sql"));

/// Which backups stay.
pub const PRUNE: Script = script("prune.sh", include_str!("prune.sh"));

/// The command of a drill.
pub const DRILL: Script = script("drill.sh", include_str!("drill.sh"));

/// The server of a drill.
pub const THROWAWAY: Script = script("throwaway.sh", include_str!("throwaway.sh"));

/// What a spec asserts of restored databases.
pub const ASSERTS: Script = script("asserts.sh", include_str!("asserts.sh"));

/// What a restore and a drill have in common.
pub const RESTORING: Script = script("restoring.sh", include_str!("restoring.sh"));

/// What a manifest says of its backup.
pub const MANIFEST: Script = script("manifest.sh", include_str!("manifest.sh"));

/// The command of a restore.
pub const RESTORE: Script = script("restore.sh", include_str!("restore.sh"));

/// Which backup is restored.
pub const CHOICE: Script = script("choice.sh", include_str!("choice.sh"));

/// Whether the server can take what is restored.
pub const TARGET: Script = script("target.sh", include_str!("target.sh"));

/// The working database.
pub const LOAD: Script = script("load.sh", include_str!("load.sh"));

/// What becomes of a restore of which a part cannot be loaded.
pub const SALVAGE: Script = script("salvage.sh", include_str!("salvage.sh"));

/// The check that rows break, away and back.
pub const SALVAGE_SQL: Script = script("salvage.sql", include_str!("salvage.sql"));

/// The proof that what was restored is what was backed up.
pub const EQUAL: Script = script("equal.sh", include_str!("equal.sh"));

/// What becomes of a restore that is not what was backed up.
pub const ASIDE: Script = script("aside.sh", include_str!("aside.sh"));

/// The lines that a person may run after a restore.
pub const ADVICE: Script = script("advice.sh", include_str!("advice.sh"));

/// Judges the values that people write.
pub const VALUES: Script = script("values.sh", include_str!("values.sh"));

/// Puts the working database aside.
pub const RESTORE_ASIDE: Script = script("restore-aside.sql", include_str!("restore-aside.sql"));

/// Puts what was restored in its place.
pub const SWAP: Script = script("swap.sh", include_str!("swap.sh"));

/// Compares what two databases are beside their dumps.
pub const COMPARE_DESCRIPTION: Script = script(
    "compare-description.sql",
    include_str!("compare-description.sql"),
);

/// Lists the definitions of a database's objects.
pub const DEFINITIONS_SQL: Script = script("definitions.sql", include_str!("definitions.sql"));

/// Whether two databases' definitions mean the same.
pub const DEFINITIONS: Script = script("definitions.sh", include_str!("definitions.sh"));

/// Which backups are newer than which.
pub const ORDER: Script = script("order.sh", include_str!("order.sh"));

/// Makes the database of our own.
pub const HOME: Script = script("home.sql", include_str!("home.sql"));

/// Who runs what a dump holds.
pub const LOADER: Script = script("loader.sh", include_str!("loader.sh"));

/// What Jobs keep on the server.
pub const UNDERPIN: Script = script("underpin.sql", include_str!("underpin.sql"));

/// Loads the libraries of a database's extensions.
pub const LIBRARIES: Script = script("libraries.sql", include_str!("libraries.sql"));

/// Gives a restored database its grants and settings.
pub const GRANTS: Script = script("grants.sql", include_str!("grants.sql"));

/// Makes the working database.
pub const RESTORE_CREATE: Script = script("restore-create.sql", include_str!("restore-create.sql"));

/// Ends the sessions that a swap waits for.
pub const RESTORE_END: Script = script("restore-end.sql", include_str!("restore-end.sql"));

/// Makes the extensions that a dump needs.
pub const RESTORE_EXTENSIONS: Script = script(
    "restore-extensions.sql",
    include_str!("restore-extensions.sql"),
);

/// Whether the server can take what a backup holds.
pub const RESTORE_NEEDS: Script = script("restore-needs.sql", include_str!("restore-needs.sql"));

/// Opens the schemas to the owners of what is in them, for the time of a restore.
pub const RESTORE_OPEN: Script = script("restore-open.sql", include_str!("restore-open.sql"));

/// Gives the working database its name.
pub const RESTORE_SWAP: Script = script("restore-swap.sql", include_str!("restore-swap.sql"));

/// The schema of an archive as text.
pub const SCHEMA: Script = script("schema.sh", include_str!("schema.sh"));

/// How the archive of a database is read back.
pub const ARCHIVE: Script = script("archive.sh", include_str!("archive.sh"));

/// What a rehearsal finds.
pub const FINDINGS: Script = script("findings.sh", include_str!("findings.sh"));

/// The statement after which an object comes back.
pub const FINDING_FIX: Script = script("finding-fix.sql", include_str!("finding-fix.sql"));

/// The backup's side of a rehearsal.
pub const REHEARSAL: Script = script("rehearsal.sh", include_str!("rehearsal.sh"));

/// The tables whose rows a rehearsal needs.
pub const REHEARSAL_TABLES: Script =
    script("rehearsal-tables.sql", include_str!("rehearsal-tables.sql"));

/// The command of the container that rehearses.
pub const REHEARSE: Script = script("rehearse.sh", include_str!("rehearse.sh"));

/// Whether what was restored is what was backed up, but for rows.
pub const STRUCTURE: Script = script("structure.sh", include_str!("structure.sh"));

/// Every script, by name.
pub const ALL: [Script; 86] = [
    ACCESS,
    ADVICE,
    ARCHIVE,
    ASIDE,
    ASSERTS,
    BACKUP,
    BACKUPS,
    BOOTSTRAP,
    BRANCH,
    CATALOG_FILES,
    CATALOG_NAMES,
    CATALOG_SERVER,
    CATALOG_TABLES,
    CATALOG,
    CERTIFICATE,
    CHOICE,
    COMPARE_1,
    COMPARE_DESCRIPTION,
    COMPARE,
    DATABASE,
    DATABASES,
    DEFINITIONS,
    DEFINITIONS_SQL,
    DESTINATION,
    DRAIN,
    DRILL,
    DUMP,
    EQUAL,
    EXTENSIONS,
    FAILURE,
    FINDING_FIX,
    FINDINGS,
    GRANTS,
    HOME,
    LIB,
    LIBRARIES,
    LOAD,
    LOADER,
    LOGIN,
    MANAGED,
    MANAGED_SQL,
    MANIFEST,
    MEMBERSHIPS,
    NEEDS,
    ONE_LINE,
    ORDER,
    OWN_ROLES,
    PASSFILE,
    PROOF_1,
    PROVE,
    PROOF,
    PRUNE,
    PUBLISH,
    REHEARSAL_TABLES,
    REHEARSAL,
    REHEARSE,
    RELOAD,
    RENDER,
    RESTORE_ASIDE,
    RESTORE_CREATE,
    RESTORE_END,
    RESTORE_EXTENSIONS,
    RESTORE_NEEDS,
    RESTORE_OPEN,
    RESTORE_SWAP,
    RESTORE,
    RESTORING,
    ROLES,
    RUN,
    SALVAGE,
    SALVAGE_SQL,
    SCHEMA,
    SEQUENCES,
    SERVE,
    SESSION,
    SET_SUPERUSER_PASSWORD,
    SNAPSHOT,
    START,
    STRUCTURE,
    SWAP,
    TARGET,
    THROWAWAY,
    UNCHANGED,
    UNDERPIN,
    VALUES,
    WHOSE,
];

impl Script {
    /// Whether it is for any POSIX shell: some images have no bash.
    pub fn is_posix(&self) -> bool {
        POOLER.contains(self) || EXPORTER.contains(self)
    }

    /// Whether it is SQL for psql, and no shell script.
    pub fn is_sql(&self) -> bool {
        self.ends_in("sql")
    }

    /// Whether it is Python, and no shell script.
    pub fn is_python(&self) -> bool {
        self.ends_in("py")
    }

    fn ends_in(&self, extension: &str) -> bool {
        std::path::Path::new(self.name).extension() == Some(extension.as_ref())
    }

    /// The comment at the top of the script, which is Markdown: what it does, its environment, exit
    /// codes and log lines. The manual is made from it.
    pub fn documentation(&self) -> String {
        let (sign, first) = if self.is_sql() { ("--", 0) } else { ("#", 1) };
        let mut documentation = String::new();
        for line in self.text.lines().skip(first) {
            let Some(comment) = line.strip_prefix(sign) else {
                break;
            };
            documentation.push_str(comment.strip_prefix(' ').unwrap_or(comment));
            documentation.push('\n');
        }
        documentation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_the_table_and_nothing_else() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/scripts");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["mod.rs", "mounts.rs"].contains(&name.as_str()))
            .filter(|name| !name.starts_with('.'))
            .collect();
        files.sort();
        assert_eq!(files, ALL.map(|script| script.name));
    }

    #[test]
    fn starts_strictly() {
        let shell = |script: &&Script| !script.is_sql() && !script.is_python();
        for script in ALL.iter().filter(shell) {
            let mut lines = script.text.lines();
            let (shell, strict) = if script.is_posix() {
                ("#!/bin/sh", "set -eu")
            } else {
                ("#!/usr/bin/env bash", "set -Eeuo pipefail")
            };
            assert_eq!(lines.next(), Some(shell), "{}", script.name);
            let first_command = lines.find(|line| !line.starts_with('#'));
            assert_eq!(first_command, Some(strict), "{}", script.name);
        }
    }

    #[test]
    fn is_clean_text() {
        for script in ALL {
            assert!(script.text.ends_with('\n'), "{}", script.name);
            for (index, line) in script.text.lines().enumerate() {
                let place = format!("{}:{}", script.name, index + 1);
                assert!(!line.contains(['\t', '\r']), "{place}: tab or CR");
                assert!(!line.ends_with(' '), "{place}: space at the end");
            }
        }
    }

    // A template would show as one of these; a Kubernetes reference would be expanded in `command`.
    #[test]
    fn is_no_template() {
        for script in ALL {
            for mark in ["{{", "{%", "@@"] {
                assert!(!script.text.contains(mark), "{}: {mark}", script.name);
            }
        }
    }

    #[test]
    fn fits_a_config_map() {
        for scripts in [
            SERVER.to_vec(),
            BOOTSTRAP_JOB.to_vec(),
            OF_DATABASES.to_vec(),
            OF_RESTORES.to_vec(),
            own(&BACKUP_VOLUME),
            own(&RESTORE_JOB),
            own(&DRILL_JOB),
            own(&REHEARSAL_CONTAINER),
        ] {
            let bytes: usize = scripts.iter().map(|script| script.text.len()).sum();
            assert!(bytes < 180 * 1024, "{}: {bytes}", scripts[0].name);
            assert!(bytes < 170 * 1024, "{}: {bytes}", scripts[0].name);
        }
    }

    #[test]
    fn a_config_map_holds_what_its_pods_mount_and_no_more() {
        let mounted = |script: &Script| BACKUP_JOB.contains(script) || BACKUPS_JOB.contains(script);
        let wanted: Vec<Script> = ALL.into_iter().filter(mounted).collect();
        assert_eq!(wanted, BACKUP_VOLUME);
    }

    #[test]
    fn documents_itself() {
        for script in ALL {
            let documentation = script.documentation();
            assert!(documentation.lines().count() > 2, "{}", script.name);
            assert!(!documentation.starts_with('\n'), "{}", script.name);
            let sourced = documentation
                .replace('\n', " ")
                .contains("sourced, never run");
            if !script.is_sql() && !sourced {
                for section in ["## Environment", "## Exit codes", "## Log lines"] {
                    assert!(
                        documentation.contains(section),
                        "{}: {section}",
                        script.name
                    );
                }
            }
        }
    }

    // An undocumented event is one that nobody can wait for.
    #[test]
    fn documents_every_event() {
        for script in ALL {
            let documentation = script.documentation();
            for (start, _) in script.text.match_indices("event=") {
                let event: String = script.text[start..]
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || "=-".contains(*c))
                    .collect();
                assert!(documentation.contains(&event), "{}: {event}", script.name);
            }
        }
    }
}
