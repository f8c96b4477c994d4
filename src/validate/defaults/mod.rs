//! Every default that a spec can leave out, decided. Runs after the rules, and relies on them.

pub mod backup;
pub mod monitoring;
pub mod neon;
pub mod pooler;
pub mod tls;

use super::{settings, sizing};
use crate::model::{
    Access, Database, Engine, External, Locale, Model, Peer, Placement, Postgres, Role, Server,
    StaticVolume, Storage, Toleration, VolumeSource,
};
use crate::spec::types::{self, AccessMode, Kubernetes, Spec, StoreKind};
use crate::value::{
    Cpu, Flavour, Identifier, Label, LabelKey, LabelValue, Reserve, SecretKey, Size, Subdomain,
};
use std::collections::BTreeMap;

/// `postgres.cpu`.
pub const CPU: &str = "500m";
/// `postgres.memory`.
pub const MEMORY: &str = "1Gi";
/// `storage.reserve`.
pub const RESERVE: &str = "2%";
/// The label that lets a pod in where the spec names no clients.
pub const CLIENT_LABEL: &str = "underpin/client";

/// The model of a spec in which no rule found an error.
pub fn decide(spec: &Spec) -> Model {
    let name = spec.name.clone();
    Model {
        namespace: spec.namespace.clone(),
        kubernetes: spec.kubernetes.unwrap_or(Kubernetes::V1_33),
        secret: known(&spec.secret_name(), Subdomain::parse),
        external: external(spec),
        labels: spec.labels.clone().unwrap_or_default(),
        pull_secrets: spec.pull_secrets.clone().unwrap_or_default(),
        engine: engine(spec),
        roles: roles(spec),
        access: access(spec),
        pooler: pooler::of(spec),
        recovery: backup::recovery(spec),
        monitoring: monitoring::monitoring(spec),
        name,
    }
}

fn external(spec: &Spec) -> Option<External> {
    let Some(types::PasswordSecret::Made(made)) = &spec.secret else {
        return None;
    };
    let external = &made.external;
    Some(External {
        store: external.store.clone(),
        kind: external.kind.unwrap_or(StoreKind::SecretStore),
        path: external.path.clone(),
    })
}

/// A rule sees to it that there is exactly one, and the schema that it is whole.
fn engine(spec: &Spec) -> Engine {
    match (&spec.neon, spec.server()) {
        (Some(neon), _) => Engine::Neon(Box::new(neon::neon(neon))),
        (None, Some(server)) => Engine::Postgres(Box::new(Server {
            postgres: postgres(server, spec),
            storage: storage(server.storage),
            databases: spec.databases().iter().map(database).collect(),
            placement: placement(spec.placement.as_ref()),
        })),
        (None, None) => unreachable!("a spec has an engine"),
    }
}

fn postgres(server: types::Server<'_>, spec: &Spec) -> Postgres {
    let postgres = server.postgres;
    let memory = memory(postgres);
    Postgres {
        image: postgres.image.clone(),
        major: postgres.image.major().unwrap_or_default(),
        flavour: postgres
            .image
            .flavour()
            .unwrap_or(Flavour::Debian { suite: None }),
        cpu: postgres.cpu.unwrap_or_else(|| known(CPU, Cpu::parse)),
        shm: shm(postgres),
        memory,
        cpu_limit: postgres.cpu_limit,
        locale: locale(postgres),
        settings: settings::with_tls(server, tls::secret(spec).is_some()),
    }
}

/// `postgres.memory`, or its default.
pub fn memory(postgres: &types::Postgres) -> Size {
    postgres
        .memory
        .unwrap_or_else(|| known(MEMORY, Size::parse))
}

/// `postgres.shm`, or its default.
pub fn shm(postgres: &types::Postgres) -> Size {
    postgres.shm.unwrap_or_else(|| {
        let mebibytes = sizing::shm(memory(postgres).bytes()) / (1024 * 1024);
        known(&format!("{mebibytes}Mi"), Size::parse)
    })
}

/// What the locale means to `initdb` and to the server.
pub fn locale(postgres: &types::Postgres) -> Locale {
    let major = postgres.image.major().unwrap_or_default();
    meaning(major, postgres.locale.unwrap_or(types::Locale::CUtf8))
}

/// The same of one locale in one major.
pub fn meaning(major: u8, locale: types::Locale) -> Locale {
    let builtin = major >= 17;
    let code_points = Locale {
        provider: if builtin { "builtin" } else { "libc" },
        name: "C.UTF-8",
        collate: "C",
        ctype: "C.UTF-8",
        messages: "C.UTF-8",
    };
    match locale {
        types::Locale::CUtf8 => code_points,
        types::Locale::PgUnicodeFast => Locale {
            name: "PG_UNICODE_FAST",
            ..code_points
        },
        types::Locale::C => Locale {
            provider: "libc",
            name: "C",
            ctype: "C",
            messages: "C",
            ..code_points
        },
        types::Locale::EnUsUtf8 => Locale {
            provider: "libc",
            name: "en_US.UTF-8",
            collate: "en_US.UTF-8",
            ctype: "en_US.UTF-8",
            messages: "en_US.UTF-8",
        },
    }
}

fn storage(storage: &types::Storage) -> Storage {
    let kinds = storage
        .volume
        .as_ref()
        .map(|volume| VolumeKinds {
            local: volume.local.as_ref(),
            nfs: volume.nfs.as_ref(),
            csi: volume.csi.as_ref(),
            host_path: volume.host_path.as_ref(),
        })
        .unwrap_or_default();
    Storage {
        size: storage.size,
        source: volume_source(kinds, storage.class.as_ref()),
        access_mode: storage.access_mode.unwrap_or(AccessMode::ReadWriteOnce),
        reserve: storage
            .reserve
            .unwrap_or_else(|| known(RESERVE, Reserve::parse)),
    }
}

/// The kinds of an existing volume; a rule allows one.
#[derive(Debug, Clone, Copy, Default)]
pub struct VolumeKinds<'s> {
    /// A disk or directory of a node.
    pub local: Option<&'s types::NodePath>,
    /// An export.
    pub nfs: Option<&'s types::Nfs>,
    /// A volume of a CSI driver.
    pub csi: Option<&'s types::Csi>,
    /// A directory of a node that is no mount.
    pub host_path: Option<&'s types::NodePath>,
}

fn volume_source(kinds: VolumeKinds<'_>, class: Option<&Subdomain>) -> VolumeSource {
    let VolumeKinds {
        local,
        nfs,
        csi,
        host_path,
    } = kinds;
    let local = local.map(|local| StaticVolume::Local {
        path: local.path.clone(),
        node: local.node.clone(),
    });
    let host_path = host_path.map(|host_path| StaticVolume::HostPath {
        path: host_path.path.clone(),
        node: host_path.node.clone(),
    });
    let nfs = nfs.map(|nfs| StaticVolume::Nfs {
        server: nfs.server.clone(),
        path: nfs.path.clone(),
        // `soft` gives up on a slow server in the middle of a write, which corrupts (nfs(5)).
        options: nfs
            .options
            .clone()
            .unwrap_or_else(|| vec!["hard".into(), "nfsvers=4.1".into()]),
    });
    let csi = csi.map(|csi| StaticVolume::Csi {
        driver: csi.driver.clone(),
        handle: csi.handle.clone(),
        fs_type: csi.fs_type.clone(),
        attributes: csi.attributes.clone().unwrap_or_default(),
    });
    match (local.or(host_path).or(nfs).or(csi), class) {
        (Some(volume), _) => VolumeSource::Static(volume),
        (None, Some(class)) => VolumeSource::Class(class.clone()),
        (None, None) => VolumeSource::DefaultClass,
    }
}

fn database(database: &types::Database) -> Database {
    Database {
        name: database.name.clone(),
        owner: owner(database).clone(),
        extensions: database.extensions.clone().unwrap_or_default(),
    }
}

/// Who owns a database.
pub fn owner(database: &types::Database) -> &Identifier {
    database.owner.as_ref().unwrap_or(&database.name)
}

/// The key of the Secret that holds a role's password, unless the spec names another; none where
/// no key can have that name.
pub fn password_key(role: &Identifier) -> Option<SecretKey> {
    SecretKey::parse(&format!("role.{role}")).ok()
}

fn roles(spec: &Spec) -> Vec<Role> {
    let listed = spec.roles.iter().flatten();
    let mut roles: Vec<Role> = spec.neon.iter().map(neon::role).collect();
    roles.extend(listed.filter_map(|role| {
        let own = role.password.as_ref();
        Some(Role {
            name: role.name.clone(),
            password_secret: own.map(|reference| reference.secret.clone()),
            password_key: own.map_or_else(
                || password_key(&role.name),
                |reference| Some(reference.key.clone()),
            )?,
            member_of: role.member_of.clone().unwrap_or_default(),
        })
    }));
    for database in spec.databases() {
        let owner = owner(database);
        if !roles.iter().any(|role| role.name == *owner)
            && let Some(password_key) = password_key(owner)
        {
            roles.push(Role {
                name: owner.clone(),
                password_secret: None,
                password_key,
                member_of: Vec::new(),
            });
        }
    }
    roles
}

fn placement(placement: Option<&types::Placement>) -> Placement {
    let tolerations = placement.and_then(|placement| placement.tolerations.as_ref());
    Placement {
        node: placement
            .and_then(|placement| placement.node.clone())
            .unwrap_or_default(),
        tolerations: tolerations
            .into_iter()
            .flatten()
            .map(|toleration| Toleration {
                key: toleration.key.clone(),
                value: toleration.value.clone(),
                effect: toleration.effect,
                seconds: toleration.seconds,
            })
            .collect(),
        priority_class: placement.and_then(|placement| placement.priority_class.clone()),
    }
}

fn access(spec: &Spec) -> Access {
    let clients = spec
        .access
        .as_ref()
        .and_then(|access| access.clients.as_ref());
    let clients = match clients {
        Some(clients) => peers(spec, clients),
        None => vec![Peer {
            namespace: None,
            pods: one_label(CLIENT_LABEL, &spec.name.to_string()),
        }],
    };
    let dns = spec.access.as_ref().and_then(|access| access.dns.as_ref());
    let namespace = dns
        .and_then(|dns| dns.namespace.clone())
        .unwrap_or_else(|| known("kube-system", Label::parse));
    Access {
        clients,
        dns: Peer {
            namespace: Some(namespace).filter(|namespace| *namespace != spec.namespace),
            pods: dns
                .and_then(|dns| dns.pods.clone())
                .unwrap_or_else(|| one_label("k8s-app", "kube-dns")),
        },
        dns_port: dns
            .and_then(|dns| dns.port)
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(53),
        tls: tls::of(spec),
    }
}

fn peers(spec: &Spec, clients: &[types::Client]) -> Vec<Peer> {
    let clients = clients.iter();
    clients
        .map(|client| Peer {
            // A namespace overlay moves the policies, but not a namespace that they name.
            namespace: client
                .namespace
                .clone()
                .filter(|namespace| *namespace != spec.namespace),
            pods: client.pods.clone(),
        })
        .collect()
}

fn one_label(key: &str, value: &str) -> BTreeMap<LabelKey, LabelValue> {
    BTreeMap::from([(known(key, LabelKey::parse), known(value, LabelValue::parse))])
}

/// A value of which we know that it parses: a default, or one made of values that did.
fn known<T>(text: &str, parse: impl Fn(&str) -> Result<T, crate::value::Fault>) -> T {
    match parse(text) {
        Ok(value) => value,
        Err(fault) => unreachable!("`{text}` is a default: {fault}"),
    }
}
