//! The restore role's password in a Secret that something else keeps as it is.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::PasswordSecret;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0107",
        title: "the restore role's password in a Secret from a store",
        text: "The restore role can log in only as long as its Secret is there, so it is made when a restore is needed and deleted afterwards. The Secret that an ExternalSecret makes stays, and holds the keys that it fetches and no others.",
        bad: r#"[secret.external]
store = "vault"
path = "demo/minimal"
[restore]
secret = "minimal-postgres"
"#,
        good: r#"[secret.external]
store = "vault"
path = "demo/minimal"
[restore]
secret = "minimal-restore"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(PasswordSecret::Made(_)) = &spec.secret else {
        return;
    };
    let restore = spec.restore.as_ref();
    let named = restore.and_then(|restore| restore.secret.as_ref());
    if named.is_some_and(|named| named.as_str() == spec.secret_name()) {
        findings
            .value(
                path!["restore", "secret"],
                "the ExternalSecret of `secret` makes this Secret, and fetches no restore password into it",
            )
            .context(path!["secret"], "makes it")
            .help(format!(
                "leave it out: it is `{}-restore` then, made when a restore is needed",
                spec.name
            ));
    }
}
