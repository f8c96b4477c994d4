//! The hooks of `.pre-commit-hooks.yaml`, in a real pre-commit: what is committed is what counts,
//! and not what lies in the folder.
//!
//! Here with the program that was built for the tests; `tests/soak/pre_commit.rs` lets pre-commit
//! build it.

mod scratch;

use scratch::{Scratch, local};

const SPEC: &str = "specs/app/database.toml";
const CLAIM: &str = "generated/app/storage/persistent-volume-claim-data.yaml";

#[test]
fn what_is_in_order_is_committed() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("app", "2Gi");
    scratch.build();
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
}

#[test]
fn drift_is_shown_with_the_command_that_mends_it() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("app", "2Gi");
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    for part in [
        "underpin check",
        "-      storage: 1Gi",
        "+      storage: 2Gi",
        "underpin build",
    ] {
        assert!(commit.said.contains(part), "no {part:?} in {}", commit.said);
    }
}

#[test]
fn output_that_was_not_added_does_not_count() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("app", "2Gi");
    scratch.build();
    scratch.git(&["add", "specs"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    assert!(scratch.read(CLAIM).contains("2Gi"));
    scratch.git(&["add", "generated"]);
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
}

#[test]
fn output_that_git_does_not_know_does_not_count() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("new", "1Gi");
    scratch.build();
    scratch.git(&["add", "specs"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    assert!(commit.said.contains("generated/new/"), "{}", commit.said);
    scratch.git(&["add", "generated"]);
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
}

#[test]
fn a_spec_that_was_not_added_does_not_count() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("app", "2Gi");
    scratch.build();
    scratch.git(&["add", "generated"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    assert!(scratch.read(SPEC).contains("2Gi"));
}

#[test]
fn work_in_progress_does_not_count_either() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("app", "2Gi");
    scratch.build();
    scratch.git(&["add", "--all"]);
    scratch.spec("app", "3Gi");
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
    assert!(scratch.read(SPEC).contains("3Gi"));
    assert!(
        scratch
            .git(&["show", &format!("HEAD:{SPEC}")])
            .contains("2Gi")
    );
}

#[test]
fn the_output_of_a_spec_that_is_gone_is_drift() {
    let scratch = Scratch::guarded(&local("underpin-check"));
    scratch.spec("other", "1Gi");
    scratch.build();
    scratch.git(&["add", "--all"]);
    assert!(scratch.commit().done);
    scratch.git(&["rm", "--quiet", "-r", "specs/other"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    scratch.build();
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
    assert!(!scratch.path().join("generated/other").exists());
}

#[test]
fn the_build_hook_compiles_and_asks_for_another_look() {
    let scratch = Scratch::guarded(&local("underpin-build"));
    scratch.spec("app", "2Gi");
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(!commit.done, "{}", commit.said);
    assert!(
        commit.said.contains("files were modified by this hook"),
        "{}",
        commit.said
    );
    assert!(scratch.read(CLAIM).contains("2Gi"));
    scratch.git(&["add", "--all"]);
    let commit = scratch.commit();
    assert!(commit.done, "{}", commit.said);
}

#[test]
fn a_spec_with_a_fault_stops_both_hooks() {
    for hook in ["underpin-check", "underpin-build"] {
        let scratch = Scratch::guarded(&local(hook));
        scratch.spec("app", "many");
        scratch.git(&["add", "--all"]);
        let commit = scratch.commit();
        assert!(!commit.done, "{}", commit.said);
        assert!(
            commit.said.contains("specs/app/database.toml:4:"),
            "{}",
            commit.said
        );
    }
}
