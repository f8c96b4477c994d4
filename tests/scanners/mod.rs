//! What scanners that other people run say of `generated/`: nothing but what is waived, with its
//! reason, in `docs/scanners.md`. Of those that it names, checkov alone can be had from a registry
//! of packages; the others are programs in Go.

use crate::tools;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use underpin::audit::scanners::{Answer, ROWS, Tool};

#[test]
fn checkov_finds_what_is_waived_and_nothing_else() {
    let results = checkov("generated");
    assert_eq!(results["summary"]["parsing_errors"], 0);
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for check in results["results"]["failed_checks"].as_array().unwrap() {
        let id = check["check_id"].as_str().unwrap();
        let place = check["resource"].as_str().unwrap();
        found.entry(id).or_default().push(place);
    }
    let waived: BTreeSet<&str> = checks(|answer| matches!(answer, Answer::Waived(_)));
    let seen: BTreeSet<&str> = found.keys().copied().collect();
    assert_eq!(seen, waived, "{found:#?}");

    // Each was asked of something, so that a check that looks at nothing does not count as passed.
    let passed: BTreeSet<&str> = results["results"]["passed_checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["check_id"].as_str().unwrap())
        .collect();
    let held = checks(|answer| matches!(answer, Answer::Held(_)));
    // Of pod security policies, which Kubernetes has no more, of roles, and of what binds them.
    let of_kinds_that_are_never_made = [
        "CKV_K8S_6",
        "CKV_K8S_32",
        "CKV_K8S_42",
        "CKV_K8S_49",
        "CKV_K8S_155",
        "CKV_K8S_156",
        "CKV_K8S_157",
        "CKV_K8S_158",
    ];
    let unasked: Vec<&&str> = held
        .iter()
        .filter(|id| !passed.contains(**id) && !of_kinds_that_are_never_made.contains(id))
        .collect();
    assert!(
        unasked.is_empty(),
        "{unasked:?} of docs/scanners.md were not asked"
    );
}

/// checkov's checks that are answered so.
fn checks(answered: impl Fn(&Answer) -> bool) -> BTreeSet<&'static str> {
    ROWS.iter()
        .filter(|row| answered(&row.answer))
        .flat_map(|row| row.checks)
        .filter(|(tool, _)| *tool == Tool::Checkov)
        .flat_map(|(_, checks)| checks.iter().copied())
        .collect()
}

/// What checkov says of a folder. It asks no network for anything but its own newest version, and
/// not even for that here.
fn checkov(folder: &str) -> Value {
    let mut command = tools::checkov();
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CHECKOV_RUN_SCA_PACKAGE_SCAN_V2", "false")
        .args(["--directory", folder, "--framework", "kubernetes"])
        .args(["--output", "json", "--compact", "--soft-fail"])
        .args(["--skip-download", "--skip-results-upload"]);
    serde_json::from_str(&tools::stdout(&mut command)).unwrap()
}
