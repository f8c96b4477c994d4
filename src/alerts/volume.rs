//! Volumes: filling, about to be full, and claims that have none.

use super::promql::{is, one_of};
use super::times::longest_gap;
use super::{Group, Guide, Rule, Scope, Severity};
use crate::lower::Disk;
use crate::model::{Backup, Storage};
use crate::value::Reserve;

/// See its meaning.
pub const DATA_FULL: Guide = Guide {
    name: "PostgresDataVolumeAlmostFull",
    severity: Severity::Critical,
    hold: Some("5m"),
    meaning: "The volume of the server has less room left than 5 %, or than `storage.reserve` where that is more (but never more than 10 %): so it fires, too, when the server has given up its reserve. Without room statements fail, then the server stops.",
    steps: &[
        "Grow the volume: it works while the server runs.",
        "See what takes the room: a database, or write-ahead log that a replication slot keeps back.",
    ],
    chapters: &["Grow the volume", "The volume is full", "Look"],
};

/// See its meaning.
pub const DATA_FILLING: Guide = Guide {
    name: "PostgresDataVolumeFilling",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "The volume of the server has less room left than 10 % beyond where *PostgresDataVolumeAlmostFull* pages someone.",
    steps: &[
        "See what takes the room: a database, or write-ahead log that a replication slot keeps back.",
        "Grow the volume while there is no hurry.",
    ],
    chapters: &["Grow the volume", "Look"],
};

/// See its meaning.
pub const DATA_FILLS_SOON: Guide = Guide {
    name: "PostgresDataVolumeFillsSoon",
    severity: Severity::Warning,
    hold: Some("1h"),
    meaning: "As it went on in the last day, the volume of the server is full within four days; and less than half of it is free.",
    steps: &[
        "See what grows: a database, or write-ahead log that a replication slot keeps back. A load of data that is about to end needs nothing.",
        "Grow the volume.",
    ],
    chapters: &["Grow the volume", "Look"],
};

/// See its meaning.
pub const BACKUP_FULL: Guide = Guide {
    name: "PostgresBackupVolumeAlmostFull",
    severity: Severity::Critical,
    hold: Some("5m"),
    meaning: "The volume of the backups had less than 5 % of room left when a Job last had it mounted. A backup looks first whether it fits, and fails where it does not; nothing is removed for it. The volume is seen only while a Job runs: what was seen last holds until the next, and one that is over within two minutes may never be seen.",
    steps: &[
        "Grow the volume. To keep fewer backups (`backup.volume.keep`) helps only as long as one more fits: nothing is removed before the next one is proven.",
    ],
    chapters: &["Grow the backup volume", "List and verify backups"],
};

/// See its meaning.
pub const BACKUP_FILLING: Guide = Guide {
    name: "PostgresBackupVolumeFilling",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "The volume of the backups had less than 15 % of room left when a Job last had it mounted.",
    steps: &[
        "`underpin backups` says what the keep rules need in the long run.",
        "Grow the volume, or keep fewer backups (`backup.volume.keep`).",
    ],
    chapters: &["Grow the backup volume", "List and verify backups"],
};

/// See its meaning.
pub const BACKUP_FILLS_SOON: Guide = Guide {
    name: "PostgresBackupVolumeFillsSoon",
    severity: Severity::Warning,
    hold: Some("1h"),
    meaning: "As it went on in the last week, the volume of the backups is full within a week; and less than half of it is free.",
    steps: &[
        "`underpin backups` says what the keep rules need in the long run: a volume that is filled for the first time grows until they hold.",
        "Grow the volume, or keep fewer backups (`backup.volume.keep`).",
    ],
    chapters: &["Grow the backup volume", "List and verify backups"],
};

/// See its meaning.
pub const CLAIM_LOST: Guide = Guide {
    name: "PostgresClaimLost",
    severity: Severity::Critical,
    hold: Some("5m"),
    meaning: "The volume that a claim was bound to is not in the cluster any more: someone deleted the PersistentVolume. The data may still be where the storage keeps it.",
    steps: &[
        "Delete nothing more: neither the claim nor the pod.",
        "Ask who runs the storage whether the disk is there, and have the PersistentVolume made again for it.",
    ],
    chapters: &["The claim is pending", "The cluster is lost"],
};

/// See its meaning.
pub const CLAIM_PENDING: Guide = Guide {
    name: "PostgresClaimPending",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "A claim has no volume, and the pods that need it cannot start.",
    steps: &[
        "Read the claim's events (`kubectl -n <namespace> describe pvc`): they say what is missing.",
    ],
    chapters: &["The claim is pending", "What a state means"],
};

/// What is free of a volume, as a part of 1.
const FREE: &str = "underpin:volume:free_ratio";

/// What is told of one volume.
struct Levels {
    disk: Disk,
    words: &'static str,
    /// Percent that are free, and the alerts: the worst first.
    limits: [(u64, &'static Guide); 2],
    soon: &'static Guide,
    /// What is looked back on, and how far ahead, seconds.
    trend: (&'static str, u64),
}

/// The rules.
pub fn group(scope: &Scope<'_>, backup: &Backup) -> Group {
    let mut rules = Vec::new();
    if let Some(server) = scope.model.server() {
        let critical = critical(&server.storage);
        rules.push(free(scope, backup, Disk::Data));
        rules.extend(filling(
            scope,
            &Levels {
                disk: Disk::Data,
                words: "data volume",
                limits: [(critical, &DATA_FULL), (critical + 10, &DATA_FILLING)],
                soon: &DATA_FILLS_SOON,
                trend: ("1d", 4 * 86_400),
            },
        ));
    }
    rules.push(free(scope, backup, Disk::Backup));
    rules.extend(filling(
        scope,
        &Levels {
            disk: Disk::Backup,
            words: "backup volume",
            limits: [(5, &BACKUP_FULL), (15, &BACKUP_FILLING)],
            soon: &BACKUP_FILLS_SOON,
            trend: ("7d", 7 * 86_400),
        },
    ));
    rules.extend([lost(scope), pending(scope)]);
    Group {
        name: scope.group("volumes"),
        comment: None,
        interval: None,
        rules,
    }
}

/// Below how many percent the server's volume is as good as full: 5, or as much as the reserve,
/// which is what is free once it was given up.
fn critical(storage: &Storage) -> u64 {
    let share = |bytes: u64| (bytes * 100).div_ceil(storage.size.bytes().max(1));
    let reserve = match storage.reserve {
        Reserve::None => 0,
        // start.sh keeps no less back.
        Reserve::Percent(percent) => u64::from(percent).max(share(64 << 20)),
        Reserve::Bytes(bytes) => share(bytes.bytes()),
    };
    reserve.clamp(5, 10)
}

fn of(scope: &Scope<'_>, disk: Disk) -> [String; 1] {
    [is("persistentvolumeclaim", &scope.names.claim(disk))]
}

/// The kubelet tells of a volume as long as a pod has it mounted.
fn free(scope: &Scope<'_>, backup: &Backup, disk: Disk) -> Rule {
    let of = of(scope, disk);
    let available = scope.series("kubelet_volume_stats_available_bytes", &of);
    let capacity = scope.series("kubelet_volume_stats_capacity_bytes", &of);
    let now = format!(
        "\
min by (namespace, persistentvolumeclaim) (
    {available}
  / {capacity}
)"
    );
    let expr = match disk {
        Disk::Data => now,
        Disk::Backup => {
            let schedules = backup.schedules.iter();
            let hours = schedules.map(longest_gap).min().unwrap_or_default();
            let before = scope.recorded(FREE, &of);
            format!(
                "\
{now}
or on (namespace, persistentvolumeclaim)
  # Seen only while a Job has it mounted: until the next one does, what was seen last. The time is
  # that between two backups, if Prometheus does not run meanwhile.
  last_over_time({before}[{}h])",
                hours.div_ceil(3600)
            )
        }
    };
    let claim = scope.names.claim(disk);
    scope.record(FREE, expr, Some(("persistentvolumeclaim", claim)))
}

fn filling(scope: &Scope<'_>, volume: &Levels) -> Vec<Rule> {
    let free = scope.recorded(FREE, &of(scope, volume.disk));
    let (words, database) = (volume.words, scope.database());
    let by = "max by (namespace, persistentvolumeclaim)";
    let mut rules: Vec<Rule> = volume
        .limits
        .iter()
        .map(|(percent, guide)| {
            let expr = format!("{by} (\n  {free}\n) * 100 < {percent}");
            let summary = format!(
                "The {words} of {database} has {{{{ $value | humanize }}}} % of room left."
            );
            scope.alert(guide, expr, summary)
        })
        .collect();
    let (back, ahead) = volume.trend;
    let expr = format!(
        "\
{by} (
  predict_linear({free}[{back}], {ahead})
) < 0
and on (namespace, persistentvolumeclaim)
  # What is half empty fills in leaps, and not as a line.
  {free} < 0.5"
    );
    let days = ahead / 86_400;
    let summary = format!("The {words} of {database} is full within {days} days if it goes on so.");
    rules.push(scope.alert(volume.soon, expr, summary));
    rules
}

/// A claim of ours in a phase.
fn phase(scope: &Scope<'_>, phase: &str) -> String {
    let mut claims = vec![scope.names.claim(Disk::Backup)];
    if scope.model.server().is_some() {
        claims.push(scope.names.claim(Disk::Data));
    }
    let series = scope.series(
        "kube_persistentvolumeclaim_status_phase",
        &[one_of("persistentvolumeclaim", &claims), is("phase", phase)],
    );
    format!("max by (namespace, persistentvolumeclaim) (\n  {series}\n) == 1")
}

fn lost(scope: &Scope<'_>) -> Rule {
    let summary = format!(
        "The volume of claim {{{{ $labels.persistentvolumeclaim }}}} of {} is gone.",
        scope.database()
    );
    scope.alert(&CLAIM_LOST, phase(scope, "Lost"), summary)
}

fn pending(scope: &Scope<'_>) -> Rule {
    let summary = format!(
        "Claim {{{{ $labels.persistentvolumeclaim }}}} of {} has no volume.",
        scope.database()
    );
    scope.alert(&CLAIM_PENDING, phase(scope, "Pending"), summary)
}
