//! The schedules of a spec, for the rules that look at when they run.

use crate::forecast::midnight;
use crate::path;
use crate::schedule::Schedule;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::validate::defaults::backup;
use jiff::Timestamp;
use jiff::civil::date;

/// The year whose runs rules look at. No clock is read: what a spec is told today it is told
/// tomorrow too.
pub const YEAR: i16 = 2027;

/// Its beginning and its end.
pub fn year() -> [Timestamp; 2] {
    [YEAR, YEAR + 1].map(|year| midnight(date(year, 1, 1)))
}

/// The schedules, in the order of the spec; the default where it names none.
pub fn schedules(spec: &Spec) -> Vec<Schedule> {
    let named = spec.backup.as_ref();
    backup::schedules(named.and_then(|backup| backup.schedules.as_deref()))
}

/// The place of a key of a schedule.
pub fn at(index: usize, key: &'static str) -> Path {
    path!["backup", "schedules", index, key]
}

/// Seconds in words.
pub fn shown(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}
