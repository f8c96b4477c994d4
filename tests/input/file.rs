//! What stands where a spec should.

use super::{GOOD, Spec, said};
use crate::tools;
use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn answer(output: &Output, code: i32, words: &[&str]) {
    let said = said(output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "no {word:?} in\n{said}");
    }
}

#[test]
fn no_file() {
    let spec = Spec::of(GOOD);
    fs::remove_file(spec.path()).unwrap();
    answer(
        &spec.build(&[]),
        2,
        &["cannot read `database.toml`", "No such file"],
    );
}

#[test]
fn a_folder_in_its_place() {
    let spec = Spec::of(GOOD);
    fs::remove_file(spec.path()).unwrap();
    fs::create_dir(spec.path()).unwrap();
    let words = ["there is no database.toml below `database.toml`"];
    answer(&spec.build(&[]), 2, &words);
}

/// Opening a pipe waits for its writer, and there is none.
#[test]
fn a_pipe_does_not_hang() {
    let spec = Spec::of(GOOD);
    fs::remove_file(spec.path()).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(spec.path())
            .status()
            .unwrap()
            .success()
    );
    let begin = Instant::now();
    let mut child = spec
        .command()
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while child.try_wait().unwrap().is_none() {
        if begin.elapsed() > Duration::from_secs(10) {
            child.kill().unwrap();
            panic!("it waits for a writer");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    answer(&child.wait_with_output().unwrap(), 2, &["it is not a file"]);
}

#[test]
fn a_device() {
    let mut command = tools::underpin();
    answer(
        &tools::run(command.args(["check", "/dev/zero"])),
        2,
        &["it is not a file"],
    );
}

/// As another user: root reads everything.
#[test]
fn a_file_that_may_not_be_read() {
    let spec = Spec::of(GOOD);
    let mode = |path, mode: &str| {
        let status = Command::new("chmod").arg(mode).arg(path).status();
        assert!(status.unwrap().success());
    };
    mode(spec.path(), "0000");
    mode(spec.folder.path().to_owned(), "0755");
    // A copy where that user can run it.
    let binary = spec.folder.path().join("underpin");
    tools::copy_underpin(&binary);
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
        .arg(binary)
        .args(["check", "database.toml"])
        .current_dir(&spec.folder);
    answer(
        &tools::run(&mut command),
        2,
        &["cannot read `database.toml`", "Permission denied"],
    );
}

#[test]
fn files_that_are_no_text() {
    for (bytes, code, word) in [
        (&b""[..], "UP0003", "missing key `name`"),
        (b"# nothing\n", "UP0003", "missing key `name`"),
        (b"\xff\xfen\0a\0", "UP0008", "UTF-16"),
        (b"\xfe\xff\0n\0a", "UP0008", "UTF-16"),
        (b"name = \"a\xffb\"", "UP0008", "byte 9"),
        (b"name = \"a\0b\"", "UP0001", "database.toml:1:"),
        (b"\x1b[2Jname = 1", "UP0001", "database.toml:1:"),
        (b"name = \"a\rb\"", "UP0001", "database.toml:1:"),
    ] {
        let spec = Spec::of(bytes);
        let output = spec.build(&[]);
        answer(&output, 1, &[code, word]);
        assert!(!said(&output).contains(['\0', '\u{1b}', '\r']), "{bytes:?}");
        assert!(!spec.faults().is_empty());
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_it() {
    answer(&Spec::of(format!("\u{feff}{GOOD}")).build(&[]), 0, &[]);
}

#[test]
fn one_byte_too_large() {
    let limit = usize::try_from(underpin::source::LARGEST).unwrap();
    let padded = |length: usize| GOOD.to_owned() + &"#".repeat(length - GOOD.len());
    answer(&Spec::of(padded(limit)).build(&[]), 0, &[]);
    answer(
        &Spec::of(padded(limit + 1)).build(&[]),
        1,
        &["UP0008", "larger than 1 MiB"],
    );
}
