//! What is behind the pooler.

use super::super::bootstrap::{password_path, passwords};
use super::super::names::SERVER;
use super::super::{Names, branch, pod, reload, tls, upstream};
use super::ini;
use crate::model::{Engine, Model, Place};
use crate::scripts::{self, Script};
use k8s_openapi::api::core::v1::{
    Container, EnvVar, PodDNSConfig, Volume, VolumeMount, VolumeProjection,
};
use std::collections::BTreeMap;

/// What is behind the pooler: all in which one engine differs from another.
pub struct Upstream {
    /// Where its connections go; none where a container before says it.
    pub host: Option<EnvVar>,
    /// The annotations that `host` reads.
    pub annotations: BTreeMap<String, String>,
    /// Who may log in: the file below `/secrets` that holds the password, and the role. PgBouncer
    /// logs in to the server as the same role.
    pub logins: Vec<(String, String)>,
    /// The Secrets that hold those files.
    pub secrets: Vec<VolumeProjection>,
    /// Lines of pgbouncer.ini on TLS to the server.
    pub tls: String,
    /// The file that these name.
    pub ca_file: &'static str,
    /// The certificates that these name, and where they are mounted.
    pub authorities: (Option<Volume>, Option<VolumeMount>),
    /// How names are looked up.
    pub dns: Option<PodDNSConfig>,
    /// What runs before all else, and the volume that it needs.
    pub first: Option<(Container, Volume)>,
    /// What the pod runs of ours.
    pub scripts: &'static [Script],
    /// What the head of pgbouncer.ini says of who writes, and of how one logs in at the server.
    pub notes: [&'static str; 2],
}

impl Upstream {
    /// The server of the same folder, or Neon.
    pub fn of(model: &Model, names: &Names<'_>) -> Self {
        let logins = model.roles.iter();
        let logins = logins
            .map(|role| (password_path(role), role.name.to_string()))
            .collect();
        let secrets = passwords(model, BTreeMap::new());
        let tls = upstream::server_tls(model);
        match &model.engine {
            Engine::Postgres(_) => Self {
                host: Some(pod::annotation_variable("PGHOST", SERVER)),
                annotations: BTreeMap::from([(SERVER.to_owned(), names.direct())])
                    .into_iter()
                    .chain(tls.and_then(reload::foreign))
                    .collect(),
                logins,
                secrets,
                // As every other pod of ours reaches it.
                tls: match tls {
                    Some(_) => ini::VERIFIED.into(),
                    None => ini::PLAIN.into(),
                },
                ca_file: upstream::MOUNTED,
                authorities: (
                    tls.map(|tls| tls::trusted(tls, upstream::FILE)),
                    tls.map(|_| pod::read_only("ca", upstream::AUTHORITIES)),
                ),
                dns: None,
                first: None,
                scripts: &scripts::POOLER,
                notes: ini::NOTES,
            },
            Engine::Neon(neon) => {
                let (file, volume, mount) = upstream::of_pooler(neon);
                let (host, first, scripts, notes): (_, _, &[Script], _) = match &neon.place {
                    Place::Endpoint { host, .. } => {
                        let host = pod::variable("PGHOST", &host.to_string());
                        (Some(host), None, &scripts::POOLER, ini::NOTES)
                    }
                    Place::Branch(branch) => {
                        let first = branch::first(model, neon, branch);
                        (None, Some(first), &scripts::POOLER_OF_BRANCH, branch::NOTES)
                    }
                };
                Self {
                    host,
                    annotations: upstream::foreign(neon),
                    logins,
                    secrets,
                    tls: ini::neon(file),
                    ca_file: file,
                    authorities: (volume, mount),
                    dns: upstream::dns(model),
                    first,
                    scripts,
                    notes,
                }
            }
        }
    }
}
