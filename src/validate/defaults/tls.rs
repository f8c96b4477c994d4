//! What a spec leaves out of `[access].tls`.

use super::known;
use crate::model::{Issuer, Tls, Trust};
use crate::spec::types::{IssuerKind, Spec};
use crate::value::Subdomain;

/// The certificate; a rule sees to it that there is one Secret.
pub fn of(spec: &Spec) -> Option<Tls> {
    let tls = spec.access.as_ref()?.tls.as_ref()?;
    Some(Tls {
        secret: secret(spec)?,
        issuer: tls.issuer.as_ref().map(|name| Issuer {
            name: name.clone(),
            kind: tls.kind.unwrap_or(IssuerKind::Issuer),
        }),
        trust: match &tls.ca {
            None => Trust::Secret,
            Some(ca) => Trust::ConfigMap {
                name: ca.config_map.clone(),
                key: ca.key.clone(),
            },
        },
    })
}

/// The Secret that holds the certificate.
pub fn secret(spec: &Spec) -> Option<Subdomain> {
    let tls = spec.access.as_ref()?.tls.as_ref()?;
    match (&tls.secret, &tls.issuer) {
        (Some(secret), _) => Some(secret.clone()),
        (None, Some(_)) => Some(known(&format!("{}-tls", spec.name), Subdomain::parse)),
        (None, None) => None,
    }
}
