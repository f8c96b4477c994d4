//! The value of a label.

use super::Fault;
use super::character::refuse_length;
use super::label_key::check_name;

/// Empty, or at most 63 letters, digits, `-`, `_` and `.` (Kubernetes' `IsValidLabelValue`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabelValue(String);

impl LabelValue {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "label-value";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$");

    /// Reads a value.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if !text.is_empty() {
            refuse_length(text, 63)
                .and_then(|()| check_name(text))
                .map_err(|fault| {
                    fault.help("write at most 63 letters, digits, `-`, `_` and `.`; what is longer belongs in an annotation")
                })?;
        }
        Ok(Self(text.to_owned()))
    }
}

super::string_value!(LabelValue);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["", "checkout", "A.b_c-9"] {
            assert_eq!(LabelValue::parse(text).unwrap().as_str(), text);
        }
        for text in ["a b", "-a", "a.", "é", "a/b", &"a".repeat(64)] {
            assert!(LabelValue::parse(text).is_err(), "{text}");
        }
    }
}
