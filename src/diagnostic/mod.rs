//! What is said about a fault in a person's text, and how it is shown: on a terminal
//! ([`terminal`]) or as JSON ([`json`]).
//!
//! Messages are phrases that begin in lower case, without a full stop: what is wrong. The label
//! says what is expected at that place, the help what to write. Where a stage finds several
//! faults, it reports them all.

pub mod json;
mod redact;
pub mod terminal;

use std::fmt;
use std::ops::Range;

pub use redact::{MOST as MOST_SECRETS, Redaction, find_secrets};

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written.
    Error,
    /// The output is written all the same.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One fault in one `database.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The code that `underpin explain` knows, such as `UP0002`.
    pub code: &'static str,
    /// Whether anything is written in spite of it.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// The key that it is about, such as `databases[0].name`; empty for the file as a whole.
    pub key: String,
    /// The bytes of the source that are at fault; none for the file as a whole.
    pub span: Option<Range<usize>>,
    /// What is expected at that place.
    pub label: Option<String>,
    /// Another place that the fault has to do with.
    pub context: Option<(Range<usize>, String)>,
    /// What helps to understand it.
    pub notes: Vec<String>,
    /// What to write.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A diagnostic about the file as a whole; the other fields are set by the caller.
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            key: String::new(),
            span: None,
            label: None,
            context: None,
            notes: Vec::new(),
            help: None,
        }
    }

    /// The order in which a person meets them: by place, errors before warnings, then by code.
    pub fn order(&self) -> (usize, Severity, &'static str, &str) {
        let start = self.span.as_ref().map_or(0, |span| span.start);
        (start, self.severity, self.code, &self.message)
    }
}

/// What `underpin explain CODE` prints, and what `docs/rules.md` is made of.
#[derive(Debug, Clone, Copy)]
pub struct Explanation {
    /// Such as `UP0002`.
    pub code: &'static str,
    /// The fault in a few words, such as `unknown key`.
    pub title: &'static str,
    /// What is checked and why, in Markdown.
    pub text: &'static str,
    /// A spec, or the lines to add to a minimal one, that shows the fault.
    pub bad: &'static str,
    /// The same, mended.
    pub good: &'static str,
}

/// Line and column, both from 1, the column in characters, of a byte of `text`.
pub fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let before = &text[..offset];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

/// `text` with control characters and those that change the direction of writing shown as
/// `\u{…}`: what a person's file holds must not act on another person's terminal.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Control characters, and the bidirectional controls of Unicode (UAX #9).
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}' | '\u{2028}' | '\u{2029}')
}

/// The nearest of `candidates` to what was written, when it is near enough to be a slip.
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A slip changes a third of a word at most; further away, a suggestion would only mislead.
    if written.len() > 64 {
        return None;
    }
    let limit = (written.chars().count() / 3).max(1);
    let lowered = written.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&lowered, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        assert_eq!(line_and_column("a\nbü c", 6), (2, 4));
        assert_eq!(line_and_column("ü", 1), (1, 1));
    }

    #[test]
    fn a_suggestion_is_near() {
        assert_eq!(nearest("naem", ["name", "namespace"]), Some("name"));
        assert_eq!(nearest("extra", ["name", "namespace"]), None);
    }

    #[test]
    fn a_terminal_is_not_steered() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}"), "a\\u{1b}[2Jb\\u{202e}");
    }
}
