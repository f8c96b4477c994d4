//! What the runbook of a branch at Neon speaks of.

use super::facts::{Client, Secret, client, is_open_label, overrides, psql, secrets};
use super::pooler::Pooler;
use super::tls::Tls;
use crate::lower::Names;
use crate::model::{Authorities, Branch, Model, Neon};
use serde::Serialize;

/// What the template speaks of.
#[derive(Debug, Serialize)]
pub struct Facts {
    name: String,
    namespace: String,
    secret: String,
    project: String,
    branch: String,
    parent: Option<String>,
    ttl: String,
    /// Of what asks Neon's API.
    image: String,
    /// With psql, for a person.
    client: String,
    database: String,
    role: String,
    psql: String,
    secrets: Vec<Secret>,
    clients: Vec<Client>,
    open_label: bool,
    overrides: String,
    /// The `ConfigMap` with the authorities' certificates, where the spec names one.
    ca: Option<String>,
    pooler: Option<Pooler>,
    /// None where nothing is encrypted.
    tls: Option<Tls>,
    neon: bool,
}

impl Facts {
    /// The facts of a database.
    pub fn of(model: &Model, neon: &Neon, branch: &Branch) -> Self {
        let clients = model.access.clients.as_slice();
        Self {
            name: Names::of(model).name().to_owned(),
            namespace: model.namespace.to_string(),
            secret: model.secret.to_string(),
            project: branch.project.to_string(),
            branch: branch.name.to_string(),
            parent: branch.parent.as_ref().map(ToString::to_string),
            ttl: branch.ttl.to_string(),
            image: branch.image.to_string(),
            client: neon.client.to_string(),
            database: neon.database.to_string(),
            role: neon.role.to_string(),
            psql: psql(&neon.database.to_string()),
            secrets: secrets(model),
            clients: clients.iter().map(client).collect(),
            open_label: matches!(clients, [only] if is_open_label(only)),
            overrides: overrides(model),
            ca: match &neon.authorities {
                Authorities::Bundle => None,
                Authorities::ConfigMap { name, .. } => Some(name.to_string()),
            },
            pooler: Pooler::of(model),
            tls: Tls::of(model),
            neon: true,
        }
    }
}
