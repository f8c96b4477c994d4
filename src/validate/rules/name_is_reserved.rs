//! Names that PostgreSQL or Underpin keeps.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::validate::{Findings, Rule};

/// How the names of Underpin's own roles and databases begin.
const OWN: &str = "underpin_";

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0503",
        title: "a reserved name",
        text: "PostgreSQL keeps `postgres`, `template0` and `template1`, and role names that begin with `pg_` or are `public` or `none`; Underpin keeps names that begin with `underpin_` for its own roles and for databases that a restore is at work on, and the database `underpin` for what its Jobs keep on the server. The superuser `postgres` owns no application's database.",
        bad: r#"databases = [{ name = "postgres" }]
"#,
        good: r#"databases = [{ name = "orders" }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, database) in spec.databases().iter().enumerate() {
        let name = database.name.to_string();
        if ["postgres", "template0", "template1"].contains(&name.as_str()) {
            findings
                .value(
                    path!["databases", index, "name"],
                    format!("database `{name}` is PostgreSQL's own"),
                )
                .help("give the application a database of its own");
        } else if name == "underpin" || name.starts_with(OWN) {
            findings
                .value(
                    path!["databases", index, "name"],
                    format!("Underpin keeps the database name `{name}` for itself"),
                )
                .help(format!(
                    "write a name that is not `underpin` and does not begin with `{OWN}`"
                ));
        } else {
            let (field, owner) = match &database.owner {
                Some(owner) => ("owner", owner),
                None => ("name", &database.name),
            };
            role(
                path!["databases", index, field],
                &owner.to_string(),
                findings,
            );
        }
    }
    for (index, listed) in spec.roles.iter().flatten().enumerate() {
        role(
            path!["roles", index, "name"],
            &listed.name.to_string(),
            findings,
        );
        for (at, group) in listed.member_of.iter().flatten().enumerate() {
            if group.to_string().starts_with(OWN) {
                findings
                    .value(
                        path!["roles", index, "member_of", at],
                        format!("Underpin keeps the role `{group}` for itself"),
                    )
                    .help("`pg_read_all_data` lets a role read every table");
            }
        }
    }
}

fn role(path: Path, name: &str, findings: &mut Findings) {
    if name == "postgres" {
        findings
            .value(path, "`postgres` is the superuser")
            .label("its password is key `superuser` of the Secret")
            .help("give the application a role of its own");
    } else if name.starts_with("pg_") || ["public", "none"].contains(&name) {
        findings
            .value(
                path,
                format!("PostgreSQL keeps the role name `{name}` for itself"),
            )
            .help("write another name: not `public`, `none`, nor one that begins with `pg_`");
    } else if name.starts_with(OWN) {
        findings
            .value(
                path,
                format!("Underpin keeps the role name `{name}` for itself"),
            )
            .help(format!("write a name that does not begin with `{OWN}`"));
    }
}
