//! A moment in time.

use super::Fault;
use std::fmt;

/// A date and a time with the offset of its zone, as RFC 3339 writes them; whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(jiff::Timestamp);

impl Instant {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "instant";
    /// For editors.
    pub const PATTERN: Option<&str> = Some(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([Zz]|[-+][0-9]{2}:[0-9]{2})$",
    );

    /// Reads an instant.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str = "write date, time and offset, such as `2026-11-20T12:00:00Z` or `2026-11-20T13:00:00+01:00`";
        if !has_form(text) {
            return Err(
                Fault::new("is not a date and a time with the offset of its zone").help(EXAMPLE),
            );
        }
        let instant: jiff::Timestamp = text
            .parse()
            .map_err(|_| Fault::new("is no moment of the calendar").help(EXAMPLE))?;
        Ok(Self(instant))
    }
}

/// jiff takes more than RFC 3339 has, such as fractions and zones by name.
fn has_form(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (time, offset) = bytes.split_at(bytes.len().min(19));
    let time = time.len() == 19
        && time.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            10 => matches!(byte, b'T' | b't' | b' '),
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        });
    let offset = match offset {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', rest @ ..] => {
            rest.len() == 5
                && rest.iter().enumerate().all(|(index, byte)| match index {
                    2 => *byte == b':',
                    _ => byte.is_ascii_digit(),
                })
        }
        _ => false,
    };
    time && offset
}

super::text_value!(Instant);

/// In UTC, as it stands in the id of a backup too.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for (text, utc) in [
            ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
            ("2026-11-20t12:00:00z", "2026-11-20T12:00:00Z"),
            ("2026-11-20 13:00:00+01:00", "2026-11-20T12:00:00Z"),
            ("2026-01-01T00:30:00+02:00", "2025-12-31T22:30:00Z"),
        ] {
            assert_eq!(Instant::parse(text).unwrap().to_string(), utc);
        }
        for text in [
            "",
            "2026-11-20",
            "2026-11-20T12:00:00",
            "2026-02-30T12:00:00Z",
            "2026-11-20T25:00:00Z",
            "2026-11-20T12:00:00.5Z",
            "2026-11-20T12:00:00+01:00[Europe/Berlin]",
            "2026-11-20T12:00:00+0100",
            "yesterday",
        ] {
            assert!(Instant::parse(text).is_err(), "{text}");
        }
    }
}
