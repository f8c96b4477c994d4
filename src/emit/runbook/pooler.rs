//! What the runbook says of the pooler.

use crate::lower::{Names, Workload};
use crate::model::Model;
use crate::spec::types::PoolMode;
use serde::Serialize;

/// What the template speaks of as `pooler`.
#[derive(Debug, Serialize)]
pub struct Pooler {
    /// Of the Deployment, and of its pods' label.
    name: String,
    image: String,
    replicas: u16,
    transaction: bool,
    pool_size: u16,
    max_clients: u16,
    exporter: bool,
}

impl Pooler {
    /// The facts of a database; none without a pooler.
    pub(super) fn of(model: &Model) -> Option<Self> {
        let pooler = model.pooler.as_ref()?;
        Some(Self {
            name: Names::of(model).workload(Workload::Pooler),
            image: pooler.image.to_string(),
            replicas: pooler.replicas,
            transaction: pooler.mode == PoolMode::Transaction,
            pool_size: pooler.pool_size,
            max_clients: pooler.max_clients,
            exporter: pooler.exporter.is_some(),
        })
    }
}
