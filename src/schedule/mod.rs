//! When schedules run: a cron expression and a time zone in, instants out. Pure; no clock is read,
//! whoever asks says from when.

mod next;
mod zone;

use crate::value::{Cron, Label, TimeZone};
use jiff::Timestamp;
use jiff::civil::DateTime;

pub use self::next::next;
pub use self::zone::{Change, Zone};

/// A schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The end of its `CronJob`'s name.
    pub name: Label,
    /// When it runs.
    pub cron: Cron,
    /// The zone that this is read in.
    pub time_zone: TimeZone,
}

/// A schedule that can be asked when it runs.
#[derive(Debug, Clone)]
pub struct Timetable {
    cron: Cron,
    zone: Zone,
}

/// What becomes of runs where the clocks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trap {
    /// The clocks skip this time: there is no run.
    Skipped(DateTime),
    /// The clocks show this time twice: there are two runs.
    Twice(DateTime),
}

impl Timetable {
    /// The timetable of an expression in a zone.
    pub fn new(cron: Cron, zone: TimeZone) -> Self {
        Self {
            cron,
            zone: Zone::new(zone),
        }
    }

    /// The timetable of a schedule.
    pub fn of(schedule: &Schedule) -> Self {
        Self::new(schedule.cron.clone(), schedule.time_zone)
    }

    /// The zone that it is read in.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first run after an instant; none within five years is none ever.
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        next(&self.cron, &self.zone, after)
    }

    /// The runs from an instant on until before another.
    pub fn runs(&self, from: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
        let mut at = zone::second(from.as_second() - 1);
        std::iter::from_fn(move || {
            at = self.next(at)?;
            Some(at)
        })
        .take_while(move |at| *at < until)
    }

    /// The runs that a change of the clocks costs or doubles, the first of each change.
    pub fn traps(&self, from: Timestamp, until: Timestamp) -> Vec<Trap> {
        self.zone
            .changes(from, until)
            .filter_map(|change| {
                let (first, last, trap): (_, _, fn(DateTime) -> Trap) =
                    if change.before < change.after {
                        (change.before, change.after, Trap::Skipped)
                    } else {
                        (change.after, change.before, Trap::Twice)
                    };
                self.first_fit(first, last).map(trap)
            })
            .collect()
    }

    /// The first time on the wall in a span of less than some hours that fits the expression.
    fn first_fit(&self, from: DateTime, until: DateTime) -> Option<DateTime> {
        let minute = jiff::Span::new().minutes(1);
        std::iter::successors(Some(from), |clock| clock.checked_add(minute).ok())
            .take_while(|clock| *clock < until)
            .find(|clock| {
                self.cron.fits_month(clock.month())
                    && self
                        .cron
                        .fits_day(clock.day(), clock.weekday().to_sunday_zero_offset())
                    && self.cron.fits_hour(clock.hour())
                    && self.cron.fits_minute(clock.minute())
            })
    }
}

/// The shortest time between two runs in seconds, as clocks on the wall count it; none for what
/// runs less than twice in four years.
pub fn shortest_interval(schedule: &Schedule) -> Option<u64> {
    intervals(&schedule.cron).min()
}

/// The longest.
pub fn longest_interval(schedule: &Schedule) -> Option<u64> {
    intervals(&schedule.cron).max()
}

/// How many runs clocks on the wall count in four years, one of them a leap year.
pub fn runs_in_four_years(cron: &Cron) -> u64 {
    let of_a_day = times(cron).len() as u64;
    of_a_day * days(cron).count() as u64
}

/// Whether any day of the calendar fits.
pub fn ever_runs(cron: &Cron) -> bool {
    days(cron).next().is_some()
}

/// The times between runs, as clocks on the wall count them: those within a day, and those from the
/// last run of a day to the first of the next.
fn intervals(cron: &Cron) -> impl Iterator<Item = u64> {
    let times = times(cron);
    let over_night = times
        .first()
        .zip(times.last())
        .map_or(0, |(first, last)| last - first);
    let days: Vec<u64> = days(cron).collect();
    let within: Vec<u64> = if days.is_empty() {
        Vec::new()
    } else {
        times.windows(2).map(|pair| pair[1] - pair[0]).collect()
    };
    let between: Vec<u64> = days
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) * 86_400 - over_night)
        .collect();
    within.into_iter().chain(between)
}

/// The seconds of a day at which it runs.
fn times(cron: &Cron) -> Vec<u64> {
    (0..24_i8)
        .filter(|hour| cron.fits_hour(*hour))
        .flat_map(|hour| (0..60_i8).map(move |minute| (hour, minute)))
        .filter(|(_, minute)| cron.fits_minute(*minute))
        .map(|(hour, minute)| {
            u64::from(hour.unsigned_abs()) * 3600 + u64::from(minute.unsigned_abs()) * 60
        })
        .collect()
}

/// The days of four years that fit, one of them a leap year, counted from the first.
fn days(cron: &Cron) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(jiff::civil::date(2027, 1, 1)), |day| {
        day.tomorrow().ok()
    })
    .take(4 * 366)
    .zip(0..)
    .filter(|(day, _)| {
        cron.fits_month(day.month())
            && cron.fits_day(day.day(), day.weekday().to_sunday_zero_offset())
    })
    .map(|(_, number)| number)
}

#[cfg(test)]
mod tests;
