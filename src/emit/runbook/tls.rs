//! What the runbook says of TLS.

use crate::lower::{Names, Workload};
use crate::model::{Model, Trust};
use serde::Serialize;

/// What its section speaks of.
#[derive(Debug, Serialize)]
pub struct Tls {
    secret: String,
    /// The Certificate, where cert-manager keeps the Secret.
    issuer: Option<String>,
    /// The `ConfigMap` and its key, where the authorities are there.
    authorities: Option<[String; 2]>,
    reload: String,
}

impl Tls {
    /// None where nothing is encrypted.
    pub fn of(model: &Model) -> Option<Self> {
        let tls = model.access.tls.as_ref()?;
        Some(Self {
            secret: tls.secret.to_string(),
            issuer: tls
                .issuer
                .as_ref()
                .map(|issuer| format!("{} {}", issuer.kind.name(), issuer.name)),
            authorities: match &tls.trust {
                Trust::Secret => None,
                Trust::ConfigMap { name, key } => Some([name.to_string(), key.to_string()]),
            },
            reload: Names::of(model).workload(Workload::Reload),
        })
    }
}
