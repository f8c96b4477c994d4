//! A mebibyte of anything: an answer, and soon. Debug builds have the smallest stack to spare and
//! check every sum, so what holds here holds in a release.

use super::{GOOD, Spec, said};
use crate::tools;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

const MEBIBYTE: usize = 1 << 20;

/// Seconds of CPU: a debug build takes two at most, and a release less than one; what is quadratic
/// takes minutes.
const PATIENCE: u32 = 10;

/// As many of these as a mebibyte holds, after a beginning.
fn repeat(beginning: &str, each: impl Fn(usize) -> String, end: &str) -> String {
    let mut text = beginning.to_owned();
    for index in 0.. {
        let next = each(index);
        if text.len() + next.len() + end.len() > MEBIBYTE {
            break;
        }
        text.push_str(&next);
    }
    text + end
}

fn same(beginning: &str, each: &str, end: &str) -> String {
    repeat(beginning, |_| each.to_owned(), end)
}

fn after_good(line: &str, each: impl Fn(usize) -> String, end: &str) -> String {
    let key = line.split(['.', ' ', '=']).next().unwrap();
    let good: String =
        GOOD.lines()
            .filter(|good| !good.starts_with(key))
            .fold(String::new(), |mut text, good| {
                let _ = writeln!(text, "{good}");
                text
            });
    repeat(&(good + line), each, end)
}

/// What each is about, and its text.
#[allow(clippy::too_many_lines, reason = "a table")]
fn inputs() -> Vec<(&'static str, String)> {
    vec![
        (
            "unknown keys",
            repeat(GOOD, |index| format!("k{index} = 1\n"), ""),
        ),
        ("tables", repeat("", |index| format!("[t{index}]\n"), "")),
        ("arrays in arrays", same("a = ", "[", "")),
        (
            "closed arrays in arrays",
            "[".repeat(MEBIBYTE / 2 - 2) + &"]".repeat(MEBIBYTE / 2 - 2),
        ),
        ("tables in tables", same("a = ", "{b=", "")),
        ("a dotted key", same("a", ".a", " = 1")),
        ("a dotted header", same("[a", ".a", "]")),
        ("a dotted header of a list", same("[[a", ".a", "]]\nb = 1")),
        (
            "ever longer headers",
            repeat("", |index| format!("[[a{}]]\n", ".a".repeat(index)), ""),
        ),
        ("one string", same("name = \"", "x", "\"")),
        ("one string that never ends", same("name = \"", "x", "")),
        ("one string of quotes", same("name = \"", "\\\"", "\"")),
        ("one key", same("", "x", " = 1")),
        ("a syntax error in each line", same("", "a b\n", "")),
        ("syntax errors in one line", same("", "=", "")),
        ("carriage returns", same("", "\r", "")),
        ("NUL", same("", "\0", "")),
        ("escapes", same("", "\u{1b}[2J", "")),
        (
            "what turns the line around",
            same("name = '", "\u{202e}", "'"),
        ),
        ("four bytes a character", same("name = '", "😀", "'")),
        ("one key again and again", same("", "a = 1\n", "")),
        (
            "databases",
            after_good(
                "databases = [",
                |index| format!("{{name='d{index}'}},"),
                "]",
            ),
        ),
        (
            "databases of one name",
            after_good("databases = [", |_| "{name='d'},".into(), "]"),
        ),
        (
            "databases without a name",
            after_good("databases = [", |_| "{},".into(), "]"),
        ),
        (
            "roles",
            after_good("", |index| format!("[[roles]]\nname='r{index}'\n"), ""),
        ),
        (
            "members of the next",
            after_good(
                "",
                |index| format!("[[roles]]\nname='r{index}'\nmember_of=['r{}']\n", index + 1),
                "",
            ),
        ),
        (
            "extensions",
            after_good(
                "databases = [{name='a',extensions=[",
                |index| format!("'e{index}',"),
                "]}]",
            ),
        ),
        (
            "settings",
            after_good(
                "[postgres.settings]\n",
                |index| format!("s{index} = 1\n"),
                "",
            ),
        ),
        (
            "settings of an extension",
            after_good(
                "[postgres.settings]\n",
                |index| format!("'e.s{index}' = 1\n"),
                "",
            ),
        ),
        (
            "labels",
            after_good("[labels]\n", |index| format!("l{index} = '1'\n"), ""),
        ),
        (
            "bad labels",
            after_good("[labels]\n", |index| format!("-{index} = 1\n"), ""),
        ),
        (
            "clients",
            after_good("access.clients = [", |_| "{pods={a='b'}},".into(), "]"),
        ),
        (
            "clients without pods",
            after_good("access.clients = [", |_| "{},".into(), "]"),
        ),
        (
            "tolerations",
            after_good("placement.tolerations = [", |_| "{key='a'},".into(), "]"),
        ),
        (
            "secrets of one value",
            same("", "password = 'hunter2'\n", ""),
        ),
        (
            "secrets",
            repeat("", |index| format!("password = 'hunter{index}'\n"), ""),
        ),
        ("secrets in one line", same("", "password=", "")),
        ("secrets in one comment", same("#", "password=x ", "")),
        ("private keys", same("", "-----BEGIN PRIVATE KEY\n", "")),
        ("private keys in one line", same("", "-----BEGIN ", "")),
        ("addresses", same("", "://a:b@", "")),
        ("tokens", same("", "AKIA_", "")),
        ("open strings", same("", "password='''", "")),
        ("comments", same(GOOD, "# a\n", "")),
    ]
}

#[test]
fn a_mebibyte_of_anything_is_answered_soon() {
    let inputs = inputs();
    let (first, second) = inputs.split_at(inputs.len() / 2);
    let slowest = std::thread::scope(|scope| {
        let first = scope.spawn(|| first.iter().map(time).max());
        let second = second.iter().map(time).max();
        first.join().unwrap().max(second)
    });
    // Shown by `cargo test -- --nocapture`.
    let _ = writeln!(std::io::stderr(), "the slowest: {slowest:?}");
}

/// How long it took, if all was well.
fn time((about, text): &(&'static str, String)) -> (Duration, &'static str) {
    assert!(
        text.len() <= MEBIBYTE && text.len() > MEBIBYTE - 4096,
        "{about}: {}",
        text.len()
    );
    let spec = Spec::of(text);
    let begin = Instant::now();
    let output = tools::run(
        Command::new("bash")
            .args([
                "-c",
                &format!("ulimit -t {PATIENCE}; exec \"$0\" build database.toml"),
            ])
            .arg(env!("CARGO_BIN_EXE_underpin"))
            .current_dir(&spec.folder),
    );
    let took = begin.elapsed();
    let said = said(&output);
    let fine = output.status.code() == Some(i32::from(*about != "comments"));
    assert!(fine, "{about}: {}\n{said}", output.status);
    assert!(said.len() < 64 * 1024, "{about}: {} bytes", said.len());
    (took, about)
}
