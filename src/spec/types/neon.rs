//! `[neon]`: a database at Neon, which the pooler leads to.

use crate::value::{
    BranchId, BranchName, Duration, Identifier, Image, NeonProject, SecretKey, Subdomain,
};
use schemars::JsonSchema;
use serde::Deserialize;

/// A database at Neon, instead of `[postgres]`, `[storage]` and `databases`. Applications dial the
/// same name and port as with a server of one's own, and get to a pooler.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("if" = { "required": ["branch"] }, "else" = { "required": ["host", "postgres"] }))]
pub struct Neon {
    /// The host of Neon's connection string without `-pooler`: the direct one, which backups dial
    /// too. Needed, unless there is `[neon.branch]` in its place.
    #[schemars(example = &"ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech")]
    #[schemars(length(min = 1, max = 2048))]
    pub host: Option<String>,
    /// The database, as it is named at Neon. Every other database of the same role is backed up
    /// with it.
    #[schemars(example = &"neondb")]
    pub database: Identifier,
    /// The role that owns the database, as it is named at Neon. Its password: key `neon` of the
    /// Secret that `secret` names. With `[neon.branch]` that is the password that applications
    /// have, and Neon itself says the other.
    #[schemars(example = &"neondb_owner")]
    pub role: Identifier,
    /// The major version of PostgreSQL at Neon: that of the client that backs up and restores.
    /// Needed, unless there is `[neon.branch]`.
    #[schemars(example = 17, range(min = 15, max = 18))]
    pub postgres: Option<i64>,
    /// The smallest size of the compute, in Neon's units: by it Neon limits the connections, and
    /// so the pools. Default: 0.25.
    #[schemars(example = 0.25, range(min = 0.25, max = 56.0))]
    pub min_compute: Option<f64>,
    /// A `ConfigMap` with the certificates of the authorities that may have signed Neon's. Default:
    /// the bundle that the pooler's image carries.
    #[schemars(example = serde_json::json!({ "config_map": "isrg-root", "key": "ca.crt" }))]
    pub ca: Option<ConfigMapReference>,
    /// A branch of a database at Neon, one for each environment or preview, instead of `host`. The
    /// poolers make it where it is missing, and it goes some day.
    pub branch: Option<Branch>,
}

/// A branch at Neon. It is not backed up: what it is made from is.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// The id of the project at Neon. The key of its API: key `neon-api` of the Secret that `secret`
    /// names; one of this project alone is enough.
    #[schemars(example = &"round-river-12345678")]
    pub project: NeonProject,
    /// What the branch is called. One that is there under this name is adopted, unless it is the
    /// default one, protected, or made from another than `parent`.
    #[schemars(example = &"preview/pr-7")]
    pub name: BranchName,
    /// The id of the branch that it is made from. Default: the project's default branch.
    #[schemars(example = &"br-young-forest-a5b6c7d8")]
    pub parent: Option<BranchId>,
    /// After how long Neon deletes the branch with all that is in it, reckoned anew whenever a pooler
    /// starts; 30 days at most. Default: `24h`.
    #[schemars(example = &"24h")]
    pub ttl: Option<Duration>,
    /// The image that asks Neon's API: one with `/usr/local/bin/python3` of 3.11 or later. Default:
    /// `docker.io/library/python:3.13.14-alpine3.24`.
    #[schemars(example = &"docker.io/library/python:3.13.14-alpine3.24")]
    pub image: Option<Image>,
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
