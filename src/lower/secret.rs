//! The ExternalSecret that makes the Secret with the passwords, where the spec says so
//! (<https://external-secrets.io/latest/api/externalsecret/>); and a Secret with values, which is in no
//! tree.

use super::{Names, Object};
use crate::model::{External, Model};
use crate::spec::types::StoreKind;
use crate::value::Subdomain;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How often the store is asked: a password that was changed there is waited for so long, or fetched
/// by hand.
const REFRESH: &str = "1h0m0s";

/// The ExternalSecret; none where the team makes the Secret.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let external = model.external.iter();
    external
        .map(|external| {
            Object::new(
                "access/external-secret.yaml",
                &external_secret(model, names, external),
            )
            .comment(
                "/spec/target/creationPolicy",
                "the Secret stays when this is deleted, and when the store has lost it",
            )
            .comment(
                "/spec/data",
                "each key that a pod reads, and no other: the store is asked for nothing else",
            )
        })
        .collect()
}

/// What the API server would fill in is said: in a list it would be a difference for ever.
fn external_secret(model: &Model, names: &Names<'_>, external: &External) -> Value {
    let secrets = model.secrets();
    let own = secrets.iter().filter(|secret| *secret.name == model.secret);
    let data: Vec<Value> = own
        .flat_map(|secret| &secret.keys)
        .map(|key| {
            json!({
                "secretKey": key.name,
                "remoteRef": {
                    "key": external.path,
                    "property": key.name,
                    "conversionStrategy": "Default",
                    "decodingStrategy": "None",
                    "metadataPolicy": "None",
                },
            })
        })
        .collect();
    let kind = match external.kind {
        StoreKind::SecretStore => "SecretStore",
        StoreKind::ClusterSecretStore => "ClusterSecretStore",
    };
    json!({
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": names.metadata(model.secret.to_string()),
        "spec": {
            "refreshInterval": REFRESH,
            "secretStoreRef": { "name": external.store.to_string(), "kind": kind },
            "target": {
                "name": model.secret.to_string(),
                "creationPolicy": "Orphan",
                "deletionPolicy": "Retain",
            },
            "data": data,
        },
    })
}

/// A Secret with values, for `underpin secrets`. It has none of our labels: what carries them is
/// committed, and must hold no value.
pub fn secret(model: &Model, name: &Subdomain, values: BTreeMap<String, String>) -> Object {
    let secret = Secret {
        metadata: ObjectMeta {
            name: Some(name.to_string()),
            namespace: Some(model.namespace.to_string()),
            ..ObjectMeta::default()
        },
        string_data: Some(values),
        ..Secret::default()
    };
    Object::new("secret.yaml", &secret)
}
