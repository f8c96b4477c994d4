//! The pieces of a text that are neither keys nor shape, and are not known to be harmless. Works on
//! tokens, which any text has, also where it is no TOML.

use std::ops::Range;
use toml_parser::lexer::TokenKind;

/// Where the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// A key, until its `=`.
    Key,
    /// The header of a table, until the line ends.
    Header,
    /// A value.
    Value,
}

/// What is masked: comments, and values outside of `shown`, which are in order.
pub(super) fn masked(text: &str, shown: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut reader = Reader {
        text,
        shown,
        found: Vec::new(),
        open: Vec::new(),
        at: At::Key,
        key: Key::default(),
    };
    for token in toml_parser::Source::new(text).lex() {
        reader.token(token.kind(), token.span().start()..token.span().end());
    }
    reader.found
}

struct Reader<'t> {
    text: &'t str,
    shown: &'t [Range<usize>],
    found: Vec<Range<usize>>,
    /// The brackets that are open.
    open: Vec<TokenKind>,
    at: At,
    key: Key,
}

/// A key that is being read: what is none is masked as a value would be.
#[derive(Default)]
struct Key {
    parts: Vec<Range<usize>>,
    /// Whether two parts stand side by side: no key does.
    torn: bool,
    dot: bool,
    closed: bool,
}

impl Reader<'_> {
    fn token(&mut self, kind: TokenKind, span: Range<usize>) {
        match kind {
            TokenKind::Comment => self.found.push(span.start + 1..span.end),
            TokenKind::Whitespace | TokenKind::Eof if kind != TokenKind::Eof => {}
            TokenKind::Newline | TokenKind::Eof => self.line_ends(),
            TokenKind::Equals if self.at == At::Key => self.key_ends(),
            _ if self.at == At::Key => self.in_key(kind, span),
            _ if self.at == At::Header => self.in_header(kind, span),
            _ => self.in_value(kind, span),
        }
    }

    fn in_key(&mut self, kind: TokenKind, span: Range<usize>) {
        match kind {
            TokenKind::LeftSquareBracket if self.open.is_empty() && self.key.parts.is_empty() => {
                self.at = At::Header;
            }
            TokenKind::RightCurlyBracket | TokenKind::Comma => {
                self.no_key();
                if kind == TokenKind::RightCurlyBracket {
                    self.open.pop();
                    self.at = At::Value;
                }
            }
            TokenKind::Dot => self.key.dot = true,
            _ if is_text(kind) => {
                self.key.torn |= !self.key.parts.is_empty() && !self.key.dot;
                self.key.dot = false;
                self.key.parts.push(span);
            }
            _ => self.key.torn = true,
        }
    }

    fn in_header(&mut self, kind: TokenKind, span: Range<usize>) {
        match kind {
            TokenKind::RightSquareBracket => self.key.closed = true,
            _ if is_text(kind) && self.key.closed => self.mask(kind, span),
            _ if is_text(kind) => self.key.parts.push(span),
            _ => {}
        }
    }

    fn in_value(&mut self, kind: TokenKind, span: Range<usize>) {
        match kind {
            TokenKind::LeftSquareBracket => self.open.push(kind),
            TokenKind::LeftCurlyBracket => {
                self.open.push(kind);
                self.at = At::Key;
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                self.open.pop();
            }
            TokenKind::Comma if self.open.last() == Some(&TokenKind::LeftCurlyBracket) => {
                self.at = At::Key;
            }
            _ if is_text(kind) => self.mask(kind, span),
            _ => {}
        }
    }

    fn key_ends(&mut self) {
        let key = std::mem::take(&mut self.key);
        if key.torn {
            self.found.extend(key.parts);
        }
        self.at = At::Value;
    }

    /// What stood where a key is expected has no `=`. YAML's `key:` is a key all the same.
    fn no_key(&mut self) {
        let key = std::mem::take(&mut self.key);
        for part in key.parts {
            let colon = self.text[part.clone()].find(':');
            match colon {
                Some(colon) if self.found.last().is_none_or(|last| last.end <= part.start) => {
                    self.found.push(part.start + colon + 1..part.end);
                }
                _ => self.found.push(part),
            }
        }
    }

    fn line_ends(&mut self) {
        match self.at {
            At::Key => self.no_key(),
            At::Header => {
                let key = std::mem::take(&mut self.key);
                if !key.closed {
                    self.found.extend(key.parts);
                }
            }
            At::Value => {}
        }
        if self.open.is_empty() {
            self.at = At::Key;
        }
    }

    fn mask(&mut self, kind: TokenKind, span: Range<usize>) {
        let before = self
            .shown
            .partition_point(|shown| shown.start <= span.start);
        let is_shown = before
            .checked_sub(1)
            .is_some_and(|at| span.end <= self.shown[at].end);
        let word = &self.text[span.clone()];
        if is_shown || matches!(word, "true" | "false") {
            return;
        }
        self.found.push(inside(self.text, kind, span));
    }
}

fn is_text(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Atom
            | TokenKind::BasicString
            | TokenKind::LiteralString
            | TokenKind::MlBasicString
            | TokenKind::MlLiteralString
    )
}

/// A string without its quotes, also where the last one is missing.
fn inside(text: &str, kind: TokenKind, span: Range<usize>) -> Range<usize> {
    let quote = match kind {
        TokenKind::BasicString => "\"",
        TokenKind::LiteralString => "'",
        TokenKind::MlBasicString => "\"\"\"",
        TokenKind::MlLiteralString => "'''",
        _ => return span,
    };
    let start = span.start + quote.len();
    let rest = text.get(start..span.end).unwrap_or_default();
    start..start + rest.strip_suffix(quote).unwrap_or(rest).len()
}
