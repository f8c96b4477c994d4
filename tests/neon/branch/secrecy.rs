//! Where the key and the passwords are, and where not.

use std::fs;

use serde_json::json;

use super::{BRANCH, KEY, PASSWORD, Preview, REVEALED, SOON, state};
use crate::bootstrap::secrecy::Watch;

/// What all say of themselves whose command line has these words: arguments and environment.
fn processes(words: &str) -> Vec<String> {
    let read = |path: std::path::PathBuf| {
        let bytes = fs::read(path).unwrap_or_default();
        String::from_utf8_lossy(&bytes).replace('\0', " ")
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    let all = all.map(|process| {
        let path = process.path();
        (read(path.join("cmdline")), read(path.join("environ")))
    });
    all.filter(|(arguments, _)| arguments.contains(words))
        .map(|(arguments, environment)| arguments + &environment)
        .collect()
}

#[test]
fn neither_key_nor_password_is_where_others_look() {
    let watch = Watch::new();
    let held = json!({ "on": "reveal_password$", "hang": true });
    let preview = Preview::new("", &state(&json!({ "faults": [held] })));
    let pooler = preview.start();
    preview.api.wait_for_log("hang GET", SOON);
    // The request is on its way: the key is in use.
    let seen = processes("/scripts/branch.py");
    assert!(
        seen.iter().any(|text| text.contains("PROJECT=")),
        "{seen:?}"
    );
    let secrets = [KEY, REVEALED, PASSWORD];
    for text in &seen {
        assert!(
            !secrets.iter().any(|secret| text.contains(secret)),
            "{text}"
        );
    }
    preview.set(&state(&json!({})));
    pooler.wait_ready(SOON);

    for container in [BRANCH, "render", "pgbouncer"] {
        let log = pooler.log_of(container);
        assert!(!log.is_empty(), "{container}");
        assert!(!secrets.iter().any(|secret| log.contains(secret)), "{log}");
    }
    let arguments = watch.end();
    let shown = |line: &&String| secrets.iter().any(|secret| line.contains(secret));
    assert_eq!(arguments.iter().find(shown), None);

    let said = |command: &str| {
        let output = pooler.exec(&["sh", "-c", command]);
        output.expect_success().to_owned()
    };
    assert_eq!(
        said("cd /run/pgbouncer; stat -c '%n %a %u' *"),
        "databases.ini 600 70\nuserlist.txt 600 70"
    );
    assert_eq!(said("stat -f -c %T /run/pgbouncer"), "tmpfs");
    assert_eq!(
        said("cat /run/pgbouncer/userlist.txt"),
        format!("\"neondb_owner\" \"{PASSWORD}\"")
    );
    assert_eq!(said("test ! -e /secrets && echo none"), "none");
}
