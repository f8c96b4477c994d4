//! One key of a Secret for two roles.

use crate::diagnostic::{Explanation, Severity};
use crate::model::RELOAD_KEY;
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults::neon::KEY;
use crate::validate::defaults::tls;
use crate::validate::{Findings, Rule};
use std::collections::BTreeMap;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0506",
        title: "one password for two roles",
        text: "Each role has its own key: with one for two, whoever knows the one role's password is the other too. Key `superuser` is the superuser's, `backup` the backup role's, and the restore role has a Secret of its own, `restore.secret`.",
        bad: r#"[[roles]]
name = "report"
password = { secret = "minimal-postgres", key = "superuser" }
"#,
        good: r#"[[roles]]
name = "report"
password = { secret = "minimal-report", key = "password" }
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let own = spec.secret_name();
    let restore = spec
        .restore
        .as_ref()
        .and_then(|restore| restore.secret.as_ref())
        .map_or_else(|| format!("{}-restore", spec.name), ToString::to_string);
    let mut taken = match &spec.neon {
        None => vec![
            (own.clone(), "superuser", "the superuser".to_owned()),
            (own.clone(), "backup", "the backup role".to_owned()),
            (restore, "password", "the restore role".to_owned()),
        ],
        Some(neon) => vec![(own.clone(), KEY, format!("role `{}`", neon.role))],
    };
    if spec.neon.is_none() && tls::secret(spec).is_some() {
        let who = "the role that reloads the server".to_owned();
        taken.push((own.clone(), RELOAD_KEY, who));
    }
    let mut seen: BTreeMap<(String, String), String> = taken
        .into_iter()
        .map(|(secret, key, who)| ((secret, key.to_owned()), who))
        .collect();
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        let (secret, key, path) = match &role.password {
            Some(reference) => (
                reference.secret.to_string(),
                reference.key.to_string(),
                path!["roles", index, "password"],
            ),
            None => (
                own.clone(),
                format!("role.{}", role.name),
                path!["roles", index, "name"],
            ),
        };
        let who = format!("role `{}`", role.name);
        if let Some(other) = seen.insert((secret, key), who.clone())
            && other != who
        {
            findings
                .value(path, format!("{who} has the same password as {other}"))
                .help("give it a key of its own");
        }
    }
}
