//! What RUNBOOK.md says of the exporter.

use crate::lower::{Names, Workload};
use crate::model::Model;
use crate::spec::types::Rules;
use serde::Serialize;

/// The exporter of a database.
#[derive(Debug, Serialize)]
pub struct Exporter {
    /// Its Deployment, and what else is called so.
    name: String,
    /// Whether Prometheus finds it by the operator.
    pod_monitor: bool,
}

impl Exporter {
    /// None where nothing asks the server.
    pub fn of(model: &Model) -> Option<Self> {
        let monitoring = &model.monitoring;
        monitoring.exporter.as_ref().map(|_| Self {
            name: Names::of(model).workload(Workload::Exporter),
            pod_monitor: monitoring.rules == Rules::PrometheusOperator,
        })
    }
}
