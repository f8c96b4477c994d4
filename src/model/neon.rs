//! A database at Neon.

use crate::value::{
    BranchId, BranchName, Duration, Identifier, Image, NeonHost, NeonProject, SecretKey, Subdomain,
};

/// Where it is, and who we are there.
#[derive(Debug, Clone, PartialEq)]
pub struct Neon {
    /// What leads to it.
    pub place: Place,
    /// The database that the others of the same owner are found from.
    pub database: Identifier,
    /// Who owns it; the first of the model's roles.
    pub role: Identifier,
    /// What our Jobs run, and a person who looks.
    pub client: Image,
    /// By whom Neon's certificate must be signed.
    pub authorities: Authorities,
}

/// What leads to a database at Neon.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// An endpoint that is there.
    Endpoint {
        /// The direct host.
        host: NeonHost,
        /// The major version of the server.
        major: u8,
    },
    /// A branch, which the poolers see to.
    Branch(Branch),
}

/// A branch that is made where it is missing, and goes some day.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The project that it is in.
    pub project: NeonProject,
    /// What it is called there.
    pub name: BranchName,
    /// What it is made from; none means the project's default branch.
    pub parent: Option<BranchId>,
    /// For how long it lives after a pooler has started.
    pub ttl: Duration,
    /// What sees to it.
    pub image: Image,
}

impl Neon {
    /// The branch, where it is one.
    pub fn branch(&self) -> Option<&Branch> {
        match &self.place {
            Place::Endpoint { .. } => None,
            Place::Branch(branch) => Some(branch),
        }
    }
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
