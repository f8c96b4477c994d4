//! What stands between the applications and the server.

use super::Resources;
use crate::spec::types::PoolMode;
use crate::value::Image;

/// `PgBouncer`.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooler {
    /// What runs.
    pub image: Image,
    /// How many of them.
    pub replicas: u16,
    /// For how long a client has a connection of the server.
    pub mode: PoolMode,
    /// Connections to the server for one database and role, of each replica.
    pub pool_size: u16,
    /// Clients of each replica.
    pub max_clients: u16,
    /// What each pod gets.
    pub resources: Resources,
    /// What tells Prometheus of each; none where nothing does.
    pub exporter: Option<PoolerExporter>,
}

/// What reads PgBouncer's console, in the same pod.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolerExporter {
    /// What runs.
    pub image: Image,
    /// What it gets.
    pub resources: Resources,
}
