//! `[backup]` and `[restore]`: what is kept, and what comes back.

use super::{Choice, Csi, Nfs, NodePath};
use crate::value::{
    BackupChoice, Cpu, Cron, Duration, Identifier, Instant, Label, Size, Subdomain, TimeZone,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// How the server is backed up. Without this table it is backed up too: every night, to a volume
/// of three times `storage.size`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// What a backup is proven by before it counts. Default: `content`.
    #[schemars(example = &"content")]
    pub verify: Option<Verify>,
    /// Databases that are not backed up. Every other one on the server is, whether it stands in
    /// the spec or not. Default: none.
    #[schemars(example = serde_json::json!(["scratch"]))]
    #[schemars(length(max = 1000))]
    pub exclude: Option<Vec<Identifier>>,
    /// When backups run. Default: one, `nightly`, at 02:15 UTC.
    #[schemars(length(min = 1, max = 20))]
    pub schedules: Option<Vec<Schedule>>,
    /// After how long a backup gives up, waiting included. Default: `4h`, or the shortest time
    /// between two runs of one schedule where that is less.
    #[schemars(example = &"4h")]
    pub deadline: Option<Duration>,
    /// The volume that backups are written to.
    pub volume: Option<BackupVolume>,
    /// The CPU that is requested for a backup. Default: `250m`.
    #[schemars(example = &"500m")]
    pub cpu: Option<Cpu>,
    /// The memory that a backup gets, as request and limit. Default: `512Mi`.
    #[schemars(example = &"1Gi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"2")]
    pub cpu_limit: Option<Cpu>,
    /// Whether each backup's restore is rehearsed while it is made, in a container of its pod that has no
    /// password: the schema, and a hundred rows where an expression runs a function, into a throw-away
    /// server. If something would not come back, the backup is published, and its Job fails with exit
    /// status 4, of which the alert `PostgresBackupFailed` tells. Write a table to set its resources.
    /// Default: `true`.
    #[schemars(example = serde_json::json!({ "memory": "1Gi" }))]
    pub rehearsal: Option<Choice<Rehearsal>>,
    /// Restores backups into a throw-away server and proves them, on schedules of its own. Default:
    /// none, and no backup is restored before somebody needs it.
    pub drill: Option<Drill>,
}

/// What a rehearsal gets.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rehearsal {
    /// How long a backup waits for its rehearsals, once all databases are dumped. What was not rehearsed
    /// by then is published, and said to be not rehearsed. One database may take half of it. Default:
    /// `30m`, or a quarter of `backup.deadline` where that is less.
    #[schemars(example = &"1h")]
    pub deadline: Option<Duration>,
    /// The CPU that is requested. Default: `100m`.
    #[schemars(example = &"500m")]
    pub cpu: Option<Cpu>,
    /// The memory that it gets, its server included, as request and limit: 512Mi are enough for 10,000
    /// tables. Default: `512Mi`.
    #[schemars(example = &"1Gi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"2")]
    pub cpu_limit: Option<Cpu>,
}

/// How backups are restored for trial: into a server that a pod makes for itself and throws away,
/// without the network, the production server or any password.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// When the newest backup is drilled. Default: `0 5 * * 0`, Sundays.
    #[schemars(example = &"0 5 * * 0")]
    pub cron: Option<Cron>,
    /// When one of the older backups is drilled, another each time by chance. Default: the 15th of
    /// each month, at the hour and minute of `cron`.
    #[schemars(example = &"0 5 15 * *")]
    pub older: Option<Cron>,
    /// The zone of those hours. Default: `Etc/UTC`.
    #[schemars(example = &"Europe/Berlin")]
    pub time_zone: Option<TimeZone>,
    /// The size of the volume that a drill restores into, which is made for it and goes with it: it
    /// holds one database at a time, the largest with a tenth more and some 200 MB. Default:
    /// `storage.size`; with `[neon]` `backup.volume.size`.
    #[schemars(example = &"50Gi")]
    pub size: Option<Size>,
    /// The StorageClass of that volume. Default: the cluster's default class.
    #[schemars(example = &"standard")]
    pub class: Option<Subdomain>,
    /// After how long a drill gives up. Default: `6h`.
    #[schemars(example = &"6h")]
    pub deadline: Option<Duration>,
    /// The CPU that is requested for a drill. Default: `250m`.
    #[schemars(example = &"500m")]
    pub cpu: Option<Cpu>,
    /// The memory that a drill gets, its server included, as request and limit. Default: `512Mi`.
    #[schemars(example = &"1Gi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"2")]
    pub cpu_limit: Option<Cpu>,
    /// What must be true in restored databases, beside that they are equal to what was backed up.
    /// Default: nothing.
    #[schemars(example = serde_json::json!([{ "database": "orders", "sql": "select count(*) > 0 from orders" }]))]
    #[schemars(length(max = 200))]
    pub asserts: Option<Vec<Assert>>,
}

/// What must be true in a restored database.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assert {
    /// The database, as it is named in the backup.
    #[schemars(example = &"orders")]
    pub database: Identifier,
    /// One query, or expression, that gives one value, which must be true. The backup role asks it,
    /// who reads everything and writes nothing, within five minutes.
    #[schemars(example = &"select count(*) > 0 from orders", length(max = 10_000))]
    pub sql: String,
}

/// What a backup is proven by before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// The whole dump is decoded.
    Decode,
    /// And the rows of every table are counted, in the dump's own snapshot.
    Rows,
    /// And the content of every table is summed up, so that a restore can be held against it.
    Content,
}

/// When backups run.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The end of the CronJob's name, `<name>-backup-<this>`.
    #[schemars(example = &"nightly")]
    pub name: Label,
    /// Minute, hour, day of the month, month, day of the week, as Kubernetes reads them.
    #[schemars(example = &"15 2 * * *")]
    pub cron: Cron,
    /// The zone of those hours. Default: `Etc/UTC`.
    #[schemars(example = &"Europe/Berlin")]
    pub time_zone: Option<TimeZone>,
}

/// The volume that backups are written to, and how many stay on it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupVolume {
    /// The size of the volume. It can grow, and never shrink. Default: three times `storage.size`;
    /// with `[neon]` `10Gi`.
    #[schemars(example = &"200Gi")]
    pub size: Option<Size>,
    /// The StorageClass. Default: the cluster's default class.
    #[schemars(example = &"standard")]
    pub class: Option<Subdomain>,
    /// How the volume is attached. Default: `ReadWriteOnce`.
    #[schemars(example = &"ReadWriteMany")]
    pub access_mode: Option<BackupAccessMode>,
    /// A disk or directory of one node, instead of a class.
    pub local: Option<NodePath>,
    /// An NFS export, instead of a class. Its directory must belong to the server's user already.
    pub nfs: Option<Nfs>,
    /// A volume that a CSI driver knows by a handle, instead of a class.
    pub csi: Option<Csi>,
    /// A directory of one node that is no mount of its own, for trials.
    pub host_path: Option<NodePath>,
    /// Which backups stay. Default: `{ daily = 7, weekly = 4, minimum = 2 }`.
    #[schemars(example = serde_json::json!({ "daily": 14, "weekly": 8, "monthly": 12, "minimum": 2 }))]
    pub keep: Option<Keep>,
}

/// How the backup volume is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum BackupAccessMode {
    /// To one node at a time.
    ReadWriteOnce,
    /// To one pod at a time; the storage driver must know it.
    ReadWriteOncePod,
    /// To many nodes; NFS and the like.
    ReadWriteMany,
}

/// Which backups stay: a backup stays as long as one of these says so. Days, weeks (from Monday),
/// months and years are UTC's; one without a backup costs nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// The newest ones. Default: 0.
    #[schemars(example = 7, range(min = 0, max = 10_000))]
    pub last: Option<i64>,
    /// The newest of each of so many days. Default: 0.
    #[schemars(example = 14, range(min = 0, max = 10_000))]
    pub daily: Option<i64>,
    /// The newest of each of so many weeks. Default: 0.
    #[schemars(example = 8, range(min = 0, max = 10_000))]
    pub weekly: Option<i64>,
    /// The newest of each of so many months. Default: 0.
    #[schemars(example = 12, range(min = 0, max = 10_000))]
    pub monthly: Option<i64>,
    /// The newest of each of so many years. Default: 0.
    #[schemars(example = 3, range(min = 0, max = 10_000))]
    pub yearly: Option<i64>,
    /// Never fewer than this. Default: 2.
    #[schemars(example = 2, range(min = 1, max = 10_000))]
    pub minimum: Option<i64>,
}

/// What the suspended CronJob `<name>-restore` and the Job in `restore/` do when somebody runs
/// them; `underpin restore` prints Jobs for other occasions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restore {
    /// The database that is restored, as it is named in the backup. Default: the first of
    /// `databases`, or `neon.database`.
    #[schemars(example = &"orders")]
    pub database: Option<Identifier>,
    /// Which backup: `latest`, or an id from `<name>-backups`. Default: `latest`.
    #[schemars(example = &"latest")]
    pub backup: Option<BackupChoice>,
    /// The newest backup that had ended by this instant, instead of `backup`.
    #[schemars(example = &"2026-11-20T12:00:00Z")]
    pub before: Option<Instant>,
    /// The database that it becomes. Default: `<database>_restored`.
    #[schemars(example = &"orders_restored")]
    pub into: Option<Identifier>,
    /// Whether the restored database takes the place of `database`, which is kept under a dated
    /// name. Default: false.
    pub replace: Option<bool>,
    /// The Secret with the password of the restore role, key `password`. Restores need it, nothing
    /// else does: make it when it is needed. Not with `[neon]`. Default: `<name>-restore`.
    #[schemars(example = &"orders-restore")]
    pub secret: Option<Subdomain>,
    /// Whether a restore logs in as the superuser: for what only a superuser can restore, which is
    /// refused by name without it. Drills and rehearsals follow it. Default: false.
    pub as_superuser: Option<bool>,
    /// After how long a restore gives up, waiting included. Default: `12h`.
    #[schemars(example = &"12h")]
    pub deadline: Option<Duration>,
    /// The CPU that is requested for a restore. Default: `250m`.
    #[schemars(example = &"500m")]
    pub cpu: Option<Cpu>,
    /// The memory that a restore gets, as request and limit. Default: `512Mi`.
    #[schemars(example = &"1Gi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"2")]
    pub cpu_limit: Option<Cpu>,
}
