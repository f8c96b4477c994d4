//! `underpin restore` as a person calls it: a Job on standard output, and nothing else anywhere.

mod build;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn restore(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_underpin"))
        .arg("restore")
        .args(arguments)
        .current_dir(ROOT)
        .output()
        .unwrap()
}

fn job(arguments: &[&str]) -> Value {
    let output = restore(arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    serde_yaml::from_slice(&output.stdout).unwrap()
}

fn committed(file: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(Path::new(ROOT).join(file)).unwrap()).unwrap()
}

/// The variables with a value of their own, as the container gets them.
fn variables(job: &Value) -> BTreeMap<String, String> {
    let list = &job["spec"]["template"]["spec"]["containers"][0]["env"];
    list.as_array()
        .unwrap()
        .iter()
        .filter_map(|variable| {
            let value = variable["value"].as_str()?.replace("$$", "$");
            Some((variable["name"].as_str()?.to_owned(), value))
        })
        .collect()
}

#[test]
fn without_a_word_it_is_the_job_of_the_cron_job_under_a_new_name_each_time() {
    let job = job(&["orders"]);
    let cron_job = committed("generated/orders/backup/cron-job-restore.yaml");
    assert_eq!(job["spec"], cron_job["spec"]["jobTemplate"]["spec"]);
    assert_eq!(job["metadata"]["generateName"], "orders-restore-");
    assert!(job["metadata"].get("name").is_none());
    let by_pull_request = committed("generated/orders/restore/job.yaml");
    assert_eq!(job["spec"], by_pull_request["spec"]);
}

#[test]
fn what_is_said_changes_that_and_nothing_else() {
    let plain = variables(&job(&["orders"]));
    for (arguments, changed) in [
        (
            &["--backup", "20261123T021500Z-k3x9p"][..],
            &[("BACKUP", "20261123T021500Z-k3x9p")][..],
        ),
        (
            &[
                "--backup",
                "20261123T021500Z-k3x9p",
                "--accept",
                "0123456789abcdef0123456789abcdef",
            ],
            &[
                ("BACKUP", "20261123T021500Z-k3x9p"),
                ("ACCEPT", "0123456789abcdef0123456789abcdef"),
            ],
        ),
        (
            &["--before", "2026-11-20T13:00:00+01:00"],
            &[("BEFORE", "2026-11-20T12:00:00Z")],
        ),
        (
            &["--database", "it's $(id) a=b"],
            &[
                ("DATABASE", "it's $(id) a=b"),
                ("INTO", "it's $(id) a=b_restored"),
                ("INTO_OF_SPEC", "it's $(id) a=b_restored"),
            ],
        ),
        (
            &["--into", "orders"],
            &[("INTO", "orders"), ("INTO_OF_SPEC", "orders")],
        ),
        (&["--replace"], &[("REPLACE", "true")]),
        (
            &["--table", "public.a", "--table", "b\"c"],
            &[("TABLES", "[\n  \"public.a\",\n  \"b\\\"c\"\n]\n")],
        ),
    ] {
        let mut expected = plain.clone();
        for (name, value) in changed {
            expected.insert((*name).into(), (*value).into());
        }
        let said = variables(&job(&[&["orders"], arguments].concat()));
        assert_eq!(said, expected, "{arguments:?}");
    }
}

/// The superuser's password is mounted for the restore that asks for it, and for no other.
#[test]
fn the_superuser_is_asked_for_by_name() {
    let mounts = |job: &Value| job["spec"]["template"]["spec"]["volumes"].to_string();
    assert!(!mounts(&job(&["minimal"])).contains("superuser"));
    let asked = job(&["minimal", "--as-superuser"]);
    assert!(mounts(&asked).contains("superuser"));
    assert_eq!(variables(&asked)["AS_SUPERUSER"], "true");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (arguments, words) in [
        (
            &["order"][..],
            "there are: ledger, minimal, signup, preview, orders",
        ),
        (
            &["orders", "--specs", "specs/minimal"],
            "there are: minimal",
        ),
        (
            &["orders", "--into", "other", "--replace"],
            "'--into <NAME>' cannot be used with '--replace'",
        ),
        (
            &["orders", "--backup", "newest"],
            "neither `latest` nor the id",
        ),
        (
            &["orders", "--backup", "20261323T021500Z-k3x9p"],
            "neither `latest` nor the id",
        ),
        (
            &[
                "orders",
                "--backup",
                "20261123T021500Z-k3x9p",
                "--accept",
                "yes",
            ],
            "`--accept yes`: is no digest of a list",
        ),
        (
            &["orders", "--accept", "0123456789abcdef0123456789abcdef"],
            "--backup <ID>",
        ),
        (
            &["orders", "--before", "2026-11-20"],
            "the offset of its zone",
        ),
        (&["signup", "--as-superuser"], "nobody is superuser at Neon"),
        (&["preview"], "a branch at Neon is not backed up"),
        (&["orders", "--into", ""], "`--into `: is empty"),
        (&["orders", "--table", "a\nb"], "is no name of a table"),
        (
            &["orders", "--replace", "--table", "a"],
            "cannot be used with",
        ),
        (
            &[
                "orders",
                "--backup",
                "latest",
                "--before",
                "2026-11-20T12:00:00Z",
            ],
            "cannot be used with",
        ),
    ] {
        let output = restore(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_spec_that_is_wrong_prints_no_job() {
    let folder = tempfile::tempdir().unwrap();
    let spec = folder.path().join("database.toml");
    fs::write(&spec, "name = \"broken\"\nnamespace = 1\n").unwrap();
    let output = restore(&["broken", "--specs", spec.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("UP0004"));
}
