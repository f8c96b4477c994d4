//! Shell, as shellcheck reads it, with no exception: the scripts that are emitted, each together with
//! what it sources, and those of this repository. Python, as mypy and ruff read it.

mod python;
mod schema;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use underpin::scripts::ALL;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What shellcheck says of a script and of all that it sources, by file.
fn findings(script: &str, folder: &str) -> Vec<(String, String)> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let shellcheck = target.join("tools/python/bin/shellcheck");
    assert!(
        shellcheck.exists(),
        "{} is missing: `tests/run` gets what the tests need",
        shellcheck.display()
    );
    let output = Command::new(shellcheck)
        .args(["--format=json1", "--check-sourced", "--external-sources"])
        .args([&format!("--source-path={folder}"), script])
        .current_dir(ROOT)
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let comments = said["comments"].as_array().unwrap();
    let finding = |comment: &Value| {
        let file = Path::new(comment["file"].as_str().unwrap());
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let (line, code, message) = (&comment["line"], &comment["code"], &comment["message"]);
        (name, format!("line {line}: SC{code}: {message}"))
    };
    comments.iter().map(finding).collect()
}

/// The files that a script sources, from its own folder.
fn sourced(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim_start);
    let named = lines.filter_map(|line| {
        line.strip_prefix("source \"$scripts/")
            .or_else(|| line.strip_prefix(". \"$scripts/"))
    });
    named.filter_map(|rest| rest.strip_suffix('"'))
}

#[test]
fn what_is_emitted_is_clean() {
    let shell = ALL
        .iter()
        .filter(|script| !script.is_sql() && !script.is_python());
    let all: BTreeMap<&str, &str> = shell.map(|script| (script.name, script.text)).collect();
    let parts: BTreeSet<&str> = all.values().flat_map(|text| sourced(text)).collect();
    let mut said = Vec::new();
    let mut read = BTreeSet::new();
    for (name, text) in all.iter().filter(|(name, _)| !parts.contains(**name)) {
        let files: BTreeSet<&str> = sourced(text).chain([*name]).collect();
        let findings = findings(&format!("src/scripts/{name}"), "src/scripts");
        read.extend(files.iter().copied());
        said.push((files, findings));
    }
    assert_eq!(read, all.keys().copied().collect(), "every script was read");
    // One script may leave alone what a part sets for another: a finding in a part is one if it is so
    // for each that sources it.
    for (_, findings) in &said {
        for (file, finding) in findings {
            let everywhere = said
                .iter()
                .filter(|(files, _)| files.contains(file.as_str()))
                .all(|(_, others)| others.contains(&(file.clone(), finding.clone())));
            assert!(!everywhere, "{file}: {finding}");
        }
    }
}

#[test]
fn what_the_repository_runs_is_clean() {
    for script in ["benches/run", "tests/run", ".ci/run"] {
        let findings = findings(script, ".");
        assert!(findings.is_empty(), "{script}: {findings:#?}");
    }
}

#[test]
fn nothing_is_excepted() {
    let scripts = ALL.iter().map(|script| script.text.to_owned());
    let own = ["benches/run", "tests/run", ".ci/run"]
        .map(|path| fs::read_to_string(Path::new(ROOT).join(path)).unwrap());
    for text in scripts.chain(own) {
        let line = text
            .lines()
            .find(|line| line.contains("shellcheck disable"));
        assert_eq!(line, None);
    }
}

/// bash lets a child that is ended at its birth run the traps of the script that it is a child of.
#[test]
fn only_the_script_itself_cleans_up() {
    let text = r#"
        set -Eeuo pipefail
        action=test DEADLINE_SECONDS=60
        source src/scripts/lib.sh
        source src/scripts/run.sh
        clean_up() { echo "cleaned up"; }
        begin
        for ((i = 0; i < 200; i++)); do
            sleep 1 &
            kill "$!" || true
            wait "$!" || true
        done
        [[ -d $work ]]
    "#;
    let mut command = Command::new("bash");
    command.args(["-c", text]).current_dir(ROOT);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!((output.status.code(), &*said), (Some(0), "cleaned up\n"));
}
