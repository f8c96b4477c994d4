//! How long something may take.

use std::fmt;

use super::Fault;

/// Whole seconds, from 1 second to 365 days, written as `90m` or `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u32);

/// Each unit's letter, name and seconds, the largest first.
const UNITS: [(char, &str, u32); 4] = [
    ('d', "days", 86_400),
    ('h', "hours", 3_600),
    ('m', "minutes", 60),
    ('s', "seconds", 1),
];

impl Duration {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "time-span";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$");

    /// The longest: what takes a year is a slip.
    pub const MOST: u32 = 365 * 86_400;

    /// Reads a duration.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str = "write a number with its unit, as in `90m` or `1h30m`";
        let fault = |message: &str| Err(Fault::new(message).help(EXAMPLE));
        if text.is_empty() {
            return fault("is empty");
        }
        if text.starts_with('-') {
            return fault("is negative");
        }
        let mut rest = text;
        let mut seconds = 0_u64;
        let mut larger = 0;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            if digits == 0 {
                return fault("is not a row of whole numbers with their units");
            }
            let (number, after) = rest.split_at(digits);
            let unit = after.trim_start();
            let Some(letter) = unit.chars().next() else {
                return Err(Fault::new("has no unit").help(format!(
                    "write `{0}s` for seconds, or `{0}m` for minutes",
                    shortened(number)
                )));
            };
            let Some(at) = UNITS.iter().position(|(known, ..)| *known == letter) else {
                return fault("has an unknown unit, allowed are `d`, `h`, `m` and `s`");
            };
            let (_, name, of) = UNITS[at];
            if unit.len() != after.len()
                || unit[1..].starts_with(|next: char| !next.is_ascii_digit())
            {
                return Err(Fault::new("has a unit in words")
                    .help(format!("write `{}{letter}` for {name}", shortened(number))));
            }
            if at < larger {
                return fault("has its units twice or out of order: days, hours, minutes, seconds");
            }
            larger = at + 1;
            let Ok(number) = number.parse::<u32>() else {
                return fault("is longer than 365 days");
            };
            seconds += u64::from(number) * u64::from(of);
            rest = &unit[1..];
        }
        match u32::try_from(seconds) {
            Ok(0) => fault("is zero"),
            Ok(seconds) if seconds <= Self::MOST => Ok(Self(seconds)),
            _ => fault("is longer than 365 days"),
        }
    }

    /// A duration of so many seconds; `None` outside the range.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds).ok()?;
        (1..=Self::MOST).contains(&seconds).then_some(Self(seconds))
    }

    /// How many seconds it is.
    pub fn seconds(self) -> u32 {
        self.0
    }
}

/// A number that an advice can repeat.
fn shortened(number: &str) -> &str {
    if number.len() > 6 { "90" } else { number }
}

super::text_value!(Duration);

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (letter, _, of) in UNITS {
            if rest >= of {
                write!(f, "{}{letter}", rest / of)?;
                rest %= of;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "write a number with its unit, as in `90m` or `1h30m`";

    #[test]
    fn table() {
        for (text, seconds, canonical) in [
            ("45s", 45, "45s"),
            ("90m", 5400, "1h30m"),
            ("1h30m", 5400, "1h30m"),
            ("24h", 86_400, "1d"),
            ("1d12h", 129_600, "1d12h"),
            ("0h1s", 1, "1s"),
            ("365d", 31_536_000, "365d"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!(
                (duration.seconds(), duration.to_string().as_str()),
                (seconds, canonical)
            );
        }
        for (text, message, help) in [
            ("", "is empty", EXAMPLE),
            (
                "5",
                "has no unit",
                "write `5s` for seconds, or `5m` for minutes",
            ),
            ("5 minutes", "has a unit in words", "write `5m` for minutes"),
            ("5 m", "has a unit in words", "write `5m` for minutes"),
            ("5min", "has a unit in words", "write `5m` for minutes"),
            ("2hours", "has a unit in words", "write `2h` for hours"),
            ("-5m", "is negative", EXAMPLE),
            (
                "1y",
                "has an unknown unit, allowed are `d`, `h`, `m` and `s`",
                EXAMPLE,
            ),
            (
                "1.5h",
                "has an unknown unit, allowed are `d`, `h`, `m` and `s`",
                EXAMPLE,
            ),
            (
                "m",
                "is not a row of whole numbers with their units",
                EXAMPLE,
            ),
            ("0s", "is zero", EXAMPLE),
            (
                "30m1h",
                "has its units twice or out of order: days, hours, minutes, seconds",
                EXAMPLE,
            ),
            (
                "1h1h",
                "has its units twice or out of order: days, hours, minutes, seconds",
                EXAMPLE,
            ),
            ("366d", "is longer than 365 days", EXAMPLE),
            ("99999999999999999999h", "is longer than 365 days", EXAMPLE),
        ] {
            let fault = Duration::parse(text).unwrap_err();
            assert_eq!(fault.message, message, "{text}");
            assert_eq!(fault.help.as_deref(), Some(help), "{text}");
        }
    }
}
