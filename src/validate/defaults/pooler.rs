//! What a spec leaves out of `[pooler]`.

use super::known;
use crate::model::{Pooler, PoolerExporter, Resources};
use crate::spec::types::{self, Choice, PoolMode, Spec};
use crate::value::{Cpu, Image, Size};

/// `pooler.image`.
pub const IMAGE: &str = "docker.io/edoburu/pgbouncer:v1.25.2-p0";
/// `pooler.replicas`.
pub const REPLICAS: u16 = 2;
/// `pooler.pool_size`.
pub const POOL_SIZE: u16 = 20;
/// `pooler.max_clients`.
pub const MAX_CLIENTS: u16 = 1000;
/// `pooler.cpu`.
pub const CPU: &str = "100m";
/// `pooler.memory`.
pub const MEMORY: &str = "128Mi";
/// `pooler.exporter.image`.
pub const EXPORTER_IMAGE: &str = "quay.io/prometheuscommunity/pgbouncer-exporter:v0.11.0";
/// `pooler.exporter.cpu`.
pub const EXPORTER_CPU: &str = "10m";
/// `pooler.exporter.memory`.
pub const EXPORTER_MEMORY: &str = "64Mi";

/// What stands before the server, where the spec has it. Neon always has one.
pub fn of(spec: &Spec) -> Option<Pooler> {
    match (&spec.pooler, &spec.neon) {
        (Some(written), _) => Some(pooler(written)),
        (None, Some(_)) => Some(pooler(&types::Pooler::default())),
        (None, None) => None,
    }
}

/// What a table says, and what it leaves out.
pub fn pooler(pooler: &types::Pooler) -> Pooler {
    Pooler {
        image: pooler
            .image
            .clone()
            .unwrap_or_else(|| known(IMAGE, Image::parse)),
        replicas: number(pooler.replicas, REPLICAS),
        mode: pooler.pool_mode.unwrap_or(PoolMode::Transaction),
        pool_size: number(pooler.pool_size, POOL_SIZE),
        max_clients: number(pooler.max_clients, MAX_CLIENTS),
        resources: Resources {
            cpu: pooler.cpu.unwrap_or_else(|| known(CPU, Cpu::parse)),
            memory: pooler.memory.unwrap_or_else(|| known(MEMORY, Size::parse)),
            cpu_limit: pooler.cpu_limit,
        },
        exporter: pooler
            .exporter
            .as_ref()
            .and_then(Choice::wanted)
            .map(exporter),
    }
}

fn exporter(written: types::PoolerExporter) -> PoolerExporter {
    PoolerExporter {
        image: written
            .image
            .unwrap_or_else(|| known(EXPORTER_IMAGE, Image::parse)),
        resources: Resources {
            cpu: written
                .cpu
                .unwrap_or_else(|| known(EXPORTER_CPU, Cpu::parse)),
            memory: written
                .memory
                .unwrap_or_else(|| known(EXPORTER_MEMORY, Size::parse)),
            cpu_limit: written.cpu_limit,
        },
    }
}

/// The schema keeps numbers within bounds.
fn number(field: Option<i64>, default: u16) -> u16 {
    field
        .and_then(|number| u16::try_from(number).ok())
        .unwrap_or(default)
}
