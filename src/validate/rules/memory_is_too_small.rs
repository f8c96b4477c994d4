//! Memory that the settings do not fit in.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use crate::validate::{defaults, settings};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0212",
        title: "settings that do not fit in the memory",
        text: "Shared buffers and /dev/shm count against the memory limit, and the server needs some beside them; beyond the limit the kernel kills it, and every connection with it.",
        bad: r#"[postgres]
memory = "1Gi"
settings = { shared_buffers = "1GB" }
"#,
        good: r#"[postgres]
memory = "4Gi"
settings = { shared_buffers = "1GB" }
"#,
    },
    severity: Severity::Error,
    check,
};

const MIB: u64 = 1024 * 1024;
/// Below this, not even the processes of an idle server fit.
const LEAST: u64 = 256 * MIB;

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(server) = spec.server() else {
        return;
    };
    let postgres = server.postgres;
    let memory = defaults::memory(postgres).bytes();
    if memory < LEAST {
        findings
            .value(
                path!["postgres", "memory"],
                "the memory is too small for a server",
            )
            .label("at least 256Mi")
            .help("write `memory = \"256Mi\"` or more; the default is 1Gi");
        return;
    }
    let buffers = settings::bytes(server, "shared_buffers").unwrap_or_default();
    let shm = defaults::shm(postgres).bytes();
    // What is left must hold the processes: an eighth, and no less than 64Mi.
    let fits = memory - (memory / 8).max(64 * MIB);
    if buffers.saturating_add(shm) > fits {
        let said = |name: &str| {
            postgres
                .settings
                .iter()
                .flatten()
                .any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let path = if said("shared_buffers") {
            path!["postgres", "settings", "shared_buffers"]
        } else {
            path!["postgres", "shm"]
        };
        findings
            .value(path, "shared_buffers and /dev/shm do not fit in the memory")
            .label(format!("{} MiB and {} MiB of {} MiB", buffers / MIB, shm / MIB, memory / MIB))
            .context(path!["postgres", "memory"], "the memory")
            .help("raise `postgres.memory`, or lower these: an eighth of the memory, and no less than 64Mi, is for the rest");
    }
}
