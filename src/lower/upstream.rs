//! How our Jobs reach the databases: the server of the same folder, or Neon.

use super::names::{SERVER, STATEFUL_SET};
use super::{Names, pod, reload, tls};
use crate::audit::hash::FOREIGN;
use crate::model::{Authorities, Engine, Model, Neon, Place, Tls};
use crate::validate::defaults::neon::KEY;
use crate::value::NeonHost;
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, Container, EnvVar, KeyToPath, PodDNSConfig, PodDNSConfigOption, Volume,
    VolumeMount,
};
use std::collections::BTreeMap;

/// Where the certificates of authorities are mounted.
pub const AUTHORITIES: &str = "/ca";
/// The file there.
pub const FILE: &str = "ca-certificates.crt";
/// The same as a path.
pub const MOUNTED: &str = "/ca/ca-certificates.crt";
/// Where the pooler's image has them.
const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The database of our own on a server of ours: what Jobs keep there, and their locks.
pub const HOME: &str = "underpin";

/// The variables that libpq reads, and what else the scripts must know of where they are.
pub fn connection(model: &Model, role: &str) -> Vec<EnvVar> {
    let (host, role, home, patience) = match &model.engine {
        Engine::Postgres(_) => (
            pod::annotation_variable("PGHOST", SERVER),
            role.to_owned(),
            HOME.to_owned(),
            "10",
        ),
        Engine::Neon(neon) => (
            pod::variable("PGHOST", &host(neon).to_string()),
            neon.role.to_string(),
            neon.database.to_string(),
            // A compute that sleeps is woken by the connection, and answers it then.
            "30",
        ),
    };
    let mut variables = vec![
        host,
        pod::variable("PGPORT", "5432"),
        pod::variable("PGUSER", &role),
        pod::variable("PGDATABASE", &home),
        pod::variable("PGCONNECT_TIMEOUT", patience),
    ];
    match &model.engine {
        Engine::Postgres(_) => {
            variables.push(pod::annotation_variable("SERVER_POD", STATEFUL_SET));
            variables.extend(verification(model));
        }
        Engine::Neon(_) => variables.extend([
            pod::variable("PGSSLMODE", "verify-full"),
            pod::variable("PGSSLROOTCERT", MOUNTED),
            // Nothing of ours makes roles there, and of the databases only our own role's are ours.
            pod::variable("BOOTSTRAP", ""),
            pod::variable("OWNED", "true"),
        ]),
    }
    variables
}

/// Where our Jobs go. A branch is not backed up, so that none of them dials it.
fn host(neon: &Neon) -> &NeonHost {
    match &neon.place {
        Place::Endpoint { host, .. } => host,
        Place::Branch(_) => unreachable!("no Job of ours dials a branch"),
    }
}

/// What libpq reads of TLS to a server of our own: its name and its authority are looked at.
pub fn verification(model: &Model) -> Vec<EnvVar> {
    if model.access.tls.is_none() {
        return Vec::new();
    }
    vec![
        pod::variable("PGSSLMODE", "verify-full"),
        pod::variable("PGSSLROOTCERT", MOUNTED),
    ]
}

/// The names of other objects, on the pods that read them from there.
pub fn annotations(model: &Model, names: &Names<'_>) -> BTreeMap<String, String> {
    match &model.engine {
        Engine::Postgres(_) => BTreeMap::from([
            (SERVER.to_owned(), names.direct()),
            (STATEFUL_SET.to_owned(), names.name().to_owned()),
        ])
        .into_iter()
        .chain(server_tls(model).and_then(reload::foreign))
        .collect(),
        Engine::Neon(neon) => foreign(neon),
    }
}

/// The `ConfigMap` that is not among our objects, where the spec names one.
pub fn foreign(neon: &Neon) -> BTreeMap<String, String> {
    match &neon.authorities {
        Authorities::Bundle => BTreeMap::new(),
        Authorities::ConfigMap { name, .. } => {
            BTreeMap::from([(FOREIGN.to_owned(), name.to_string())])
        }
    }
}

/// The key of the Secret with the password that backups log in with.
pub fn password_key(model: &Model) -> &'static str {
    match &model.engine {
        Engine::Postgres(_) => "backup",
        Engine::Neon(_) => KEY,
    }
}

/// A name such as Neon's has fewer dots than the five from which on a cluster's resolver takes a
/// name as it is: it would first be asked for below each of the cluster's own domains.
pub fn dns(model: &Model) -> Option<PodDNSConfig> {
    model.neon().map(|_| PodDNSConfig {
        options: Some(vec![PodDNSConfigOption {
            name: Some("ndots".into()),
            value: Some("1".into()),
        }]),
        ..PodDNSConfig::default()
    })
}

/// Copies the bundle out of the pooler's image: PostgreSQL's own carries none
/// (<https://github.com/docker-library/postgres/issues/1331>).
pub fn init(model: &Model) -> Option<Vec<Container>> {
    let (Some(Authorities::Bundle), Some(pooler)) = (authorities(model), &model.pooler) else {
        return None;
    };
    let container = pod::container_of(
        &pooler.image,
        Container {
            name: "ca".into(),
            command: Some(vec!["cp".into(), BUNDLE.into(), MOUNTED.into()]),
            resources: Some(pod::resources("10m", "32Mi", None, ("1Mi", "16Mi"))),
            volume_mounts: Some(vec![pod::mount("ca", AUTHORITIES)]),
            ..Container::default()
        },
    );
    Some(vec![container])
}

/// What a container mounts, and the certificates with it.
pub fn with_authorities(model: &Model, mut mounts: Vec<VolumeMount>) -> Vec<VolumeMount> {
    if authorities(model).is_some() || server_tls(model).is_some() {
        mounts.push(pod::read_only("ca", AUTHORITIES));
    }
    mounts
}

/// The volumes of a pod, and that of the certificates with them.
pub fn with_bundle(model: &Model, mut volumes: Vec<Volume>) -> Vec<Volume> {
    volumes.extend(server_tls(model).map(|tls| tls::trusted(tls, FILE)));
    match authorities(model) {
        None => {}
        Some(Authorities::Bundle) => volumes.push(pod::disk_volume("ca", "8Mi")),
        Some(named) => volumes.extend(named_authorities(named)),
    }
    volumes
}

/// The file that the pooler reads, and the volume and mount of it where they are not in its image.
pub fn of_pooler(neon: &Neon) -> (&'static str, Option<Volume>, Option<VolumeMount>) {
    match named_authorities(&neon.authorities) {
        None => (BUNDLE, None, None),
        Some(volume) => (
            MOUNTED,
            Some(volume),
            Some(pod::read_only("ca", AUTHORITIES)),
        ),
    }
}

fn authorities(model: &Model) -> Option<&Authorities> {
    model.neon().map(|neon| &neon.authorities)
}

/// TLS to a server of our own.
pub fn server_tls(model: &Model) -> Option<&Tls> {
    model.server().and(model.access.tls.as_ref())
}

fn named_authorities(authorities: &Authorities) -> Option<Volume> {
    let Authorities::ConfigMap { name, key } = authorities else {
        return None;
    };
    Some(Volume {
        name: "ca".into(),
        config_map: Some(ConfigMapVolumeSource {
            name: name.to_string(),
            default_mode: Some(0o444),
            items: Some(vec![KeyToPath {
                key: key.to_string(),
                path: "ca-certificates.crt".into(),
                mode: None,
            }]),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    })
}
