//! Characters in messages: shown when harmless, named by code point when a terminal or a reader
//! would be misled; and the slug that a bad name is answered with.

use crate::value::Fault;

/// A character as a message may show it: `` `é` (U+00E9) ``, `U+001B`.
pub(super) fn shown(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '`' => "a backtick".to_owned(),
        _ if character.is_ascii_graphic() => format!("`{character}`"),
        _ if character.is_alphanumeric() => {
            format!("`{character}` (U+{:04X})", u32::from(character))
        }
        _ => format!("U+{:04X}", u32::from(character)),
    }
}

/// Whether a character changes how the text around it is read without being seen: control
/// characters and the bidirectional controls of <https://trojansource.codes>.
pub(super) fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// Refuses the first character that misleads.
pub(super) fn refuse_misleading(text: &str) -> Result<(), Fault> {
    match text.chars().find(|&character| misleads(character)) {
        None => Ok(()),
        Some(character) if character.is_control() => Err(Fault::new(format!(
            "holds the control character {}",
            shown(character)
        ))
        .help("leave it out")),
        Some(character) => Err(Fault::new(format!(
            "holds {}, which changes the direction of the text around it unseen",
            shown(character)
        ))
        .help("leave it out")),
    }
}

/// The nearest name of lowercase letters, digits and inner dashes; `None` if nothing is left.
pub(super) fn slug(text: &str, limit: usize) -> Option<String> {
    let mut slug = String::new();
    for character in text.chars() {
        if slug.len() >= limit {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    (!slug.is_empty()).then_some(slug)
}

/// Adds `write …` to a fault, with the slug where there is one and an example where there is none.
pub(super) fn with_slug(fault: Fault, slug: Option<&str>, example: &str) -> Fault {
    match slug {
        Some(slug) => fault.help(format!("write `{slug}`")),
        None => fault.help(format!("write a name such as `{example}`")),
    }
}

/// Refuses what is not 1 to `limit` characters long.
pub(super) fn refuse_length(text: &str, limit: usize) -> Result<(), Fault> {
    if text.is_empty() {
        return Err(Fault::new("is empty"));
    }
    let length = text.chars().count();
    if length > limit {
        return Err(Fault::new(format!(
            "is {length} characters long, at most {limit} are allowed"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        for (text, expected) in [
            ("My_DB", Some("my-db")),
            ("--a  b--", Some("a-b")),
            ("abcdefgh-ijk", Some("abcdefgh")),
            ("é", None),
            ("", None),
        ] {
            assert_eq!(slug(text, 9).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn hostile_characters_are_named_not_shown() {
        assert_eq!(shown('\u{1b}'), "U+001B");
        assert_eq!(shown('\u{202e}'), "U+202E");
        assert_eq!(shown('\u{200b}'), "U+200B");
        assert_eq!(shown('é'), "`é` (U+00E9)");
        assert_eq!(shown('_'), "`_`");
    }
}
