//! A subject in one spec: what it says, and what is decided where it says nothing.

use super::page::Page;
use super::setting;
use crate::data;
use crate::model::{Branch, Exporter, Model, Pooler, Server, VolumeSource};
use crate::spec::Document;
use crate::spec::faults::toml_text;
use crate::spec::types::{AccessMode, Kubernetes, PoolMode};
use crate::validate::sizing;
use serde_json::Value;

/// A spec in which nothing is wrong.
#[derive(Debug)]
pub struct Given<'s> {
    /// Where it was read.
    pub path: &'s str,
    /// What it says.
    pub document: &'s Document<'s>,
    /// What is meant.
    pub model: &'s Model,
}

impl Given<'_> {
    /// The page of a field, with what it is here.
    pub fn field(&self, path: &[&str], page: Page) -> Page {
        let document = self.document.to_json();
        let said: Vec<String> = values(&document, path)
            .into_iter()
            .filter_map(toml_text)
            .collect();
        let text = match (said.as_slice(), self.decided(path)) {
            ([], Some(decided)) => format!("{decided}, by default"),
            ([], None) => "left out".into(),
            (said, _) => format!("`{}`", said.join("`, `")),
        };
        page.text(format!("In {}: {text}", self.path))
    }

    /// The page of a setting, with its value here and who decided it.
    pub fn setting(&self, name: &str, page: Page) -> Page {
        let Some(server) = self.model.server() else {
            return page.text(format!("In {}: Neon decides the settings", self.path));
        };
        let major = server.postgres.major;
        let known = data::setting(major, name).map_or(name, |setting| setting.name);
        let here = server
            .postgres
            .settings
            .iter()
            .find(|setting| setting.name.eq_ignore_ascii_case(known));
        let text = match here {
            Some(here) => {
                let effect = if here.needs_restart {
                    "a change restarts the server"
                } else {
                    "a change is reloaded"
                };
                format!(
                    "`{}`, {}; {effect}",
                    here.value,
                    setting::origin(here.origin)
                )
            }
            None if data::setting(major, name).is_none() && !name.contains('.') => {
                format!("PostgreSQL {major} does not have it")
            }
            None => "not set: PostgreSQL's own default".into(),
        };
        page.text(format!("In {} (PostgreSQL {major}): {text}", self.path))
    }

    /// What stands in the model where the spec is silent.
    fn decided(&self, path: &[&str]) -> Option<String> {
        Some(match path {
            ["kubernetes"] => format!(
                "`{}`",
                match self.model.kubernetes {
                    Kubernetes::V1_33 => "1.33",
                    Kubernetes::V1_34 => "1.34",
                    Kubernetes::V1_35 => "1.35",
                    Kubernetes::V1_36 => "1.36",
                    Kubernetes::V1_37 => "1.37",
                }
            ),
            ["secret"] => format!("`{}`", self.model.secret),
            ["secret", "external", "kind"] if self.model.external.is_some() => {
                "`SecretStore`".into()
            }
            ["access", "dns", "port"] => format!("`{}`", self.model.access.dns_port),
            ["neon", "branch", field] => of_branch(self.model.neon()?.branch()?, field)?,
            ["pooler", field] => of_pooler(self.model.pooler.as_ref()?, field)?,
            ["monitoring", "exporter", field] => {
                of_exporter(self.model.monitoring.exporter.as_ref()?, field)?
            }
            _ => of_server(self.model.server()?, path)?,
        })
    }
}

fn of_server(server: &Server, path: &[&str]) -> Option<String> {
    let Server {
        postgres, storage, ..
    } = server;
    Some(match path.join(".").as_str() {
        "postgres.cpu" => format!("`{}`", postgres.cpu),
        "postgres.memory" => format!("`{}`", postgres.memory),
        "postgres.shm" => format!("`{}` ({})", postgres.shm, sizing::SHM_HOW),
        "postgres.locale" => format!(
            "`{}`, provider `{}`",
            postgres.locale.name, postgres.locale.provider
        ),
        "storage.reserve" => format!("`{}`", storage.reserve),
        "storage.class" => match storage.source {
            VolumeSource::DefaultClass => "the cluster's default class".into(),
            VolumeSource::Class(_) | VolumeSource::Static(_) => return None,
        },
        "storage.access_mode" => format!(
            "`{}`",
            match storage.access_mode {
                AccessMode::ReadWriteOnce => "ReadWriteOnce",
                AccessMode::ReadWriteOncePod => "ReadWriteOncePod",
            }
        ),
        "databases.owner" => {
            let owners: Vec<String> = server
                .databases
                .iter()
                .map(|database| database.owner.to_string())
                .collect();
            format!("`{}`", owners.join("`, `"))
        }
        _ => return None,
    })
}

fn of_branch(branch: &Branch, field: &str) -> Option<String> {
    Some(match field {
        "parent" => "the project's default branch".into(),
        "ttl" => format!("`{}`", branch.ttl),
        "image" => format!("`{}`", branch.image),
        _ => return None,
    })
}

fn of_pooler(pooler: &Pooler, field: &str) -> Option<String> {
    let value = match field {
        "image" => pooler.image.to_string(),
        "replicas" => pooler.replicas.to_string(),
        "pool_mode" => match pooler.mode {
            PoolMode::Transaction => "transaction".into(),
            PoolMode::Session => "session".into(),
        },
        "pool_size" => pooler.pool_size.to_string(),
        "max_clients" => pooler.max_clients.to_string(),
        "cpu" => pooler.resources.cpu.to_string(),
        "memory" => pooler.resources.memory.to_string(),
        _ => return None,
    };
    Some(format!("`{value}`"))
}

fn of_exporter(exporter: &Exporter, field: &str) -> Option<String> {
    let value = match field {
        "image" => exporter.image.to_string(),
        "cpu" => exporter.resources.cpu.to_string(),
        "memory" => exporter.resources.memory.to_string(),
        _ => return None,
    };
    Some(format!("`{value}`"))
}

/// The values at a path, of every element where an array is on the way.
fn values<'v>(value: &'v Value, path: &[&str]) -> Vec<&'v Value> {
    match (value, path.split_first()) {
        (_, None) => vec![value],
        (Value::Array(items), Some(_)) => {
            items.iter().flat_map(|item| values(item, path)).collect()
        }
        (_, Some((step, rest))) => value
            .get(*step)
            .map(|child| values(child, rest))
            .unwrap_or_default(),
    }
}
