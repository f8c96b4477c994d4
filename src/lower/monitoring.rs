//! `monitoring/`: the rules for Prometheus, in whatever it reads them from.

use super::{Names, Object};
use crate::alerts;
use crate::model::Model;
use crate::spec::types::Rules;
use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::json;
use std::collections::BTreeMap;

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
