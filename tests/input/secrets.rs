//! A secret in a spec is an error, and is printed nowhere.

use super::{Spec, said, with};

/// Lines that hold the secret `hunter2-correct-horse`, right or wrong as TOML.
const LINES: &[&str] = &[
    "password = \"hunter2-correct-horse\"",
    "password = 'hunter2-correct-horse'",
    "password = \"\"\"\nhunter2-correct-horse\n\"\"\"",
    "password = hunter2-correct-horse",
    "password = \"hunter2-correct-horse",
    "roles = [{ name = \"a\", password = \"hunter2-correct-horse\" }]",
    "[[roles]]\nname = \"a\"\n\"password\" = \"hunter2-correct-horse\"",
    "secret = \"postgres://app:hunter2-correct-horse@db/orders\"",
    "namespace = \"postgres://app:hunter2-correct-horse@db/orders\"",
    "db_password = \"hunter2-correct-horse\"\ntoken = \"hunter2-correct-horse\"",
    "labels = { api-key = \"hunter2-correct-horse\" }",
    "k = '''-----BEGIN RSA PRIVATE KEY-----\nhunter2-correct-horse\n-----END RSA PRIVATE KEY-----'''",
    "# password = \"hunter2-correct-horse\"\nunknown = 1",
    "postgres.settings = { \"a.password\" = \"hunter2-correct-horse\" }",
    "storage.volume.csi = { driver = \"d\", handle = \"h\", attributes = { password = \"hunter2-correct-horse\" } }",
    "password = \"hunter2-correct-horse\"\nhunter2-correct-horse = 1",
    "password = \"hunter2-correct-horse\"\nname = \"hunter2-correct-horse\"",
    "password = \"hunter2-correct-horse\"\nstorage.access_mode = \"hunter2-correct-horse\"",
    "password = \"hunter2-correct-horse\"\nlabels = { \"hunter2-correct-horse \" = \"\" }",
];

#[test]
fn a_secret_is_refused_and_not_shown() {
    for line in LINES {
        let spec = Spec::of(with(line));
        for format in ["human", "json"] {
            let output = spec.build(&["--format", format]);
            let said = said(&output);
            assert_eq!(output.status.code(), Some(1), "{line}\n{said}");
            assert!(said.contains("UP0007"), "{line}\n{said}");
            assert!(!said.contains("correct-horse"), "{line}\n{said}");
        }
    }
}

/// More than are looked for in each message.
#[test]
fn many_secrets_are_not_shown() {
    let line = |index| format!("p{index}_password = \"correct-horse-{index}\"\n");
    let lines = (0..5000).map(line).collect::<Vec<_>>().concat();
    let spec = Spec::of(lines);
    for format in ["human", "json"] {
        let output = spec.build(&["--format", format]);
        assert_eq!(output.status.code(), Some(1));
        assert!(!said(&output).contains("correct-horse"));
    }
}

/// Naming a Secret is what one should do.
#[test]
fn the_name_of_a_secret_is_none() {
    let line =
        "roles = [{ name = \"a\", password = { secret = \"hunter2\", key = \"password\" } }]";
    let output = Spec::of(with(line)).build(&[]);
    assert!(output.status.success(), "{}", said(&output));
}
