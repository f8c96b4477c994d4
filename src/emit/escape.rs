//! What makes a name harmless where people read or paste it: in a line for the shell, in a cell of
//! a Markdown table. Names of databases and roles may hold anything that can be seen.

use crate::diagnostic::is_hidden;
use std::fmt::Write;

/// A word of the shell: as it is where that is safe, otherwise in single quotes.
pub fn shell(text: &str) -> String {
    let plain = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '=' | ',' | '+')
    };
    // A word that begins with `=` is a command's path to zsh.
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

/// Code in a line or cell of Markdown: in backticks where nothing in it could end or change them,
/// otherwise every sign as its number, which is text to any reader of Markdown.
pub fn markdown(text: &str) -> String {
    let plain = |c: char| {
        c.is_alphanumeric()
            || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '=' | ',' | '+' | ' ')
    };
    let edges = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
    if !text.is_empty() && !edges && text.chars().all(plain) {
        return format!("`{text}`");
    }
    let mut shown = String::from("<code>");
    for character in text.chars() {
        if is_hidden(character) {
            let _ = write!(shown, "&#92;u&#123;{:x}&#125;", u32::from(character));
        } else if character.is_alphanumeric() {
            shown.push(character);
        } else {
            let _ = write!(shown, "&#{};", u32::from(character));
        }
    }
    shown.push_str("</code>");
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_stays_one_word() {
        assert_eq!(shell("orders"), "orders");
        assert_eq!(shell("order desk"), "'order desk'");
        assert_eq!(shell("it's $(id)"), r"'it'\''s $(id)'");
        assert_eq!(shell(""), "''");
        assert_eq!(shell("=ls"), "'=ls'");
        assert_eq!(shell("ü"), "'ü'");
    }

    #[test]
    fn a_cell_stays_one_cell() {
        assert_eq!(markdown("order desk"), "`order desk`");
        assert_eq!(markdown("a|b`c"), "<code>a&#124;b&#96;c</code>");
        assert_eq!(markdown("a\\"), "<code>a&#92;</code>");
        assert_eq!(markdown(" "), "<code>&#32;</code>");
        assert_eq!(markdown("\u{feff}"), "<code>&#92;u&#123;feff&#125;</code>");
    }
}
