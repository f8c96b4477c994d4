//! What people paste from Neon's console, and what they keep of a server: each is answered with what
//! to write.

use super::{Spec, said};

/// What stands in `neon.host`, the code, and words of the message or its help.
const HOSTS: &[(&str, &str, &[&str])] = &[
    (
        "postgresql://shop_owner:npg_Zx9wVu7tSr@ep-a-b1-pooler.us-east-2.aws.neon.tech/shop?sslmode=require&channel_binding=require",
        "UP0007",
        &[
            "`host = \"ep-a-b1.us-east-2.aws.neon.tech\"`",
            "`database = \"shop\"`",
            "`role = \"shop_owner\"`",
            "key `neon`",
            "change that password",
        ],
    ),
    (
        "postgresql://shop_owner@ep-a-b1-pooler.us-east-2.aws.neon.tech:5432/shop?channel_binding=require",
        "UP1103",
        &[
            "is a connection string",
            "`host = \"ep-a-b1.us-east-2.aws.neon.tech\"`",
            "`database = \"shop\"`",
            "`role = \"shop_owner\"`",
        ],
    ),
    (
        "ep-a-b1-pooler.us-east-2.aws.neon.tech",
        "UP1103",
        &[
            "Neon's own pooler",
            "write `host = \"ep-a-b1.us-east-2.aws.neon.tech\"`",
        ],
    ),
    (
        "ep-a-b1.us-east-2.aws.neon.tech:5432",
        "UP1103",
        &["write `host = \"ep-a-b1.us-east-2.aws.neon.tech\"`"],
    ),
    ("ep-a-b1.us-east-2.aws.neon.tech.", "UP1103", &["a dot"]),
    ("52.1.2.3", "UP1103", &["is an address", "Connect"]),
    ("db.example.com", "UP1103", &["those begin with `ep-`"]),
    ("", "UP0006", &["`neon.host` is empty"]),
];

fn at_neon(host: &str, more: &str) -> String {
    format!(
        "name = \"orders\"\nnamespace = \"shop\"\nneon.host = {host:?}\nneon.database = \"shop\"\nneon.role = \"shop_owner\"\nneon.postgres = 17\n{more}"
    )
}

const HOST: &str = "ep-a-b1.us-east-2.aws.neon.tech";

fn answer(text: &str) -> String {
    said(&Spec::of(text).build(&[]))
}

#[test]
fn a_pasted_string_becomes_fields_and_no_password_is_repeated() {
    for (host, code, words) in HOSTS {
        let said = answer(&at_neon(host, ""));
        assert!(said.contains(&format!("error[{code}]: ")), "{host}: {said}");
        for word in *words {
            assert!(said.contains(word), "{host}, without {word:?}: {said}");
        }
        assert!(!said.contains("npg_"), "{said}");
    }
}

#[test]
fn what_is_of_a_server_is_named() {
    for (line, words) in [
        ("storage.size = \"1Gi\"", "Neon keeps the data"),
        (
            "databases = [{ name = \"a\" }]",
            "databases are made at Neon",
        ),
        ("placement.priority_class = \"a\"", "no server to place"),
        ("restore.secret = \"a\"", "logs in as `neon.role`"),
        ("restore.as_superuser = true", "lets nobody be superuser"),
        (
            "roles = [{ name = \"a\", member_of = [\"pg_monitor\"] }]",
            "roles are made at Neon",
        ),
    ] {
        let said = answer(&at_neon(HOST, line));
        assert!(
            said.contains("error[UP1102]: ") && said.contains(words),
            "{said}"
        );
        // The error says it all: a warning beside it would contradict it.
        assert!(!said.contains("UP0804"), "{said}");
    }
    for (line, code, words) in [
        (
            "postgres.image = \"docker.io/library/postgres:17.12-bookworm\"\nstorage.size = \"1Gi\"",
            "UP1101",
            "keep one of them",
        ),
        (
            "roles = [{ name = \"shop_owner\" }]",
            "UP1104",
            "`shop_owner` is `neon.role`",
        ),
        (
            "roles = [{ name = \"pgbouncer\" }]",
            "UP1104",
            "the pooler's own",
        ),
        (
            "restore = { database = \"a\", into = \"shop\" }",
            "UP0802",
            "the database of the spec",
        ),
        (
            "roles = [{ name = \"a\", password = { secret = \"orders-postgres\", key = \"neon\" } }]",
            "UP0506",
            "the same password",
        ),
        ("pooler.pool_size = 44", "UP1105", "`pooler.pool_size = 43`"),
        ("neon.min_compute = 0.1", "UP0006", "at least 0.25"),
    ] {
        let said = answer(&at_neon(HOST, line));
        assert!(
            said.contains(&format!("error[{code}]: ")) && said.contains(words),
            "{line}: {said}"
        );
    }
}

#[test]
fn without_an_engine_both_are_named() {
    let said = answer("name = \"orders\"\nnamespace = \"shop\"\n");
    for words in [
        "missing key `postgres`",
        "`[neon]`",
        "missing key `storage`",
    ] {
        assert!(said.contains(words), "{said}");
    }
}

const BRANCH: &str = "name = \"orders\"\nnamespace = \"shop\"\nneon.database = \"shop\"\nneon.role = \"shop_owner\"\n";

#[test]
fn without_a_host_a_branch_is_named_too() {
    let said = answer(BRANCH);
    for words in [
        "missing key `host` in `neon`",
        "`[neon.branch]`",
        "`postgres`: The major version",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// What stands beside a branch, or in it, and cannot be.
#[test]
fn what_a_branch_cannot_have_is_named_with_a_way_out() {
    let whole = "neon.branch.project = \"round-river-12345678\"\nneon.branch.name = \"a\"\n";
    let named = "neon.branch.name = \"a\"\n";
    let project = "neon.branch.project = \"round-river-12345678\"\n";
    for (branch, line, code, words) in [
        (
            whole,
            "neon.host = \"ep-a-b1.us-east-2.aws.neon.tech\"",
            "UP1108",
            "it comes from Neon's API",
        ),
        (whole, "neon.postgres = 17", "UP1109", "there are none"),
        (
            whole,
            "roles = [{ name = \"report\" }]",
            "UP1109",
            "whoever dialled it",
        ),
        (
            whole,
            "backup = {}",
            "UP1109",
            "back up what the branch is made from",
        ),
        (whole, "restore = {}", "UP1109", "a branch is not backed up"),
        (
            whole,
            "neon.branch.ttl = \"31d\"",
            "UP1110",
            "30 days at most",
        ),
        (
            whole,
            "neon.branch.ttl = \"59m\"",
            "UP1111",
            "under poolers that run",
        ),
        (
            whole,
            "neon.branch.image = \"docker.io/library/python:alpine\"",
            "UP1112",
            "without a change here",
        ),
        (
            whole,
            "pooler.pool_size = 44",
            "UP1105",
            "who dials it directly is left 10",
        ),
        (
            whole,
            "neon.branch.parent = \"main\"",
            "UP0006",
            "`br-young-forest-a5b6c7d8`",
        ),
        (
            project,
            "neon.branch.name = \"a b\"",
            "UP0006",
            "holds a space",
        ),
        (
            named,
            "neon.branch.project = \"br-young-forest-a5b6c7d8\"",
            "UP0006",
            "not of a project",
        ),
        (named, "", "UP0003", "missing key `project`"),
    ] {
        let said = answer(&format!("{BRANCH}{branch}{line}\n"));
        let coded = said.contains(&format!("[{code}]: "));
        assert!(coded && said.contains(words), "{line}: {said}");
    }
}
