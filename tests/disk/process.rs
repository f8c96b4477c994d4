//! A build in a process of its own, for tests that kill it, starve it or run it beside another:
//! this very binary, told by its environment to be one.

use std::env;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use underpin::disk::{Edited, Outcome, Scope, compare, write};
use underpin::emit::Tree;

use super::{Output, orders, orders_changed, tree};

const OUT: &str = "DISK_TEST_OUT";
const STEP: &str = "DISK_TEST_STEP";
const CHECK: &str = "DISK_TEST_CHECK";

/// How many files the thread that builds opens and writes before it begins. strace counts the calls
/// of each thread by itself: with these, none of the thread that runs the tests is counted as one
/// of the build.
pub(super) const WARM_UP: usize = 100;

/// The trees that a process can be told to build.
pub(super) fn trees(step: &str) -> Vec<Tree> {
    match step {
        "first" => vec![
            tree("ledger", &[("a/b.yaml", "b\n"), ("c.yaml", "c\n")]),
            orders(),
        ],
        "second" => vec![tree("billing", &[("a/b.yaml", "b\n")]), orders_changed()],
        "third" => vec![tree(
            "orders",
            &[
                ("kustomization.yaml", "resources: []\n"),
                ("server", "a file where a directory stood\n"),
                (
                    "storage/claim.yaml",
                    "kind: PersistentVolumeClaim\nsize: 2\n",
                ),
            ],
        )],
        // Many files, large enough to be seen half written if they ever were.
        "many-a" | "many-b" | "many-c" => (0..40)
            .map(|index| {
                let text = long_text(step);
                let path =
                    |file| format!("{}/{file}.yaml", if file % 2 == 0 { "even" } else { step });
                Tree {
                    name: format!("database-{index}"),
                    files: (0..10).map(|file| (path(file), text.clone())).collect(),
                }
            })
            .collect(),
        // As many files as before in other directories, each of them larger.
        "small" | "large" => {
            let text = step.repeat(if step == "small" { 200 } else { 1200 });
            let files: Vec<String> = (0..8)
                .map(|file| format!("{}/{file}.yaml", file / 3))
                .collect();
            let files: Vec<_> = files
                .iter()
                .map(|path| (path.as_str(), text.as_str()))
                .collect();
            vec![tree("orders", &files)]
        }
        _ => panic!("no such step: {step}"),
    }
}

/// What each file of a step with many files holds.
pub(super) fn long_text(step: &str) -> String {
    format!("{step}\n").repeat(3000)
}

/// This binary, told to build a step into a directory.
pub(super) fn builder(out: &Path, step: &str) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([
        "--exact",
        "disk::process::a_process_builds",
        "--test-threads=1",
        "--nocapture",
    ]);
    command.env(OUT, out).env(STEP, step);
    command
}

/// This binary, told to compare a step with a directory.
pub(super) fn checker(out: &Path, step: &str) -> Command {
    let mut command = builder(out, step);
    command.env(CHECK, "1");
    command
}

#[test]
fn a_process_builds() {
    let Some(out) = env::var_os(OUT) else {
        let output = Output::new();
        let build = builder(&output.path, "second").output().unwrap();
        assert!(build.status.success(), "{build:?}");
        output.assert_holds(&trees("second"));
        return;
    };
    for _ in 0..WARM_UP {
        File::options()
            .write(true)
            .open("/dev/null")
            .unwrap()
            .write_all(b"x")
            .unwrap();
    }
    let trees = trees(&env::var(STEP).unwrap());
    if env::var_os(CHECK).is_some() {
        let differences = compare(Path::new(&out), &trees, Scope::All).unwrap();
        assert_eq!(differences, []);
        return;
    }
    match write(Path::new(&out), &trees, Scope::All, Edited::Keep) {
        Ok(Outcome::Written(_)) => {}
        Ok(Outcome::InTheWay(obstacles)) => panic!("in the way: {obstacles:?}"),
        Err(error) => panic!("error: {error:#}"),
    }
}
