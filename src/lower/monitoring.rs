//! `monitoring/`: the rules for Prometheus, in whatever it reads them from, and the dashboard.

use super::{Names, Object};
use crate::model::Model;
use crate::spec::types::Rules;
use crate::{alerts, dashboard};
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;
use std::collections::BTreeMap;

/// A `ConfigMap` with the dashboard, where it is wanted.
pub fn dashboard(model: &Model, names: &Names<'_>) -> Option<Object> {
    model.monitoring.dashboard.then(|| {
        let mut metadata = names.metadata(names.dashboard());
        let labels = metadata.labels.get_or_insert_default();
        labels.insert("grafana_dashboard".into(), "1".into());
        // The sidecar writes every dashboard into one folder.
        let file = format!("{}-{}.json", model.namespace, names.name());
        let config_map = ConfigMap {
            metadata,
            data: Some(BTreeMap::from([(file, dashboard::text(model))])),
            ..ConfigMap::default()
        };
        Object::new("monitoring/config-map-dashboard.yaml", &config_map).comment(
            "/data",
            "a dashboard for Grafana, as its sidecar finds it by the label; it names the base's namespace and objects",
        )
    })
}

/// A `ConfigMap` with a rules file, a `PrometheusRule`, or nothing.
pub fn objects(model: &Model, names: &Names<'_>) -> Option<Object> {
    let groups = alerts::groups(model);
    match model.monitoring.rules {
        Rules::None => None,
        Rules::ConfigMap => {
            let file = format!("{}.rules.yaml", names.name());
            let config_map = ConfigMap {
                metadata: names.metadata(names.alerts()),
                data: Some(BTreeMap::from([(file, alerts::text(&groups))])),
                ..ConfigMap::default()
            };
            let object = Object::new("monitoring/config-map-alerts.yaml", &config_map);
            Some(object.comment(
                "/data",
                "a rules file for Prometheus; the alerts read what kube-state-metrics and the kubelet tell, and RUNBOOK.md says what to do about each",
            ))
        }
        Rules::PrometheusOperator => {
            let object = json!({
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "PrometheusRule",
                "metadata": names.metadata(names.alerts()),
                "spec": alerts::value(&groups),
            });
            Some(
                Object::new("monitoring/prometheus-rule-alerts.yaml", &object).comment(
                    "/spec",
                    "the alerts read what kube-state-metrics and the kubelet tell; RUNBOOK.md says what to do about each",
                ),
            )
        }
    }
}
