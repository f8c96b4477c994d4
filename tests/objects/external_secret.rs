//! What we emit of `external-secrets.io/v1`, as its API has it: no field but these, and of the choices
//! only those that it knows. Kubernetes' own schemas know no custom kind.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExternalSecret {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: Spec,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    refresh_interval: String,
    secret_store_ref: Store,
    target: Target,
    data: Vec<Data>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Store {
    name: String,
    kind: StoreKind,
}

#[derive(Serialize, Deserialize)]
enum StoreKind {
    SecretStore,
    ClusterSecretStore,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Target {
    name: String,
    creation_policy: CreationPolicy,
    deletion_policy: DeletionPolicy,
}

#[derive(Serialize, Deserialize)]
enum CreationPolicy {
    Owner,
    Orphan,
    Merge,
    None,
}

#[derive(Serialize, Deserialize)]
enum DeletionPolicy {
    Delete,
    Merge,
    Retain,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Data {
    secret_key: String,
    remote_ref: Remote,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Remote {
    key: String,
    property: String,
    conversion_strategy: ConversionStrategy,
    decoding_strategy: DecodingStrategy,
    metadata_policy: MetadataPolicy,
}

#[derive(Serialize, Deserialize)]
enum ConversionStrategy {
    Default,
    Unicode,
}

#[derive(Serialize, Deserialize)]
enum DecodingStrategy {
    Auto,
    Base64,
    #[serde(rename = "Base64URL")]
    Base64Url,
    None,
}

#[derive(Serialize, Deserialize)]
enum MetadataPolicy {
    None,
    Fetch,
}
