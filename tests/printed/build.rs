//! What `underpin build` and `underpin check` say of what a cluster still has, and of files that were
//! edited: pasted, it does what it says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::tools;

const SPEC: &str = "name = \"orders\"\nnamespace = \"shop\"\ndatabases = [{ name = \"orders\" }]\nstorage.size = \"50Gi\"\npostgres.image = \"docker.io/library/postgres:17.12-bookworm\"\n";

fn project(more: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("specs/orders")).unwrap();
    write(folder.path(), more);
    build(folder.path());
    folder
}

fn write(folder: &Path, more: &str) {
    fs::write(
        folder.join("specs/orders/database.toml"),
        format!("{SPEC}{more}"),
    )
    .unwrap();
}

/// What it says beside its result.
fn said(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = tools::run(tools::underpin().args(arguments).current_dir(folder));
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

fn build(folder: &Path) -> String {
    let (code, said) = said(folder, &["build"]);
    assert_eq!(code, Some(0), "{said}");
    said
}

/// `kubectl apply -k` deletes nothing.
#[test]
fn what_was_taken_out_is_named_with_the_line_that_deletes_it() {
    let folder = project(
        "[pooler]\n[monitoring]\nexporter = {}\n[backup]\ndrill = {}\nschedules = [{ name = \"noon\", cron = \"0 12 * * *\" }]\n",
    );
    write(
        folder.path(),
        "[backup]\nschedules = [{ name = \"midday\", cron = \"0 12 * * *\" }]\n",
    );
    let said = build(folder.path());
    for object in [
        "cronjob/orders-backup-noon",
        "cronjob/orders-drill",
        "cronjob/orders-drill-old",
        "deployment/orders-pooler",
        "networkpolicy/orders-pooler",
        "deployment/orders-exporter",
    ] {
        let line = format!("  kubectl -n shop delete {object}\n");
        assert_eq!(said.matches(&line).count(), 1, "{object}: {said}");
    }
    // What stays, with the same name, is no line.
    for line in said.lines().filter(|line| line.contains("delete ")) {
        let name = line.rsplit('/').next().unwrap();
        let kind = line.split(" delete ").nth(1).unwrap();
        assert!(kind.starts_with(char::is_lowercase), "{line}");
        let kept = Command::new("grep")
            .args(["-rlx", "--include=*.yaml", &format!("  name: {name}")])
            .arg(folder.path().join("generated"))
            .output()
            .unwrap();
        let kept = String::from_utf8(kept.stdout).unwrap();
        let kind = kind.split('/').next().unwrap();
        for file in kept.lines() {
            let text = fs::read_to_string(file).unwrap().to_lowercase();
            assert!(
                !text.contains(&format!("\nkind: {kind}\n")),
                "{line}: {file}"
            );
        }
    }
    assert_eq!(build(folder.path()), "");
}

/// Data and passwords go with no line.
#[test]
fn a_spec_that_is_gone_keeps_its_data() {
    let folder = project("");
    fs::rename(
        folder.path().join("specs/orders"),
        folder.path().join("specs/ledger"),
    )
    .unwrap();
    let text = SPEC.replace("\"orders\"\nnamespace", "\"ledger\"\nnamespace");
    fs::write(folder.path().join("specs/ledger/database.toml"), text).unwrap();
    let said = build(folder.path());
    assert!(
        said.contains("kubectl -n shop delete statefulset/orders\n"),
        "{said}"
    );
    assert!(!said.contains("delete persistentvolume"), "{said}");
    assert!(!said.contains("delete job/"), "{said}");
}

#[test]
fn a_check_names_the_command_that_works() {
    let folder = project("");
    let service = folder
        .path()
        .join("generated/orders/server/service-direct.yaml");
    let check = |words: &str| {
        let (code, said) = said(folder.path(), &["check"]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(words), "{said}");
    };
    let run = |arguments: &[&str]| said(folder.path(), arguments).0;
    write(folder.path(), "[pooler]\n");
    check("run `underpin build`, and commit");
    assert_eq!(run(&["build"]), Some(0));
    fs::write(&service, "kind: Service\n").unwrap();
    check("service-direct.yaml was edited by hand");
    check("then run `underpin build --force`, and commit");
    assert_eq!(run(&["build"]), Some(1));
    assert_eq!(run(&["build", "--force"]), Some(0));
    assert_eq!(run(&["check"]), Some(0));
    // What no build wrote stands where one would write.
    fs::remove_file(&service).unwrap();
    fs::create_dir(&service).unwrap();
    fs::write(service.join("mine"), "").unwrap();
    check("move it, then run `underpin build --force`");
    fs::remove_dir_all(&service).unwrap();
    assert_eq!(run(&["build", "--force"]), Some(0));
}
