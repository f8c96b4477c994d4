//! Every test that needs more than one stage, in one binary: one link.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]
#![cfg_attr(
    not(feature = "soak"),
    allow(dead_code, reason = "the tests of the soak use more")
)]

/// How many times as many random cases as usual: `soak` takes more, of the same modules.
const FACTOR: u32 = 1;

mod alerts;
mod backup;
mod blast_radius;
mod bootstrap;
mod cases;
mod compiled;
mod definitions;
mod determinism;
mod disk;
mod documents;
mod drill;
mod explain;
mod faults;
mod fixture;
mod flows;
mod forecast;
mod generate;
mod hostile;
mod input;
mod kubelet;
mod load;
mod monitoring;
mod neon;
mod objects;
mod overlays;
mod pooler;
mod pre_commit;
mod printed;
mod rehearsal;
mod rules;
mod runbook;
mod scanners;
mod secrets;
mod server;
mod shell;
mod tls;
mod tools;
