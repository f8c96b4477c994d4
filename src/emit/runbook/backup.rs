//! What the runbook says of backups and restores.

use super::facts::{Volume, psql, twice};
use crate::emit::escape;
use crate::keep::Keep;
use crate::lower::{Disk, Names, Workload};
use crate::model::{Database, Engine, Model, Recovery};
use crate::spec::types::Verify;
use crate::value::BackupChoice;
use serde::Serialize;

/// What the template speaks of as `backup`.
#[derive(Debug, Serialize)]
pub struct Backup {
    /// Never empty.
    schedules: Vec<Schedule>,
    /// What a backup is proven by, in words.
    verify: &'static str,
    /// Which backups stay, in words.
    keep: String,
    /// Databases that are not backed up.
    exclude: Vec<String>,
    claim: String,
    size: String,
    bigger: String,
    /// Where the volume comes from, in words.
    source: String,
    /// The `PersistentVolume`, where it is ours.
    volume: Option<String>,
    static_kind: Option<&'static str>,
    grow_below: &'static str,
    /// The CronJob that lists them.
    list: String,
    /// The CronJob that restores.
    restore: String,
    restore_secret: String,
    /// Which backup a restore takes, in words.
    which: String,
    database: String,
    into: String,
    /// Who owns what is restored, and where the password is.
    owner: String,
    owner_secret: String,
    owner_key: String,
    replace: bool,
    /// How long the rehearsals of a backup may take; none where nothing is rehearsed.
    rehearsal: Option<String>,
    /// Whether restores log in as the superuser.
    as_superuser: bool,
    /// None where nothing is restored for trial.
    drill: Option<Drill>,
    database_psql: String,
    into_psql: String,
}

#[derive(Debug, Serialize)]
struct Schedule {
    cron_job: String,
    cron: String,
    time_zone: String,
}

#[derive(Debug, Serialize)]
struct Drill {
    newest: String,
    newest_cron: String,
    older: String,
    older_cron: String,
    time_zone: String,
}

impl Backup {
    /// The facts of a database; none where it is not backed up.
    pub(super) fn of(model: &Model) -> Option<Self> {
        let names = Names::of(model);
        let Recovery {
            backup, restore, ..
        } = model.recovery.as_ref()?;
        let volume = Volume::of(&backup.volume.source);
        let schedules = backup.schedules.iter().map(|schedule| Schedule {
            cron_job: names.schedule(&schedule.name),
            cron: schedule.cron.to_string(),
            time_zone: schedule.time_zone.to_string(),
        });
        let database = restore.database.to_string();
        let into = restore.into.to_string();
        let owner = owner(model, &database);
        Some(Self {
            schedules: schedules.collect(),
            verify: verify(backup.verify),
            keep: keep(&backup.volume.keep),
            exclude: backup.exclude.iter().map(ToString::to_string).collect(),
            claim: names.claim(Disk::Backup),
            size: backup.volume.size.to_string(),
            bigger: twice(backup.volume.size).to_string(),
            source: volume.words,
            volume: volume.kind.map(|_| names.volume(Disk::Backup)),
            static_kind: volume.kind,
            grow_below: volume.grow,
            list: names.workload(Workload::Backups),
            restore: names.workload(Workload::Restore),
            restore_secret: restore.secret.to_string(),
            which: match (&restore.before, &restore.backup) {
                (Some(before), _) => format!("the newest backup that had ended by {before}"),
                (None, BackupChoice::Latest) => "the latest backup".into(),
                (None, BackupChoice::Id(id)) => format!("backup {}", escape::markdown(id)),
            },
            drill: model.drill().map(|drill| Drill {
                newest: names.drill(&drill.newest),
                newest_cron: drill.newest.cron.to_string(),
                older: names.drill(&drill.older),
                older_cron: drill.older.cron.to_string(),
                time_zone: drill.newest.time_zone.to_string(),
            }),
            owner: owner.0,
            owner_secret: owner.1,
            owner_key: owner.2,
            database_psql: psql(&database),
            into_psql: psql(&into),
            database,
            into,
            replace: restore.replace,
            rehearsal: (backup.rehearsal.as_ref()).map(|rehearsal| rehearsal.deadline.to_string()),
            as_superuser: restore.as_superuser,
        })
    }
}

/// The owner of a database, with the Secret of its password and the key of that. One that the spec does
/// not name is the first one's at most.
fn owner(model: &Model, database: &str) -> (String, String, String) {
    let owner = match &model.engine {
        Engine::Postgres(server) => {
            let of = |named: &&Database| named.name.to_string() == database;
            let found = server.databases.iter().find(of);
            found.or(server.databases.first()).map(|found| &found.owner)
        }
        Engine::Neon(neon) => Some(&neon.role),
    };
    let role = model.roles.iter().find(|role| Some(&role.name) == owner);
    let secret = role.and_then(|role| role.password_secret.as_ref());
    let key = role.map(|role| role.password_key.to_string());
    (
        owner.map_or("postgres".into(), ToString::to_string),
        secret.unwrap_or(&model.secret).to_string(),
        // In a JSONPath.
        key.map_or("superuser".into(), |key| key.replace('.', "\\.")),
    )
}

fn verify(verify: Verify) -> &'static str {
    match verify {
        Verify::Decode => "every file of it was decoded",
        Verify::Rows => "every table's rows were counted, and every file decoded",
        Verify::Content => "every table's content was compared, and every file decoded",
    }
}

fn keep(keep: &Keep) -> String {
    let rules = [
        (keep.last, "the last", ""),
        (keep.daily, "one of each of", " days"),
        (keep.weekly, "one of each of", " weeks"),
        (keep.monthly, "one of each of", " months"),
        (keep.yearly, "one of each of", " years"),
    ];
    let rules = rules
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, before, after)| format!("{before} {number}{after}"));
    let all: Vec<String> = rules
        .chain([format!("never fewer than {}", keep.minimum)])
        .collect();
    all.join(", ")
}
