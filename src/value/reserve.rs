//! How much of a volume is kept back for the day it is full.

use std::fmt;

use super::{Fault, Size};

/// `2%`, a size, or `0` for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reserve {
    /// Nothing is kept back.
    None,
    /// A share of the file system, 1 to 50.
    Percent(u8),
    /// So many bytes.
    Bytes(Size),
}

impl Reserve {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "reserve";
    /// For editors.
    pub const PATTERN: Option<&str> = Some(
        r"^(0|[0-9]{1,2}%|\+?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?)$",
    );

    /// Reads a reserve.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str = "write a share such as `2%`, a size such as `1Gi`, or `0` for none";
        if text == "0" {
            return Ok(Self::None);
        }
        let Some(percent) = text.strip_suffix('%') else {
            return Size::parse(text)
                .map(Self::Bytes)
                .map_err(|fault| fault.help(EXAMPLE));
        };
        if percent.is_empty() || !percent.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::new("is not a whole number of percent").help(EXAMPLE));
        }
        match percent.parse() {
            Ok(0) => Err(Fault::new("is zero").help("write `0` for none")),
            Ok(percent @ 1..=50) if text.len() <= 3 => Ok(Self::Percent(percent)),
            _ => Err(Fault::new("is not between 1% and 50%").help(EXAMPLE)),
        }
    }
}

super::text_value!(Reserve);

impl fmt::Display for Reserve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("0"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Bytes(size) => size.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["0", "2%", "50%", "1Gi"] {
            assert_eq!(Reserve::parse(text).unwrap().to_string(), text);
        }
        for text in ["0%", "51%", "2.5%", "%", "100", "-1", "two", "2 %", "002%"] {
            assert!(Reserve::parse(text).is_err(), "{text}");
        }
    }
}
