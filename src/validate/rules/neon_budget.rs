//! Pools that want more connections than a small compute has.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::PoolMode;
use crate::validate::defaults::{neon, pooler};
use crate::validate::{Findings, Rule};

/// What Neon keeps for itself (<https://neon.com/docs/connect/connection-pooling>).
const NEONS: u64 = 7;
/// What our own Jobs may need, a backup and a restore with their sessions and workers; at a branch, who
/// dials it past the pooler.
const JOBS: u64 = 10;

/// See its explanation.
pub const POOLS: Rule = Rule {
    explanation: Explanation {
        code: "UP1105",
        title: "pools that a small compute cannot fill",
        text: "Neon decides `max_connections` by the size of the compute: 104 at 0.25 units, 209 at 0.5, 419 at 1. The smallest size that it may shrink to, `neon.min_compute`, is what can be reckoned with. Of these Neon keeps 7, and our Jobs are left 10. The poolers open up to `replicas` × `pool_size` connections for `neon.role` and for each of `roles`; if all of them were full at once and wanted more than there is, clients would get `too many connections`, and so would backups.",
        bad: r#"allow = [{ rule = "UP1001" }]
pooler.pool_size = 50
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
"#,
        good: r#"allow = [{ rule = "UP1001" }]
pooler.pool_size = 50
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
min_compute = 0.5
"#,
    },
    severity: Severity::Error,
    check: pools,
};

/// See its explanation.
pub const SESSION: Rule = Rule {
    explanation: Explanation {
        code: "UP1106",
        title: "session pooling before Neon",
        text: "In mode `session` a client has a connection of Neon's to itself until it disconnects. An application that keeps its connections open, as most do, then takes one for each of them: the pool is as many clients as there can be, and a compute that goes to sleep cuts every one of them off. In mode `transaction` idle clients hold no connection, and sleep is not noticed.",
        bad: r#"pooler.pool_mode = "session"
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
"#,
        good: r#"allow = [{ rule = "UP1001" }]
pooler.pool_mode = "transaction"
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
"#,
    },
    severity: Severity::Warning,
    check: session,
};

fn pools(spec: &Spec, findings: &mut Findings) {
    let (Some(there), Some(pooler)) = (&spec.neon, pooler::of(spec)) else {
        return;
    };
    let roles = 1 + spec.roles.as_ref().map_or(0, Vec::len) as u64;
    let wanted = u64::from(pooler.replicas) * u64::from(pooler.pool_size) * roles;
    let most = neon::max_connections(there);
    let left = most - NEONS - JOBS;
    if wanted <= left {
        return;
    }
    let written = spec.pooler.as_ref();
    let message = format!("the pools may open {wanted} connections, and there are {left} for them");
    let finding = if written.is_some_and(|pooler| pooler.pool_size.is_some()) {
        findings.value(path!["pooler", "pool_size"], message)
    } else if written.is_some() {
        findings.key(path!["pooler"], message)
    } else {
        findings.key(path!["neon"], message)
    };
    let size = there.min_compute.unwrap_or(neon::MIN_COMPUTE);
    let plural = if roles == 1 { "" } else { "s" };
    let others = if there.branch.is_some() {
        "who dials it directly is"
    } else {
        "our Jobs are"
    };
    finding
        .note(format!(
            "{} replicas × {} connections × {roles} role{plural}; a compute of {size} takes {most}, of which Neon keeps {NEONS} and {others} left {JOBS}",
            pooler.replicas, pooler.pool_size
        ))
        .help(format!(
            "`pooler.pool_size = {}`, or a larger `neon.min_compute`, at Neon too",
            (left / roles / u64::from(pooler.replicas)).max(1)
        ));
}

fn session(spec: &Spec, findings: &mut Findings) {
    let Some(written) = spec.pooler.as_ref().filter(|_| spec.neon.is_some()) else {
        return;
    };
    if written.pool_mode == Some(PoolMode::Session) {
        let pooler = pooler::pooler(written);
        findings
            .value(
                path!["pooler", "pool_mode"],
                "each client keeps a connection of Neon's, and loses it when the compute sleeps",
            )
            .label(format!(
                "{} clients of one role at most",
                u64::from(pooler.replicas) * u64::from(pooler.pool_size)
            ))
            .help("write `pool_mode = \"transaction\"`; what needs a session can dial `neon.host` itself");
    }
}
