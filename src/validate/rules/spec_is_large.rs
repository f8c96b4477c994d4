//! More databases and roles than a pod can be told of.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Database;
use crate::validate::{Findings, Rule};
use crate::validate::{defaults, settings};
use crate::value::Identifier;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0508",
        title: "more than a server can be told",
        text: "Bootstrap learns the databases and the roles from its environment, of which Linux takes 128 KiB in one variable (execve(2)). The settings stand in a ConfigMap, of which a cluster takes some 1 MiB, and a diff of which people read.",
        bad: r"",
        good: r"",
    },
    severity: Severity::Error,
    check,
};

/// Some room is left for quotes and paths.
const MOST: usize = 96 * 1024;

fn check(spec: &Spec, findings: &mut Findings) {
    let extensions = |database: &Database| {
        database
            .extensions
            .iter()
            .flatten()
            .map(|name| 2 * size(name))
            .sum::<usize>()
    };
    let databases: usize = spec
        .databases()
        .iter()
        .map(|database| {
            64 + 2 * size(&database.name)
                + 2 * size(defaults::owner(database))
                + extensions(database)
        })
        .sum();
    let roles: usize = spec
        .roles
        .iter()
        .flatten()
        .map(|role| {
            320 + 2 * size(&role.name)
                + role
                    .member_of
                    .iter()
                    .flatten()
                    .map(|name| 2 * size(name))
                    .sum::<usize>()
        })
        .sum();
    let owners = spec
        .databases()
        .iter()
        .map(|database| 64 + 2 * size(defaults::owner(database)))
        .sum::<usize>();
    for (key, bytes) in [("databases", databases), ("roles", roles + owners)] {
        if bytes > MOST {
            findings
                .value(
                    path![key],
                    "more databases and roles than one server's bootstrap can be told of",
                )
                .label(format!(
                    "some {} KiB of at most {} KiB",
                    bytes / 1024,
                    MOST / 1024
                ))
                .help("spread them over several servers");
        }
    }
    let settings: usize = spec
        .postgres
        .iter()
        .flat_map(settings::spec_settings)
        .map(|(name, value)| name.len() + 2 * value.len())
        .sum();
    if settings > MOST {
        findings
            .value(
                path!["postgres", "settings"],
                "more settings than a file that people read",
            )
            .label(format!(
                "some {} KiB of at most {} KiB",
                settings / 1024,
                MOST / 1024
            ))
            .help("leave some out");
    }
}

fn size(name: &Identifier) -> usize {
    name.to_string().len() + 4
}
