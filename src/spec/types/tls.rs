//! `[access].tls`: with which certificate clients are answered.

use super::ConfigMapReference;
use crate::value::Subdomain;
use schemars::JsonSchema;
use serde::Deserialize;

/// TLS: with it, whoever connects without is refused. Exactly one of `secret` and `issuer`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// A Secret of type `kubernetes.io/tls`, which you keep: keys `tls.crt`, `tls.key` and, unless
    /// `ca` says otherwise, `ca.crt`. The certificate names `<name>` and `<name>-direct`.
    #[schemars(example = &"orders-tls")]
    pub secret: Option<Subdomain>,
    /// An issuer of cert-manager: a Certificate `<name>-tls` is emitted, and the Secret of the same
    /// name is kept by cert-manager. One that signs names within the cluster; public ones do not.
    #[schemars(example = &"internal-ca")]
    pub issuer: Option<Subdomain>,
    /// The issuer's kind. Default: `Issuer`, one of the same namespace.
    #[schemars(example = &"ClusterIssuer")]
    pub kind: Option<IssuerKind>,
    /// A `ConfigMap` with the certificates of the authorities that our own clients trust: for an issuer
    /// that puts no `ca.crt` into the Secret, and for two authorities while one takes the other's
    /// place. Default: key `ca.crt` of the Secret.
    #[schemars(example = serde_json::json!({ "config_map": "internal-authorities", "key": "ca.crt" }))]
    pub ca: Option<ConfigMapReference>,
}

/// What kind of object an issuer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum IssuerKind {
    /// Of one namespace.
    Issuer,
    /// Of the cluster.
    ClusterIssuer,
}

impl IssuerKind {
    /// As cert-manager spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Issuer => "Issuer",
            Self::ClusterIssuer => "ClusterIssuer",
        }
    }
}
