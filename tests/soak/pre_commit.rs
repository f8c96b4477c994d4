//! The hooks as somebody has them: pre-commit clones the repository and builds the program itself.

#[allow(dead_code, reason = "the other tests use more of it")]
#[path = "../pre_commit/scratch.rs"]
mod scratch;

use scratch::Scratch;
use serde_json::json;
use std::process::Command;

/// Builds the last commit of this repository: what is not committed is not seen.
#[test]
fn pre_commit_builds_and_runs_the_hooks() {
    let repository = env!("CARGO_MANIFEST_DIR");
    let revision = Command::new("git")
        .args(["-C", repository, "rev-parse", "HEAD"])
        .output()
        .unwrap();
    let revision = String::from_utf8(revision.stdout).unwrap();
    let scratch = Scratch::guarded(&json!({
        "repos": [{
            "repo": repository,
            "rev": revision.trim(),
            "hooks": [{ "id": "underpin-build" }, { "id": "underpin-check" }],
        }]
    }));
    scratch.spec("app", "2Gi");
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    for part in ["files were modified by this hook", "storage: 2Gi"] {
        assert!(commit.said.contains(part), "no {part:?} in {}", commit.said);
    }
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
    scratch.git(&["rm", "--quiet", "-r", "specs/app"]);
    scratch.spec("other", "1Gi");
    scratch.git(&["add", "specs"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
}
