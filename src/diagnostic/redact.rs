//! Secrets in a spec: found before anything else is said, so that no message and no quoted line
//! repeats one. Works on the text alone, because a file that does not parse may hold one too.

use std::collections::BTreeSet;
use std::ops::Range;

/// A text with more secrets than this is said to hold secrets, and nothing else is said about it:
/// looking for each of them in each message would take too long.
pub const MOST: usize = 100;

/// Shorter secrets stay in messages: they would blank out ordinary words.
const SHORTEST: usize = 4;

/// What is seen of a comment.
const TOLD: &str = " …";

/// The places of a text that must not be shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    spans: Vec<Range<usize>>,
    texts: Vec<String>,
}

impl Redaction {
    /// What is found by [`find_secrets`].
    pub fn of(text: &str) -> Self {
        let mut spans = find_secrets(text);
        let texts: BTreeSet<&str> = spans
            .iter()
            .map(|span| text[span.clone()].trim_matches(['"', '\'']))
            .filter(|secret| secret.len() >= SHORTEST)
            .collect();
        let texts: Vec<String> = texts.into_iter().take(MOST).map(str::to_owned).collect();
        // Wherever else it stands, it is no less secret; a short one is a word as well.
        for secret in texts.iter().filter(|secret| secret.len() >= 8) {
            spans.extend(
                text.match_indices(secret.as_str())
                    .map(|(at, _)| at..at + secret.len()),
            );
        }
        Self {
            spans: merged(spans),
            texts,
        }
    }

    /// The same, and these places of `text`: `masked` wherever the text is quoted, `secrets` in messages
    /// too.
    #[must_use]
    pub fn hiding(
        mut self,
        text: &str,
        masked: Vec<Range<usize>>,
        secrets: &[Range<usize>],
    ) -> Self {
        let texts = secrets.iter().map(|span| &text[unquoted(text, span)]);
        let long = texts.filter(|secret| secret.len() >= SHORTEST);
        self.texts.extend(long.map(str::to_owned));
        // A secret that holds another one is taken out first.
        self.texts
            .sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.texts.dedup();
        self.texts.truncate(MOST);
        self.spans.extend(masked);
        self.spans
            .extend(secrets.iter().map(|span| unquoted(text, span)));
        self.spans = merged(self.spans);
        self
    }

    /// The spans, in order.
    pub fn spans(&self) -> &[Range<usize>] {
        &self.spans
    }

    /// `source` with every secret replaced by asterisks of the same length in bytes, so that
    /// spans still fit; of a comment only that it is there.
    pub fn source(&self, source: &str) -> String {
        let mut shown = String::with_capacity(source.len());
        let mut end = 0;
        for span in &self.spans {
            shown.push_str(&source[end..span.start]);
            end = span.end;
            if shown.ends_with('#') && !source[span.clone()].contains('\n') {
                let told = if span.len() >= TOLD.len() { TOLD } else { "" };
                shown.push_str(told);
                shown.extend(std::iter::repeat_n(' ', span.len() - told.len()));
                continue;
            }
            shown.extend(
                source[span.clone()]
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { '*' }),
            );
        }
        shown.push_str(&source[end..]);
        shown
    }

    /// A message with every secret taken out.
    pub fn message(&self, message: &str) -> String {
        let mut shown = message.to_owned();
        for text in &self.texts {
            if shown.contains(text.as_str()) {
                shown = shown.replace(text.as_str(), "****");
            }
        }
        shown
    }
}

/// A value without the quotes around it.
fn unquoted(text: &str, span: &Range<usize>) -> Range<usize> {
    const QUOTES: [char; 2] = ['"', '\''];
    let value = &text[span.clone()];
    let start = span.start + value.len() - value.trim_start_matches(QUOTES).len();
    start..start + value.trim_matches(QUOTES).len()
}

/// Last parts of a key whose value, written out as a string, is a secret. `secret` and `key` are
/// not among them: they name a Kubernetes Secret and a key of it.
const SECRET_KEYS: [&str; 16] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "token",
    "api_key",
    "apikey",
    "access_key",
    "access_key_id",
    "secret_key",
    "secret_access_key",
    "private_key",
    "client_secret",
    "credential",
    "connection_string",
    "pgpassword",
];

/// The byte ranges of `text` that look like secrets, in order, without overlap: strings under a
/// key such as `password`, passwords in URLs and connection strings, private keys, and tokens of
/// a well-known shape.
pub fn find_secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    under_secret_keys(text, &mut found);
    in_urls(text, &mut found);
    private_keys(text, &mut found);
    well_known(text, &mut found);
    merged(found)
}

/// Ranges in order, those that overlap as one.
fn merged(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in found {
        match merged.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// `password = "…"`, also with a quoted or dotted key, also inside an inline table.
fn under_secret_keys(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut last_end = 0;
    let mut line = CommentSearch::default();
    for (equals, _) in text.match_indices('=') {
        let in_comment = line.is_comment(text, equals);
        if equals < last_end {
            continue;
        }
        let before = text[..equals].trim_end_matches([' ', '\t']);
        let before = before.trim_end_matches(['"', '\'']);
        let start = before
            .rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
            .map_or(0, |at| {
                at + before[at..].chars().next().map_or(1, char::len_utf8)
            });
        let key = before[start..].to_ascii_lowercase().replace('-', "_");
        let secret = SECRET_KEYS.iter().any(|known| {
            key == *known || (key.ends_with(known) && key[..key.len() - known.len()].ends_with('_'))
        });
        if !secret {
            continue;
        }
        let value = equals
            + 1
            + (text[equals + 1..].len() - text[equals + 1..].trim_start_matches([' ', '\t']).len());
        match bytes.get(value) {
            Some(quote @ (b'"' | b'\'')) => {
                last_end = string_end(text, value, *quote);
                found.push(value..last_end);
            }
            // A table or an array that names a Secret, or nothing at all.
            Some(b'{' | b'[' | b'\n' | b'\r') | None => {}
            // Bare words are no TOML, and in a comment they are prose.
            Some(_) if in_comment => {}
            Some(_) => {
                let end = text[value..]
                    .find(['\n', '\r', ',', '}', '#', ' '])
                    .map_or(text.len(), |length| value + length);
                // `token = true` is a mistake, not a secret.
                if !matches!(&text[value..end], "true" | "false") {
                    found.push(value..end);
                    last_end = end;
                }
            }
        }
    }
}

/// Whether a `#` stands before a place in its line, for places in order: looks at no byte twice.
#[derive(Default)]
struct CommentSearch {
    looked: usize,
    comment: bool,
}

impl CommentSearch {
    fn is_comment(&mut self, text: &str, at: usize) -> bool {
        let piece = &text[self.looked..at];
        self.comment = match piece.rfind('\n') {
            Some(newline) => piece[newline..].contains('#'),
            None => self.comment || piece.contains('#'),
        };
        self.looked = at;
        self.comment
    }
}

/// Where the string that opens at `start` ends; the end of the line when it never does.
fn string_end(text: &str, start: usize, quote: u8) -> usize {
    let triple: String = [char::from(quote); 3].iter().collect();
    if text[start..].starts_with(&triple) {
        return text[start + 3..]
            .find(&triple)
            .map_or(text.len(), |length| start + 3 + length + 3);
    }
    let bytes = text.as_bytes();
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'\n' {
        if bytes[at] == b'\\' && quote == b'"' {
            at += 2;
            continue;
        }
        if bytes[at] == quote {
            return at + 1;
        }
        at += 1;
    }
    let mut end = at.min(text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    end
}

/// `scheme://user:password@host`, and `password=…` inside a connection string.
fn in_urls(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("://") {
        let rest = &text[at + 3..];
        let end = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '?' | '#' | '<' | '>')
            })
            .unwrap_or(rest.len());
        let authority = &rest[..end];
        if let Some(host) = authority.rfind('@')
            && let Some(colon) = authority[..host].find(':')
            && colon + 1 < host
        {
            found.push(at + 3 + colon + 1..at + 3 + host);
        }
    }
}

/// PEM blocks of private keys, to their end or the text's.
fn private_keys(text: &str, found: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    let mut last_end = 0;
    for (start, _) in text.match_indices(BEGIN) {
        let kind = text[start + BEGIN.len()..].split(['-', '\n']).next();
        if start >= last_end && kind.is_some_and(|kind| kind.contains("PRIVATE KEY")) {
            let end = text[start..]
                .find("-----END")
                .map_or(text.len(), |length| start + length);
            found.push(start..end);
            last_end = end;
        }
    }
}

/// Tokens that can be told by how they begin: AWS, GitHub, GitLab, Slack, Neon, and the
/// verifiers that `PostgreSQL` keeps.
fn well_known(text: &str, found: &mut Vec<Range<usize>>) {
    /// How a token begins, the least length of the rest, and what that holds beside letters and
    /// digits. Names begin so, too, so a token must hold a digit.
    const TOKENS: [(&str, usize, &str); 11] = [
        ("AKIA", 16, ""),
        ("ASIA", 16, ""),
        ("ghp_", 30, ""),
        ("gho_", 30, ""),
        ("github_pat_", 30, "_"),
        ("glpat-", 15, "_-"),
        ("xoxb-", 15, "-"),
        ("xoxp-", 15, "-"),
        ("napi_", 20, ""),
        ("npg_", 12, ""),
        ("SCRAM-SHA-256$", 20, "+/=:$"),
    ];
    for (prefix, length, others) in TOKENS {
        let mut last_end = 0;
        for (start, _) in text.match_indices(prefix) {
            let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
            if start < last_end || text[..start].ends_with(inside) {
                continue;
            }
            let rest = &text[start + prefix.len()..];
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || others.contains(c)))
                .unwrap_or(rest.len());
            last_end = start + prefix.len() + end;
            if end >= length && rest[..end].contains(|c: char| c.is_ascii_digit()) {
                found.push(start..last_end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        Redaction::of(text).source(text)
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in [
            "password = \"hunter2\"",
            "password='hunter2'",
            "\"password\" = \"hunter2\"",
            "db.password = \"hunter2",
            "roles = [{ name = \"a\", password = \"hunter2\" }]",
            "role_password = \"\"\"\nhunter2\n\"\"\"",
            "url = \"postgres://u:hunter2@h/db\"",
            "token = hunter2",
            "k = '''-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END'''",
            "k = \"ghp_hunter2aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
            "k = \"npg_hunter2Ab3De\"",
            "pässword.password = \"a\\\"hunter2\"",
        ] {
            assert!(
                !shown(text).contains("hunter2"),
                "{text} -> {}",
                shown(text)
            );
            assert_eq!(shown(text).len(), text.len());
        }
    }

    #[test]
    fn names_of_secrets_are_shown() {
        for text in [
            "password = { secret = \"report-db\", key = \"password\" }",
            "secret = \"orders-postgres\"",
            "pull_secrets = [\"registry\"]",
            "compass = \"north\"",
            "name = \"npg_reporting_service\"",
            "name = \"some_gho_of_a_rather_long_name_with_1_digit_in_it\"",
            "name = \"gho_t_of_a_rather_long_name_with_1_digit_in_it\"",
            "endpoint = \"https://s3.example.com:9000/x\"",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn messages_lose_them_too() {
        let redaction = Redaction::of("password = \"hunter2\"");
        assert_eq!(redaction.message("`hunter2` is wrong"), "`****` is wrong");
    }

    proptest::proptest! {
        #[test]
        fn any_text_keeps_its_length(text in "[\\PC\n\"'=pasword:/@\\\\ -]{0,200}") {
            assert_eq!(shown(&text).len(), text.len());
        }
    }
}
