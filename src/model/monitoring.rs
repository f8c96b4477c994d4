//! What is watched.

use super::{Peer, Resources};
use crate::spec::types::Rules;
use crate::value::Image;

/// What is watched.
#[derive(Debug, Clone, PartialEq)]
pub struct Monitoring {
    /// How rules reach Prometheus.
    pub rules: Rules,
    /// What asks the server; none where only Kubernetes is asked.
    pub exporter: Option<Exporter>,
    /// Whether there is a dashboard.
    pub dashboard: bool,
    /// Who reads from it, and from the poolers' exporters.
    pub scrapers: Vec<Peer>,
}

/// What tells Prometheus what the server knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Exporter {
    /// What runs.
    pub image: Image,
    /// What its pod gets.
    pub resources: Resources,
}
