//! What of a spec gets CPU and memory, for the rules that look at how much.

use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::spec::types::Choice;
use crate::validate::defaults::{self, backup, monitoring, pooler};
use crate::value::{Cpu, Size};

/// One container, and what it gets.
pub struct Workload {
    /// Its table.
    pub at: Path,
    /// The request, as written or by default.
    pub cpu: Cpu,
    /// The limit, if one is written.
    pub cpu_limit: Option<Cpu>,
    /// Request and limit of memory, if they are written.
    pub memory: Option<Size>,
}

/// Every table of the spec with `cpu`, `memory` and `cpu_limit`.
pub fn workloads(spec: &Spec) -> Vec<Workload> {
    let mut found = Vec::new();
    let mut add = |at: Path, default: &str, cpu: Option<Cpu>, limit, memory| {
        let Some(cpu) = cpu.or_else(|| Cpu::parse(default).ok()) else {
            return;
        };
        found.push(Workload {
            at,
            cpu,
            cpu_limit: limit,
            memory,
        });
    };
    if let Some(it) = &spec.postgres {
        add(
            path!["postgres"],
            defaults::CPU,
            it.cpu,
            it.cpu_limit,
            it.memory,
        );
    }
    if let Some(it) = &spec.backup {
        add(
            path!["backup"],
            backup::CPU,
            it.cpu,
            it.cpu_limit,
            it.memory,
        );
        if let Some(Choice::With(it)) = &it.rehearsal {
            let at = path!["backup", "rehearsal"];
            add(at, backup::REHEARSAL_CPU, it.cpu, it.cpu_limit, it.memory);
        }
        if let Some(it) = &it.drill {
            add(
                path!["backup", "drill"],
                backup::CPU,
                it.cpu,
                it.cpu_limit,
                it.memory,
            );
        }
    }
    if let Some(it) = &spec.restore {
        add(
            path!["restore"],
            backup::CPU,
            it.cpu,
            it.cpu_limit,
            it.memory,
        );
    }
    if let Some(it) = &spec.pooler {
        add(
            path!["pooler"],
            pooler::CPU,
            it.cpu,
            it.cpu_limit,
            it.memory,
        );
        if let Some(Choice::With(it)) = &it.exporter {
            let at = path!["pooler", "exporter"];
            add(at, pooler::EXPORTER_CPU, it.cpu, it.cpu_limit, it.memory);
        }
    }
    let monitoring = spec.monitoring.as_ref();
    if let Some(Choice::With(it)) = monitoring.and_then(|table| table.exporter.as_ref()) {
        let at = path!["monitoring", "exporter"];
        add(at, monitoring::CPU, it.cpu, it.cpu_limit, it.memory);
    }
    found
}
