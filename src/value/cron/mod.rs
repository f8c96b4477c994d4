//! When something runs: a schedule as Kubernetes reads it.
//!
//! Kubernetes reads with robfig/cron 3 (`ParseStandard`): five fields, Sunday is 0 and never 7, a
//! `?` is a star, `5/15` goes on to the end, and where both fields of days are restricted a day that
//! fits either is one. What is accepted here means there what it means here. Refused beyond
//! what Kubernetes refuses are only slips: `@every`, an empty element of a list, `+5`, `*-5`.

mod field;

use self::field::FIELDS;
use super::Fault;
use super::character::shown;
use std::fmt;

/// A schedule: five fields, or one of `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`,
/// `@yearly` and `@annually`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    /// As it was written, with one space between fields.
    text: String,
    minutes: u64,
    hours: u64,
    month_days: u64,
    months: u64,
    week_days: u64,
    /// A day must fit both fields of days: one of them holds a star.
    both: bool,
}

/// The descriptors, and the five fields that they stand for.
const DESCRIPTORS: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// The fields, as a message names them.
const NAMES: &str = "minute, hour, day of the month, month, day of the week";

impl Cron {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "cron-schedule";
    /// For editors.
    pub const PATTERN: Option<&str> =
        Some("^ *(@[a-z]+|[-*?/,0-9A-Za-z]+( +[-*?/,0-9A-Za-z]+){4}) *$");

    /// The longest text: every value of every field, listed, is shorter.
    const LIMIT: usize = 512;

    /// Reads a schedule.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        const EXAMPLE: &str = "write five fields, as in `15 2 * * *`: every day at 02:15";
        if text.trim_matches(' ').is_empty() {
            return Err(Fault::new("is empty").help(EXAMPLE));
        }
        if text.len() > Self::LIMIT {
            return Err(Fault::new(format!(
                "is {} bytes long, at most {} are allowed",
                text.len(),
                Self::LIMIT
            )));
        }
        if let Some(character) = text.chars().find(|c| *c != ' ' && !c.is_ascii_graphic()) {
            return Err(Fault::new(format!(
                "holds {}, allowed are digits, letters and `* ? , - /`, with spaces between fields",
                shown(character)
            ))
            .help(EXAMPLE));
        }
        let fields: Vec<&str> = text.split(' ').filter(|field| !field.is_empty()).collect();
        let first = fields.first().copied().unwrap_or_default();
        if first.contains("TZ=") {
            return Err(
                Fault::new("names a time zone, which Kubernetes refuses there")
                    .help("write the zone as `time_zone`, beside `cron`"),
            );
        }
        if first.starts_with('@') {
            return descriptor(&fields);
        }
        let [minutes, hours, month_days, months, week_days] = fields[..] else {
            let fault = Fault::new(match fields.len() {
                1 => format!("has 1 field, a schedule has 5: {NAMES}"),
                number => format!("has {number} fields, a schedule has 5: {NAMES}"),
            });
            return Err(match fields.len() {
                6 | 7 => fault.help("leave out seconds and years: the first field is the minute"),
                _ => fault.help(EXAMPLE),
            });
        };
        let month_days = FIELDS[2].read(month_days)?;
        let week_days = FIELDS[4].read(week_days)?;
        Ok(Self {
            minutes: FIELDS[0].read(minutes)?.values,
            hours: FIELDS[1].read(hours)?.values,
            months: FIELDS[3].read(months)?.values,
            month_days: month_days.values,
            week_days: week_days.values,
            both: month_days.star || week_days.star,
            text: fields.join(" "),
        })
    }

    /// As it was written, with one space between fields.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a minute of the hour (0 to 59) fits.
    pub fn fits_minute(&self, minute: i8) -> bool {
        has(self.minutes, minute)
    }

    /// Whether an hour of the day (0 to 23) fits.
    pub fn fits_hour(&self, hour: i8) -> bool {
        has(self.hours, hour)
    }

    /// Whether a month (1 to 12) fits.
    pub fn fits_month(&self, month: i8) -> bool {
        has(self.months, month)
    }

    /// Whether a day of the month (1 to 31) that is this day of the week (0 to 6, from Sunday) fits.
    pub fn fits_day(&self, month_day: i8, week_day: i8) -> bool {
        let fits_month = has(self.month_days, month_day);
        let fits_week = has(self.week_days, week_day);
        if self.both {
            fits_month && fits_week
        } else {
            fits_month || fits_week
        }
    }

    /// Whether both fields of days are restricted, so that a day which fits either is one.
    pub fn either_day(&self) -> bool {
        !self.both
    }
}

fn descriptor(fields: &[&str]) -> Result<Cron, Fault> {
    let word = fields.first().copied().unwrap_or_default();
    let known = DESCRIPTORS.iter().find(|(known, _)| *known == word);
    match (known, fields.len()) {
        (Some((_, meaning)), 1) => {
            let cron = Cron::parse(meaning)?;
            Ok(Cron {
                text: word.to_owned(),
                ..cron
            })
        }
        (Some((_, meaning)), _) => Err(Fault::new("has more than the descriptor")
            .help(format!("write `{word}` alone, or `{meaning}`"))),
        (None, _) if word == "@every" => Err(Fault::new(
            "counts from when Kubernetes last restarted, so nobody can tell when it runs",
        )
        .help("write five fields, as in `0 */6 * * *`: every six hours")),
        (None, _) if word == "@reboot" => Err(Fault::new("has no meaning for Kubernetes")
            .help("write five fields, as in `15 2 * * *`: every day at 02:15")),
        (None, _) => Err(Fault::new("is no descriptor that Kubernetes knows").help(
            "write one of `@hourly`, `@daily`, `@weekly`, `@monthly` and `@yearly`, or five fields",
        )),
    }
}

fn has(values: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| value < 64 && values >> value & 1 == 1)
}

super::text_value!(Cron);

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(bits: u64) -> Vec<u32> {
        (0..64).filter(|value| bits >> value & 1 == 1).collect()
    }

    #[test]
    fn what_is_meant() {
        let cron = Cron::parse("5/15 22-23 1,15 JAN-mar ?").unwrap();
        assert_eq!(values(cron.minutes), [5, 20, 35, 50]);
        assert_eq!(values(cron.hours), [22, 23]);
        assert_eq!(values(cron.month_days), [1, 15]);
        assert_eq!(values(cron.months), [1, 2, 3]);
        assert_eq!(values(cron.week_days), [0, 1, 2, 3, 4, 5, 6]);
        assert!(!cron.either_day());
        assert_eq!(
            Cron::parse("  0   2 * * *  ").unwrap().as_str(),
            "0 2 * * *"
        );
    }

    #[test]
    fn a_star_with_a_step_restricts() {
        for (text, either) in [
            ("0 0 1 * *", false),
            ("0 0 * * 1", false),
            ("0 0 1 * 1", true),
            ("0 0 */1 * 1", false),
            ("0 0 */2 * 1", true),
            ("0 0 1-31 * 1", true),
            ("0 0 *,5 * 1", false),
        ] {
            assert_eq!(Cron::parse(text).unwrap().either_day(), either, "{text}");
        }
    }

    #[test]
    fn every_descriptor_is_its_fields() {
        for (word, meaning) in DESCRIPTORS {
            let (word, meaning) = (Cron::parse(word).unwrap(), Cron::parse(meaning).unwrap());
            assert_eq!(
                Cron {
                    text: String::new(),
                    ..word
                },
                Cron {
                    text: String::new(),
                    ..meaning
                }
            );
        }
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn faults() {
        for (text, message, help) in [
            ("", "is empty", "write five fields"),
            ("   ", "is empty", "write five fields"),
            (
                "* * * *",
                "has 4 fields, a schedule has 5: minute, hour, day of the month, month, day of the week",
                "write five fields",
            ),
            (
                "0 0 2 * * *",
                "has 6 fields, a schedule has 5: minute, hour, day of the month, month, day of the week",
                "leave out seconds",
            ),
            (
                "60 * * * *",
                "minute `60` is not between 0 and 59",
                "write 0 to 59; `*` is every one",
            ),
            (
                "0 24 * * *",
                "hour `24` is not between 0 and 23",
                "write 0 to 23; ",
            ),
            (
                "0 0 0 * *",
                "day of the month `0` is not between 1 and 31",
                "write 1 to 31; ",
            ),
            (
                "0 0 * 13 *",
                "month `13` is not between 1 and 12",
                "write 1 to 12, or JAN to DEC; ",
            ),
            (
                "0 0 * * 7",
                "day of the week `7` is no day for Kubernetes, the last is 6, Saturday",
                "write `0` or `SUN` for Sunday",
            ),
            (
                "0 0 * * MONDAY",
                "day of the week `MONDAY` is no number and no name",
                "write 0 to 6, or SUN to SAT; ",
            ),
            (
                "0 0 L * *",
                "day of the month `L` is no number",
                "Kubernetes knows no `L`: write `28`, a day that every month has",
            ),
            (
                "0 0 15W * *",
                "day of the month `15W` is no number",
                "Kubernetes knows no `L`, `W` and `#`",
            ),
            (
                "0 0 * * 5#2",
                "day of the week `5#2` is no number and no name",
                "Kubernetes knows no `L`, `W` and `#`",
            ),
            (
                "0 22-2 * * *",
                "hour `22-2` runs backwards",
                "write `22-23,0-2`",
            ),
            (
                "*/0 * * * *",
                "minute `*/0` has a step of zero",
                "write how far apart",
            ),
            (
                "*/x * * * *",
                "minute `*/x` has a step that is no number",
                "write 0 to 59; ",
            ),
            (
                "*/+5 * * * *",
                "minute `*/+5` has a step that is no number",
                "write 0 to 59; ",
            ),
            ("+5 * * * *", "minute `+5` is no number", "write 0 to 59; "),
            (
                "1/2/3 * * * *",
                "minute `1/2/3` has two steps",
                "write 0 to 59; ",
            ),
            (
                "1-2-3 * * * *",
                "minute `1-2-3` is a range with three ends",
                "write 0 to 59; ",
            ),
            (
                "-5 * * * *",
                "minute is a range or a step with an end missing",
                "write 0 to 59; ",
            ),
            (
                "*-5 * * * *",
                "minute `*-5` is a range from every value",
                "write 0 to 59; ",
            ),
            (
                "1,,2 * * * *",
                "minute is empty beside a comma",
                "write 0 to 59; ",
            ),
            (
                "0\t2 * * *",
                "holds U+0009, allowed are digits, letters and `* ? , - /`, with spaces between fields",
                "write five fields",
            ),
            (
                "CRON_TZ=UTC 0 2 * * *",
                "names a time zone, which Kubernetes refuses there",
                "write the zone as `time_zone`",
            ),
            (
                "TZ=UTC 0 2 * * *",
                "names a time zone, which Kubernetes refuses there",
                "write the zone as `time_zone`",
            ),
            (
                "@every 5m",
                "counts from when Kubernetes last restarted, so nobody can tell when it runs",
                "write five fields",
            ),
            (
                "@reboot",
                "has no meaning for Kubernetes",
                "write five fields",
            ),
            (
                "@Daily",
                "is no descriptor that Kubernetes knows",
                "write one of",
            ),
            (
                "@daily 5",
                "has more than the descriptor",
                "write `@daily` alone, or `0 0 * * *`",
            ),
        ] {
            let fault = Cron::parse(text).unwrap_err();
            assert_eq!(fault.message, message, "{text}");
            let said = fault.help.unwrap();
            assert!(said.starts_with(help), "{text}: {said}");
        }
        let fault = Cron::parse(&"9,".repeat(300)).unwrap_err();
        assert_eq!(fault.message, "is 600 bytes long, at most 512 are allowed");
    }
}
