//! What is meant: every default decided, every value in the unit that is used, no string with a
//! grammar left in it. Made by [`validate`](crate::validate), read by [`lower`](crate::lower).

mod backup;
mod monitoring;
mod neon;
mod pooler;
mod secrets;
mod tls;

pub use backup::{Assert, Backup, BackupVolume, Drill, Recovery, Rehearsal, Resources, Restore};
pub use monitoring::{Exporter, Monitoring};
pub use neon::{Authorities, Branch, Neon, Place};
pub use pooler::{Pooler, PoolerExporter};
pub use secrets::{API_KEY, External, Holder, Key, MONITORING_KEY, RELOAD_KEY, Secret};
pub use tls::{Issuer, Tls, Trust};

use crate::data;
use crate::spec::types::{AccessMode, Kubernetes, TaintEffect};
use crate::value::{
    AbsolutePath, Cpu, DatabaseName, Flavour, HostName, Identifier, Image, Label, LabelKey,
    LabelValue, Reserve, SecretKey, Size, Subdomain,
};
use std::collections::BTreeMap;

/// The databases of one spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The Service that applications dial, and the beginning of every other name.
    pub name: DatabaseName,
    /// Where everything is made.
    pub namespace: Label,
    /// The oldest cluster that must understand the output.
    pub kubernetes: Kubernetes,
    /// The Secret with the passwords.
    pub secret: Subdomain,
    /// Who makes that Secret; none means the team.
    pub external: Option<External>,
    /// On every object and pod.
    pub labels: BTreeMap<LabelKey, LabelValue>,
    /// For private registries.
    pub pull_secrets: Vec<Subdomain>,
    /// Where the databases are.
    pub engine: Engine,
    /// Every role that logs in: those of the spec, then the owners that it does not list.
    pub roles: Vec<Role>,
    /// Who reaches it.
    pub access: Access,
    /// What stands before it; none where applications dial the server itself.
    pub pooler: Option<Pooler>,
    /// How they are backed up and restored; none where they are a branch at Neon, which goes.
    pub recovery: Option<Recovery>,
    /// What is watched.
    pub monitoring: Monitoring,
}

/// Where the databases are.
#[derive(Debug, Clone, PartialEq)]
pub enum Engine {
    /// On a server of our own.
    Postgres(Box<Server>),
    /// At Neon.
    Neon(Box<Neon>),
}

/// A server of our own.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The server.
    pub postgres: Postgres,
    /// Its volume.
    pub storage: Storage,
    /// In the order of the spec.
    pub databases: Vec<Database>,
    /// Where it runs.
    pub placement: Placement,
}

/// PostgreSQL's programs, as our Jobs run them.
#[derive(Debug, Clone, PartialEq)]
pub struct Client<'m> {
    /// Where they are.
    pub image: &'m Image,
    /// What that is built on.
    pub flavour: Flavour,
}

impl Model {
    /// The server, where it is our own.
    pub fn server(&self) -> Option<&Server> {
        match &self.engine {
            Engine::Postgres(server) => Some(server),
            Engine::Neon(_) => None,
        }
    }

    /// What is known of Neon, where the databases are there.
    pub fn neon(&self) -> Option<&Neon> {
        match &self.engine {
            Engine::Postgres(_) => None,
            Engine::Neon(neon) => Some(neon),
        }
    }

    /// How backups are restored for trial, where they are.
    pub fn drill(&self) -> Option<&Drill> {
        self.recovery.as_ref()?.drill.as_ref()
    }

    /// What our Jobs run: the server's own image, or one of Neon's major.
    pub fn client(&self) -> Client<'_> {
        match &self.engine {
            Engine::Postgres(server) => Client {
                image: &server.postgres.image,
                flavour: server.postgres.flavour.clone(),
            },
            Engine::Neon(neon) => Client {
                image: &neon.client,
                flavour: neon
                    .client
                    .flavour()
                    .unwrap_or(Flavour::Debian { suite: None }),
            },
        }
    }
}

/// The server.
#[derive(Debug, Clone, PartialEq)]
pub struct Postgres {
    /// What runs.
    pub image: Image,
    /// The major version that the image holds.
    pub major: u8,
    /// What the image is built on.
    pub flavour: Flavour,
    /// Requested.
    pub cpu: Cpu,
    /// Requested, and the limit.
    pub memory: Size,
    /// None means unlimited.
    pub cpu_limit: Option<Cpu>,
    /// The size of `/dev/shm`, bytes within `memory`.
    pub shm: Size,
    /// How text is ordered.
    pub locale: Locale,
    /// All lines of postgresql.conf, in its order.
    pub settings: Vec<Setting>,
}

impl Postgres {
    /// What a setting comes to: bytes, microseconds or a number, as decided or by PostgreSQL's own
    /// default; none where this major does not have it.
    pub fn amount(&self, name: &str) -> Option<i64> {
        let known = data::setting(self.major, name)?;
        let decided = self.settings.iter().find(|setting| setting.name == name);
        let text = decided.map_or(known.boot_val, |setting| &setting.value);
        data::amount(known, text)
    }
}

/// What `initdb` is told, and what postgresql.conf must then say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Locale {
    /// `builtin` or `libc`.
    pub provider: &'static str,
    /// The provider's name for it.
    pub name: &'static str,
    /// `LC_COLLATE` of the databases.
    pub collate: &'static str,
    /// `LC_CTYPE` of the databases.
    pub ctype: &'static str,
    /// `lc_messages` and its siblings, as initdb would have written them.
    pub messages: &'static str,
}

/// One line of postgresql.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name, as PostgreSQL spells it.
    pub name: String,
    /// Its value, not quoted yet.
    pub value: String,
    /// Who decided it.
    pub origin: Origin,
    /// Whether the server reads a change of it only when it starts.
    pub needs_restart: bool,
}

/// Who decided a setting, which is also the section of postgresql.conf where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Underpin: the rest of the output depends on it.
    Underpin,
    /// Underpin, where initdb's own file would have said it or a server in a cluster needs it.
    Default,
    /// Underpin, from the memory and the size of the volume; the text says how.
    Sized(&'static str),
    /// The spec.
    Spec,
}

/// The server's volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Storage {
    /// What is claimed.
    pub size: Size,
    /// Where it comes from.
    pub source: VolumeSource,
    /// How it is attached.
    pub access_mode: AccessMode,
    /// What is kept back.
    pub reserve: Reserve,
}

/// Where a volume comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum VolumeSource {
    /// The cluster's default class.
    DefaultClass,
    /// A StorageClass.
    Class(Subdomain),
    /// A PersistentVolume of our own.
    Static(StaticVolume),
}

/// An existing volume.
#[derive(Debug, Clone, PartialEq)]
pub enum StaticVolume {
    /// A disk or directory of a node.
    Local {
        /// On the node.
        path: AbsolutePath,
        /// By its host name label.
        node: LabelValue,
    },
    /// A directory of a node that is no mount.
    HostPath {
        /// On the node.
        path: AbsolutePath,
        /// By its host name label.
        node: LabelValue,
    },
    /// An export.
    Nfs {
        /// Who exports it.
        server: HostName,
        /// What is exported.
        path: AbsolutePath,
        /// For mount(8).
        options: Vec<String>,
    },
    /// A volume of a CSI driver.
    Csi {
        /// The driver.
        driver: Subdomain,
        /// Its name for the volume.
        handle: String,
        /// None leaves it to the driver.
        fs_type: Option<String>,
        /// For the driver.
        attributes: BTreeMap<String, String>,
    },
}

/// A database on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: Identifier,
    /// One of the model's roles.
    pub owner: Identifier,
    /// Made in it.
    pub extensions: Vec<Identifier>,
}

/// A role that logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Its name.
    pub name: Identifier,
    /// None means the database's own Secret.
    pub password_secret: Option<Subdomain>,
    /// The key in that Secret.
    pub password_key: SecretKey,
    /// What it is a member of.
    pub member_of: Vec<Identifier>,
}

/// Where the server runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Labels of the node.
    pub node: BTreeMap<LabelKey, LabelValue>,
    /// Taints that are put up with.
    pub tolerations: Vec<Toleration>,
    /// None means the cluster's default.
    pub priority_class: Option<Subdomain>,
}

/// A taint that is put up with.
#[derive(Debug, Clone, PartialEq)]
pub struct Toleration {
    /// Its key.
    pub key: LabelKey,
    /// None means any value.
    pub value: Option<LabelValue>,
    /// None means any effect.
    pub effect: Option<TaintEffect>,
    /// None means for ever.
    pub seconds: Option<i64>,
}

/// Who reaches the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Access {
    /// In the order of the spec.
    pub clients: Vec<Peer>,
    /// The pods that answer DNS.
    pub dns: Peer,
    /// The port that they listen on.
    pub dns_port: u16,
    /// What connections are encrypted with; none where they are not.
    pub tls: Option<Tls>,
}

/// Pods at the other end of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// None means the database's own.
    pub namespace: Option<Label>,
    /// Never empty.
    pub pods: BTreeMap<LabelKey, LabelValue>,
}
