//! Runs schemas of one's own through backup, rehearsal, drill and restore: `just try IMAGE FILE…`.
//!
//! Each FILE is SQL for the owner of an empty database, which has the file's name. A file beside it
//! that ends in `.superuser.sql` runs before it, as superuser; a line `-- extensions: a, b` in FILE
//! lists extensions for the spec, `-- as_superuser` lets restores be superuser. What became of each is
//! printed, and compared by pg_dump's text, rows and what views answer. It asserts nothing.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]
#![allow(
    clippy::print_stdout,
    reason = "what became of a schema is what it is run for"
)]
#![allow(dead_code, reason = "the other tests use more of these rooms")]

/// How many times as many random cases as in `cargo test`: what is shared asks.
const FACTOR: u32 = 1;

mod alerts;
mod backup;
mod bootstrap;
mod cases;
mod compiled;
mod fixture;
mod generate;
mod kubelet;
mod load;
mod monitoring;
mod neon;
mod pooler;
mod runbook;
mod server;
mod tls;
mod tools;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{env, fs};

use cases::eye::Seen;
use cases::run::{Group, drill};
use cases::{Case, Expect};

#[test]
fn schemas() {
    let image = env::var("UNDERPIN_TRY_IMAGE").unwrap();
    let files = env::var("UNDERPIN_TRY").unwrap();
    let files: Vec<PathBuf> = files.split_whitespace().map(PathBuf::from).collect();
    let cases: Vec<Case> = files.iter().map(|file| case_of(file)).collect();
    let as_superuser = files
        .iter()
        .any(|file| read(file).contains("-- as_superuser"));
    let group = Group {
        spec: if as_superuser {
            "restore.as_superuser = true\n"
        } else {
            ""
        },
        server: "",
        cases: keep(cases),
    };
    let deployed = group.deployed(&image, None);
    let before = deployed.ids();
    let backup = deployed.start_backup("backup-1", &[]).wait();
    println!(
        "== backup: exit {:?}\n{}\n{}",
        backup.code(),
        backup.log(),
        backup.message()
    );
    let Some(id) = deployed.ids().into_iter().find(|id| !before.contains(id)) else {
        return;
    };
    let folder = deployed.directory().join(&id);
    for database in 1.. {
        let file = folder.join(database.to_string()).join("rehearsal.json");
        let Ok(text) = fs::read_to_string(&file) else {
            break;
        };
        println!("== rehearsal of database {database}\n{text}");
    }
    for (number, case) in group.cases.iter().enumerate() {
        let seen = Seen::of(&deployed.server, case);
        let again = format!("{} again", case.name);
        let values = [("DATABASE", case.name), ("INTO", again.as_str())];
        let result = deployed.restore(&format!("restore-{number}"), &values);
        println!(
            "== restore of {}: exit {:?}\n{}\n{}",
            case.name,
            result.code(),
            result.log(),
            result.message()
        );
        if result.succeeded {
            let equal = catch_unwind(AssertUnwindSafe(|| seen.expect_in(&deployed, &again, case)));
            println!(
                "== restore of {}: {}",
                case.name,
                if equal.is_ok() {
                    "EQUAL"
                } else {
                    "DIFFERENT, see above"
                }
            );
        }
    }
    let result = drill(&deployed, "drill-1");
    println!(
        "== drill: exit {:?}\n{}\n{}",
        result.code(),
        result.log(),
        result.message()
    );
}

fn case_of(file: &Path) -> Case {
    let owner = read(file);
    let beside = file.with_extension("superuser.sql");
    let superuser = if beside.exists() {
        read(&beside)
    } else {
        String::new()
    };
    let name = file.file_stem().unwrap().to_string_lossy().into_owned();
    let listed: Vec<&'static str> = owner
        .lines()
        .filter_map(|line| line.strip_prefix("-- extensions:"))
        .flat_map(|names| names.split(','))
        .map(|name| text(name.trim().to_owned()))
        .collect();
    Case::new(text(name), text(owner))
        .after(text(superuser))
        .listed(keep(listed))
        .expect(Expect::Equal)
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(text: String) -> &'static str {
    String::leak(text)
}

/// Cases are made for tables that live as long as the program.
fn keep<T>(values: Vec<T>) -> &'static [T] {
    Box::leak(values.into_boxed_slice())
}
