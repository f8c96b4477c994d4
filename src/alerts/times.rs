//! How long schedules leave between their runs.

use crate::forecast::midnight;
use crate::schedule::{self, Schedule, Timetable};
use jiff::Timestamp;
use jiff::civil::date;

/// Years that are looked at: no clock is read, and four have every kind of year but one.
const YEARS: [i16; 2] = [2027, 2031];
/// Where a schedule runs less than twice in those.
const MANY_YEARS: [i16; 2] = [2024, 2049];
const DAY: i64 = 86_400;

/// The longest time between two runs, seconds, what the changes of the clocks make of it included:
/// a night that is an hour longer, a Sunday whose half past two there is not.
pub fn longest_gap(schedule: &Schedule) -> u64 {
    let timetable = Timetable::of(schedule);
    let Some(longest) = schedule::longest_interval(schedule) else {
        return gap(&timetable, span(MANY_YEARS)).unwrap_or(0);
    };
    // As clocks on the wall count it, unless a change of theirs makes it longer.
    let reach = 2 * i64::try_from(longest).unwrap_or(i64::MAX / 8) + DAY;
    let [from, until] = span(YEARS);
    timetable
        .zone()
        .changes(from, until)
        .filter_map(|change| {
            let [first, last] = [-reach, reach]
                .map(|by| Timestamp::from_second(change.at.as_second() + by).unwrap_or(change.at));
            gap(&timetable, [first, last])
        })
        .fold(longest, u64::max)
}

/// How many runs there are in 30 days, on average.
pub fn runs_in_30_days(schedule: &Schedule) -> u64 {
    (schedule::runs_in_four_years(&schedule.cron) * 30).div_ceil(4 * 366)
}

fn span(years: [i16; 2]) -> [Timestamp; 2] {
    years.map(|year| midnight(date(year, 1, 1)))
}

fn gap(timetable: &Timetable, [from, until]: [Timestamp; 2]) -> Option<u64> {
    let runs: Vec<i64> = timetable
        .runs(from, until)
        .map(Timestamp::as_second)
        .collect();
    runs.windows(2)
        .map(|pair| (pair[1] - pair[0]).unsigned_abs())
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Cron, Label, TimeZone};

    fn schedule(cron: &str, zone: &str) -> Schedule {
        Schedule {
            name: Label::parse("a").unwrap(),
            cron: Cron::parse(cron).unwrap(),
            time_zone: TimeZone::parse(zone).unwrap(),
        }
    }

    #[test]
    fn clocks_are_reckoned_with() {
        const HOUR: u64 = 3600;
        for (cron, zone, hours) in [
            ("15 2 * * *", "Etc/UTC", 24),
            ("0 12 * * 1-5", "Etc/UTC", 72),
            // The night when the clocks are set back.
            ("0 4 * * *", "Europe/Berlin", 25),
            // A time that the clocks skip once a year.
            ("30 2 * * 0", "Europe/Berlin", 14 * 24 - 1),
            ("0 * * * *", "Europe/Berlin", 1),
            ("0 0 1 * *", "Etc/UTC", 31 * 24),
            ("0 0 29 2 *", "Etc/UTC", 1461 * 24),
        ] {
            let gap = longest_gap(&schedule(cron, zone));
            assert_eq!(gap, hours * HOUR, "{cron} {zone}: {}", gap / HOUR);
        }
    }

    /// The short way gives what running through every run gives.
    #[test]
    fn nothing_is_passed_over() {
        for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"] {
            for cron in ["30 2 * * *", "10 */5 * * *", "45 1 * * 6,0", "*/30 * * * *"] {
                let schedule = schedule(cron, zone);
                let all = gap(&Timetable::of(&schedule), span(YEARS)).unwrap();
                assert_eq!(longest_gap(&schedule), all, "{cron} {zone}");
            }
        }
    }

    #[test]
    fn runs_are_counted() {
        for (cron, runs) in [("15 2 * * *", 30), ("0 * * * *", 720), ("0 0 * * 0", 5)] {
            assert_eq!(runs_in_30_days(&schedule(cron, "Etc/UTC")), runs, "{cron}");
        }
    }
}
