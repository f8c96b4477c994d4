//! A name inside `PostgreSQL`: of a database, a role, an extension.

use super::Fault;
use super::character::refuse_misleading;

/// 1 to 63 bytes of anything that a person can see. `PostgreSQL` itself would cut a longer name
/// short, with a notice; quotes, spaces, dollar signs and backslashes are legal, and are data.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identifier(String);

impl Identifier {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "postgresql-name";
    /// For editors; they count characters, not bytes.
    pub const PATTERN: Option<&str> = Some(r"^[^\u0000-\u001f\u007f-\u009f]{1,63}$");

    /// `NAMEDATALEN` - 1.
    pub const LIMIT: usize = 63;

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text.is_empty() {
            return Err(Fault::new("is empty").help("write a name such as `orders`"));
        }
        if text.len() > Self::LIMIT {
            return Err(Fault::new(format!(
                "is {} bytes long, and PostgreSQL's names end after {}",
                text.len(),
                Self::LIMIT
            ))
            .help("write a shorter name; a letter beyond ASCII counts two bytes or more"));
        }
        refuse_misleading(text)?;
        Ok(Self(text.to_owned()))
    }
}

super::string_value!(Identifier);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_that_can_be_seen_is_a_name() {
        for text in [
            "orders",
            "Orders \"2\"",
            "$(id)",
            "a\\b'c=d;--",
            " ",
            "ｎａｍｅ",
            &"a".repeat(63),
        ] {
            assert_eq!(Identifier::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn bytes_are_counted() {
        let fault = Identifier::parse(&"é".repeat(32)).unwrap_err();
        assert_eq!(
            fault.message,
            "is 64 bytes long, and PostgreSQL's names end after 63"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_named() {
        for (text, message) in [
            ("a\nb", "holds the control character U+000A"),
            ("a\0", "holds the control character U+0000"),
            ("a\u{85}", "holds the control character U+0085"),
            (
                "a\u{202e}b",
                "holds U+202E, which changes the direction of the text around it unseen",
            ),
        ] {
            assert_eq!(Identifier::parse(text).unwrap_err().message, message);
        }
    }
}
