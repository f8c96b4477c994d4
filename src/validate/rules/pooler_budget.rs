//! Pools that want more connections than the server has.

use crate::data;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Postgres;
use crate::validate::defaults;
use crate::validate::settings;
use crate::validate::{Findings, Rule};
use std::collections::BTreeSet;

/// The connection limit of the role that the exporter logs in as.
const EXPORTER: u64 = 4;

/// See its explanation.
pub const ONE: Rule = Rule {
    explanation: Explanation {
        code: "UP1002",
        title: "a pool that the server cannot fill",
        text: "Each pooler opens up to `pool_size` connections for one database and role. Of the server's `max_connections`, three are kept for the superuser (`superuser_reserved_connections`, `reserved_connections`) and ten for backups, restores and bootstrap, four more for an exporter. If a single pool of all replicas wants more than what is left, clients get `too many clients already` under load, and backups fail.",
        bad: r#"allow = [{ rule = "UP1001" }]
[pooler]
pool_size = 50
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[postgres.settings]
max_connections = 150
[pooler]
pool_size = 50
"#,
    },
    severity: Severity::Error,
    check: one,
};

/// See its explanation.
pub const ALL: Rule = Rule {
    explanation: Explanation {
        code: "UP1003",
        title: "pools that together want more than the server has",
        text: "Each pooler opens up to `pool_size` connections for each database and role that are in use. Reckoned with are every database with its owner, and every other role of the spec with one database. If all those pools were full at once, they would want more connections than the server has beside those for the superuser and our Jobs; then clients wait, or get `too many clients already`, and so do backups. That may be fine where not all are busy at the same time: then an allowance says so.",
        bad: r#"databases = [{ name = "app" }, { name = "shop" }, { name = "stock" }]
pooler = { pool_mode = "session" }
"#,
        good: r#"databases = [{ name = "app" }, { name = "shop" }, { name = "stock" }]
pooler = { pool_mode = "session", pool_size = 10 }
"#,
    },
    severity: Severity::Warning,
    check: all,
};

/// What the pools may want, and what there is.
struct Budget {
    /// Connections of one pool, over all replicas.
    pool: u64,
    /// Databases with a role that uses them.
    pools: u64,
    most: u64,
    kept: u64,
}

impl Budget {
    fn of(spec: &Spec) -> Option<Self> {
        let server = spec.server()?;
        let pooler = defaults::pooler::pooler(spec.pooler.as_ref()?);
        let owners: BTreeSet<_> = spec.databases().iter().map(defaults::owner).collect();
        let others = spec
            .roles
            .iter()
            .flatten()
            .filter(|role| !owners.contains(&role.name));
        Some(Self {
            pool: u64::from(pooler.replicas) * u64::from(pooler.pool_size),
            pools: (spec.databases().len() + others.count()) as u64,
            most: settings::given(server).max_connections,
            kept: kept(server.postgres) + exporter(spec),
        })
    }

    fn left(&self) -> u64 {
        self.most.saturating_sub(self.kept)
    }
}

/// What the exporter may need: as many as its role may have.
fn exporter(spec: &Spec) -> u64 {
    let monitoring = spec.monitoring.as_ref();
    let wanted = monitoring.and_then(|table| table.exporter.as_ref()?.wanted());
    wanted.map_or(0, |_| EXPORTER)
}

/// What the superuser and our Jobs are left.
fn kept(postgres: &Postgres) -> u64 {
    let major = postgres.image.major().unwrap_or_default();
    let said = settings::spec_settings(postgres);
    let reserved = ["superuser_reserved_connections", "reserved_connections"];
    let reserved = reserved.iter().map(|name| {
        let said = said.iter().find(|(said, _)| said == name);
        let value = said.map(|(_, value)| value.as_str());
        value
            .or_else(|| data::setting(major, name).map(|setting| setting.boot_val))
            .and_then(|value| value.parse::<u64>().ok())
            .unwrap_or_default()
    });
    reserved.sum::<u64>() + settings::RESERVED
}

fn one(spec: &Spec, findings: &mut Findings) {
    let Some(budget) = Budget::of(spec) else {
        return;
    };
    if budget.pool > budget.left() {
        explain(
            spec,
            &budget,
            findings,
            &format!(
                "one pool may open {} connections, and the server has {} for all of them",
                budget.pool,
                budget.left()
            ),
        );
    }
}

fn all(spec: &Spec, findings: &mut Findings) {
    let Some(budget) = Budget::of(spec) else {
        return;
    };
    let wanted = budget.pool.saturating_mul(budget.pools);
    // Where one is too large, the error says it.
    if budget.pool <= budget.left() && wanted > budget.left() {
        explain(
            spec,
            &budget,
            findings,
            &format!(
                "{} pools may open {wanted} connections, and the server has {} for them",
                budget.pools,
                budget.left()
            ),
        );
    }
}

fn explain(spec: &Spec, budget: &Budget, findings: &mut Findings, message: &str) {
    let Some(written) = &spec.pooler else {
        return;
    };
    let pooler = defaults::pooler::pooler(written);
    let finding = match written.pool_size {
        Some(_) => findings.value(path!["pooler", "pool_size"], message),
        None => findings.key(path!["pooler"], message),
    };
    finding
        .note(format!(
            "{} replicas × {} connections for each database and role; max_connections is {}, of which {} are kept for the superuser, our Jobs and the exporter",
            pooler.replicas, pooler.pool_size, budget.most, budget.kept
        ))
        .help("lower `pooler.pool_size`, or raise `max_connections` in `postgres.settings`");
}
