//! `[pooler]`: what stands between the applications and the server.

use super::Choice;
use crate::value::{Cpu, Image, Size};
use schemars::JsonSchema;
use serde::Deserialize;

/// `PgBouncer` in front of the server: many clients share few connections. Applications dial the
/// same name and port as without it; `<name>-direct` leads to the server itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pooler {
    /// The image: one with `/usr/bin/pgbouncer` of 1.21 or later. The tag names the release, or a
    /// digest follows it. Default: `docker.io/edoburu/pgbouncer:v1.25.2-p0`.
    #[schemars(example = &"docker.io/edoburu/pgbouncer:v1.25.2-p0")]
    pub image: Option<Image>,
    /// How many poolers run, on different nodes where there are some. Default: 2.
    #[schemars(example = 2, range(min = 1, max = 10))]
    pub replicas: Option<i64>,
    /// For how long a client has a connection of the server to itself. Default: `transaction`.
    #[schemars(example = &"transaction")]
    pub pool_mode: Option<PoolMode>,
    /// How many connections each pooler opens to the server for one database and role. Default:
    /// 20.
    #[schemars(example = 20, range(min = 1, max = 10_000))]
    pub pool_size: Option<i64>,
    /// How many clients each pooler takes. Default: 1000.
    #[schemars(example = 1000, range(min = 1, max = 50_000))]
    pub max_clients: Option<i64>,
    /// The CPU that is requested for each pooler, which can use one core. Default: `100m`.
    #[schemars(example = &"250m")]
    pub cpu: Option<Cpu>,
    /// The memory that each pooler gets, as request and limit. Default: `128Mi`.
    #[schemars(example = &"256Mi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"1")]
    pub cpu_limit: Option<Cpu>,
    /// Whether an exporter in each pooler's pod tells Prometheus of its pools: who waits, and whether
    /// it has connections at all. `true`, or a table. It reads PgBouncer alone, and wakes no compute at
    /// Neon. Who may read from it: `monitoring.scrapers`. Default: `false`.
    #[schemars(example = true)]
    pub exporter: Option<Choice<PoolerExporter>>,
}

/// What the exporter of a pooler runs, and gets.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolerExporter {
    /// The image: one with `/bin/pgbouncer_exporter` of 0.10 or later. The tag names the release, or a
    /// digest follows it. Default: `quay.io/prometheuscommunity/pgbouncer-exporter:v0.11.0`.
    #[schemars(example = &"quay.io/prometheuscommunity/pgbouncer-exporter:v0.11.0")]
    pub image: Option<Image>,
    /// The CPU that is requested. Default: `10m`.
    #[schemars(example = &"10m")]
    pub cpu: Option<Cpu>,
    /// The memory that it gets, as request and limit. Default: `64Mi`.
    #[schemars(example = &"64Mi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"200m")]
    pub cpu_limit: Option<Cpu>,
}

/// For how long a client has a connection of the server to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PoolMode {
    /// Until its transaction ends. What a session keeps beyond that is lost or reaches another
    /// client: `SET`, `LISTEN`, temporary tables, session advisory locks.
    Transaction,
    /// Until it disconnects. Nothing breaks; connections are shared only by clients that come and
    /// go.
    Session,
}
