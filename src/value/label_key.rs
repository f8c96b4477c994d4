//! The key of a label: a name, perhaps after a DNS prefix and `/`.

use super::Fault;
use super::character::{refuse_length, shown};
use super::subdomain::check_subdomain;

/// As Kubernetes' `IsQualifiedName` has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelKey(String);

impl LabelKey {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "label-key";
    /// For editors.
    pub const PATTERN: Option<&str> =
        Some(r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$");

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let (prefix, name) = match text.split_once('/') {
            Some((prefix, name)) => (Some(prefix), name),
            None => (None, text),
        };
        prefix
            .map_or(Ok(()), check_subdomain)
            .map_err(|fault| Fault::new(format!("before its `/` {}", fault.message)))
            .and_then(|()| refuse_length(name, 63))
            .and_then(|()| check_name(name))
            .map_err(|fault| fault.help("write a key such as `team` or `example.com/team`"))?;
        Ok(Self(text.to_owned()))
    }

    /// What stands before the `/`.
    pub fn prefix(&self) -> Option<&str> {
        self.0.split_once('/').map(|(prefix, _)| prefix)
    }
}

super::string_value!(LabelKey);

/// What is wrong with a text as the name of a label, or as its value; not for an empty one.
pub(super) fn check_name(text: &str) -> Result<(), Fault> {
    for character in text.chars() {
        if !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')) {
            return Err(Fault::new(format!(
                "holds {}, allowed are letters, digits, `-`, `_` and `.`",
                shown(character)
            )));
        }
    }
    let inner = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_alphanumeric());
    if inner(text.as_bytes().first()) || inner(text.as_bytes().last()) {
        return Err(Fault::new("does not begin and end with a letter or digit"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["team", "app.kubernetes.io/name", "A_b.c", "0"] {
            assert_eq!(LabelKey::parse(text).unwrap().as_str(), text);
        }
        for (text, message) in [
            ("", "is empty"),
            ("/a", "before its `/` is empty"),
            ("a/", "is empty"),
            (
                "a/b/c",
                "holds `/`, allowed are letters, digits, `-`, `_` and `.`",
            ),
            (
                "A/b",
                "before its `/` holds `A`, allowed are lowercase letters, digits and `-`",
            ),
            ("_a", "does not begin and end with a letter or digit"),
        ] {
            assert_eq!(
                LabelKey::parse(text).unwrap_err().message,
                message,
                "{text}"
            );
        }
        assert!(LabelKey::parse(&"a".repeat(64)).is_err());
        assert_eq!(LabelKey::parse("a.b/c").unwrap().prefix(), Some("a.b"));
    }
}
