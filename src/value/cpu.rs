//! How much of a processor something asks for.

use std::fmt;

use super::quantity::Notation;
use super::{Fault, Quantity};

/// From a thousandth of a core, in whole thousandths: the API server refuses what is finer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu(Quantity);

impl Cpu {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "cpu";
    /// For editors.
    pub const PATTERN: Option<&str> = Quantity::PATTERN;

    /// The most cores: far more than any machine has, so a larger number is a slip.
    pub const MOST: i128 = 100_000;

    /// Reads an amount.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str = "write cores, as in `2`, `0.5` or `500m`";
        let quantity = Quantity::parse(text).map_err(|fault| fault.help(EXAMPLE))?;
        if quantity.nano() == 0 {
            return Err(Fault::new("is zero").help(EXAMPLE));
        }
        if quantity.notation() == Notation::Binary {
            return Err(Fault::new("has a unit of memory").help(EXAMPLE));
        }
        if quantity.nano() < 1_000_000 {
            return Err(Fault::new("is less than `1m`, a thousandth of a core").help(EXAMPLE));
        }
        if quantity.nano() % 1_000_000 != 0 {
            return Err(Fault::new("is finer than `1m`, a thousandth of a core").help(EXAMPLE));
        }
        if quantity.nano() / 1_000_000_000 > Self::MOST {
            return Err(Fault::new("is more cores than any machine has").help(EXAMPLE));
        }
        Ok(Self(quantity))
    }

    /// Thousandths of a core.
    pub fn millis(self) -> u64 {
        u64::try_from(self.0.nano() / 1_000_000).unwrap_or(u64::MAX)
    }
}

super::text_value!(Cpu);

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (text, millis, canonical) in [
            ("2", 2000, "2"),
            ("0.5", 500, "500m"),
            ("1500m", 1500, "1500m"),
            ("1000m", 1000, "1"),
            ("1m", 1, "1m"),
        ] {
            let cpu = Cpu::parse(text).unwrap();
            assert_eq!(
                (cpu.millis(), cpu.to_string().as_str()),
                (millis, canonical)
            );
        }
        for (text, message) in [
            ("0", "is zero"),
            ("0.0000001", "is less than `1m`, a thousandth of a core"),
            ("0.0015", "is finer than `1m`, a thousandth of a core"),
            ("4Gi", "has a unit of memory"),
            ("1M", "is more cores than any machine has"),
            ("two", "does not begin with a number"),
        ] {
            assert_eq!(Cpu::parse(text).unwrap_err().message, message, "{text}");
        }
    }
}
