//! An RFC 1123 subdomain: the name of most cluster objects (a class, a Secret, a node).

use super::Fault;
use super::character::refuse_length;
use super::label::check_characters;

/// Labels joined by dots, at most 253 characters. As in Kubernetes' `IsDNS1123Subdomain`, one label
/// may be longer than 63.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subdomain(String);

impl Subdomain {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "dns-subdomain";
    /// For editors.
    pub const PATTERN: Option<&str> =
        Some(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$");

    /// The longest name.
    pub const LIMIT: usize = 253;

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match check_subdomain(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(fault) => Err(fault.help(
                "write lowercase letters, digits, `-` and `.`, beginning and ending with a letter or digit",
            )),
        }
    }
}

super::string_value!(Subdomain);

/// What is wrong with a text as a subdomain, without advice.
pub(super) fn check_subdomain(text: &str) -> Result<(), Fault> {
    refuse_length(text, Subdomain::LIMIT)?;
    for label in text.split('.') {
        if label.is_empty() {
            return Err(Fault::new("has nothing on one side of a `.`"));
        }
        check_characters(label)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["standard", "a.b-c.9", &"a".repeat(253)] {
            assert_eq!(Subdomain::parse(text).unwrap().as_str(), text);
        }
        for (text, message) in [
            ("", "is empty"),
            ("a..b", "has nothing on one side of a `.`"),
            (".a", "has nothing on one side of a `.`"),
            ("a-.b", "ends with `-`"),
            (
                "a_b",
                "holds `_`, allowed are lowercase letters, digits and `-`",
            ),
        ] {
            assert_eq!(Subdomain::parse(text).unwrap_err().message, message);
        }
        assert!(Subdomain::parse(&"a".repeat(254)).is_err());
    }
}
