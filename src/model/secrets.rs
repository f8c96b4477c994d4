//! The Secrets that the pods read: every key of them, and who logs in with it. Said here alone; the
//! ExternalSecret, `underpin secrets` and RUNBOOK.md are made of it, and a test holds it to what the
//! pods mount.

use super::{Engine, Model};
use crate::spec::types::StoreKind;
use crate::value::{Identifier, Subdomain};
use std::collections::BTreeMap;

/// The key of the Secret that holds the monitoring role's password.
pub const MONITORING_KEY: &str = "monitoring";

/// The key of the Secret that holds the key of Neon's API.
pub const API_KEY: &str = "neon-api";

/// The key of the Secret that holds the password of the role that reloads the server.
pub const RELOAD_KEY: &str = "reload";

/// Who makes the Secret with the passwords, where the team does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// The store.
    pub store: Subdomain,
    /// What it is.
    pub kind: StoreKind,
    /// Where in it.
    pub path: String,
}

/// A Secret and the keys that are read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret<'m> {
    /// Its name.
    pub name: &'m Subdomain,
    /// Never empty.
    pub keys: Vec<Key<'m>>,
}

/// A key of a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key<'m> {
    /// Its name.
    pub name: String,
    /// Whose password it is.
    pub of: Holder<'m>,
}

/// Who logs in with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder<'m> {
    /// `postgres`.
    Superuser,
    /// The role that backs up.
    Backup,
    /// The role that restores.
    Restore,
    /// The role that has the server read a renewed certificate.
    Reload,
    /// The role that the exporter logs in as.
    Monitoring,
    /// Nobody at a database: what asks Neon's API.
    NeonApi,
    /// A role of the spec.
    Role(&'m Identifier),
}

impl Model {
    /// The Secrets that must be there before anything runs: the database's own first, where
    /// anything is read of it.
    pub fn secrets(&self) -> Vec<Secret<'_>> {
        let key = |name: &str, of| Key {
            name: name.to_owned(),
            of,
        };
        let mut own = match &self.engine {
            Engine::Postgres(_) => {
                let reload = self.access.tls.iter();
                let reload = reload.map(|_| key(RELOAD_KEY, Holder::Reload));
                let monitoring = self.monitoring.exporter.iter();
                let monitoring = monitoring.map(|_| key(MONITORING_KEY, Holder::Monitoring));
                [
                    key("superuser", Holder::Superuser),
                    key("backup", Holder::Backup),
                ]
                .into_iter()
                .chain(reload)
                .chain(monitoring)
                .collect()
            }
            // That of the owner is one of the roles'.
            Engine::Neon(neon) => match neon.branch() {
                Some(_) => vec![key(API_KEY, Holder::NeonApi)],
                None => Vec::new(),
            },
        };
        let mut others: BTreeMap<&Subdomain, Vec<Key<'_>>> = BTreeMap::new();
        for role in &self.roles {
            let keys = match &role.password_secret {
                Some(secret) if *secret != self.secret => others.entry(secret).or_default(),
                _ => &mut own,
            };
            keys.push(key(role.password_key.as_str(), Holder::Role(&role.name)));
        }
        let own = Some((&self.secret, own)).filter(|(_, keys)| !keys.is_empty());
        own.into_iter()
            .chain(others)
            .map(|(name, keys)| Secret { name, keys })
            .collect()
    }

    /// The Secret that is made when a restore is needed; none where the owner restores.
    pub fn restore_secret(&self) -> Option<Secret<'_>> {
        let recovery = self.recovery.as_ref().filter(|_| self.server().is_some())?;
        Some(Secret {
            name: &recovery.restore.secret,
            keys: vec![Key {
                name: "password".to_owned(),
                of: Holder::Restore,
            }],
        })
    }

    /// Whether the team makes that Secret, and not something in the cluster.
    pub fn is_made_by_hand(&self, secret: &Secret<'_>) -> bool {
        self.external.is_none() || *secret.name != self.secret
    }
}
