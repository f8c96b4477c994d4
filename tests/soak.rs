//! What takes longer than the tests may: `just soak`, or `cargo test --features soak --test soak`.
//!
//! A target of its own, which `cargo test` does not run (`test = false` in Cargo.toml), instead of
//! tests that pass over themselves unless a variable is set: a test that is named in a report has
//! run. Run before a release, and where a change may be seen by these tests alone. The rooms that it
//! shares with the other tests are run by it as well, with more random cases; what stands in them under
//! `#[cfg(feature = "soak")]` is run by it alone.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

/// How many times as many random cases as in `cargo test`.
const FACTOR: u32 = 20;

mod alerts;
#[path = "soak/alerts.rs"]
mod alerts_mutated;
mod backup;
#[path = "soak/backup.rs"]
mod backup_matrix;
mod bootstrap;
#[path = "soak/bootstrap.rs"]
mod bootstrap_matrix;
mod cases;
#[path = "soak/cases.rs"]
mod cases_matrix;
mod compiled;
mod definitions;
mod determinism;
mod drill;
#[path = "soak/drill.rs"]
mod drill_large;
mod fixture;
mod generate;
mod hostile;
mod input;
#[allow(dead_code, reason = "the other tests use more of it")]
mod kubelet;
mod load;
#[path = "soak/majors.rs"]
mod majors_matrix;
mod monitoring;
mod neon;
mod objects;
mod pooler;
#[path = "soak/pre_commit.rs"]
mod pre_commit;
#[path = "soak/real.rs"]
mod real_schemas;
mod rehearsal;
mod runbook;
mod server;
#[path = "soak/server.rs"]
mod server_matrix;
mod tls;
#[allow(dead_code, reason = "the other tests use more of it")]
mod tools;
