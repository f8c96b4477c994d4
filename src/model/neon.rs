//! A database at Neon.

use crate::value::{Identifier, Image, NeonHost, SecretKey, Subdomain};

/// Where it is, and who we are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Neon {
    /// The direct host.
    pub host: NeonHost,
    /// The database that the others of the same owner are found from.
    pub database: Identifier,
    /// Who owns it; the first of the model's roles.
    pub role: Identifier,
    /// The major version of the server.
    pub major: u8,
    /// What our Jobs run.
    pub client: Image,
    /// By whom Neon's certificate must be signed.
    pub authorities: Authorities,
}

/// Certificates that are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorities {
    /// Those that the pooler's image carries.
    Bundle,
    /// Those of a `ConfigMap` that somebody else makes.
    ConfigMap {
        /// Its name.
        name: Subdomain,
        /// The key in it.
        key: SecretKey,
    },
}
