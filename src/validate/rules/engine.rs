//! Where the databases are: on a server of one's own or at Neon, and what that leaves out.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const TWO: Rule = Rule {
    explanation: Explanation {
        code: "UP1101",
        title: "two engines",
        text: "A spec is of one database: on a server of its own, with `[postgres]`, `[storage]` and `databases`; or at Neon, with `[neon]`. Under one name there cannot be both. To move from one to the other, restore a backup of the one into the other, and then change the spec.",
        bad: r#"postgres.image = "docker.io/library/postgres:17.12-bookworm"
allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
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
    check: two,
};

/// See its explanation.
pub const MISPLACED: Rule = Rule {
    explanation: Explanation {
        code: "UP1102",
        title: "what a database at Neon cannot have",
        text: "There is no server of ours with `[neon]`: no volume, no node, no superuser, and nothing that makes databases and roles. Those are made at Neon, in its console or by SQL; the roles of the spec are let through the pooler, each with its own password.",
        bad: r#"allow = [{ rule = "UP1001" }]
storage.size = "50Gi"
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
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
    check: misplaced,
};

fn two(spec: &Spec, findings: &mut Findings) {
    if spec.neon.is_some() && spec.postgres.is_some() {
        findings
            .key(path!["neon"], "both `[postgres]` and `[neon]`")
            .context(path!["postgres"], "the other one")
            .help("keep one of them: `[postgres]` for a server here, `[neon]` for a database at Neon; for both, write two specs");
    }
}

fn misplaced(spec: &Spec, findings: &mut Findings) {
    // With both engines it is open which of them is meant.
    if spec.neon.is_none() || spec.postgres.is_some() {
        return;
    }
    let mut wrong = |path: Path, why: &str, help: &str| {
        let message = format!("`{path}` has no meaning with `[neon]`: {why}");
        findings
            .key(path, message)
            .context(path!["neon"], "the databases are there")
            .help(help);
    };
    if spec.storage.is_some() {
        wrong(
            path!["storage"],
            "Neon keeps the data",
            "leave it out; the size of the backups' volume is `backup.volume.size`",
        );
    }
    if spec.databases.is_some() {
        wrong(
            path!["databases"],
            "databases are made at Neon",
            "leave it out: `neon.database` names the one that is there, and every other one of the same role is backed up too",
        );
    }
    if spec.placement.is_some() {
        wrong(
            path!["placement"],
            "there is no server to place",
            "leave it out: the poolers spread over the nodes by themselves",
        );
    }
    let restore = spec.restore.as_ref();
    if restore.is_some_and(|restore| restore.secret.is_some()) {
        wrong(
            path!["restore", "secret"],
            "a restore logs in as `neon.role`",
            "leave it out",
        );
    }
    if restore.and_then(|restore| restore.as_superuser) == Some(true) {
        wrong(
            path!["restore", "as_superuser"],
            "Neon lets nobody be superuser",
            "leave it out: what needs one is named when a restore refuses, and can be restored into a server with `[postgres]`",
        );
    }
    for (index, role) in spec.roles.iter().flatten().enumerate() {
        if role.member_of.is_some() {
            wrong(
                path!["roles", index, "member_of"],
                "roles are made at Neon",
                "leave it out, and grant it there: `grant … to …`",
            );
        }
    }
}
