//! What is not whole is an error, and never equal.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use underpin::scripts::DEFINITIONS;

const RAW: &str = "m\tr\t20000\tpublic.t\t\t\t\n\
    m\ta\t20000\t2\ti\t\t\n\
    d\ttable\tpublic.t\tis\tr\t\n\
    x\tconstraint\tc on public.t\tconbin\t20000\t{OPEXPR :opno 521 :args ({VAR :varno 1 :varattno 2} {CONST :constvalue 4 [ 1 0 0 0 0 0 0 0 ]})}\n\
    end\t17\n";

fn bash(line: &str, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let script = format!("{}\n{line}", DEFINITIONS.text);
    let mut child = Command::new("bash")
        .args(["-c", &script, "bash"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // One that ends early does not read it all.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), text)
}

fn canonical(input: &str) -> (Option<i32>, String) {
    bash("canonical_definitions", &[], input)
}

#[test]
fn what_is_whole_is_read() {
    let (code, text) = canonical(RAW);
    assert_eq!(code, Some(0));
    let expected = "constraint\tc on public.t\tconbin\t{OPEXPR :opno 521 :args \
        ({VAR :varno 1 :varattno i} {CONST :constvalue 4 [ 1 0 0 0 0 0 0 0 ]} )}\n\
        table\tpublic.t\tis\tr\n~end\t1\t17\t2\n";
    assert_eq!(text, expected);
}

#[test]
fn what_was_cut_off_is_an_error() {
    for (position, _) in RAW.match_indices('\n') {
        if position + 1 < RAW.len() {
            assert_eq!(canonical(&RAW[..=position]).0, Some(2), "{position}");
        }
    }
    assert_eq!(canonical("").0, Some(2));
    for damage in ["{VAR ", ")}\n", "}", "]"] {
        let damaged = RAW.replacen(damage, " ", 1);
        assert_ne!(damaged, RAW);
        assert_eq!(canonical(&damaged).0, Some(2), "{damage}");
    }
}

#[test]
fn only_whole_files_of_one_release_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (_, whole) = canonical(RAW);
    let without = whole.replace("table\tpublic.t\tis\tr\n", "");
    let files = [
        ("whole", whole.clone()),
        ("same", whole.clone()),
        ("other", whole.replace("opno 521", "opno 522")),
        ("cut", without.clone()),
        ("less", without.replace("\t2\n", "\t1\n")),
        ("headless", whole.split_inclusive('\n').take(2).collect()),
        ("empty", String::new()),
        ("later", whole.replace("\t17\t", "\t18\t")),
    ];
    for (name, text) in &files {
        fs::write(path(name), text).unwrap();
    }
    for (found, code) in [
        ("same", 0),
        ("other", 1),
        ("less", 1),
        ("cut", 2),
        ("headless", 2),
        ("empty", 2),
        ("later", 2),
        ("absent", 2),
    ] {
        for pair in [["whole", found], [found, "whole"]] {
            let files = pair.map(path);
            let arguments = [files[0].as_str(), &files[1]];
            let line = r#"compare_definitions "$1" "$2""#;
            assert_eq!(bash(line, &arguments, "").0, Some(code), "{pair:?}");
        }
    }
}
