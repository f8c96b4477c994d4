//! What the runbook says of who can do what: roles of the database from the [`Model`], the network
//! and the keys of Secrets from the objects that are emitted, so that the tables cannot say
//! something else than what is applied.

mod flows;
mod keys;

use crate::audit::context::{WORKLOAD, text};
use crate::lower::{BACKUP_ROLE, MONITORING_ROLE, Object, RELOAD_ROLE, RESTORE_ROLE};
use crate::model::{Engine, Holder, Key, Model, Secret};
use flows::Flow;
use keys::Mounted;
use serde::Serialize;
use serde_json::Value;

/// What the template speaks of as `who`.
#[derive(Debug, Serialize)]
pub struct Who {
    roles: Vec<Role>,
    flows: Vec<Flow>,
    /// Workloads that are in no flow.
    alone: Vec<String>,
    keys: Vec<Mounted>,
}

#[derive(Debug, Serialize)]
struct Role {
    name: String,
    can: String,
    secret: String,
    key: String,
    /// The workloads whose pods read the password.
    read_by: Vec<String>,
}

impl Who {
    /// The facts of a database.
    pub fn of(model: &Model, objects: &[Object]) -> Self {
        let keys = keys::mounted(objects);
        let (flows, alone) = flows::all(objects);
        let secrets = model.secrets();
        let restore = model.restore_secret();
        let roles = secrets
            .iter()
            .chain(&restore)
            .flat_map(|secret| secret.keys.iter().map(move |key| (secret, key)))
            .map(|(secret, key)| role(model, secret, key, &keys))
            .collect();
        Self {
            roles,
            flows,
            alone,
            keys,
        }
    }
}

fn role(model: &Model, secret: &Secret<'_>, key: &Key<'_>, mounted: &[Mounted]) -> Role {
    let secret = secret.name.to_string();
    let name = match key.of {
        Holder::Superuser => "postgres".to_owned(),
        Holder::Backup => BACKUP_ROLE.to_owned(),
        Holder::Restore => RESTORE_ROLE.to_owned(),
        Holder::Reload => RELOAD_ROLE.to_owned(),
        Holder::Monitoring => MONITORING_ROLE.to_owned(),
        Holder::NeonApi => key.name.clone(),
        Holder::Role(name) => name.to_string(),
    };
    let read = mounted
        .iter()
        .find(|mounted| mounted.secret == secret && mounted.key == key.name);
    Role {
        can: can(model, key.of),
        read_by: read.map(|read| read.by.clone()).unwrap_or_default(),
        name,
        secret,
        key: key.name.clone(),
    }
}

/// What somebody with that password may do.
fn can(model: &Model, holder: Holder<'_>) -> String {
    match holder {
        Holder::Superuser => "everything, in every database".into(),
        Holder::Backup => {
            "read every table of every database, past row security; change nothing".into()
        }
        Holder::Restore => "make databases, and make for each restore a login with the rights of that database's owners, which is gone afterwards; log in only as long as its Secret is there".into(),
        Holder::Reload => "have the server read its files again, and nothing else: no table, and no database but `postgres`".into(),
        Holder::Monitoring => "look at what the server tells of itself (`pg_monitor`): who is connected and what they ask, statistics, settings, sizes; read no table".into(),
        Holder::NeonApi => "no role of the database: at Neon's API, make, keep and delete branches of the project that the key is for, and read the passwords of their roles".into(),
        Holder::Role(name) => match &model.engine {
            Engine::Neon(neon) if neon.branch().is_some() && neon.role == *name => {
                "what the owner of its databases may at Neon; there the pooler logs in with another password".into()
            }
            Engine::Neon(neon) if neon.role == *name => {
                "what the owner of its databases may at Neon; backups and restores log in as it".into()
            }
            Engine::Neon(_) => "what was granted to it at Neon".into(),
            Engine::Postgres(server) => {
                let marked = |name: &crate::value::Identifier| {
                    crate::emit::escape::markdown(&name.to_string())
                };
                let databases = server.databases.iter();
                let owned = databases.filter(|database| database.owner == *name);
                let owned = owned.map(|database| format!("everything in database {}, which it owns", marked(&database.name)));
                let roles = model.roles.iter().filter(|role| role.name == *name);
                let groups = roles.flat_map(|role| &role.member_of);
                let groups = groups.map(|group| format!("what {} may", marked(group)));
                let rest = ["what is granted to it".to_owned()];
                owned.chain(groups).chain(rest).collect::<Vec<_>>().join("; ")
            }
        },
    }
}

/// The workload that a pod is of, by its metadata.
fn workload(metadata: &Value) -> &str {
    text(&metadata["labels"][WORKLOAD])
}
