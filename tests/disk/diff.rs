//! The diff that `check` prints: what people read, and what git applies.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use underpin::disk::{Difference, Line, LineKind, Scope, compare, diff};

use super::{Output, orders, orders_changed, tree};

use LineKind::{Added, Context, File, Hunk, Removed};

fn text(lines: &[Line]) -> String {
    lines
        .iter()
        .flat_map(|line| [line.text.as_str(), "\n"])
        .collect()
}

fn numbered(front: &str, lines: usize) -> String {
    let lines: Vec<String> = (0..lines).map(|line| format!("{front}{line}\n")).collect();
    lines.concat()
}

fn changed(found: &[u8], expected: &str) -> Difference {
    let path = PathBuf::from("./generated/orders/a.yaml");
    Difference::Changed {
        path,
        expected: expected.to_owned(),
        found: found.to_vec(),
    }
}

#[test]
fn it_leads_from_the_disk_to_the_specs() {
    let missing = Difference::Missing {
        path: "/generated/b".into(),
        expected: "b\n".to_owned(),
    };
    let stale = Difference::Stale {
        path: "my generated/c".into(),
        found: b"c".to_vec(),
    };
    let differences = [
        changed(b"a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\n"),
        missing,
        stale,
    ];
    let lines = diff(&differences, 500);
    assert_eq!(
        text(&lines),
        "\
--- a/generated/orders/a.yaml
+++ b/generated/orders/a.yaml
@@ -2,5 +2,5 @@
 b
 c
 d
-e
+E
 f
--- /dev/null
+++ b/generated/b
@@ -0,0 +1 @@
+b
--- a/my generated/c\t
+++ /dev/null
@@ -1 +0,0 @@
-c
\\ No newline at end of file
"
    );
    let kinds: Vec<LineKind> = lines[..9].iter().map(|line| line.kind).collect();
    assert_eq!(
        kinds,
        [
            File, File, Hunk, Context, Context, Context, Removed, Added, Context
        ]
    );
}

#[test]
fn what_would_move_the_cursor_is_escaped() {
    let found = b"a\r\n\x1b[31mred\x07\xff\n\xe2\x80\xaeb\ttab\n";
    let text = text(&diff(&[changed(found, "a\n")], 500));
    let lines: Vec<&str> = text.lines().skip(3).collect();
    assert_eq!(
        lines,
        [
            "-a\\r",
            "-\\u{1b}[31mred\\u{7}\u{fffd}",
            "-\\u{202e}b\ttab",
            "+a"
        ]
    );
}

#[test]
fn it_is_bounded_and_says_what_is_left_out() {
    let long = numbered("", 100);
    let differences: Vec<Difference> = (0..5).map(|_| changed(b"", &long)).collect();
    let lines = diff(&differences, 150);
    assert_eq!(lines.len(), 152);
    assert_eq!(lines[150].text, "… 56 more lines of this file");
    assert_eq!(lines[151].text, "… 3 more files");
    assert_eq!(diff(&differences[..1], 103).len(), 103);
    assert_eq!(
        text(&diff(&differences[..1], 102)[102..]),
        "… 1 more line of this file\n"
    );
    assert_eq!(
        text(&diff(&differences[..2], 103)[103..]),
        "… 1 more file\n"
    );
}

#[test]
fn a_huge_file_is_named_and_not_shown() {
    let lines = diff(&[changed(&vec![b'\n'; 5 << 20], "a\n")], 500);
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[2].text, "too large to show: 5242880 bytes on disk");
    // The largest that is shown, with no line in common, takes no longer than a person waits.
    let (found, expected) = (numbered("x", 100_000), numbered("y", 100_000));
    let begin = std::time::Instant::now();
    assert_eq!(
        diff(&[changed(found.as_bytes(), &expected)], 500).len(),
        501
    );
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
}

#[test]
fn git_applies_it() {
    let ledger = tree(
        "ledger",
        &[("a b.yaml", "no\nend"), ("gone.yaml", "gone\n")],
    );
    let long = numbered("line ", 60);
    let edited = long.replace("line 7\n", "").replace("line 40\n", "forty\n");
    let before = [orders(), ledger, tree("many", &[("long.yaml", &long)])];
    let after = [
        orders_changed(),
        tree("ledger", &[("a b.yaml", "no\nend\n")]),
        tree("many", &[("long.yaml", &edited)]),
    ];
    let output = Output::of(&before);
    // As a person runs it: in the repository, with the output directory as the specs name it.
    let differences: Vec<Difference> = output
        .compare(&after)
        .into_iter()
        .map(|difference| relative(difference, output.parent.path()))
        .collect();
    let patch = text(&diff(&differences, usize::MAX));
    assert!(
        patch.contains("+++ b/generated/orders/access/policy.yaml\n"),
        "{patch}"
    );

    let mut git = Command::new("git");
    git.args(["apply", "--whitespace=nowarn", "-"])
        .current_dir(output.parent.path());
    git.env("GIT_CEILING_DIRECTORIES", "/");
    let mut git = git
        .stdin(Stdio::piped())
        .spawn()
        .expect("git must be installed for this test");
    git.stdin
        .take()
        .unwrap()
        .write_all(patch.as_bytes())
        .unwrap();
    assert!(git.wait().unwrap().success(), "{patch}");
    assert_eq!(compare(&output.path, &after, Scope::All).unwrap(), []);
    assert!(!fs::exists(output.at("ledger/gone.yaml")).unwrap());
}

fn relative(difference: Difference, parent: &Path) -> Difference {
    let cut = |path: PathBuf| path.strip_prefix(parent).unwrap().to_owned();
    match difference {
        Difference::Changed {
            path,
            expected,
            found,
        } => Difference::Changed {
            path: cut(path),
            expected,
            found,
        },
        Difference::Missing { path, expected } => Difference::Missing {
            path: cut(path),
            expected,
        },
        Difference::Stale { path, found } => Difference::Stale {
            path: cut(path),
            found,
        },
    }
}
