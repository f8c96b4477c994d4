//! RUNBOOK.md as a person pastes it: every command of every kind of spec is run by bash against a
//! kubectl that writes down what it was told.

#[cfg(feature = "soak")]
mod jobs;
pub(crate) mod live;
mod paste;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write;
use underpin::compile::compile;
use underpin::emit::Tree;
use underpin::source::Source;

/// Specs that differ in what their runbooks say.
pub fn specs() -> BTreeMap<&'static str, String> {
    let common = "name = \"orders\"\nnamespace = \"shop\"\n";
    let spec = |image: &str, storage: &str, rest: &str| {
        format!(
            "{common}{rest}\n[postgres]\nimage = \"docker.io/library/postgres:{image}\"\n[storage]\nsize = \"50Gi\"\n{storage}\n"
        )
    };
    let one = "databases = [{ name = \"orders\" }]\nbackup.drill = {}";
    let mut specs = BTreeMap::from([
        ("default class", spec("17.12-bookworm", "", one)),
        (
            "class",
            spec(
                "18.7-bookworm",
                "class = \"fast-ssd\"\naccess_mode = \"ReadWriteOncePod\"",
                one,
            ),
        ),
        (
            "host path",
            spec(
                "17.12-alpine3.22",
                "volume.host_path = { path = \"/srv/`touch pwned`\", node = \"db-1\" }",
                one,
            ),
        ),
        (
            "nfs",
            spec(
                "17.12-bookworm",
                "volume.nfs = { server = \"nfs.internal\", path = \"/export/orders\" }",
                one,
            ),
        ),
        (
            "csi",
            spec(
                "17.12-bookworm",
                "volume.csi = { driver = \"ebs.csi.aws.com\", handle = \"vol|`touch pwned`\" }",
                one,
            ),
        ),
        (
            "clients",
            spec(
                "17.12-bookworm",
                "",
                &format!(
                    "{one}\npull_secrets = [\"registry\"]\naccess.clients = [{{ pods = {{ app = \"api\" }} }}, {{ namespace = \"bi\", pods = {{ app = \"etl\", tier = \"\" }} }}]\nplacement.node = {{ \"node.kubernetes.io/pool\" = \"db\" }}"
                ),
            ),
        ),
        (
            "nobody",
            spec("17.12-bookworm", "", &format!("{one}\naccess.clients = []")),
        ),
        ("hostile", spec("17.12-bookworm", "", &hostile_names())),
        (
            "superuser, not rehearsed",
            spec(
                "17.12-bookworm",
                "",
                &format!("{one}\nbackup.rehearsal = false\nrestore.as_superuser = true"),
            ),
        ),
        ("neon", at_neon("neondb", "neondb_owner", "")),
        (
            "neon, named by everything",
            at_neon(
                HOSTILE[2],
                HOSTILE[0],
                "neon.min_compute = 8\nneon.ca = { config_map = \"isrg-root\", key = \"ca.crt\" }\nrestore.replace = true\naccess.clients = [{ pods = { app = \"api\" } }, { namespace = \"bi\", pods = { app = \"etl\" } }]\nroles = [{ name = \"report\" }, { name = \"a|b\\\\\", password = { secret = \"etl\", key = \"password\" } }]\npooler = { pool_mode = \"session\" }\nbackup.volume.nfs = { server = \"nfs.internal\", path = \"/backups\" }\nbackup.drill = { time_zone = \"Asia/Kolkata\" }",
            ),
        ),
        ("branch", branch("neondb", "neondb_owner", "")),
        (
            "branch, named by everything",
            branch(
                HOSTILE[2],
                HOSTILE[0],
                "neon.branch.parent = \"br-young-forest-a5b6c7d8\"\nneon.branch.ttl = \"30d\"\nneon.ca = { config_map = \"isrg-root\", key = \"ca.crt\" }\naccess.clients = [{ pods = { app = \"api\" } }]\npooler = { pool_mode = \"session\", pool_size = 5 }",
            ),
        ),
    ]);
    let local = "volume.local = { path = \"/mnt/disks/a b$(touch pwned)\", node = \"db-1\" }\nreserve = \"0\"";
    specs.insert("local", spec("17.12-bookworm", local, one));
    for (name, pooler) in [
        ("pooler", "pooler = {}"),
        (
            "session pooler",
            "pooler = { pool_mode = \"session\", replicas = 1 }",
        ),
    ] {
        let rest = format!("{one}\n{pooler}");
        specs.insert(name, spec("17.12-bookworm", "", &rest));
    }
    specs.extend(from_a_store());
    specs
}

/// Those whose passwords something in the cluster fetches.
fn from_a_store() -> [(&'static str, String); 2] {
    [
        (
            "external",
            "name = \"orders\"\nnamespace = \"shop\"\npostgres.image = \"docker.io/library/postgres:17.12-bookworm\"\nstorage.size = \"50Gi\"\ndatabases = [{ name = \"orders\" }]\nroles = [{ name = \"etl\", password = { secret = \"etl\", key = \"password\" } }]\nsecret.external = { store = \"vault\", path = \"shop/a|b`touch pwned`\" }\n".into(),
        ),
        (
            "neon, external",
            at_neon(
                "neondb",
                "neondb_owner",
                "secret.external = { store = \"vault\", kind = \"ClusterSecretStore\", path = \"shop/orders\" }",
            ),
        ),
    ]
}

fn at_neon(database: &str, role: &str, rest: &str) -> String {
    format!(
        "name = \"orders\"\nnamespace = \"shop\"\nneon.host = \"ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech\"\nneon.database = {database:?}\nneon.role = {role:?}\nneon.postgres = 17\n{rest}\n"
    )
}

fn branch(database: &str, role: &str, rest: &str) -> String {
    format!(
        "name = \"orders\"\nnamespace = \"shop\"\nneon.database = {database:?}\nneon.role = {role:?}\nneon.branch.project = \"round-river-12345678\"\nneon.branch.name = \"preview/pr-7\"\n{rest}\n"
    )
}

/// What a name can hold and a shell or a reader of Markdown could stumble over.
pub const HOSTILE: [&str; 9] = [
    "$(touch pwned)",
    "`touch pwned`",
    "it's \"$HOME\"",
    "a|b\\",
    "-x",
    "a=b host=evil",
    "</code>**x** [y](z)",
    "a; touch pwned #",
    " ü  !1",
];

fn hostile_names() -> String {
    let (mut databases, mut roles) = (String::new(), String::new());
    for (at, name) in HOSTILE.iter().enumerate() {
        let _ = write!(
            databases,
            "{{ name = {name:?}, owner = {name:?}, extensions = [{name:?}] }}, "
        );
        let _ = write!(
            roles,
            "{{ name = {name:?}, password = {{ secret = \"role-{at}\", key = \"password\" }}, member_of = [\"pg_monitor\"] }}, "
        );
    }
    format!("databases = [{databases}]\nroles = [{roles}]")
}

pub fn tree(text: &str) -> Tree {
    let compilation = compile(&Source {
        path: "database.toml".into(),
        text: text.into(),
    });
    assert!(
        !compilation.failed(),
        "{:#?}\n{text}",
        compilation.diagnostics
    );
    compilation.tree.unwrap().tree
}

pub fn runbook(tree: &Tree) -> &str {
    &tree.files["RUNBOOK.md"]
}
