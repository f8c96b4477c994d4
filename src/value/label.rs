//! An RFC 1123 label: the name of a namespace, of a pod, of one part of a DNS name.

use super::Fault;
use super::character::{refuse_length, shown, slug, with_slug};

/// Lowercase letters, digits and inner dashes, at most 63 (Kubernetes' `IsDNS1123Label`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label(String);

impl Label {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "dns-label";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$");

    /// The longest label.
    pub const LIMIT: usize = 63;

    /// Reads a label.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match check_label(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(fault) => Err(with_slug(fault, slug(text, Self::LIMIT).as_deref(), "shop")),
        }
    }
}

super::string_value!(Label);

/// What is wrong with a text as a label, without advice.
pub(super) fn check_label(text: &str) -> Result<(), Fault> {
    refuse_length(text, Label::LIMIT)?;
    check_characters(text)
}

/// The same for a label of any length.
pub(super) fn check_characters(text: &str) -> Result<(), Fault> {
    for character in text.chars() {
        if !matches!(character, 'a'..='z' | '0'..='9' | '-') {
            return Err(Fault::new(format!(
                "holds {}, allowed are lowercase letters, digits and `-`",
                shown(character)
            )));
        }
    }
    if text.starts_with('-') {
        return Err(Fault::new("begins with `-`"));
    }
    if text.ends_with('-') {
        return Err(Fault::new("ends with `-`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["a", "0", "kube-system", &"a".repeat(63)] {
            assert_eq!(Label::parse(text).unwrap().as_str(), text);
        }
        for (text, message, help) in [
            ("", "is empty", "write a name such as `shop`"),
            (
                "Shop",
                "holds `S`, allowed are lowercase letters, digits and `-`",
                "write `shop`",
            ),
            ("-a", "begins with `-`", "write `a`"),
            ("a-", "ends with `-`", "write `a`"),
            (
                "a\u{1b}[31m",
                "holds U+001B, allowed are lowercase letters, digits and `-`",
                "write `a-31m`",
            ),
        ] {
            let fault = Label::parse(text).unwrap_err();
            assert_eq!(fault.message, message, "{text}");
            assert_eq!(fault.help.as_deref(), Some(help), "{text}");
        }
        let fault = Label::parse(&"a".repeat(64)).unwrap_err();
        assert_eq!(
            fault.message,
            "is 64 characters long, at most 63 are allowed"
        );
    }
}
