//! What the runbook of a database at Neon speaks of.

use super::backup::Backup;
use super::facts::{Client, External, Role, Secret};
use super::facts::{client, is_open_label, overrides, psql, roles, secrets};
use super::pooler::Pooler;
use super::tls::Tls;
use crate::lower::{Names, user};
use crate::model::{Authorities, Model, Neon};
use crate::value::NeonHost;
use serde::Serialize;

/// psql's own look at Neon's certificate.
const VERIFIED: &str = "env PGSSLMODE=verify-full PGSSLROOTCERT=system";

/// What the template speaks of.
#[derive(Debug, Serialize)]
pub struct Facts {
    name: String,
    namespace: String,
    secret: String,
    host: String,
    /// The endpoint's id: the first part of the host.
    endpoint: String,
    major: u8,
    database: String,
    role: String,
    /// The client of our Jobs.
    image: String,
    uid: i64,
    /// The `ConfigMap` with the authorities' certificates, where the spec names one.
    ca: Option<String>,
    psql: String,
    /// The same past the pooler, logged in to any database.
    direct: String,
    direct_psql: String,
    /// That of `neon.role` first.
    roles: Vec<Role>,
    /// Those that are made by hand.
    secrets: Vec<Secret>,
    external: Option<External>,
    clients: Vec<Client>,
    open_label: bool,
    overrides: String,
    backup: Option<Backup>,
    pooler: Option<Pooler>,
    /// None where nothing is encrypted.
    tls: Option<Tls>,
    neon: bool,
}

impl Facts {
    /// The facts of a database.
    pub fn of(model: &Model, neon: &Neon, host: &NeonHost, major: u8) -> Self {
        let names = Names::of(model);
        let host = host.to_string();
        let psql = psql(&neon.database.to_string());
        let clients = model.access.clients.as_slice();
        Self {
            name: names.name().to_owned(),
            namespace: model.namespace.to_string(),
            secret: model.secret.to_string(),
            endpoint: host.split('.').next().unwrap_or_default().to_owned(),
            host,
            major,
            database: neon.database.to_string(),
            role: neon.role.to_string(),
            image: neon.client.to_string(),
            uid: user(model),
            ca: match &neon.authorities {
                Authorities::Bundle => None,
                Authorities::ConfigMap { name, .. } => Some(name.to_string()),
            },
            direct_psql: format!("{VERIFIED} {}", psql.strip_prefix("env ").unwrap_or(&psql)),
            direct: format!("{VERIFIED} psql"),
            psql,
            roles: roles(model),
            secrets: secrets(model),
            external: External::of(model),
            clients: clients.iter().map(client).collect(),
            open_label: matches!(clients, [only] if is_open_label(only)),
            overrides: overrides(model),
            backup: Backup::of(model),
            pooler: Pooler::of(model),
            tls: Tls::of(model),
            neon: true,
        }
    }
}
