//! Differences as people read them: a unified diff from what is on disk to what the specs say,
//! which `git apply` turns into the same.

use std::fmt::Write;
use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::Difference;

/// A longer content is named and not shown: a generated file is never of that size.
const TOO_LARGE: usize = 1 << 20;

/// A line of a diff, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What the line is, for whoever colours it.
    pub kind: LineKind,
    /// The line with its mark; control characters are written as escapes.
    pub text: String,
}

/// What a line of a diff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// `--- a/…` or `+++ b/…`
    File,
    /// `@@ -1,7 +1,6 @@`
    Hunk,
    /// A line that stands on both sides.
    Context,
    /// A line that the specs do not say.
    Removed,
    /// A line that is not on disk.
    Added,
    /// A remark, no part of the patch.
    Note,
}

/// The differences as a diff of at most so many lines, then how much is left out.
pub fn diff(differences: &[Difference], limit: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for (index, difference) in differences.iter().enumerate() {
        if lines.len() >= limit {
            let files = differences.len() - index;
            let text = format!("… {files} more {}", plural(files, "file"));
            lines.push(Line {
                kind: LineKind::Note,
                text,
            });
            break;
        }
        lines.extend(of_file(difference));
        if lines.len() > limit {
            let more = lines.len() - limit;
            lines.truncate(limit);
            let text = format!("… {more} more {} of this file", plural(more, "line"));
            lines.push(Line {
                kind: LineKind::Note,
                text,
            });
        }
    }
    lines
}

fn of_file(difference: &Difference) -> Vec<Line> {
    let name = name(difference.path());
    let (here, there) = (format!("a/{name}"), format!("b/{name}"));
    let nowhere = "/dev/null".to_owned();
    let (old, new, here, there) = match difference {
        Difference::Changed {
            expected, found, ..
        } => (found.as_slice(), expected.as_str(), here, there),
        Difference::Missing { expected, .. } => (&[][..], expected.as_str(), nowhere, there),
        Difference::Stale { found, .. } => (found.as_slice(), "", here, nowhere),
    };
    let header = |mark, name| Line {
        kind: LineKind::File,
        text: format!("{mark} {name}"),
    };
    let mut lines = vec![header("---", here), header("+++", there)];
    if old.len().max(new.len()) > TOO_LARGE {
        let text = format!("too large to show: {} bytes on disk", old.len());
        lines.push(Line {
            kind: LineKind::Note,
            text,
        });
    } else {
        lines.extend(hunks(&String::from_utf8_lossy(old), new));
    }
    lines
}

fn hunks(old: &str, new: &str) -> Vec<Line> {
    // Only a line feed ends a line, as for git.
    let split = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let (old, new) = (split(old), split(new));
    let diff = TextDiff::from_slices(&old, &new);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        lines.push(Line {
            kind: LineKind::Hunk,
            text: hunk.header().to_string(),
        });
        for change in hunk.iter_changes() {
            let (kind, mark) = match change.tag() {
                ChangeTag::Equal => (LineKind::Context, ' '),
                ChangeTag::Delete => (LineKind::Removed, '-'),
                ChangeTag::Insert => (LineKind::Added, '+'),
            };
            let (text, ended) = match change.value().strip_suffix('\n') {
                Some(text) => (text, true),
                None => (change.value(), false),
            };
            lines.push(Line {
                kind,
                text: format!("{mark}{}", escape(text)),
            });
            if !ended {
                lines.push(Line {
                    kind,
                    text: "\\ No newline at end of file".to_owned(),
                });
            }
        }
    }
    lines
}

/// The path as a patch names it. A tab ends a name with spaces, as in git's own.
fn name(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = escape(path.trim_start_matches("./").trim_start_matches('/'));
    if path.contains(' ') {
        path + "\t"
    } else {
        path
    }
}

/// Writes what would move the cursor or turn the text around as escapes: generated files hold none
/// of it, but what a person left in their place may.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => escaped.push('\t'),
            '\r' => escaped.push_str("\\r"),
            _ if character.is_control() || is_bidirectional(character) => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

fn is_bidirectional(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn plural(count: usize, noun: &str) -> String {
    if count == 1 {
        noun.to_owned()
    } else {
        format!("{noun}s")
    }
}
