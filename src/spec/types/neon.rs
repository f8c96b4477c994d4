//! `[neon]`: a database at Neon, which the pooler leads to.

use crate::value::{Identifier, SecretKey, Subdomain};
use schemars::JsonSchema;
use serde::Deserialize;

/// A database at Neon, instead of `[postgres]`, `[storage]` and `databases`. Applications dial the
/// same name and port as with a server of one's own, and get to a pooler.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Neon {
    /// The host of Neon's connection string without `-pooler`: the direct one, which backups dial
    /// too.
    #[schemars(example = &"ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech")]
    #[schemars(length(min = 1, max = 2048))]
    pub host: String,
    /// The database, as it is named at Neon. Every other database of the same role is backed up
    /// with it.
    #[schemars(example = &"neondb")]
    pub database: Identifier,
    /// The role that owns the database, as it is named at Neon. Its password: key `neon` of the
    /// Secret that `secret` names.
    #[schemars(example = &"neondb_owner")]
    pub role: Identifier,
    /// The major version of PostgreSQL at Neon: that of the client that backs up and restores.
    #[schemars(example = 17, range(min = 15, max = 18))]
    pub postgres: i64,
    /// The smallest size of the compute, in Neon's units: by it Neon limits the connections, and
    /// so the pools. Default: 0.25.
    #[schemars(example = 0.25, range(min = 0.25, max = 56.0))]
    pub min_compute: Option<f64>,
    /// A `ConfigMap` with the certificates of the authorities that may have signed Neon's. Default:
    /// the bundle that the pooler's image carries.
    #[schemars(example = serde_json::json!({ "config_map": "isrg-root", "key": "ca.crt" }))]
    pub ca: Option<ConfigMapReference>,
}

/// One key of a `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMapReference {
    /// The name of the `ConfigMap`.
    #[schemars(example = &"isrg-root")]
    pub config_map: Subdomain,
    /// The key in it.
    #[schemars(example = &"ca.crt")]
    pub key: SecretKey,
}
