//! `secret`: where the passwords are.

use crate::value::Subdomain;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::json;

/// The Secret with the passwords: the name of one that is there, or how it comes to be.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum PasswordSecret {
    /// Somebody makes it.
    Named(Subdomain),
    /// Something in the cluster makes it.
    Made(MadeSecret),
}

/// A Secret that something in the cluster makes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MadeSecret {
    /// By the External Secrets Operator (0.16 or later), which must run in the cluster already: an
    /// `ExternalSecret` fetches every key that the pods read of Secret `<name>-postgres`. Each key is a
    /// property of the same name in the store. A role's Secret of its own (`roles.password`) and the
    /// restore role's (`restore.secret`) are not among them: those are made as ever.
    pub external: ExternalSecret,
}

/// Where an `ExternalSecret` gets passwords from.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalSecret {
    /// The store that holds the passwords. It must exist.
    #[schemars(example = &"vault")]
    pub store: Subdomain,
    /// What the store is. Default: `SecretStore`.
    #[schemars(example = &"ClusterSecretStore")]
    pub kind: Option<StoreKind>,
    /// Where in the store: the entry whose properties are the passwords. What one writes here is the
    /// store's own to say; an overlay for another environment patches it.
    #[schemars(example = &"shop/orders")]
    #[schemars(length(min = 1, max = 1024))]
    pub path: String,
}

/// What a store of passwords is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum StoreKind {
    /// One of the namespace.
    SecretStore,
    /// One of the cluster.
    ClusterSecretStore,
}

/// One schema for both, in which what a table must have says nothing of a string: so each fault is
/// found at its own place.
impl JsonSchema for PasswordSecret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PasswordSecret".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = MadeSecret::json_schema(generator);
        schema.insert("type".into(), json!(["string", "object"]));
        schema.insert("format".into(), Subdomain::FORMAT.into());
        schema.insert("pattern".into(), Subdomain::PATTERN.into());
        schema.remove("description");
        schema
    }
}
