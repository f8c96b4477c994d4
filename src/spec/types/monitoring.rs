//! `[monitoring]`: what is watched.

use schemars::JsonSchema;
use serde::Deserialize;

/// What is watched. `docs/alerts.md` lists the alerts; RUNBOOK.md says what to do about each.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// How the alerts reach Prometheus. They read what kube-state-metrics and the kubelet tell.
    /// Default: `config-map`.
    #[schemars(example = &"prometheus-operator")]
    pub rules: Option<Rules>,
}

/// How the alerts reach Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rules {
    /// A ConfigMap with a rules file, which Prometheus is given by `rule_files`.
    ConfigMap,
    /// A PrometheusRule, for a cluster with the Prometheus operator.
    PrometheusOperator,
    /// None.
    None,
}
