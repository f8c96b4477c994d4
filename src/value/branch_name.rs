//! What a branch at Neon is called.

use super::Fault;
use super::character::{refuse_length, shown};

/// Letters, digits, `-`, `_`, `.` and `/`, at most 256: names of branches in git, mostly. It begins
/// with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchName(String);

impl BranchName {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "neon-branch-name";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[a-zA-Z0-9][-._/a-zA-Z0-9]{0,255}$");

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let help = "write letters, digits, `-`, `_`, `.` and `/`, as in `preview/pr-7`";
        refuse_length(text, 256).map_err(|fault| fault.help(help))?;
        let allowed = |character: char| {
            character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '/')
        };
        if let Some(character) = text.chars().find(|character| !allowed(*character)) {
            return Err(Fault::new(format!("holds {}", shown(character))).help(help));
        }
        if !text.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(Fault::new("begins with neither a letter nor a digit").help(help));
        }
        Ok(Self(text.to_owned()))
    }
}

super::string_value!(BranchName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["preview-7", "preview/pr-7_B.c", "7", &"a".repeat(256)] {
            assert_eq!(BranchName::parse(text).unwrap().as_str(), text);
        }
        let long = "a".repeat(257);
        for text in ["", "-a", "/a", "a b", "a\n", "a?b", "é", "a\"", &long] {
            assert!(BranchName::parse(text).is_err(), "{text}");
        }
    }
}
