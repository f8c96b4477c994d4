//! `underpin explain` as a person calls it.

use std::fs;
use std::process::{Command, Output};

fn explain(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_underpin"))
        .arg("explain")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

fn said(arguments: &[&str]) -> String {
    let output = explain(arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_field_is_explained() {
    let expected = "\
`storage.access_mode`

How the volume is attached.

type        one of these
default     `ReadWriteOnce`

  `ReadWriteOnce`     To one node at a time.
  `ReadWriteOncePod`  To one pod at a time; the storage driver must know it.

Example:
    [storage]
    access_mode = \"ReadWriteOncePod\"

In specs/minimal/database.toml: `ReadWriteOnce`, by default
";
    let text = said(&[
        "storage.access_mode",
        "--spec",
        "specs/minimal/database.toml",
    ]);
    snapbox::assert_data_eq!(text, snapbox::Data::from(expected).raw());
}

#[test]
fn what_a_branch_leaves_out_is_said() {
    for (field, here) in [
        (
            "neon.branch.image",
            "In specs/neon-preview/database.toml: `docker.io/library/python:3.13.14-alpine3.24`, by default",
        ),
        (
            "neon.branch.ttl",
            "In specs/neon-preview/database.toml: `\"48h\"`",
        ),
    ] {
        let text = said(&[field, "--spec", "specs/neon-preview/database.toml"]);
        assert!(text.contains(here), "{text}");
    }
}

#[test]
fn a_setting_is_explained_with_who_decided_it() {
    let text = said(&["work_mem", "--spec", "specs/minimal/database.toml"]);
    for part in [
        "integer in kB, 64 to 2147483647",
        "default     `4MB`",
        "derives it where the spec says nothing",
        "`4MB`, derived: a quarter of postgres.memory",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        said(&["port"]).contains("keeps it from the spec: Services, policies and probes name 5432")
    );
    assert!(said(&["fsync"]).contains("`off`  refused: a crash of the node"));
    assert!(said(&["io_method"]).contains("in          18"));
    assert!(
        said(&["io_method", "--spec", "specs/minimal/database.toml"])
            .contains("PostgreSQL 17 does not have it")
    );
}

#[test]
fn the_overview_names_every_field_and_code() {
    let text = said(&[]);
    for name in ["storage.volume.local.path", "UP0001", "UP0209", "UP0936"] {
        assert!(text.contains(&format!("\n  {name} ")), "{name}");
    }
}

#[test]
fn an_unknown_subject_is_a_wrong_use() {
    let output = explain(&["storage.sise"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: nothing is known of `storage.sise`; did you mean `storage.size`?\n"
    );
    let output = explain(&["\u{1b}[2J"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.contains(&0x1b));
}

#[test]
fn a_wrong_spec_is_said_to_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("database.toml");
    fs::write(&path, "name = \"orders\"\n").unwrap();
    let output = explain(&["storage.size", "--spec", path.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("UP0003"));
    let output = explain(&["storage.size", "--spec", "no/such/file.toml"]);
    assert_eq!(output.status.code(), Some(2));
}
