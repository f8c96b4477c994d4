//! One line each that is built, and warned of: the code, and what the message or its help must say. And
//! lines that must not be warned of.

use super::{Spec, said, with};

const TABLE: &[(&str, &str, &[&str])] = &[
    (
        "databases = [{ name = \"a\", extensions = [\"pg_crypto\"] }]",
        "UP0510",
        &[
            "no extension `pg_crypto` is known",
            "did you mean `pgcrypto`?",
        ],
    ),
    (
        "databases = [{ name = \"a\", extensions = [\"uuid_ossp\"] }]",
        "UP0510",
        &["did you mean `uuid-ossp`?"],
    ),
    (
        "databases = [{ name = \"a\", extensions = [\"pgvector\"] }]",
        "UP0510",
        &["did you mean `vector`?"],
    ),
    (
        "databases = [{ name = \"a\", extensions = [\"postGIS\"] }]",
        "UP0510",
        &["did you mean `postgis`?"],
    ),
    (
        "backup.rehearsal = { deadline = \"5s\" }",
        "UP0716",
        &["write `deadline = \"1m\"` or more"],
    ),
    (
        "backup.drill = { deadline = \"5s\" }",
        "UP0716",
        &["write `deadline = \"5m\"` or more"],
    ),
    ("restore.deadline = \"5s\"", "UP0716", &["a restore"]),
    ("backup.deadline = \"4m\"", "UP0716", &["a backup"]),
    (
        "backup.drill = { size = \"1Gi\" }",
        "UP1306",
        &[
            "1Gi may not hold the largest database",
            "write `size = \"10Gi\"`",
        ],
    ),
    (
        "restore.database = \"order\"",
        "UP0805",
        &[
            "there is no database `order` in the spec",
            "did you mean `orders`?",
        ],
    ),
    (
        "restore.database = \"reports\"",
        "UP0805",
        &["write one of `orders`, `postgres`"],
    ),
];

#[test]
fn each_doubtful_line_is_warned_of() {
    let mut wrong = Vec::new();
    for (line, code, words) in TABLE {
        let output = Spec::of(with(line)).build(&[]);
        let said = said(&output);
        let warning = format!("warning[{code}]: ");
        let always = [warning.as_str(), "= help: "];
        let missing: Vec<&&str> = always
            .iter()
            .chain(*words)
            .filter(|word| !said.contains(**word))
            .collect();
        if !output.status.success() || !missing.is_empty() {
            wrong.push(format!("{line}: without {missing:?}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn what_is_fine_is_not_warned_of() {
    for line in [
        "databases = [{ name = \"a\", extensions = [\"pg_trgm\", \"pg_bigm\"] }]",
        "backup.drill = { size = \"6Gi\", deadline = \"5m\" }",
        "backup.rehearsal = { deadline = \"1m\", memory = \"128Mi\" }",
        "backup = { deadline = \"1h\", rehearsal = { deadline = \"59m\" } }",
        "restore.database = \"postgres\"",
        "backup = { cpu = \"1\", cpu_limit = \"1\" }",
    ] {
        let said = said(&Spec::of(with(line)).build(&[]));
        assert!(said.contains("1 spec compiled"), "{line}: {said}");
        assert!(!said.contains("warning["), "{line}: {said}");
    }
}

/// What no superuser helps is not told to write `as_superuser`.
#[test]
fn an_extension_of_one_database_is_told_of_once() {
    let line = "databases = [{ name = \"a\", extensions = [\"pg_cron\"] }]\npostgres.settings = { shared_preload_libraries = \"pg_cron\" }";
    let said = said(&Spec::of(with(line)).build(&[]));
    assert_eq!(said.matches("warning[").count(), 2, "{said}");
    assert!(said.contains("has no library `pg_cron`"), "{said}");
    assert!(
        said.contains("only one database of a server can hold `pg_cron`"),
        "{said}"
    );
    assert!(!said.contains("as_superuser"), "{said}");
}
