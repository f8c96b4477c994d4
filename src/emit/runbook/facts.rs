//! What the runbook's template speaks of: a [`Model`] in words.

use super::backup::Backup;
use super::exporter::Exporter;
use super::pooler::Pooler;
use super::tls::Tls;
use crate::emit::escape;
use crate::lower::{Disk, Names, user, volume_path};
use crate::model::{Model, Peer, Server, StaticVolume, VolumeSource};
use crate::spec::types::{AccessMode, StoreKind};
use crate::validate::defaults::CLIENT_LABEL;
use crate::value::{Identifier, LabelKey, LabelValue, Reserve, Size};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What the template speaks of.
#[derive(Debug, Serialize)]
pub struct Facts {
    name: String,
    namespace: String,
    direct: String,
    claim: String,
    settings: String,
    image: String,
    major: u8,
    uid: i64,
    mount: &'static str,
    secret: String,
    size: String,
    bigger: String,
    /// None where the spec wants none.
    reserve: Option<String>,
    /// Where the volume comes from, in words.
    source: String,
    class: Option<String>,
    /// The `PersistentVolume`, where it is ours.
    volume: Option<String>,
    static_kind: Option<&'static str>,
    grow_below: &'static str,
    path: Option<String>,
    node: Option<String>,
    rwop: bool,
    node_labels: Option<String>,
    databases: Vec<Database>,
    roles: Vec<Role>,
    /// Those that are made by hand.
    secrets: Vec<Secret>,
    external: Option<External>,
    clients: Vec<Client>,
    /// A pod gets in by a label that means nothing else.
    open_label: bool,
    overrides: String,
    first: First,
    backup: Option<Backup>,
    /// None where applications dial the server itself.
    pooler: Option<Pooler>,
    /// None where nothing is encrypted.
    tls: Option<Tls>,
    neon: bool,
    /// None where nothing asks the server.
    exporter: Option<Exporter>,
}

#[derive(Debug, Serialize)]
struct Database {
    name: String,
    owner: String,
    extensions: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Role {
    name: String,
    secret: String,
    key: String,
    member_of: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Secret {
    name: String,
    keys: Vec<String>,
}

/// Where the passwords of the database's own Secret are.
#[derive(Debug, Serialize)]
pub(super) struct External {
    kind: &'static str,
    store: String,
    path: String,
    keys: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Client {
    namespace: Option<String>,
    labels: String,
}

/// The database that examples log in to.
#[derive(Debug, Serialize)]
struct First {
    owner: String,
    psql: String,
}

impl Facts {
    /// The facts of a database.
    pub fn of(model: &Model, server: &Server) -> Self {
        let Server {
            postgres,
            storage,
            databases,
            placement,
        } = server;
        let names = Names::of(model);
        let volume = Volume::of(&storage.source);
        let size = storage.size;
        Self {
            name: names.name().to_owned(),
            namespace: model.namespace.to_string(),
            direct: names.direct(),
            claim: names.claim(Disk::Data),
            settings: names.settings(),
            image: postgres.image.to_string(),
            major: postgres.major,
            uid: user(model),
            mount: volume_path(postgres.major),
            secret: model.secret.to_string(),
            size: size.to_string(),
            bigger: twice(size).to_string(),
            reserve: match &storage.reserve {
                Reserve::None => None,
                reserve => Some(reserve.to_string()),
            },
            source: volume.words,
            class: match &storage.source {
                VolumeSource::Class(class) => Some(class.to_string()),
                VolumeSource::DefaultClass | VolumeSource::Static(_) => None,
            },
            volume: volume.kind.map(|_| names.volume(Disk::Data)),
            static_kind: volume.kind,
            grow_below: volume.grow,
            path: volume.path,
            node: volume.node,
            rwop: storage.access_mode == AccessMode::ReadWriteOncePod,
            node_labels: (!placement.node.is_empty()).then(|| labels(&placement.node)),
            databases: databases.iter().map(database).collect(),
            roles: roles(model),
            secrets: secrets(model),
            external: External::of(model),
            clients: model.access.clients.iter().map(client).collect(),
            open_label: matches!(model.access.clients.as_slice(), [only] if is_open_label(only)),
            overrides: overrides(model),
            first: first(server),
            backup: Backup::of(model),
            pooler: Pooler::of(model),
            tls: Tls::of(model),
            neon: false,
            exporter: Exporter::of(model),
        }
    }
}

/// What a claim is grown to, where somebody must choose at night.
pub(super) fn twice(size: Size) -> Size {
    Size::from_bytes(size.bytes().saturating_mul(2)).unwrap_or(size)
}

/// What there is to say of where a volume comes from.
pub(super) struct Volume {
    pub(super) words: String,
    pub(super) kind: Option<&'static str>,
    pub(super) grow: &'static str,
    path: Option<String>,
    node: Option<String>,
}

impl Volume {
    pub(super) fn of(source: &VolumeSource) -> Self {
        let volume = |words: String, kind, grow| Self {
            words,
            kind,
            grow,
            path: None,
            node: None,
        };
        match source {
            VolumeSource::DefaultClass => volume("the cluster's default class".into(), None, ""),
            VolumeSource::Class(class) => volume(format!("StorageClass `{class}`"), None, ""),
            VolumeSource::Static(StaticVolume::Local { path, node }) => Self {
                path: Some(path.to_string()),
                node: Some(node.to_string()),
                ..volume(
                    format!("{} on node `{node}`", escape::markdown(&path.to_string())),
                    Some("local"),
                    "the disk or logical volume, then its file system (`resize2fs`, `xfs_growfs`), on that node",
                )
            },
            VolumeSource::Static(StaticVolume::HostPath { path, node }) => Self {
                path: Some(path.to_string()),
                node: Some(node.to_string()),
                ..volume(
                    format!(
                        "directory {} of node `{node}`",
                        escape::markdown(&path.to_string())
                    ),
                    Some("host_path"),
                    "it is a directory of the node's own disk, so make room on that disk",
                )
            },
            VolumeSource::Static(StaticVolume::Nfs { server, path, .. }) => Self {
                path: Some(path.to_string()),
                ..volume(
                    format!("NFS, {} of `{server}`", escape::markdown(&path.to_string())),
                    Some("nfs"),
                    "the export's file system, or its quota, on the NFS server",
                )
            },
            VolumeSource::Static(StaticVolume::Csi { driver, handle, .. }) => volume(
                format!("{} of CSI driver `{driver}`", escape::markdown(handle)),
                Some("csi"),
                "the disk at whoever provides it, then its file system on the node (`resize2fs`, `xfs_growfs`)",
            ),
        }
    }
}

fn database(database: &crate::model::Database) -> Database {
    Database {
        name: database.name.to_string(),
        owner: database.owner.to_string(),
        extensions: texts(&database.extensions),
    }
}

pub(super) fn roles(model: &Model) -> Vec<Role> {
    model
        .roles
        .iter()
        .map(|role| Role {
            name: role.name.to_string(),
            secret: role
                .password_secret
                .as_ref()
                .unwrap_or(&model.secret)
                .to_string(),
            key: role.password_key.to_string(),
            member_of: texts(&role.member_of),
        })
        .collect()
}

/// Every Secret that the team makes, with the keys that are read of it: the database's own first.
pub(super) fn secrets(model: &Model) -> Vec<Secret> {
    let secrets = model.secrets().into_iter();
    secrets
        .filter(|secret| model.is_made_by_hand(secret))
        .map(|secret| Secret {
            name: secret.name.to_string(),
            keys: names(&secret),
        })
        .collect()
}

fn names(secret: &crate::model::Secret<'_>) -> Vec<String> {
    secret.keys.iter().map(|key| key.name.clone()).collect()
}

impl External {
    /// The facts of a database; none where the team makes its Secret.
    pub(super) fn of(model: &Model) -> Option<Self> {
        let external = model.external.as_ref()?;
        let secrets = model.secrets();
        let mut own = secrets
            .iter()
            .filter(|secret| !model.is_made_by_hand(secret));
        Some(Self {
            kind: match external.kind {
                StoreKind::SecretStore => "SecretStore",
                StoreKind::ClusterSecretStore => "ClusterSecretStore",
            },
            store: external.store.to_string(),
            path: external.path.clone(),
            keys: own.next().map(names).unwrap_or_default(),
        })
    }
}

pub(super) fn client(peer: &Peer) -> Client {
    Client {
        namespace: peer.namespace.as_ref().map(ToString::to_string),
        labels: labels(&peer.pods),
    }
}

/// As `kubectl get --selector` takes them.
fn labels(labels: &BTreeMap<LabelKey, LabelValue>) -> String {
    labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect::<Vec<_>>()
        .join(",")
}

pub(super) fn is_open_label(peer: &Peer) -> bool {
    peer.namespace.is_none()
        && peer.pods.len() == 1
        && peer.pods.keys().any(|key| key.to_string() == CLIENT_LABEL)
}

/// What `kubectl run` leaves out and a restricted namespace asks for.
pub(super) fn overrides(model: &Model) -> String {
    let pull: Vec<_> = model
        .pull_secrets
        .iter()
        .map(|name| json!({ "name": name.to_string() }))
        .collect();
    let mut spec = json!({
        "automountServiceAccountToken": false,
        "securityContext": {
            "runAsNonRoot": true,
            "runAsUser": user(model),
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "containers": [{
            "name": "psql",
            "securityContext": { "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] } },
        }],
    });
    if !pull.is_empty() {
        spec["imagePullSecrets"] = pull.into();
    }
    json!({ "spec": spec }).to_string()
}

fn first(server: &Server) -> First {
    let (name, owner) = server
        .databases
        .first()
        .map_or(("postgres".into(), "postgres".into()), |first| {
            (first.name.to_string(), first.owner.to_string())
        });
    First {
        owner,
        psql: psql(&name),
    }
}

/// psql on a database. It reads a name with a `=` as a whole connection string, and one that comes
/// by the environment as a name.
pub(super) fn psql(database: &str) -> String {
    let word = escape::shell(database);
    if word == database && !database.contains(['=', ':', '/']) && !database.starts_with('-') {
        format!("psql -d {word}")
    } else {
        format!("env PGDATABASE={word} psql")
    }
}

fn texts(names: &[Identifier]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
