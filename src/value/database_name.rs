//! The `name` of a spec, from which every object's name is made.

use super::Fault;
use super::character::{slug, with_slug};
use super::label::check_label;

/// An RFC 1035 label, since Services are named after it, short enough for every name made from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DatabaseName(String);

impl DatabaseName {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "database-name";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[a-z]([-a-z0-9]{0,40}[a-z0-9])?$");

    /// 42: a `CronJob` may have a name of 52 characters, since its Jobs add 11 (`-` and ten digits)
    /// and end in 63; the longest that is made here is `<name>-bootstrap`, 10 longer than the name.
    pub const LIMIT: usize = 63 - 11 - "-bootstrap".len();

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        match check_name(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(fault) => Err(with_slug(fault, suggestion(text).as_deref(), "orders")),
        }
    }
}

super::string_value!(DatabaseName);

/// What is wrong with a text as a name.
fn check_name(text: &str) -> Result<(), Fault> {
    check_label(text)?;
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Fault::new(
            "begins with a digit, but a Service's name begins with a letter",
        ));
    }
    if text.len() > DatabaseName::LIMIT {
        return Err(Fault::new(format!(
            "is {} characters long, at most {} leave room for the names made from it",
            text.len(),
            DatabaseName::LIMIT
        )));
    }
    Ok(())
}

/// The nearest name that can be used.
fn suggestion(text: &str) -> Option<String> {
    let slug_of = |text: &str| slug(text, DatabaseName::LIMIT);
    let name = slug_of(text)?;
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return slug_of(&format!("db-{name}"));
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_what_the_pattern_says() {
        assert_eq!(DatabaseName::LIMIT, 42);
        assert!(DatabaseName::parse(&"a".repeat(42)).is_ok());
        let fault = DatabaseName::parse(&"a".repeat(43)).unwrap_err();
        assert_eq!(
            fault.message,
            "is 43 characters long, at most 42 leave room for the names made from it"
        );
        assert_eq!(fault.help.unwrap(), format!("write `{}`", "a".repeat(42)));
    }

    #[test]
    fn a_bad_name_is_answered_with_a_slug() {
        for (text, help) in [
            ("My_DB", "write `my-db`"),
            ("orders.eu", "write `orders-eu`"),
            ("../../etc", "write `etc`"),
            ("9lives", "write `db-9lives`"),
            ("éé", "write a name such as `orders`"),
            ("", "write a name such as `orders`"),
        ] {
            assert_eq!(
                DatabaseName::parse(text).unwrap_err().help.as_deref(),
                Some(help),
                "{text}"
            );
        }
    }
}
