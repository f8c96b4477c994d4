//! A time zone as a row of offsets from UTC, and the two ways between a clock on the wall and an
//! instant. Where the clocks change, the second is decided as Go's `time.Date` decides it, since
//! Go's is the arithmetic that Kubernetes runs on.

use crate::value::TimeZone;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// The years whose clock changes are known: far more than anyone plans.
const YEARS: std::ops::Range<i16> = 1995..2120;

/// A time zone with its clock changes.
#[derive(Debug, Clone)]
pub struct Zone {
    name: TimeZone,
    /// From this second on, this many seconds are added; the first is from the beginning of time.
    offsets: Vec<(i64, i32)>,
}

/// Clocks that are set forward or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When it happens.
    pub at: Timestamp,
    /// What the clocks on the wall show the moment before, and then.
    pub before: DateTime,
    /// What they show from then on.
    pub after: DateTime,
}

impl Zone {
    /// The zone of that name.
    pub fn new(name: TimeZone) -> Self {
        let zone = jiff::tz::TimeZone::tzif(name.as_str(), name.rules())
            .unwrap_or(jiff::tz::TimeZone::UTC);
        let [from, until] = [YEARS.start, YEARS.end]
            .map(|year| instant(jiff::civil::date(year, 1, 1).at(0, 0, 0, 0)));
        let mut offsets = vec![(i64::MIN, zone.to_offset(from).seconds())];
        for change in zone
            .following(from)
            .take_while(|change| change.timestamp() < until)
        {
            let offset = change.offset().seconds();
            // A change of the name or of the law alone moves no clock.
            if offsets.last().is_some_and(|(_, last)| *last != offset) {
                offsets.push((change.timestamp().as_second(), offset));
            }
        }
        Self { name, offsets }
    }

    /// Its name.
    pub fn name(&self) -> TimeZone {
        self.name
    }

    /// What a clock on the wall shows.
    pub fn clock(&self, at: Timestamp) -> DateTime {
        civil(at.as_second() + i64::from(self.lookup(at.as_second()).0))
    }

    /// When a clock on the wall shows this. What it shows twice is one of the two; of what it never
    /// shows, one of the instants an hour away.
    pub fn instant(&self, clock: DateTime) -> Timestamp {
        let seconds = instant(clock).as_second();
        let (mut offset, start, end) = self.lookup(seconds);
        let guess = seconds - i64::from(offset);
        if guess < start || guess >= end {
            offset = self.lookup(guess).0;
        }
        second(seconds - i64::from(offset))
    }

    /// The changes of the clocks in a span of time.
    pub fn changes(&self, from: Timestamp, until: Timestamp) -> impl Iterator<Item = Change> {
        let span = from.as_second()..until.as_second();
        self.offsets.windows(2).filter_map(move |pair| {
            let [(_, before), (at, after)] = [pair[0], pair[1]];
            span.contains(&at).then(|| Change {
                at: second(at),
                before: civil(at + i64::from(before)),
                after: civil(at + i64::from(after)),
            })
        })
    }

    /// The offset that holds at a second, and since and until when.
    fn lookup(&self, at: i64) -> (i32, i64, i64) {
        let next = self.offsets.partition_point(|(start, _)| *start <= at);
        let (start, offset) = self.offsets[next - 1];
        let end = self.offsets.get(next).map_or(i64::MAX, |(end, _)| *end);
        (offset, start, end)
    }
}

/// The instant of that second, within what a calendar knows.
pub(super) fn second(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap_or(if seconds < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

/// Seconds as a calendar without time zones counts them.
fn civil(seconds: i64) -> DateTime {
    Offset::UTC.to_datetime(second(seconds))
}

/// The other way.
fn instant(clock: DateTime) -> Timestamp {
    Offset::UTC.to_timestamp(clock).unwrap_or(Timestamp::MAX)
}
