//! What a spec leaves out of `[backup]` and `[restore]`.

use super::{VolumeKinds, known, volume_source};
use crate::keep::Keep;
use crate::model::{Assert, Backup, BackupVolume, Drill, Recovery, Rehearsal, Resources, Restore};
use crate::schedule::{self, Schedule};
use crate::spec::types::{self, BackupAccessMode, Choice, Spec, Verify};
use crate::value::{
    BackupChoice, Cpu, Cron, Duration, Identifier, Label, Size, Subdomain, TimeZone,
};

/// How many times `storage.size` the backup volume holds.
pub const VOLUME_FACTOR: u64 = 3;
/// The schedule of a spec that names none.
pub const SCHEDULE: (&str, &str) = ("nightly", "15 2 * * *");
/// `backup.schedules[].time_zone`.
pub const TIME_ZONE: &str = "Etc/UTC";
/// `backup.deadline`, where the schedules leave so much room.
pub const BACKUP_DEADLINE: &str = "4h";
/// `restore.deadline`.
pub const RESTORE_DEADLINE: &str = "12h";
/// `backup.drill.cron`.
pub const DRILL: &str = "0 5 * * 0";
/// The day of the month of `backup.drill.older`.
pub const DRILL_OLDER: i8 = 15;
/// `backup.drill.deadline`.
pub const DRILL_DEADLINE: &str = "6h";
/// `backup.rehearsal.deadline`, where the backup's leaves so much room.
pub const REHEARSAL_DEADLINE: &str = "30m";
/// `backup.rehearsal.cpu`: it works beside a dump.
pub const REHEARSAL_CPU: &str = "100m";
/// What the pods of a backup and of a restore get: the work is the server's.
pub const CPU: &str = "250m";
/// The same for memory: the pages of the files that they write count too, and are given back.
pub const MEMORY: &str = "512Mi";
/// What the name of a restored database ends in.
pub const RESTORED: &str = "_restored";

/// How the databases are backed up and restored; a branch at Neon is neither.
pub fn recovery(spec: &Spec) -> Option<Recovery> {
    let is_branch = spec.neon.as_ref().is_some_and(|neon| neon.branch.is_some());
    (!is_branch).then(|| Recovery {
        backup: backup(spec),
        restore: restore(spec),
        drill: drill(spec),
    })
}

/// How the server is backed up.
pub fn backup(spec: &Spec) -> Backup {
    let backup = spec.backup.clone().unwrap_or_default();
    let schedules = schedules(backup.schedules.as_deref());
    let deadline = backup.deadline.unwrap_or_else(|| deadline(&schedules));
    let rehearsal = backup.rehearsal.unwrap_or(Choice::Wanted(true));
    Backup {
        verify: backup.verify.unwrap_or(Verify::Content),
        exclude: backup.exclude.unwrap_or_default(),
        rehearsal: rehearsal
            .wanted()
            .map(|written| self::rehearsal(&written, deadline)),
        deadline,
        schedules,
        volume: volume(spec, &backup.volume.unwrap_or_default()),
        resources: resources(backup.cpu, backup.memory, backup.cpu_limit),
    }
}

/// `backup.rehearsal.deadline`, where it is left out, beside this `backup.deadline`.
pub fn rehearsal_deadline(backup: Duration) -> Duration {
    let usual = known(REHEARSAL_DEADLINE, Duration::parse);
    match Duration::from_seconds(u64::from(backup.seconds() / 4)) {
        Some(quarter) if quarter < usual => quarter,
        _ => usual,
    }
}

fn rehearsal(written: &types::Rehearsal, backup: Duration) -> Rehearsal {
    Rehearsal {
        deadline: written
            .deadline
            .unwrap_or_else(|| rehearsal_deadline(backup)),
        resources: resources(
            Some(
                written
                    .cpu
                    .unwrap_or_else(|| known(REHEARSAL_CPU, Cpu::parse)),
            ),
            written.memory,
            written.cpu_limit,
        ),
    }
}

/// The schedules of a spec.
pub fn schedules(schedules: Option<&[types::Schedule]>) -> Vec<Schedule> {
    let zone = || known(TIME_ZONE, TimeZone::parse);
    match schedules {
        Some(schedules) => schedules
            .iter()
            .map(|schedule| Schedule {
                name: schedule.name.clone(),
                cron: schedule.cron.clone(),
                time_zone: schedule.time_zone.unwrap_or_else(zone),
            })
            .collect(),
        None => vec![Schedule {
            name: known(SCHEDULE.0, Label::parse),
            cron: known(SCHEDULE.1, Cron::parse),
            time_zone: zone(),
        }],
    }
}

/// A run that takes longer than the time to the next one would make that one be skipped.
fn deadline(schedules: &[Schedule]) -> Duration {
    let usual = known(BACKUP_DEADLINE, Duration::parse);
    schedules
        .iter()
        .filter_map(schedule::shortest_interval)
        .filter_map(Duration::from_seconds)
        .fold(usual, |least, interval| {
            if interval.seconds() < least.seconds() {
                interval
            } else {
                least
            }
        })
}

fn volume(spec: &Spec, volume: &types::BackupVolume) -> BackupVolume {
    let kinds = VolumeKinds {
        local: volume.local.as_ref(),
        nfs: volume.nfs.as_ref(),
        csi: volume.csi.as_ref(),
        host_path: volume.host_path.as_ref(),
    };
    BackupVolume {
        size: volume.size.unwrap_or_else(|| usual_size(spec)),
        source: volume_source(kinds, volume.class.as_ref()),
        access_mode: volume
            .access_mode
            .unwrap_or(BackupAccessMode::ReadWriteOnce),
        keep: keep(volume.keep.as_ref()),
    }
}

/// `backup.volume.size`, where it is left out.
pub fn usual_size(spec: &Spec) -> Size {
    spec.storage
        .as_ref()
        .map_or_else(super::neon::backup_size, |storage| size(storage.size))
}

/// The same for a server whose volume has this size.
pub fn size(storage: Size) -> Size {
    storage
        .bytes()
        .checked_mul(VOLUME_FACTOR)
        .and_then(Size::from_bytes)
        .unwrap_or(storage)
}

/// Which backups stay.
pub fn keep(keep: Option<&types::Keep>) -> Keep {
    let Some(keep) = keep else {
        return Keep {
            last: 0,
            daily: 7,
            weekly: 4,
            monthly: 0,
            yearly: 0,
            minimum: 2,
        };
    };
    let number = |field: Option<i64>, default: u32| {
        field.map_or(default, |number| u32::try_from(number).unwrap_or(default))
    };
    Keep {
        last: number(keep.last, 0),
        daily: number(keep.daily, 0),
        weekly: number(keep.weekly, 0),
        monthly: number(keep.monthly, 0),
        yearly: number(keep.yearly, 0),
        minimum: number(keep.minimum, 2),
    }
}

fn resources(cpu: Option<Cpu>, memory: Option<Size>, cpu_limit: Option<Cpu>) -> Resources {
    Resources {
        cpu: cpu.unwrap_or_else(|| known(CPU, Cpu::parse)),
        memory: memory.unwrap_or_else(|| known(MEMORY, Size::parse)),
        cpu_limit,
    }
}

/// What a restore does. Every server has the database `postgres`.
pub fn restore(spec: &Spec) -> Restore {
    let restore = spec.restore.clone().unwrap_or_default();
    let first = spec.databases().first().map(|database| &database.name);
    let database = restore
        .database
        .or_else(|| {
            first
                .or(spec.neon.as_ref().map(|neon| &neon.database))
                .cloned()
        })
        .unwrap_or_else(|| known("postgres", Identifier::parse));
    Restore {
        into: restore.into.unwrap_or_else(|| restored(&database)),
        database,
        backup: restore
            .backup
            .unwrap_or_else(|| known("latest", BackupChoice::parse)),
        before: restore.before,
        replace: restore.replace.unwrap_or_default(),
        tables: Vec::new(),
        secret: restore
            .secret
            .unwrap_or_else(|| known(&format!("{}-restore", spec.name), Subdomain::parse)),
        accept: None,
        owners: Vec::new(),
        as_superuser: restore.as_superuser.unwrap_or_default(),
        deadline: restore
            .deadline
            .unwrap_or_else(|| known(RESTORE_DEADLINE, Duration::parse)),
        resources: resources(restore.cpu, restore.memory, restore.cpu_limit),
    }
}

/// How backups are restored for trial, where the spec has it.
pub fn drill(spec: &Spec) -> Option<Drill> {
    let drill = spec.backup.as_ref()?.drill.clone()?;
    let [newest, older] = drill_schedules(&drill);
    let size = spec.storage.as_ref().map(|storage| storage.size);
    let asserts = drill.asserts.into_iter().flatten();
    Some(Drill {
        newest,
        older,
        size: drill
            .size
            .or(size)
            .unwrap_or_else(|| backup(spec).volume.size),
        class: drill.class,
        deadline: drill
            .deadline
            .unwrap_or_else(|| known(DRILL_DEADLINE, Duration::parse)),
        resources: resources(drill.cpu, drill.memory, drill.cpu_limit),
        asserts: asserts
            .map(|assert| Assert {
                database: assert.database,
                sql: assert.sql,
            })
            .collect(),
    })
}

/// When the newest backup is drilled, and when one of the others is.
pub fn drill_schedules(drill: &types::Drill) -> [Schedule; 2] {
    let zone = drill
        .time_zone
        .unwrap_or_else(|| known(TIME_ZONE, TimeZone::parse));
    let schedule = |name: &str, cron: Cron| Schedule {
        name: known(name, Label::parse),
        cron,
        time_zone: zone,
    };
    let newest = drill
        .cron
        .clone()
        .unwrap_or_else(|| known(DRILL, Cron::parse));
    let older = drill.older.clone().unwrap_or_else(|| {
        let first = |fits: &dyn Fn(i8) -> bool, most| (0..most).find(|at| fits(*at)).unwrap_or(0);
        let minute = first(&|minute| newest.fits_minute(minute), 60);
        let hour = first(&|hour| newest.fits_hour(hour), 24);
        known(&format!("{minute} {hour} {DRILL_OLDER} * *"), Cron::parse)
    });
    [schedule("drill", newest), schedule("drill-old", older)]
}

/// What a restored database is called, where nothing says it: PostgreSQL cuts names at 63 bytes.
pub fn restored(database: &Identifier) -> Identifier {
    let mut name = database.to_string();
    while name.len() + RESTORED.len() > 63 {
        name.pop();
    }
    known(&format!("{name}{RESTORED}"), Identifier::parse)
}
