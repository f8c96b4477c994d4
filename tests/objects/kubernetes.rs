//! Objects against Kubernetes: the types of its API, and its published schemas.

use super::external_secret::ExternalSecret;
use super::files::Files;
use super::{GENERATED, objects, specs};
use crate::{generate, tools};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{
    ConfigMap, PersistentVolume, PersistentVolumeClaim, Service, ServiceAccount,
};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn through<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    let typed: T = serde_json::from_value(value.clone()).unwrap();
    serde_json::to_value(typed).unwrap()
}

/// An object read into the type of its kind, and written again.
fn typed(value: &Value) -> Value {
    let field = |name: &str| value[name].as_str().unwrap_or_default();
    match (field("apiVersion"), field("kind")) {
        ("apps/v1", "Deployment") => through::<Deployment>(value),
        ("apps/v1", "StatefulSet") => through::<StatefulSet>(value),
        ("batch/v1", "CronJob") => through::<CronJob>(value),
        ("batch/v1", "Job") => through::<Job>(value),
        ("external-secrets.io/v1", "ExternalSecret") => through::<ExternalSecret>(value),
        ("networking.k8s.io/v1", "NetworkPolicy") => through::<NetworkPolicy>(value),
        ("policy/v1", "PodDisruptionBudget") => through::<PodDisruptionBudget>(value),
        ("v1", "ConfigMap") => through::<ConfigMap>(value),
        ("v1", "PersistentVolume") => through::<PersistentVolume>(value),
        ("v1", "PersistentVolumeClaim") => through::<PersistentVolumeClaim>(value),
        ("v1", "Service") => through::<Service>(value),
        ("v1", "ServiceAccount") => through::<ServiceAccount>(value),
        // Operators' own kinds, of which nobody here has the type; promtool reads what is in a rule.
        ("monitoring.coreos.com/v1", "PrometheusRule" | "PodMonitor")
        | ("cert-manager.io/v1", "Certificate") => value.clone(),
        (version, kind) => panic!("{version} {kind} has no line here yet"),
    }
}

/// A field that a type does not know would be lost on the way.
#[test]
fn types_know_every_field() {
    for source in specs(GENERATED) {
        for (path, value) in objects(&generate::compiled(&source)) {
            assert_eq!(typed(&value), value, "{path}");
        }
    }
}

#[test]
fn schemas_of_all_versions_accept_every_object() {
    let mut files = Files::new();
    for source in specs(GENERATED / 4) {
        files.add(&generate::compiled(&source));
    }
    // The test above has its type.
    files
        .all
        .retain(|(_, value)| value["kind"] != "ExternalSecret");
    assert_eq!(
        refused(&files, &["1.33", "1.34", "1.35", "1.36", "1.37"]),
        ""
    );
}

/// The two tests above would pass if nothing was looked at.
#[test]
fn a_wrong_field_is_seen() {
    let compiled = generate::compiled(&generate::committed()[0]);
    let (_, mut value) = objects(&compiled)
        .into_iter()
        .find(|(_, value)| value["kind"] == "StatefulSet")
        .unwrap();
    value["spec"]["replica"] = 1.into();
    assert_ne!(typed(&value), value);
    let mut files = Files::new();
    files.put(&value.to_string(), value);
    let refused = refused(&files, &["1.33"]);
    assert!(refused.contains("'replica' was unexpected"), "{refused}");
}

/// What `kubernetes-validate --strict` says, one line a fault.
fn refused(files: &Files, versions: &[&str]) -> String {
    let mut command = tools::python("tests/objects/validate.py");
    let output = tools::run(command.arg(files.list()).args(versions));
    let said = String::from_utf8_lossy(&output.stdout);
    let counted = format!("{} files\n", files.all.len());
    let refused = said.strip_suffix(&counted);
    refused
        .unwrap_or_else(|| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)))
        .to_owned()
}
