//! The certificate: cert-manager's object where the spec names an issuer, and what pods mount of it.

use super::bootstrap::item;
use super::{Names, Object, pod};
use crate::model::{Model, Tls, Trust};
use crate::validate::settings::CERTIFICATE;
use k8s_openapi::api::core::v1::{ConfigMapVolumeSource, KeyToPath, Volume, VolumeMount};
use serde_json::{Value, json};

/// For how long a certificate is asked for, and how long before its end the next one.
const DURATION: &str = "2160h0m0s";
const RENEW_BEFORE: &str = "720h0m0s";

/// The Certificate; none where the team keeps the Secret.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let Some(tls) = &model.access.tls else {
        return Vec::new();
    };
    let Some(issuer) = &tls.issuer else {
        return Vec::new();
    };
    let metadata = serde_json::to_value(names.metadata(tls.secret.to_string()))
        .expect("metadata has string keys");
    let certificate = json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": metadata,
        "spec": {
            "secretName": tls.secret.to_string(),
            "dnsNames": dns_names(model, names),
            "duration": DURATION,
            "renewBefore": RENEW_BEFORE,
            "usages": ["digital signature", "key encipherment", "server auth"],
            "privateKey": { "rotationPolicy": "Always" },
            "issuerRef": { "group": "cert-manager.io", "kind": issuer.kind.name(), "name": issuer.name.to_string() },
        },
    });
    let certificate = Object::new("access/certificate.yaml", &certificate).comment(
        "/spec/renewBefore",
        "the server reads a renewed certificate within the hour, and the poolers within seconds",
    );
    vec![certificate]
}

/// Every name of the Services that anything dials. The headless one gives the pod its host name, and
/// nobody dials it.
fn dns_names(model: &Model, names: &Names<'_>) -> Vec<Value> {
    let mut services = vec![names.name().to_owned()];
    if model.server().is_some() {
        services.push(names.direct());
    }
    let namespace = &model.namespace;
    let all_of = |service: &String| {
        [
            service.clone(),
            format!("{service}.{namespace}"),
            format!("{service}.{namespace}.svc"),
            format!("{service}.{namespace}.svc.cluster.local"),
        ]
    };
    services.iter().flat_map(all_of).map(Value::from).collect()
}

/// The certificate and its key. Its group may read the key, and that is the pod's: PostgreSQL takes
/// such a key when root owns it, and refuses one that others may read.
pub fn pair(tls: &Tls) -> (Volume, VolumeMount) {
    let volume = secret(tls, "tls", &["tls.crt", "tls.key"]);
    (volume, pod::read_only("tls", CERTIFICATE))
}

/// The certificate alone.
pub fn certificate(tls: &Tls) -> (Volume, VolumeMount) {
    let volume = secret(tls, "tls", &["tls.crt"]);
    (volume, pod::read_only("tls", CERTIFICATE))
}

fn secret(tls: &Tls, name: &str, keys: &[&str]) -> Volume {
    let items: Vec<_> = keys.iter().map(|key| (*key, *key)).collect();
    pod::secret_volume(name, &tls.secret, &items)
}

/// The certificates of the authorities, under the name of the file that clients read.
pub fn trusted(tls: &Tls, file: &str) -> Volume {
    let named = |key: &str| -> Vec<KeyToPath> { vec![item(key, file.to_owned())] };
    match &tls.trust {
        Trust::Secret => pod::secret_volume("ca", &tls.secret, &[("ca.crt", file)]),
        Trust::ConfigMap { name, key } => Volume {
            name: "ca".into(),
            config_map: Some(ConfigMapVolumeSource {
                name: name.to_string(),
                default_mode: Some(0o444),
                items: Some(named(&key.to_string())),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        },
    }
}
