//! A page of explanation, shown on a terminal or written as Markdown.

use std::fmt::Write;

/// What `underpin explain` prints, and a section of a file in `docs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it is about, in Markdown.
    pub title: String,
    /// In order.
    pub parts: Vec<Part>,
}

/// A part of a [`Page`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A paragraph, or several, in Markdown.
    Text(String),
    /// A name and what is so called: `default` and `2%`.
    Fact(&'static str, String),
    /// Things by name, each with a few words.
    List(Vec<(String, String)>),
    /// To be copied: a language, what it is, and the text.
    Code(&'static str, &'static str, String),
}

impl Page {
    /// A page without parts.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            parts: Vec::new(),
        }
    }

    /// With a paragraph more, unless it is empty.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.parts.push(Part::Text(text));
        }
        self
    }

    /// With a fact more.
    #[must_use]
    pub fn fact(mut self, name: &'static str, text: impl Into<String>) -> Self {
        self.parts.push(Part::Fact(name, text.into()));
        self
    }

    /// With a list more, unless it is empty.
    #[must_use]
    pub fn list(mut self, items: Vec<(String, String)>) -> Self {
        if !items.is_empty() {
            self.parts.push(Part::List(items));
        }
        self
    }

    /// With something to copy, unless it is empty.
    #[must_use]
    pub fn code(mut self, language: &'static str, what: &'static str, text: &str) -> Self {
        if !text.trim().is_empty() {
            self.parts
                .push(Part::Code(language, what, text.trim().to_owned()));
        }
        self
    }

    /// For a terminal of so many columns: ends with a newline, holds no colour.
    pub fn terminal(&self, width: usize) -> String {
        let mut shown = format!("{}\n", self.title);
        let mut after_fact = false;
        for part in &self.parts {
            let is_fact = matches!(part, Part::Fact(..));
            if !(is_fact && after_fact) {
                shown.push('\n');
            }
            after_fact = is_fact;
            match part {
                Part::Text(text) => {
                    let paragraphs: Vec<String> = text
                        .split("\n\n")
                        .map(|paragraph| wrapped(paragraph, width, 0))
                        .collect();
                    shown.push_str(&paragraphs.join("\n"));
                }
                Part::Fact(name, text) => {
                    let body = wrapped(text, width, FACTS);
                    let _ = write!(shown, "{name:<FACTS$}{}", &body[FACTS.min(body.len())..]);
                }
                Part::List(items) => shown.push_str(&columns(items, width)),
                Part::Code(_, what, text) => {
                    let _ = writeln!(shown, "{what}:");
                    for line in text.lines() {
                        shown.push_str(if line.is_empty() { "" } else { "    " });
                        shown.push_str(line);
                        shown.push('\n');
                    }
                }
            }
        }
        shown
    }

    /// As a section of a file, under a heading of that level.
    pub fn markdown(&self, level: usize) -> String {
        let mut shown = format!("{} {}\n", "#".repeat(level), self.title);
        let mut after_fact = false;
        for part in &self.parts {
            let is_fact = matches!(part, Part::Fact(..));
            if is_fact && after_fact {
                // Facts are one paragraph: as a list they would run into a list that follows.
                shown.truncate(shown.trim_end().len());
                shown.push_str(" ·\n");
            } else {
                shown.push('\n');
            }
            after_fact = is_fact;
            match part {
                Part::Text(text) => {
                    let _ = writeln!(shown, "{text}");
                }
                Part::Fact(name, text) => {
                    let _ = writeln!(shown, "{name}: {text}");
                }
                Part::List(items) => {
                    for (name, text) in items {
                        let colon = if text.is_empty() { "" } else { ": " };
                        let _ = writeln!(shown, "- {name}{colon}{text}");
                    }
                }
                Part::Code(language, what, text) => {
                    let _ = writeln!(shown, "{what}:\n\n```{language}\n{text}\n```");
                }
            }
        }
        shown
    }
}

/// The column at which the text of facts begins.
const FACTS: usize = 12;
/// The widest first column of a list; a longer name has a line of its own.
const NAMES: usize = 34;

/// Names on the left, words on the right.
fn columns(items: &[(String, String)], width: usize) -> String {
    let widest = items
        .iter()
        .map(|(name, _)| name.chars().count())
        .filter(|length| *length <= NAMES)
        .max();
    let column = widest.unwrap_or(NAMES) + 2;
    let mut shown = String::new();
    for (name, text) in items {
        let body = wrapped(text, width, column + 2);
        let length = name.chars().count();
        if text.is_empty() {
            let _ = writeln!(shown, "  {name}");
        } else if length + 2 > column {
            let _ = write!(shown, "  {name}\n{body}");
        } else {
            let _ = write!(shown, "  {name:<column$}{}", body.trim_start());
        }
    }
    shown
}

/// Lines of at most `width` columns, all indented.
fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut shown = String::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            shown.push('\n');
            column = 0;
        }
        if column == 0 {
            shown.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            shown.push(' ');
            column += 1;
        }
        shown.push_str(word);
        column += length;
    }
    shown.push('\n');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_laid_out() {
        let page = Page::new("`a`: text")
            .text("one two three four")
            .fact("default", "x")
            .fact("type", "a long type")
            .list(vec![
                ("a".into(), "b c".into()),
                ("dd".into(), String::new()),
            ])
            .code("toml", "example", "a = 1\n");
        assert_eq!(
            page.terminal(18),
            "`a`: text\n\none two three four\n\ndefault     x\ntype        a long\n            type\n\n  a   b c\n  dd\n\nexample:\n    a = 1\n"
        );
        assert_eq!(
            page.markdown(2),
            "## `a`: text\n\none two three four\n\ndefault: x ·\ntype: a long type\n\n- a: b c\n- dd\n\nexample:\n\n```toml\na = 1\n```\n"
        );
    }
}
