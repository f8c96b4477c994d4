//! What a `database.toml` says, field by field. The JSON Schema is derived from these types, and
//! their documentation is what an editor and `underpin explain` show; so it is written for the
//! person who writes a spec. No default is decided here: what is left out is `None`.

mod backup;
mod monitoring;
mod neon;
mod pooler;
mod secret;
mod tls;

pub use backup::{
    Assert, Backup, BackupAccessMode, BackupVolume, Drill, Keep, Rehearsal, Restore, Schedule,
    Verify,
};
pub use monitoring::{Choice, Exporter, Monitoring, Rules};
pub use neon::{Branch, ConfigMapReference, Neon};
pub use pooler::{PoolMode, Pooler, PoolerExporter};
pub use secret::{ExternalSecret, MadeSecret, PasswordSecret, StoreKind};
pub use tls::{IssuerKind, Tls};

use crate::value::{
    AbsolutePath, Cpu, DatabaseName, HostName, Identifier, Image, Label, LabelKey, LabelValue,
    Reserve, SecretKey, Size, Subdomain,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One PostgreSQL database server, or what is at Neon, as `underpin build` compiles it into Kubernetes
/// YAML.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "database.toml")]
#[schemars(extend("if" = { "required": ["neon"] }, "else" = { "required": ["postgres", "storage", "databases"] }))]
pub struct Spec {
    /// The database's name: the Service that applications dial, and the beginning of every other
    /// object's name.
    #[schemars(example = &"orders")]
    pub name: DatabaseName,
    /// The namespace that everything is made in. It must exist.
    #[schemars(example = &"shop")]
    pub namespace: Label,
    /// The oldest Kubernetes that the output must run on. Default: `1.33`.
    #[schemars(example = &"1.33")]
    pub kubernetes: Option<Kubernetes>,
    /// The Secret that holds the passwords: keys `superuser` and `backup` (with `[neon]` the key `neon`
    /// instead, and with `[neon.branch]` also `neon-api`), `monitoring` with an exporter, and
    /// `role.<name>` for each role. Underpin
    /// only names it: it is there already, or a table says how it is made. `underpin secrets` prints
    /// one with random passwords. Default: `<name>-postgres`.
    #[schemars(example = &"orders-postgres")]
    pub secret: Option<PasswordSecret>,
    /// Labels for every object and pod. Changing them restarts the server.
    #[schemars(example = serde_json::json!({ "team": "checkout" }))]
    #[schemars(extend("maxProperties" = 32))]
    pub labels: Option<BTreeMap<LabelKey, LabelValue>>,
    /// Secrets with which images are pulled from a private registry.
    #[schemars(example = serde_json::json!(["registry"]))]
    #[schemars(length(max = 16))]
    pub pull_secrets: Option<Vec<Subdomain>>,
    /// The PostgreSQL server. Needed, unless there is `[neon]` in its place.
    pub postgres: Option<Postgres>,
    /// The volume that holds the server's data. Needed with `[postgres]`.
    pub storage: Option<Storage>,
    /// The databases on the server, needed with `[postgres]`. They are made when they are missing,
    /// and never dropped.
    #[schemars(length(max = 1000))]
    pub databases: Option<Vec<Database>>,
    /// A database at Neon, instead of `[postgres]`, `[storage]` and `databases`.
    pub neon: Option<Neon>,
    /// Roles that can log in, beside the owners of the databases. They are made when they are
    /// missing, and never dropped. With `[neon]` they are made there, and are only let through the
    /// pooler.
    #[schemars(length(max = 1000))]
    pub roles: Option<Vec<Role>>,
    /// Which nodes the server may run on.
    pub placement: Option<Placement>,
    /// Who may reach the server over the network.
    pub access: Option<Access>,
    /// `PgBouncer` in front of the server; an empty table is enough. Left out: none, and
    /// applications dial the server itself; with `[neon]` there always is one.
    pub pooler: Option<Pooler>,
    /// How the databases are backed up. Left out: every night, to a volume of three times
    /// `storage.size` (with `[neon]` of 10Gi), proven by content, 7 days and 4 weeks kept; with `[neon.branch]` not at
    /// all.
    pub backup: Option<Backup>,
    /// What a restore does.
    pub restore: Option<Restore>,
    /// What is watched. Left out: alerts for Prometheus, as a ConfigMap.
    pub monitoring: Option<Monitoring>,
    /// Warnings that are known and accepted: they are no longer shown.
    #[schemars(example = serde_json::json!([{ "rule": "UP1001" }]))]
    #[schemars(length(max = 100))]
    pub allow: Option<Vec<Allowance>>,
}

/// What a spec says of a server of its own.
#[derive(Debug, Clone, Copy)]
pub struct Server<'s> {
    /// `[postgres]`.
    pub postgres: &'s Postgres,
    /// `[storage]`.
    pub storage: &'s Storage,
}

impl Spec {
    /// The server, where the spec has one of its own.
    pub fn server(&self) -> Option<Server<'_>> {
        Some(Server {
            postgres: self.postgres.as_ref()?,
            storage: self.storage.as_ref()?,
        })
    }

    /// The name of the Secret with the passwords.
    pub fn secret_name(&self) -> String {
        match &self.secret {
            Some(PasswordSecret::Named(name)) => name.to_string(),
            None | Some(PasswordSecret::Made(_)) => format!("{}-postgres", self.name),
        }
    }

    /// The databases; none where they are at Neon.
    pub fn databases(&self) -> &[Database] {
        self.databases.as_deref().unwrap_or_default()
    }
}

/// A warning that is known and accepted.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The code of its rule. An error cannot be allowed.
    #[schemars(example = &"UP1001")]
    #[schemars(length(min = 1, max = 16))]
    pub rule: String,
}

/// The oldest Kubernetes that the output must run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub enum Kubernetes {
    /// Kubernetes 1.33.
    #[serde(rename = "1.33")]
    V1_33,
    /// Kubernetes 1.34.
    #[serde(rename = "1.34")]
    V1_34,
    /// Kubernetes 1.35.
    #[serde(rename = "1.35")]
    V1_35,
    /// Kubernetes 1.36.
    #[serde(rename = "1.36")]
    V1_36,
    /// Kubernetes 1.37.
    #[serde(rename = "1.37")]
    V1_37,
}

/// The PostgreSQL server.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// The image: the official one, a mirror of it, or one built on it. The tag names the minor
    /// release and the operating system (`17.12-bookworm`, `17.12-alpine3.22`), or a digest
    /// follows it. Major versions 15 to 18.
    #[schemars(example = &"docker.io/library/postgres:17.12-bookworm")]
    pub image: Image,
    /// The CPU that is requested for the server. Default: `500m`.
    #[schemars(example = &"2")]
    pub cpu: Option<Cpu>,
    /// The memory that the server gets, as request and limit. Shared buffers, work memory, lock
    /// table and shared memory are sized by it. Default: `1Gi`.
    #[schemars(example = &"4Gi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none, because a throttled server holds its locks longer.
    #[schemars(example = &"4")]
    pub cpu_limit: Option<Cpu>,
    /// The size of `/dev/shm`, which parallel queries use. It counts against `memory`. Default:
    /// an eighth of `memory`, at least `64Mi`.
    #[schemars(example = &"512Mi")]
    pub shm: Option<Size>,
    /// How text is ordered, for the life of the volume. Encoding is always UTF8. Default:
    /// `C.UTF-8`, which never changes with the operating system.
    #[schemars(example = &"C.UTF-8")]
    pub locale: Option<Locale>,
    /// Settings of PostgreSQL by name, as they stand in postgresql.conf. They replace the values
    /// that Underpin derives from `memory` and `storage.size`.
    #[schemars(example = serde_json::json!({ "max_connections": 200 }))]
    #[schemars(extend("maxProperties" = 400))]
    pub settings: Option<BTreeMap<String, SettingValue>>,
}

/// How text is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Locale {
    /// By code point, with Unicode's upper and lower case. From 17 the builtin provider; before
    /// it collation C with ctype C.UTF-8.
    #[serde(rename = "C.UTF-8")]
    CUtf8,
    /// By byte, and upper and lower case for ASCII alone.
    #[serde(rename = "C")]
    C,
    /// As C.UTF-8, with Unicode's full case mapping. From 18.
    #[serde(rename = "PG_UNICODE_FAST")]
    PgUnicodeFast,
    /// As the C library orders American English, which changes with the operating system: moving
    /// to another base image then needs a dump and restore. Not on Alpine.
    #[serde(rename = "en_US.UTF-8")]
    EnUsUtf8,
}

/// The value of a setting: text, a number, or on and off as true and false.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number, in the setting's own unit.
    Integer(i64),
    /// A number, in the setting's own unit.
    Float(f64),
    /// Text, with a unit where the setting has one.
    Text(String),
}

impl JsonSchema for SettingValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SettingValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer", "number", "boolean"] })
    }
}

/// The volume that holds the data.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// The size of the volume. It can grow, and never shrink.
    #[schemars(example = &"50Gi")]
    pub size: Size,
    /// The StorageClass. Default: the cluster's default class.
    #[schemars(example = &"fast-ssd")]
    pub class: Option<Subdomain>,
    /// How the volume is attached. Default: `ReadWriteOnce`.
    #[schemars(example = &"ReadWriteOncePod")]
    pub access_mode: Option<AccessMode>,
    /// Space that is kept back in a file and given up once when the volume is full, so that the
    /// server comes up once more: a share of the volume or a size; `0` for none. Default: `2%`,
    /// and no less than `64Mi`.
    #[schemars(example = &"2%")]
    pub reserve: Option<Reserve>,
    /// An existing volume instead of a class: exactly one of its tables.
    pub volume: Option<Volume>,
}

/// How the volume is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum AccessMode {
    /// To one node at a time.
    ReadWriteOnce,
    /// To one pod at a time; the storage driver must know it.
    ReadWriteOncePod,
}

/// An existing volume: exactly one of the tables.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// A disk or directory of one node.
    pub local: Option<NodePath>,
    /// An NFS export. Its directory must belong to the server's user already.
    pub nfs: Option<Nfs>,
    /// A volume that a CSI driver knows by a handle.
    pub csi: Option<Csi>,
    /// A directory of one node that is no mount of its own, for trials. It must belong to the
    /// server's user already.
    pub host_path: Option<NodePath>,
}

/// A path on one node.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodePath {
    /// The path on the node.
    #[schemars(example = &"/mnt/disks/orders")]
    pub path: AbsolutePath,
    /// The node, as its label `kubernetes.io/hostname` names it.
    #[schemars(example = &"db-1")]
    pub node: LabelValue,
}

/// An NFS export.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Nfs {
    /// The server's name or address.
    #[schemars(example = &"nfs.internal")]
    pub server: HostName,
    /// The exported path.
    #[schemars(example = &"/export/orders")]
    pub path: AbsolutePath,
    /// Mount options. Default: `["hard", "nfsvers=4.1"]`.
    #[schemars(example = serde_json::json!(["hard", "nfsvers=4.1"]))]
    #[schemars(length(max = 32), inner(length(min = 1, max = 255)))]
    pub options: Option<Vec<String>>,
}

/// A volume that a CSI driver knows by a handle.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csi {
    /// The driver's name.
    #[schemars(example = &"ebs.csi.aws.com")]
    pub driver: Subdomain,
    /// The driver's name for the volume.
    #[schemars(example = &"vol-0123456789abcdef0")]
    #[schemars(length(min = 1, max = 1024))]
    pub handle: String,
    /// The file system, such as `ext4` or `xfs`. Default: the driver's.
    #[schemars(example = &"ext4")]
    #[schemars(length(min = 1, max = 32))]
    pub fs_type: Option<String>,
    /// What else the driver wants to know of the volume.
    #[schemars(extend("maxProperties" = 32, "additionalProperties" = { "type": "string", "maxLength": 1024 }, "propertyNames" = { "maxLength": 255 }))]
    pub attributes: Option<BTreeMap<String, String>>,
}

/// One database on the server.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The database's name.
    #[schemars(example = &"orders")]
    pub name: Identifier,
    /// The role that owns it and that its application logs in as. Default: the database's name.
    #[schemars(example = &"orders")]
    pub owner: Option<Identifier>,
    /// Extensions that are made in it, with those that they need. They are never dropped.
    #[schemars(example = serde_json::json!(["pgcrypto", "pg_trgm"]))]
    #[schemars(length(max = 100))]
    pub extensions: Option<Vec<Identifier>>,
}

/// A role that can log in.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The role's name.
    #[schemars(example = &"report")]
    pub name: Identifier,
    /// Where its password is. Default: key `role.<name>` of the Secret that `secret` names.
    #[schemars(example = serde_json::json!({ "secret": "report-db", "key": "password" }))]
    pub password: Option<SecretReference>,
    /// Roles that it is a member of: others of the spec, or PostgreSQL's predefined ones. Not with
    /// `[neon]`.
    #[schemars(example = serde_json::json!(["pg_read_all_data"]))]
    #[schemars(length(max = 100))]
    pub member_of: Option<Vec<Identifier>>,
}

/// One key of a Secret.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretReference {
    /// The Secret's name.
    #[schemars(example = &"report-db")]
    pub secret: Subdomain,
    /// The key in it.
    #[schemars(example = &"password")]
    pub key: SecretKey,
}

/// Which nodes the server may run on.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Placement {
    /// Labels that the node must have.
    #[schemars(example = serde_json::json!({ "node.kubernetes.io/pool": "db" }))]
    #[schemars(extend("maxProperties" = 16))]
    pub node: Option<BTreeMap<LabelKey, LabelValue>>,
    /// Taints of nodes that are put up with.
    #[schemars(example = serde_json::json!([{ "key": "dedicated", "value": "db", "effect": "NoSchedule" }]))]
    #[schemars(length(max = 32))]
    pub tolerations: Option<Vec<Toleration>>,
    /// The PriorityClass of the server's pod.
    #[schemars(example = &"database")]
    pub priority_class: Option<Subdomain>,
}

/// A taint that is put up with.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Toleration {
    /// The taint's key.
    #[schemars(example = &"dedicated")]
    pub key: LabelKey,
    /// The taint's value. Default: any.
    #[schemars(example = &"db")]
    pub value: Option<LabelValue>,
    /// The taint's effect. Default: any.
    #[schemars(example = &"NoSchedule")]
    pub effect: Option<TaintEffect>,
    /// For how many seconds the pod stays after the taint appears; only with `NoExecute`.
    /// Default: for ever.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub seconds: Option<i64>,
}

/// What a taint does to pods that do not put up with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum TaintEffect {
    /// They are not scheduled.
    NoSchedule,
    /// They are scheduled elsewhere if possible.
    PreferNoSchedule,
    /// They are not scheduled, and running ones are evicted.
    NoExecute,
}

/// Who may reach the server over the network.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The pods that may connect. Default: pods of the same namespace with the label
    /// `underpin/client: <name>`.
    #[schemars(example = serde_json::json!([{ "pods": { "app": "api" } }]))]
    #[schemars(length(max = 50))]
    pub clients: Option<Vec<Client>>,
    /// The pods that answer DNS. Default: those with `k8s-app: kube-dns` in `kube-system`, on
    /// port 53.
    pub dns: Option<Dns>,
    /// TLS, with which whoever connects without is refused; with `[neon]` between applications and the
    /// pooler. Default: none.
    #[schemars(example = serde_json::json!({ "secret": "orders-tls" }))]
    pub tls: Option<Tls>,
}

/// Pods that may connect.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Their namespace. Default: the database's own.
    #[schemars(example = &"bi")]
    pub namespace: Option<Label>,
    /// The labels that they have: all of them.
    #[schemars(example = serde_json::json!({ "app": "api" }), extend("minProperties" = 1, "maxProperties" = 8))]
    pub pods: BTreeMap<LabelKey, LabelValue>,
}

/// The pods that answer DNS.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dns {
    /// Their namespace. Default: `kube-system`.
    #[schemars(example = &"openshift-dns")]
    pub namespace: Option<Label>,
    /// The labels that they have. Default: `k8s-app = "kube-dns"`.
    #[schemars(extend("minProperties" = 1, "maxProperties" = 8))]
    pub pods: Option<BTreeMap<LabelKey, LabelValue>>,
    /// The port that they listen on, which is what a policy sees. Default: 53.
    #[schemars(example = 5353, range(min = 1, max = 65535))]
    pub port: Option<i64>,
}
