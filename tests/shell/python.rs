//! Python, as mypy reads it at its strictest, and ruff: the scripts that are emitted.

use std::process::Command;

use underpin::scripts::ALL;

use super::ROOT;
use crate::tools;

/// The oldest Python that a script is for.
const OLDEST: &str = "3.11";

/// A tool in `target/tools`, with the emitted scripts after its arguments.
fn about_scripts(tool: &str, arguments: &[&str]) -> Command {
    let mut command = tools::python_tool(tool);
    command.current_dir(ROOT).args(arguments);
    let scripts: Vec<_> = ALL.iter().filter(|script| script.is_python()).collect();
    assert_eq!(scripts.len(), 1);
    command.args(
        scripts
            .iter()
            .map(|script| format!("src/scripts/{}", script.name)),
    );
    command
}

#[test]
fn what_is_emitted_has_its_types() {
    let cache = tempfile::tempdir().unwrap();
    let mut mypy = about_scripts("mypy", &["--strict", "--python-version", OLDEST]);
    tools::stdout(mypy.arg("--cache-dir").arg(cache.path()));
}

/// Faults that are likely, what is not safe, and names that mislead; and one form.
#[test]
fn what_is_emitted_is_clean_and_of_one_form() {
    let version = format!("--target-version=py{}", OLDEST.replace('.', ""));
    let common = ["--isolated", "--no-cache", "--line-length=125", &version];
    let rules = "--select=A,ARG,B,C4,E,F,I,N,PERF,PIE,RET,S,SIM,UP,W";
    // A pause need not be secret, and an end is no error.
    let rest = [&["check", rules, "--ignore=S311,N818"][..], &common].concat();
    tools::stdout(&mut about_scripts("ruff", &rest));
    let form = [&["format", "--check"][..], &common].concat();
    tools::stdout(&mut about_scripts("ruff", &form));
}

#[test]
fn nothing_is_excepted() {
    for script in ALL.iter().filter(|script| script.is_python()) {
        for mark in ["noqa", "type: ignore", "fmt: off", "mypy:"] {
            assert!(!script.text.contains(mark), "{}: {mark}", script.name);
        }
    }
}

/// It runs with nothing but what Python brings.
#[test]
fn nothing_is_imported_that_python_does_not_bring() {
    for script in ALL.iter().filter(|script| script.is_python()) {
        let lines = script.text.lines();
        let imported = lines.filter_map(|line| {
            let rest = line
                .strip_prefix("import ")
                .or(line.strip_prefix("from "))?;
            rest.split([' ', '.']).next()
        });
        for module in imported {
            let known = format!("import sys; sys.exit({module:?} not in sys.stdlib_module_names)");
            let mut python = tools::python_tool("python");
            tools::stdout(python.args(["-c", &known]));
        }
    }
}
