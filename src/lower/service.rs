//! What stands before pods that applications dial: the port of a Service, and how many of the pods may be
//! moved at once.

use super::Names;
use super::names::Workload;
use k8s_openapi::api::core::v1::ServicePort;
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// PostgreSQL's, the same in every Service, whatever is behind it.
pub fn port() -> ServicePort {
    ServicePort {
        name: Some("postgresql".into()),
        port: 5432,
        protocol: Some("TCP".into()),
        target_port: Some(IntOrString::String("postgresql".into())),
        ..ServicePort::default()
    }
}

/// One at a time, and one that is not well at any time: a drain of a node never hangs.
pub fn disruption_budget(
    names: &Names<'_>,
    name: impl Into<String>,
    workload: Workload,
) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: names.metadata(name),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
            selector: Some(names.label_selector(workload)),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}
