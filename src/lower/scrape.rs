//! How Prometheus finds the pods that tell it something: by annotations, which most scrape
//! configurations for pods look for, or by a PodMonitor. Both would be two targets of one pod.

use super::{Names, Object, Workload};
use crate::model::Model;
use crate::spec::types::Rules;
use serde_json::json;
use std::collections::BTreeMap;

/// The annotations of such a pod; none where the operator looks.
pub fn annotations(model: &Model, port: i32) -> BTreeMap<String, String> {
    if by_operator(model) {
        return BTreeMap::new();
    }
    BTreeMap::from([
        ("prometheus.io/scrape".to_owned(), "true".to_owned()),
        ("prometheus.io/port".to_owned(), port.to_string()),
        ("prometheus.io/path".to_owned(), "/metrics".to_owned()),
    ])
}

/// How the operator's Prometheus finds the pods of a workload, by their port `metrics`
/// (<https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor>).
pub fn pod_monitor(model: &Model, names: &Names<'_>, workload: Workload) -> Option<Object> {
    let monitor = json!({
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": names.metadata(names.workload(workload)),
        "spec": {
            "selector": names.label_selector(workload),
            "podMetricsEndpoints": [{
                "port": "metrics",
                "path": "/metrics",
                // Prometheus says the namespace itself, and keeps an exporter's own beside it.
                "metricRelabelings": [{ "action": "labeldrop", "regex": "exported_namespace" }],
            }],
        },
    });
    let path = format!("monitoring/pod-monitor-{}.yaml", workload.name());
    by_operator(model).then(|| Object::new(&path, &monitor))
}

fn by_operator(model: &Model) -> bool {
    model.monitoring.rules == Rules::PrometheusOperator
}
