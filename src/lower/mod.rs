//! A [`Model`] in, [`Objects`](Object) out: what the cluster shall hold. Cannot fail.
//!
//! One file per concern, named as the folders of the output. Every object is built with
//! k8s-openapi's types, so that a misspelt field does not compile. Names and labels are made in
//! [`names`] alone, pods in [`pod`].

mod access;
mod backup;
mod bootstrap;
mod branch;
mod drill;
mod exporter;
mod job;
mod monitoring;
mod names;
mod pod;
mod pooler;
pub mod postgresql_conf;
mod rehearsal;
mod reload;
mod restore;
mod scrape;
mod secret;
mod server;
mod service;
mod storage;
mod throwaway;
mod tls;
mod upstream;

use crate::audit::seal;
use crate::model::{Engine, Model};
pub use backup::{ROLE as BACKUP_ROLE, starting_deadline};
pub use exporter::{QUERIES, ROLE as MONITORING_ROLE};
pub use job::NET;
pub use names::{Disk, Names, Workload};
pub use pod::user;
pub use reload::{DEADLINE as RELOAD_DEADLINE, LATE as RELOAD_LATE, ROLE as RELOAD_ROLE};
pub use restore::ROLE as RESTORE_ROLE;
pub use restore::job as restore_job;
pub use secret::secret;
use serde::Serialize;
use serde_json::Value;
pub use server::volume_path;

/// One object and the file that it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Relative to the database's folder: `server/stateful-set.yaml`.
    pub path: String,
    /// The object as JSON.
    pub value: Value,
    /// What a reviewer would ask, answered: a JSON pointer, and the comment above its key.
    pub comments: Vec<(&'static str, &'static str)>,
}

impl Object {
    fn new(path: &str, object: &impl Serialize) -> Self {
        Self {
            path: path.to_owned(),
            value: serde_json::to_value(object).expect("Kubernetes objects have string keys"),
            comments: Vec::new(),
        }
    }

    fn comment(mut self, pointer: &'static str, text: &'static str) -> Self {
        self.comments.push((pointer, text));
        self
    }
}

/// Every object of a database, by path.
pub fn lower(model: &Model) -> Vec<Object> {
    let names = Names::of(model);
    let mut objects = Vec::new();
    match &model.engine {
        Engine::Postgres(server) => {
            let configuration = postgresql_conf::render(server, model.access.tls.is_some());
            objects.extend(server::objects(model, server, &names, &configuration));
            objects.extend(storage::data(model, server, &names));
            objects.extend(bootstrap::objects(model, server, &names, &configuration));
        }
        // Everything else of it is Neon's.
        Engine::Neon(_) => {}
    }
    objects.extend(pooler::objects(model, &names));
    objects.extend(access::objects(model, &names));
    objects.extend(secret::objects(model, &names));
    if let Some(recovery) = &model.recovery {
        let backup = &recovery.backup;
        objects.extend(storage::backups(model, &backup.volume, &names));
        objects.extend(backup::objects(model, recovery, &names));
        objects.extend(restore::objects(model, recovery, &names));
        objects.extend(drill::objects(model, recovery, &names));
    }
    objects.extend(exporter::objects(model, &names));
    objects.extend(monitoring::objects(model, &names));
    objects.extend(tls::objects(model, &names));
    objects.extend(reload::objects(model, &names));
    objects.extend(monitoring::dashboard(model, &names));
    for object in &mut objects {
        seal::set(&mut object.value);
    }
    objects.sort_by(|a, b| a.path.cmp(&b.path));
    objects
}
