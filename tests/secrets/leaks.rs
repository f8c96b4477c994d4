//! Where values go: to standard output, whole, or nowhere.

use super::{read, secrets, values};
use crate::tools;
use std::fs::{self, File};
use std::process::{Command, Output, Stdio};

const NAME: &str = "orders";

/// Runs it by bash, with `redirected` after it.
fn bash(redirected: &str) -> Output {
    let line = format!(
        "'{}' secrets {NAME} {redirected}",
        env!("CARGO_BIN_EXE_underpin")
    );
    tools::run(
        Command::new("bash")
            .args(["-c", &line])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null()),
    )
}

/// That it failed by itself with these words, which no value is among.
#[track_caller]
fn expect_refused(output: &Output, words: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(words), "{stderr}");
    assert!(output.stdout.is_empty());
    let long = stderr.split(|c: char| !c.is_ascii_alphanumeric());
    assert!(long.into_iter().all(|word| word.len() < 32), "{stderr}");
}

#[test]
fn a_place_that_does_not_take_them_is_a_failure() {
    expect_refused(&bash(">/dev/full"), "No space left on device");
    expect_refused(&bash(">&-"), "leads nowhere");
    expect_refused(&bash(">/dev/null"), "leads nowhere");
}

#[test]
fn a_reader_that_has_gone_is_a_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = tools::underpin();
    command
        .args(["secrets", NAME])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    expect_refused(&output.wait_with_output().unwrap(), "Broken pipe");
}

/// What a terminal shows of it; `script` is one.
fn on_a_terminal(options: &str) -> Output {
    let line = format!(
        "'{}' secrets {NAME} {options}",
        env!("CARGO_BIN_EXE_underpin")
    );
    tools::run(
        Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::null()),
    )
}

#[test]
fn a_terminal_is_shown_them_only_when_it_is_asked_for() {
    let refused = on_a_terminal("");
    let text = String::from_utf8_lossy(&refused.stdout);
    assert_eq!(refused.status.code(), Some(2), "{text}");
    assert!(
        text.contains("standard output is a terminal") && text.contains("`--show`"),
        "{text}"
    );
    assert!(!text.contains("stringData"), "{text}");
    let shown = on_a_terminal("--show");
    let text = String::from_utf8(shown.stdout)
        .unwrap()
        .replace("\r\n", "\n");
    assert_eq!(shown.status.code(), Some(0), "{text}");
    assert_eq!(values(&read(&text, "shop")).len(), 6);
}

/// Nothing is written, and nothing is said.
#[test]
fn nothing_but_standard_output_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/specs");
    let out = folder.path().join("out");
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    let mut command = tools::underpin();
    command
        .args(["secrets", NAME, "--specs", specs])
        .current_dir(&home)
        .env("HOME", &home)
        .env("TMPDIR", &home)
        .stdout(File::create(&out).unwrap());
    let output = tools::run(&mut command);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
    assert_eq!(
        values(&read(&fs::read_to_string(out).unwrap(), "shop")).len(),
        6
    );
}

/// A file can hold them, as a pipe does: `> orders.yaml` is for whoever encrypts it in place.
#[test]
fn a_spec_with_an_error_gives_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("database.toml");
    fs::write(&file, "name = \"orders\"\nnamespace = \"shop\"\n").unwrap();
    let output = secrets(&[NAME, "--specs", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
}
