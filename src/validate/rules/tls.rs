//! Where the certificate comes from.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults::tls;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const SOURCE: Rule = Rule {
    explanation: Explanation {
        code: "UP0602",
        title: "a certificate from two sources, or from none",
        text: "The certificate is in a Secret that the team keeps (`secret`), or cert-manager gets it from an issuer and keeps the Secret (`issuer`, and `kind` for an issuer of the whole cluster).",
        bad: r#"[access]
tls = { secret = "minimal-certificate", issuer = "internal-ca" }
"#,
        good: r#"[access]
tls = { issuer = "internal-ca", kind = "ClusterIssuer" }
"#,
    },
    severity: Severity::Error,
    check: source,
};

/// See its explanation.
pub const SECRET: Rule = Rule {
    explanation: Explanation {
        code: "UP0603",
        title: "a certificate beside passwords",
        text: "Our own clients mount `ca.crt` of the certificate's Secret, and cert-manager replaces its keys: it holds nothing else. With `issuer` it is called `<name>-tls`.",
        bad: r#"secret = "minimal-tls"
[access]
tls = { issuer = "internal-ca" }
"#,
        good: r#"[access]
tls = { issuer = "internal-ca" }
"#,
    },
    severity: Severity::Error,
    check: secret,
};

fn source(spec: &Spec, findings: &mut Findings) {
    let Some(tls) = spec.access.as_ref().and_then(|access| access.tls.as_ref()) else {
        return;
    };
    match (&tls.secret, &tls.issuer) {
        (Some(_), Some(_)) => {
            findings
                .key(path!["access", "tls", "issuer"], "both `secret` and `issuer`")
                .context(path!["access", "tls", "secret"], "the other one")
                .help("keep `secret` for a Secret of your own, `issuer` for one that cert-manager keeps");
        }
        (None, None) => {
            findings
                .key(path!["access", "tls"], "neither `secret` nor `issuer`")
                .help("name the Secret that holds the certificate, or the issuer that cert-manager gets it from");
        }
        (Some(_), None) if tls.kind.is_some() => {
            findings
                .key(
                    path!["access", "tls", "kind"],
                    "`kind` goes with `issuer` alone",
                )
                .help("leave it out");
        }
        _ => {}
    }
}

fn secret(spec: &Spec, findings: &mut Findings) {
    let Some(secret) = tls::secret(spec) else {
        return;
    };
    let restore = spec.restore.as_ref();
    let restore = restore
        .and_then(|restore| restore.secret.as_ref())
        .map_or_else(|| format!("{}-restore", spec.name), ToString::to_string);
    let mut taken = vec![
        (spec.secret_name(), "the passwords"),
        (restore, "the password of the restore role"),
    ];
    let of_roles = spec
        .roles
        .iter()
        .flatten()
        .filter_map(|role| role.password.as_ref());
    taken.extend(of_roles.map(|password| (password.secret.to_string(), "a role's password")));
    if let Some((_, what)) = taken.iter().find(|(name, _)| *name == secret.to_string()) {
        findings
            .key(
                path!["access", "tls"],
                format!("Secret `{secret}` would hold the certificate and {what}"),
            )
            .help("give one of them a Secret of its own");
    }
}
