//! Kubernetes' resource quantities: `500m`, `1.5Gi`, `2`.
//!
//! The grammar and the canonical text are those of `k8s.io/apimachinery/pkg/api/resource`: the text
//! that is written is one that the API server keeps as it is, so that applying it twice changes
//! nothing. What is legal there but never meant (a bare `Gi` is zero, what is too large becomes the
//! largest, what is too fine is rounded up) is refused.

mod grammar;

use std::fmt;

use super::Fault;

/// An amount that is not negative, exact to a billionth, at most 2⁶³ - 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// Billionths.
    nano: i128,
    /// How it is written.
    notation: Notation,
}

/// The three families of suffixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::value) enum Notation {
    /// `Ki` to `Ei`.
    Binary,
    /// `n` to `E`, or none.
    Decimal,
    /// `e3`.
    Exponent,
}

/// One unit in billionths.
const UNIT: i128 = 1_000_000_000;
/// What Kubernetes caps every quantity at, in billionths: `i64::MAX` units.
const MOST: i128 = 9_223_372_036_854_775_807 * UNIT;
/// Suffixes by powers of 1024.
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Suffixes by powers of 1000, from 10⁻⁹.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
/// The same as exponents.
const EXPONENT: [&str; 10] = [
    "e-9", "e-6", "e-3", "", "e3", "e6", "e9", "e12", "e15", "e18",
];

impl Quantity {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "quantity";
    /// For editors.
    pub const PATTERN: Option<&str> =
        Some(r"^\+?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][-+]?[0-9]+)?$");

    /// Reads a quantity.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        grammar::parse(text).map_err(|fault| match (&fault.help, grammar::guess(text)) {
            (None, Some(guess)) => fault.help(format!("write `{guess}`")),
            (None, None) => fault.help("write a number and a unit, as in `10Gi` or `500m`"),
            (Some(_), _) => fault,
        })
    }

    /// The amount in billionths.
    pub fn nano(self) -> i128 {
        self.nano
    }

    /// The amount, if it is a whole number.
    pub fn whole(self) -> Option<u64> {
        (self.nano % UNIT == 0)
            .then(|| u64::try_from(self.nano / UNIT).ok())
            .flatten()
    }

    /// How it is written.
    pub(in crate::value) fn notation(self) -> Notation {
        self.notation
    }
}

super::text_value!(Quantity);

/// How an amount is written again. As the API server does: under 1Ki, and where a byte is not whole,
/// powers of ten stand for powers of 1024; `e0` is never written.
fn canonical(nano: i128, notation: Notation) -> Notation {
    let keeps = match notation {
        Notation::Binary => nano >= 1024 * UNIT && nano % UNIT == 0,
        Notation::Decimal => true,
        Notation::Exponent => !reduce(nano, 1000, &DECIMAL).1.is_empty(),
    };
    if keeps { notation } else { Notation::Decimal }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, suffix) = match self.notation {
            Notation::Binary => reduce(self.nano / UNIT, 1024, &BINARY),
            Notation::Decimal => reduce(self.nano, 1000, &DECIMAL),
            Notation::Exponent => reduce(self.nano, 1000, &EXPONENT),
        };
        write!(f, "{number}{suffix}")
    }
}

/// Divides by the base as often as it goes, a suffix each time; zero has none.
fn reduce<'a>(number: i128, base: i128, suffixes: &[&'a str]) -> (i128, &'a str) {
    if number == 0 {
        return (0, "");
    }
    let mut number = number;
    let mut last = "";
    for suffix in suffixes {
        last = suffix;
        if number % base != 0 {
            break;
        }
        number /= base;
    }
    (number, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `kubectl set resources --local --limits=memory=TEXT -o json` (1.32) writes.
    #[test]
    fn canonical_text_is_that_of_kubernetes() {
        for (text, canonical) in [
            (".5", "500m"),
            ("0", "0"),
            ("0.1Ki", "102400m"),
            ("0.25", "250m"),
            ("0.0005Gi", "536870912m"),
            ("0.3Gi", "322122547200m"),
            ("0.5Gi", "512Mi"),
            ("0.5Ki", "512"),
            ("1", "1"),
            ("1.0", "1"),
            ("1.000Gi", "1Gi"),
            ("1.1Ki", "1126400m"),
            ("1.25", "1250m"),
            ("1.5e3", "1500"),
            ("1.5Gi", "1536Mi"),
            ("1.5Mi", "1536Ki"),
            ("1000", "1k"),
            ("1000k", "1M"),
            ("1000Ki", "1000Ki"),
            ("1000m", "1"),
            ("1000000", "1M"),
            ("1000000n", "1m"),
            ("100n", "100n"),
            ("1023", "1023"),
            ("1024Mi", "1Gi"),
            ("1048576Ki", "1Gi"),
            ("10E-1", "1"),
            ("10Gi", "10Gi"),
            ("123456789", "123456789"),
            ("12e2", "1200"),
            ("1500", "1500"),
            ("1500m", "1500m"),
            ("1E", "1E"),
            ("1Ki", "1Ki"),
            ("1e-3", "1e-3"),
            ("1e-9", "1e-9"),
            ("1e3", "1e3"),
            ("1e4", "10e3"),
            ("1e6", "1e6"),
            ("1k", "1k"),
            ("1u", "1u"),
            ("2.5Ki", "2560"),
            ("3000m", "3"),
            ("5000u", "5m"),
            ("7Ei", "7Ei"),
            ("8E", "8E"),
            ("1234567890123456789", "1234567890123456789"),
        ] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn what_the_server_would_keep_as_it_is_becomes_canonical_too() {
        for (text, canonical) in [
            ("5.", "5"),
            ("007Gi", "7Gi"),
            ("+1Gi", "1Gi"),
            ("1E3", "1e3"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), canonical);
        }
    }

    #[test]
    fn what_is_never_meant_is_refused() {
        let unknown = |unit| format!("has the unit `{unit}`, which Kubernetes does not know");
        for (text, message, help) in [
            ("10GB", unknown("GB"), "write `10Gi`"),
            ("10gb", unknown("gb"), "write `10Gi`"),
            ("10GiB", unknown("GiB"), "write `10Gi`"),
            ("10K", unknown("K"), "write `10Ki`"),
            ("10 Gi", "has a space in it".into(), "write `10Gi`"),
            ("1,5Gi", "has a comma in it".into(), "write `1.5Gi`"),
            ("-1Gi", "is negative".into(), "write `1Gi`"),
            (
                "ten",
                "does not begin with a number".into(),
                "write a number and a unit, as in `10Gi` or `500m`",
            ),
            (
                "Gi",
                "does not begin with a number".into(),
                "write a number and a unit, as in `10Gi` or `500m`",
            ),
            (
                "1.2.3",
                "does not begin with one number".into(),
                "write a number and a unit, as in `10Gi` or `500m`",
            ),
            (
                "8Ei",
                "is more than Kubernetes can hold".into(),
                "write less than `8Ei`",
            ),
            (
                "1e99999999999",
                "is more than Kubernetes can hold".into(),
                "write less than `8Ei`",
            ),
            (
                "1e-10",
                "is finer than a billionth".into(),
                "write a number and a unit, as in `10Gi` or `500m`",
            ),
            (
                "1e100Gi",
                unknown("e100Gi"),
                "write a number and a unit, as in `10Gi` or `500m`",
            ),
        ] {
            let fault = Quantity::parse(text).unwrap_err();
            assert_eq!(fault.message, message, "{text}");
            assert_eq!(fault.help.as_deref(), Some(help), "{text}");
        }
        assert!(Quantity::parse(&"9".repeat(1000)).is_err());
        assert!(Quantity::parse(&format!("0.{}1", "0".repeat(1000))).is_err());
        assert!(Quantity::parse(&format!("1.{}", "0".repeat(1000))).is_ok());
    }
}
