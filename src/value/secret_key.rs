//! A key of a Secret or of a `ConfigMap`, which is also the name of a file once it is mounted.

use super::Fault;
use super::character::{refuse_length, shown};

/// Letters, digits, `-`, `_` and `.`, at most 253, not `.` and not beginning with `..`
/// (Kubernetes' `IsConfigMapKey`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretKey(String);

impl SecretKey {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "secret-key";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[-._a-zA-Z0-9]{1,253}$");

    /// Reads a key.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match check_key(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(fault) => Err(fault
                .help("write at most 253 letters, digits, `-`, `_` and `.`, as in `role.report`")),
        }
    }
}

super::string_value!(SecretKey);

/// What is wrong with a text as a key.
fn check_key(text: &str) -> Result<(), Fault> {
    refuse_length(text, 253)?;
    for character in text.chars() {
        if !(character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')) {
            return Err(Fault::new(format!(
                "holds {}, which no key of a Secret can hold",
                shown(character)
            )));
        }
    }
    if text == "." || text.starts_with("..") {
        return Err(Fault::new("would leave its folder once it is mounted"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["superuser", "role.report", ".a", "a..", "_"] {
            assert_eq!(SecretKey::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            ".",
            "..",
            "..data",
            "a/b",
            "a b",
            "é",
            "a\n",
            &"a".repeat(254),
        ] {
            assert!(SecretKey::parse(text).is_err(), "{text}");
        }
    }
}
