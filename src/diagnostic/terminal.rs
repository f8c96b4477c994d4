//! Diagnostics for a person: the source line, what is wrong with it, what to write.

use super::{Diagnostic, Redaction, Severity, visible};
use crate::source::Source;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;

/// A longer line is cut around the fault.
const LONGEST_LINE: usize = 240;

/// How it is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether colours are used.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

/// Some lines, ending with a newline.
pub fn render(
    diagnostic: &Diagnostic,
    source: &Source,
    redaction: &Redaction,
    style: Style,
) -> String {
    let clean = |text: &str| visible(&redaction.message(text));
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level
        .primary_title(clean(&diagnostic.message))
        .id(diagnostic.code);
    let mut group = match &diagnostic.span {
        Some(span) => {
            let window = Window::around(
                &redaction.source(&source.text),
                span,
                diagnostic.context.as_ref().map(|(span, _)| span),
            );
            let mut snippet = Snippet::source(window.text.clone())
                .line_start(window.first_line)
                .path(source.path.clone())
                .fold(true);
            let primary = AnnotationKind::Primary.span(window.span(span));
            snippet = snippet.annotation(match &diagnostic.label {
                Some(label) => primary.label(clean(label)),
                None => primary,
            });
            if let Some((span, label)) = &diagnostic.context
                && let Some(span) = window.contains(span)
            {
                snippet =
                    snippet.annotation(AnnotationKind::Context.span(span).label(clean(label)));
            }
            title.element(snippet)
        }
        None => title.element(
            annotate_snippets::Origin::path(source.path.clone())
                .line(1)
                .char_column(1),
        ),
    };
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(clean(note)));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    let groups: [Group<'_>; 1] = [group];
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.term_width(style.width).render(&groups);
    text.push_str("\n\n");
    text
}

/// The lines of the source that are quoted. Only they are handed on: the renderer looks at all
/// that it gets, and a spec may be a mebibyte in a single line.
struct Window {
    text: String,
    first_line: usize,
    /// Kept pieces of the source, each with where it begins in `text`.
    pieces: Vec<(Range<usize>, usize)>,
}

impl Window {
    fn around(source: &str, span: &Range<usize>, context: Option<&Range<usize>>) -> Self {
        // Lines between the two places are kept while they are few, so that the numbers are right.
        let mut lines = lines_of(source, span);
        if let Some(context) = context {
            let other = lines_of(source, context);
            let both = lines.start.min(other.start)..lines.end.max(other.end);
            if both.len() < 2000 {
                lines = both;
            }
        }
        let first_line = source[..lines.start]
            .bytes()
            .filter(|byte| *byte == b'\n')
            .count()
            + 1;
        let mut window = Self {
            text: String::new(),
            first_line,
            pieces: Vec::new(),
        };
        let mut start = lines.start;
        for line in source[lines].split_inclusive('\n').take(30) {
            window.push(source, start..start + line.len(), span);
            start += line.len();
        }
        window
    }

    fn push(&mut self, source: &str, line: Range<usize>, span: &Range<usize>) {
        let mut kept = line.clone();
        if line.len() > LONGEST_LINE {
            let focus = if line.contains(&span.start) {
                span.start
            } else {
                line.start
            };
            kept.start = boundary(
                source,
                focus.saturating_sub(LONGEST_LINE / 3).max(line.start),
            );
            kept.end = boundary(source, (focus + LONGEST_LINE).min(line.end));
        }
        let begins = self.text.len();
        self.pieces.push((kept.clone(), begins));
        for character in source[kept].chars() {
            // Same length in bytes, so that spans fit; tabs and newlines are the renderer's.
            if super::is_hidden(character) && !matches!(character, '\t' | '\n' | '\r') {
                self.text
                    .extend(std::iter::repeat_n('?', character.len_utf8()));
            } else {
                self.text.push(character);
            }
        }
        // A comment that is not shown leaves blanks.
        let ends_line = self.text.ends_with('\n') || line.len() > LONGEST_LINE;
        let length = self.text[begins..].trim_end().len();
        self.text.truncate(begins + length);
        if ends_line {
            self.text.push('\n');
        }
    }

    fn contains(&self, span: &Range<usize>) -> Option<Range<usize>> {
        self.offset(span.start).map(|start| {
            let end = self
                .offset(span.end.saturating_sub(1))
                .map_or(start, |end| end + 1);
            boundary(&self.text, start)..boundary_up(&self.text, end.max(start))
        })
    }

    fn span(&self, span: &Range<usize>) -> Range<usize> {
        let Some(start) = self.offset(span.start) else {
            return self.text.len()..self.text.len();
        };
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |end| start + end);
        let end = self
            .offset(span.end.saturating_sub(1))
            .map_or(line_end, |end| end + 1);
        boundary(&self.text, start)..boundary_up(&self.text, end.max(start))
    }

    /// Where a byte of the source stands in the window.
    fn offset(&self, at: usize) -> Option<usize> {
        self.pieces
            .iter()
            .find(|(piece, _)| piece.contains(&at) || piece.end == at)
            // Blanks at the end are cut off, and what stands for a comment has characters of its own.
            .map(|(piece, begins)| boundary(&self.text, begins + (at - piece.start)))
    }
}

fn lines_of(source: &str, span: &Range<usize>) -> Range<usize> {
    let start = span.start.min(source.len());
    let first = source[..boundary(source, start)]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let end = boundary_up(source, span.end.clamp(start, source.len()));
    let last = source[end..]
        .find('\n')
        .map_or(source.len(), |length| end + length);
    first..last
}

fn boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn boundary_up(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, span: Range<usize>) -> String {
        let source = Source {
            path: "specs/a/database.toml".into(),
            text: text.into(),
        };
        let mut diagnostic = Diagnostic::new("UP0002", Severity::Error, "unknown key `naem`");
        diagnostic.span = Some(span);
        diagnostic.label = Some("not a key here".into());
        diagnostic.help = Some("write `name`".into());
        render(
            &diagnostic,
            &source,
            &Redaction::of(text),
            Style {
                color: false,
                width: 100,
            },
        )
    }

    #[test]
    fn a_fault_is_shown_in_its_line() {
        snapbox::assert_data_eq!(
            show("a = 1\nnaem = \"x\"\n", 6..10),
            snapbox::str![[r#"
error[UP0002]: unknown key `naem`
 --> specs/a/database.toml:2:1
  |
2 | naem = "x"
  | ^^^^ not a key here
  |
  = help: write `name`


"#]]
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let text = format!("{}naem{}", "x".repeat(500_000), "y".repeat(500_000));
        let shown = show(&text, 500_000..500_004);
        assert!(shown.contains("xxnaemyy"), "{shown}");
        assert!(shown.len() < 2000, "{}", shown.len());
    }

    proptest::proptest! {
        #[test]
        fn any_place_can_be_shown(text in "[\\PC\n\t\r\"]{0,300}", start in 0usize..400, length in 0usize..50) {
            let start = boundary(&text, start);
            let end = boundary(&text, start + length);
            show(&text, start..end.max(start));
        }
    }
}
