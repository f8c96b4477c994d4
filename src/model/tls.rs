//! The certificate that clients are answered with.

use crate::spec::types::IssuerKind;
use crate::value::{SecretKey, Subdomain};

/// Where it comes from, and who trusts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The Secret that holds it.
    pub secret: Subdomain,
    /// Who fills that Secret; none where the team does.
    pub issuer: Option<Issuer>,
    /// By whom our own clients want it to be signed.
    pub trust: Trust,
}

/// An issuer of cert-manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its name.
    pub name: Subdomain,
    /// Its kind.
    pub kind: IssuerKind,
}

/// The certificates of authorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Key `ca.crt` of the same Secret.
    Secret,
    /// A `ConfigMap` that somebody else makes.
    ConfigMap {
        /// Its name.
        name: Subdomain,
        /// The key in it.
        key: SecretKey,
    },
}
