//! `[monitoring]`: what is watched.

use super::Client;
use crate::value::{Cpu, Image, Size};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::json;

/// What is watched. `docs/alerts.md` lists the alerts; RUNBOOK.md says what to do about each.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Monitoring {
    /// How the alerts reach Prometheus. They read what kube-state-metrics and the kubelet tell, and the
    /// exporter where there is one. Default: `config-map`.
    #[schemars(example = &"prometheus-operator")]
    pub rules: Option<Rules>,
    /// Whether `postgres_exporter` tells Prometheus what the server itself knows: connections, locks,
    /// transactions, what is left until a wraparound, write-ahead log. `true`, or a table. It logs in as
    /// a role of its own, whose password is key `monitoring` of the Secret. Not with `[neon]`, whose
    /// compute it would keep awake. Default: `false`.
    #[schemars(example = true)]
    pub exporter: Option<Choice<Exporter>>,
    /// The pods that may read from the exporters, the poolers' too: Prometheus. Default: those with
    /// `app.kubernetes.io/name: prometheus` in the namespace `monitoring`.
    #[schemars(example = serde_json::json!([{ "namespace": "monitoring", "pods": { "app.kubernetes.io/name": "prometheus" } }]))]
    #[schemars(length(max = 50))]
    pub scrapers: Option<Vec<Client>>,
    /// Whether there is a dashboard for Grafana: a ConfigMap with the label `grafana_dashboard: "1"`,
    /// which the sidecar of Grafana's chart looks for. What an exporter tells is on it where there is one.
    /// Default: `false`.
    #[schemars(example = true)]
    pub dashboard: Option<bool>,
}

/// How the alerts reach Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rules {
    /// A ConfigMap with a rules file, which Prometheus is given by `rule_files`.
    ConfigMap,
    /// A PrometheusRule, for a cluster with the Prometheus operator. The exporter then has a PodMonitor,
    /// too.
    PrometheusOperator,
    /// None.
    None,
}

/// Whether there is something, and what it gets.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Choice<T> {
    /// Whether there is.
    Wanted(bool),
    /// There is, and it gets this.
    With(T),
}

impl<T: Clone + Default> Choice<T> {
    /// What is said of it, where it is wanted.
    pub fn wanted(&self) -> Option<T> {
        match self {
            Self::Wanted(wanted) => wanted.then(T::default),
            Self::With(said) => Some(said.clone()),
        }
    }
}

/// What the exporter runs, and gets.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exporter {
    /// The image: one with `/bin/postgres_exporter` of 0.17 and `/bin/sh`. The tag names the release,
    /// or a digest follows it. Default: `quay.io/prometheuscommunity/postgres-exporter:v0.17.1`.
    #[schemars(example = &"quay.io/prometheuscommunity/postgres-exporter:v0.17.1")]
    pub image: Option<Image>,
    /// The CPU that is requested. Default: `20m`.
    #[schemars(example = &"20m")]
    pub cpu: Option<Cpu>,
    /// The memory that it gets, as request and limit. Default: `64Mi`.
    #[schemars(example = &"64Mi")]
    pub memory: Option<Size>,
    /// A limit on CPU. Default: none.
    #[schemars(example = &"200m")]
    pub cpu_limit: Option<Cpu>,
}

/// One schema for both, so that each fault is found at its own place.
impl<T: JsonSchema> JsonSchema for Choice<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}Choice", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("type".into(), json!(["boolean", "object"]));
        schema.remove("description");
        schema
    }
}
