//! When a schedule runs next: `SpecSchedule.Next` of robfig/cron 3.0.1, which Kubernetes calls, step
//! by step. What it does where the clocks change is no one's decision but its own: a time that the
//! clocks skip does not run, one that they show twice runs twice; and so it is followed and not
//! bettered. `data/cron.tsv` holds its answers.

use super::zone::{Zone, second};
use crate::value::Cron;
use jiff::civil::DateTime;
use jiff::{Span, Timestamp};

const HOUR: i64 = 3600;

/// The first run after an instant; none within five years is none ever.
pub fn next(cron: &Cron, zone: &Zone, after: Timestamp) -> Option<Timestamp> {
    let mut at = second(after.as_second() + 1);
    let mut clock = zone.clock(at);
    let last = clock.year() + 5;
    // Whether the smaller units stand at their beginning already.
    let mut moved = false;
    'again: loop {
        if clock.year() > last {
            return None;
        }
        while !cron.fits_month(clock.month()) {
            if !moved {
                moved = true;
                let first = clock.date().first_of_month().at(0, 0, 0, 0);
                clock = zone.clock(zone.instant(first));
            }
            at = zone.instant(later(clock, Span::new().months(1))?);
            clock = zone.clock(at);
            if clock.month() == 1 {
                continue 'again;
            }
        }
        while !cron.fits_day(clock.day(), clock.weekday().to_sunday_zero_offset()) {
            if !moved {
                moved = true;
                clock = zone.clock(zone.instant(clock.date().at(0, 0, 0, 0)));
            }
            at = zone.instant(later(clock, Span::new().days(1))?);
            clock = zone.clock(at);
            // Midnight need not be there.
            let hour = i64::from(clock.hour());
            if hour != 0 {
                let hours = if hour > 12 { 24 - hour } else { -hour };
                at = second(at.as_second() + hours * HOUR);
                clock = zone.clock(at);
            }
            if clock.day() == 1 {
                continue 'again;
            }
        }
        while !cron.fits_hour(clock.hour()) {
            if !moved {
                moved = true;
                at = zone.instant(clock.date().at(clock.hour(), 0, 0, 0));
            }
            at = second(at.as_second() + HOUR);
            clock = zone.clock(at);
            if clock.hour() == 0 {
                continue 'again;
            }
        }
        while !cron.fits_minute(clock.minute()) {
            if !moved {
                moved = true;
                at = second(at.as_second() - at.as_second().rem_euclid(60));
            }
            at = second(at.as_second() + 60);
            clock = zone.clock(at);
            if clock.minute() == 0 {
                continue 'again;
            }
        }
        if clock.second() == 0 {
            return Some(at);
        }
        // On to the full minute.
        moved = true;
        at = second(at.as_second() + 60 - i64::from(clock.second()));
        clock = zone.clock(at);
    }
}

fn later(clock: DateTime, span: Span) -> Option<DateTime> {
    clock.checked_add(span).ok()
}
