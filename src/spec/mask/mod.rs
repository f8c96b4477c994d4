//! What of a spec's text may be quoted. Decided by what is known, not by words that secrets have: a
//! value is shown where the spec has a field for it. All others are masked, and so is every value of a
//! text that is no TOML, and every comment: each may hold a password. Keys and shape stay.

mod known;
mod tokens;

use super::Document;
use crate::diagnostic::Redaction;
use known::Verdict;
use std::ops::Range;

/// What must not be shown of a text.
pub fn redaction(text: &str) -> Redaction {
    let mut shown = Vec::new();
    let mut secrets = credentials(text);
    if let Ok(document) = Document::parse(text) {
        document.each_value(&mut |path, value, span| match known::verdict(path, value) {
            Verdict::Shown => shown.push(span),
            Verdict::Hidden => {}
            Verdict::Secret => secrets.push(span),
        });
        shown.sort_by_key(|span| span.start);
    }
    Redaction::of(text).hiding(text, tokens::masked(text, &shown), &secrets)
}

/// What stands before the `@` of an address, wherever that is: a password, or a token alone.
fn credentials(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    for word in text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')) {
        let start = from;
        from += word.len();
        from += text[from..].chars().next().map_or(0, char::len_utf8);
        // What follows an image's `@` is a digest.
        let end = word
            .match_indices('@')
            .rfind(|(at, _)| !word[at + 1..].starts_with("sha"));
        let Some((end, _)) = end else { continue };
        let (scheme, rest) = match word[..end].find("://") {
            Some(at) => (&word[..at], at + 3),
            None => ("", 0),
        };
        // Of a database it is the role.
        let of_a_database =
            scheme.is_empty() || scheme.ends_with("postgres") || scheme.ends_with("postgresql");
        match word[rest..end].find(':') {
            Some(colon) => found.push(start + rest + colon + 1..start + end),
            None if !of_a_database => found.push(start + rest..start + end),
            None => {}
        }
    }
    found.retain(|span| !span.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        redaction(text).source(text)
    }

    #[test]
    fn what_has_no_field_is_not_shown() {
        for (text, seen) in [
            ("pasword = \"hunter2\"", "pasword = \"*******\""),
            (
                "[oops]\na = { b = ['hunter2'] }",
                "[oops]\na = { b = ['*******'] }",
            ),
            (
                "name = { value = \"hunter2\" }",
                "name = { value = \"*******\" }",
            ),
            ("pasword = 1234.5", "pasword = ****.*"),
            ("enabled = true", "enabled = true"),
            ("a = '''\nhunter2\n'''", "a = '''\n*******\n'''"),
            ("name = \"a\" # hunter2", "name = \"a\" # …"),
            (
                "pull_secrets = [\"registry:hunter2\"]",
                "pull_secrets = [\"****************\"]",
            ),
            ("secret = \"Hunter2!\"", "secret = \"********\""),
            (
                "postgres.image = \"user:hunter2@a/b\"",
                "postgres.image = \"user:*******@a/b\"",
            ),
            (
                "neon.host = \"https://hunter2@a/b\"",
                "neon.host = \"https://*******@a/b\"",
            ),
            (
                "postgres.settings.pasword = \"hunter2\"",
                "postgres.settings.pasword = \"*******\"",
            ),
            (
                "postgres.settings.ssl_passphrase_command = \"echo hunter2\"",
                "postgres.settings.ssl_passphrase_command = \"************\"",
            ),
            (
                "postgres.settings.\"a.b\" = \"hunter2\"",
                "postgres.settings.\"a.b\" = \"*******\"",
            ),
            ("pooler = \"hunter2!\"", "pooler = \"********\""),
        ] {
            assert_eq!(shown(text).trim_end(), seen);
        }
    }

    #[test]
    fn what_is_no_toml_shows_its_keys_alone() {
        for (text, seen) in [
            ("pasword = \"hunter2", "pasword = \"*******"),
            ("name = hunter2 hunter2", "name = ******* *******"),
            ("name: hunter2", "name: *******"),
            ("hunter2\nname = ", "*******\nname ="),
            ("[a.b] hunter2\nc = ", "[a.b] *******\nc ="),
            (
                "a = [\"hunter2\", { b = 'hunter2', hunter2 }",
                "a = [\"*******\", { b = '*******', ******* }",
            ),
            ("a = \"\"\"\nhunter2\n b = 1", "a = \"\"\"\n*******\n******"),
            (
                "name = \"a\"\nname = \"hunter2\"",
                "name = \"*\"\nname = \"*******\"",
            ),
            ("my hunter2 = 1", "** ******* = *"),
        ] {
            assert_eq!(shown(text).trim_end(), seen);
        }
    }

    #[test]
    fn what_is_known_is_shown() {
        for text in [
            "storage.size = \"50 GB\"",
            "name = \"Orders\"",
            "storage.access_mode = \"ReadWriteMany\"",
            "pull_secrets = \"registry\"",
            "kubernetes = 1.33",
            "pooler.replicas = \"2\"",
            "postgres.image = \"postgres:17.12-bookworm@sha256:00\"",
            "postgres.settings = { work_mem = \"8 MB\", shared_preload_libraries = \"a\" }",
            "labels = { team = \"checkout\" }",
            "databases = [\"orders\"]",
            "roles = [{ name = \"a\", password = { secret = \"b\", key = \"c\" } }]",
            "restore.before = 2026-11-20 12:00:00Z",
        ] {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn a_fault_may_lie_in_what_is_not_shown() {
        use crate::diagnostic::{Severity, terminal};
        let text = "=#\u{fffc}\u{0}\na = 'é' # ü";
        let path = String::new();
        let source = crate::source::Source {
            path,
            text: text.into(),
        };
        for start in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let mut fault = crate::diagnostic::Diagnostic::new("UP0001", Severity::Error, "x");
            fault.span = Some(start..text.len());
            let style = terminal::Style {
                color: false,
                width: 80,
            };
            terminal::render(&fault, &source, &redaction(text), style);
            fault.span = Some(start..start);
            terminal::render(&fault, &source, &redaction(text), style);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_keeps_its_length_and_lines(text in "[\\PC\n\"'=ab:/@\\\\ #\\[\\]{},.-]{0,200}") {
            let shown = shown(&text);
            assert_eq!(shown.len(), text.len());
            assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
        }
    }
}
