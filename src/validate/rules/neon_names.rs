//! Names that are taken at Neon, or by the pooler.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1104",
        title: "a name that is taken at Neon",
        text: "PgBouncer keeps the database and the role `pgbouncer` for its console. The database `postgres` and the templates are Neon's own, and so are the roles `neon_superuser`, which nobody can log in as, and `cloud_admin`, which is Neon's hand. `neon.role` is let through the pooler by itself and stands in `roles` no more.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "postgres"
role = "neondb_owner"
postgres = 17
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
"#,
    },
    severity: Severity::Error,
    check,
};

const DATABASES: &[(&str, &str)] = &[
    ("pgbouncer", "the name of the pooler's own console"),
    ("postgres", "Neon's own"),
    ("template0", "Neon's own"),
    ("template1", "Neon's own"),
];
const ROLES: &[(&str, &str)] = &[
    ("pgbouncer", "the name of the pooler's own user"),
    ("cloud_admin", "Neon's own"),
    ("neon_superuser", "Neon's own, and nobody can log in as it"),
];

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(neon) = &spec.neon else {
        return;
    };
    let mut taken = |path: Path, kind: &str, name: &str, names: &[(&str, &str)]| {
        if let Some((_, why)) = names.iter().find(|(taken, _)| *taken == name) {
            findings
                .value(path, format!("{kind} `{name}` is {why}"))
                .help(format!("make a {kind} of your own at Neon, and name that"));
        }
    };
    let database = neon.database.to_string();
    taken(path!["neon", "database"], "database", &database, DATABASES);
    taken(path!["neon", "role"], "role", &neon.role.to_string(), ROLES);
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        let path = path!["roles", index, "name"];
        taken(path, "role", &role.name.to_string(), ROLES);
    }
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        if role.name == neon.role {
            findings
                .value(
                    path!["roles", index, "name"],
                    format!("`{}` is `neon.role`, which needs no line here", role.name),
                )
                .context(path!["neon", "role"], "here first")
                .help("leave it out: its password is key `neon` of the Secret");
        }
    }
}
