//! Membership in roles that are not there.

use crate::diagnostic::nearest;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::defaults;
use crate::validate::{Findings, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0505",
        title: "membership in an unknown role",
        text: "A role can be a member of another role of the spec, or of one that PostgreSQL has from the start (<https://www.postgresql.org/docs/current/predefined-roles.html>). Two roles cannot be members of each other.",
        bad: r#"[[roles]]
name = "report"
member_of = ["pg_read_all_dat"]
"#,
        good: r#"[[roles]]
name = "report"
member_of = ["pg_read_all_data"]
"#,
    },
    severity: Severity::Error,
    check,
};

/// PostgreSQL's predefined roles, and the major version that brought each.
const PREDEFINED: [(&str, u8); 16] = [
    ("pg_checkpoint", 15),
    ("pg_create_subscription", 16),
    ("pg_database_owner", 14),
    ("pg_execute_server_program", 11),
    ("pg_maintain", 17),
    ("pg_monitor", 10),
    ("pg_read_all_data", 14),
    ("pg_read_all_settings", 10),
    ("pg_read_all_stats", 10),
    ("pg_read_server_files", 11),
    ("pg_signal_autovacuum_worker", 18),
    ("pg_signal_backend", 9),
    ("pg_stat_scan_tables", 10),
    ("pg_use_reserved_connections", 16),
    ("pg_write_all_data", 14),
    ("pg_write_server_files", 11),
];

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let major = postgres.image.major().unwrap_or_default();
    let listed: Vec<String> = spec
        .roles
        .iter()
        .flatten()
        .map(|role| role.name.to_string())
        .collect();
    let owners: Vec<String> = spec
        .databases()
        .iter()
        .map(|database| defaults::owner(database).to_string())
        .collect();
    let mut edges = BTreeMap::new();
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        let groups: Vec<String> = role
            .member_of
            .iter()
            .flatten()
            .map(ToString::to_string)
            .collect();
        for (at, group) in groups.iter().enumerate() {
            let path = path!["roles", index, "member_of", at];
            if listed.contains(group) || owners.contains(group) {
                continue;
            }
            match PREDEFINED.iter().find(|(name, _)| name == group) {
                // Its only member is the owner of the database, and nobody can be granted it.
                Some(("pg_database_owner", _)) => {
                    findings
                        .value(path, "no role can be made a member of `pg_database_owner`")
                        .help("leave it out: its only member is the owner of the database");
                }
                Some((_, since)) if *since <= major => {}
                Some((name, since)) => {
                    findings
                        .value(path, format!("PostgreSQL {major} has no role `{name}`"))
                        .label(format!("it came with {since}"))
                        .help(format!("leave it out, or use PostgreSQL {since}"));
                }
                None => {
                    let known = PREDEFINED
                        .iter()
                        .map(|(name, _)| *name)
                        .chain(listed.iter().map(String::as_str));
                    let near = nearest(group, known).map(|near| format!("did you mean `{near}`?"));
                    findings
                        .value(path, format!("role `{group}` is not there"))
                        .label("neither in the spec nor one of PostgreSQL's own")
                        .help(near.unwrap_or_else(|| "list it under `[[roles]]`".into()));
                }
            }
        }
        edges.insert(role.name.to_string(), groups);
    }
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        if reaches(&role.name.to_string(), &edges) {
            findings
                .value(
                    path!["roles", index, "member_of"],
                    format!("`{}` would be a member of itself", role.name),
                )
                .help("leave out the role that leads back to it");
        }
    }
}

/// Whether a role is, over others, a member of itself.
fn reaches(role: &str, edges: &BTreeMap<String, Vec<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&String> = edges.get(role).into_iter().flatten().collect();
    while let Some(group) = next.pop() {
        if group == role {
            return true;
        }
        if seen.insert(group) {
            next.extend(edges.get(group).into_iter().flatten());
        }
    }
    false
}
