//! How much a volume or a memory holds.

use std::fmt;

use super::{Fault, Quantity};

/// A whole number of bytes, from 1 MiB to 2⁶³ - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The quantity, for its text.
    quantity: Quantity,
    /// The same as a number.
    bytes: u64,
}

impl Size {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "size";
    /// For editors.
    pub const PATTERN: Option<&str> = Quantity::PATTERN;

    /// The smallest: nothing that `PostgreSQL` is given is smaller, and `10` is meant as `10Gi`.
    pub const LEAST: u64 = 1 << 20;

    /// Reads a size.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let quantity = Quantity::parse(text)?;
        if quantity.nano() == 0 {
            return Err(Fault::new("is zero").help("write a size such as `10Gi`"));
        }
        let number = text
            .trim_start_matches('+')
            .trim_end_matches(char::is_alphabetic);
        if text.ends_with('m') {
            return Err(Fault::new("counts thousandths of a byte, as `m` means")
                .help(format!("write `{number}Mi`")));
        }
        let Some(bytes) = quantity.whole() else {
            return Err(Fault::new("is not a whole number of bytes")
                .help("write a size such as `10Gi` or `1536Mi`"));
        };
        if bytes < Self::LEAST {
            let fault = Fault::new(format!("is {bytes} bytes, less than 1Mi"));
            let bare = !number.is_empty() && number == text;
            return Err(if bare {
                fault.help(format!("write a unit too, as in `{number}Gi`"))
            } else {
                fault.help("write a size such as `10Gi`")
            });
        }
        Ok(Self { quantity, bytes })
    }

    /// How many bytes it is.
    pub fn bytes(self) -> u64 {
        self.bytes
    }

    /// A size of so many bytes, written in powers of 1024; `None` outside the range.
    pub fn from_bytes(bytes: u64) -> Option<Self> {
        // A trailing `Ki` makes the notation binary; what is no multiple of it stays as it is.
        let text = if bytes.is_multiple_of(1024) {
            format!("{}Ki", bytes / 1024)
        } else {
            bytes.to_string()
        };
        Self::parse(&text).ok()
    }
}

super::text_value!(Size);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.quantity.fmt(f)
    }
}

impl PartialOrd for Size {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Size {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes
            .cmp(&other.bytes)
            .then(self.quantity.cmp(&other.quantity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (text, bytes, canonical) in [
            ("1Mi", 1 << 20, "1Mi"),
            ("1.5Gi", 3 << 29, "1536Mi"),
            ("10G", 10_000_000_000, "10G"),
            ("7Ei", 7 << 60, "7Ei"),
            ("+2Gi", 2 << 30, "2Gi"),
            ("1e9", 1_000_000_000, "1e9"),
        ] {
            let size = Size::parse(text).unwrap();
            assert_eq!(
                (size.bytes(), size.to_string().as_str()),
                (bytes, canonical)
            );
        }
        for (text, message, help) in [
            ("0", "is zero", "write a size such as `10Gi`"),
            ("0Gi", "is zero", "write a size such as `10Gi`"),
            (
                "128m",
                "counts thousandths of a byte, as `m` means",
                "write `128Mi`",
            ),
            (
                "10",
                "is 10 bytes, less than 1Mi",
                "write a unit too, as in `10Gi`",
            ),
            (
                "10Ki",
                "is 10240 bytes, less than 1Mi",
                "write a size such as `10Gi`",
            ),
            (
                "0.3Gi",
                "is not a whole number of bytes",
                "write a size such as `10Gi` or `1536Mi`",
            ),
        ] {
            let fault = Size::parse(text).unwrap_err();
            assert_eq!(fault.message, message, "{text}");
            assert_eq!(fault.help.as_deref(), Some(help), "{text}");
        }
    }

    #[test]
    fn from_bytes_is_written_in_powers_of_1024() {
        assert_eq!(Size::from_bytes(3 << 30).unwrap().to_string(), "3Gi");
        assert_eq!(
            Size::from_bytes((1 << 20) + 1).unwrap().to_string(),
            "1048577"
        );
        assert_eq!(Size::from_bytes(5), None);
    }
}
