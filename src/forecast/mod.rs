//! What backups there will be: schedules and keep rules in, each backup of the time to come with
//! its life out, and the space that they take. From what is meant alone: no cluster is asked, no
//! clock is read. It begins with a destination that is empty, and with the backup of the first
//! deployment.

pub mod size;
pub mod svg;
pub mod table;

use crate::keep::{BackupId, Keep, Reason, choose};
use crate::schedule::{Schedule, Timetable};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use std::collections::BTreeMap;

/// More runs than this in the time that is looked at, and nothing is told: every minute is no
/// schedule of backups.
pub const MOST_RUNS: usize = 40_000;

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// What is taken for granted of sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumption {
    /// The bytes of a backup at the beginning.
    pub bytes: u64,
    /// By how many percent of that a backup is larger each year.
    pub growth: u32,
}

/// A backup of the time to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// Its name, up to the five characters at its end.
    pub id: BackupId,
    /// The schedule that makes it; none for that of the first deployment.
    pub schedule: Option<usize>,
    /// How large it is.
    pub bytes: u64,
    /// From when on which rule holds it: of several the one that lets go first.
    pub held: Vec<(Timestamp, Reason)>,
    /// When it is removed; none if it outlives what is looked at.
    pub removed: Option<Timestamp>,
}

/// What is held at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// When.
    pub at: Timestamp,
    /// How many backups.
    pub number: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The backups of a span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forecast {
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// The backups that are made in it, the oldest first.
    pub backups: Vec<Backup>,
    /// What is held while each of them is published and nothing is removed yet.
    pub levels: Vec<Level>,
}

/// What a table and a picture tell.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The database's name.
    pub name: &'a str,
    /// When backups run.
    pub schedules: &'a [Schedule],
    /// Which stay.
    pub keep: Keep,
    /// The size of the volume in bytes.
    pub volume: u64,
    /// What is taken for granted of sizes.
    pub assumption: Assumption,
    /// What the size of a backup was taken to be, where nobody said it.
    pub guessed: Option<&'a str>,
    /// What comes of it.
    pub forecast: &'a Forecast,
}

/// The backups of a span of time; none where there would be too many to tell.
pub fn forecast(
    schedules: &[Schedule],
    keep: Keep,
    span: [Timestamp; 2],
    assumption: Assumption,
) -> Option<Forecast> {
    let [from, until] = span;
    let mut backups: Vec<Backup> = Vec::new();
    let mut levels: Vec<Level> = Vec::new();
    // What is held, the oldest first: ids, and where their backups are.
    let mut ids: Vec<BackupId> = Vec::new();
    let mut held: Vec<usize> = Vec::new();
    for (number, (at, schedule)) in runs(schedules, from, until)?.into_iter().enumerate() {
        let id = BackupId::at(at, number);
        ids.push(id.clone());
        held.push(backups.len());
        backups.push(Backup {
            id: id.clone(),
            schedule,
            bytes: assumption.at(at, from),
            held: Vec::new(),
            removed: None,
        });
        levels.push(Level {
            at,
            number: held.len(),
            bytes: held.iter().map(|backup| backups[*backup].bytes).sum(),
        });
        let reasons: Vec<Option<Reason>> = choose(&ids, keep, at, Some(&id))
            .into_iter()
            .rev()
            .map(|choice| choice.reasons.into_iter().min())
            .collect();
        for (backup, reason) in held.iter().zip(&reasons) {
            let backup = &mut backups[*backup];
            match *reason {
                None => backup.removed = Some(at),
                Some(reason) if backup.held.last().is_none_or(|(_, last)| *last != reason) => {
                    backup.held.push((at, reason));
                }
                Some(_) => {}
            }
        }
        if reasons.contains(&None) {
            held.retain(|backup| backups[*backup].removed.is_none());
            let mut kept = reasons.iter().map(Option::is_some);
            ids.retain(|_| kept.next().unwrap_or(true));
        }
    }
    Some(Forecast {
        from,
        until,
        backups,
        levels,
    })
}

/// Every run, in order; the first is that of the deployment.
fn runs(
    schedules: &[Schedule],
    from: Timestamp,
    until: Timestamp,
) -> Option<Vec<(Timestamp, Option<usize>)>> {
    let mut runs = vec![(from, None)];
    for (number, schedule) in schedules.iter().enumerate() {
        let timetable = Timetable::of(schedule);
        for at in timetable.runs(after(from, 1), until) {
            runs.push((at, Some(number)));
            if runs.len() > MOST_RUNS {
                return None;
            }
        }
    }
    runs.sort_unstable();
    Some(runs)
}

impl Assumption {
    /// The bytes of a backup that is made then.
    fn at(self, at: Timestamp, from: Timestamp) -> u64 {
        let seconds = u128::try_from(at.as_second() - from.as_second()).unwrap_or(0);
        let more = u128::from(self.bytes) * u128::from(self.growth) * seconds
            / (100 * 365 * u128::from(DAY.unsigned_abs()));
        u64::try_from(u128::from(self.bytes) + more).unwrap_or(u64::MAX)
    }
}

impl Forecast {
    /// The backups that are held at an instant, the newest first, each with the rules that hold it.
    pub fn held_at(&self, at: Timestamp, keep: Keep) -> Vec<(&Backup, Vec<Reason>)> {
        let alive: BTreeMap<&BackupId, &Backup> = self
            .backups
            .iter()
            .filter(|backup| backup.id.began() <= at)
            .filter(|backup| backup.removed.is_none_or(|removed| removed > at))
            .map(|backup| (&backup.id, backup))
            .collect();
        let ids: Vec<BackupId> = alive.keys().map(|id| (*id).clone()).collect();
        choose(&ids, keep, at, None)
            .into_iter()
            .filter_map(|choice| Some((*alive.get(choice.id)?, choice.reasons)))
            .collect()
    }

    /// The most that is held, a backup that is being published included.
    pub fn most(&self) -> Option<Level> {
        self.levels.iter().copied().reduce(|most, level| {
            if level.bytes > most.bytes {
                level
            } else {
                most
            }
        })
    }

    /// When a volume is full for the first time.
    pub fn full(&self, volume: u64) -> Option<Timestamp> {
        let level = self.levels.iter().find(|level| level.bytes > volume)?;
        Some(level.at)
    }
}

/// How many backups the keep rules hold in the long run, one that is being published included;
/// none where that is too many to tell.
pub fn most_in_the_long_run(schedules: &[Schedule], keep: Keep, from: Timestamp) -> Option<usize> {
    const ONE: Assumption = Assumption {
        bytes: 1,
        growth: 0,
    };
    let years = keep
        .yearly
        .max(keep.monthly.div_ceil(12))
        .max(keep.weekly.div_ceil(52))
        .max(keep.daily.div_ceil(365))
        .saturating_add(1)
        .min(12);
    let until = after(from, i64::from(years) * 366 * DAY);
    let forecast = forecast(schedules, keep, [from, until], ONE)?;
    forecast.levels.iter().map(|level| level.number).max()
}

/// So many seconds later.
pub fn after(at: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_second(at.as_second() + seconds).unwrap_or(at)
}

/// The day of an instant, in UTC.
pub fn day(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// Midnight of a day, in UTC.
pub fn midnight(day: Date) -> Timestamp {
    Offset::UTC
        .to_timestamp(day.at(0, 0, 0, 0))
        .unwrap_or(Timestamp::MAX)
}

/// The first of each month of a span of time.
fn firsts(from: Timestamp, until: Timestamp) -> impl Iterator<Item = Timestamp> {
    let first = |day: Date| day.last_of_month().tomorrow().ok();
    std::iter::successors(first(day(from)), move |day| first(*day))
        .map(midnight)
        .take_while(move |at| *at <= until)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Cron, Label, TimeZone};

    const KEEP: Keep = Keep {
        last: 0,
        daily: 7,
        weekly: 4,
        monthly: 0,
        yearly: 0,
        minimum: 2,
    };

    fn nightly() -> Vec<Schedule> {
        vec![Schedule {
            name: Label::parse("nightly").unwrap(),
            cron: Cron::parse("15 2 * * *").unwrap(),
            time_zone: TimeZone::utc(),
        }]
    }

    fn year() -> [Timestamp; 2] {
        ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"].map(|text| text.parse().unwrap())
    }

    #[test]
    fn a_year_of_nights() {
        let assumption = Assumption {
            bytes: 1000,
            growth: 10,
        };
        let forecast = forecast(&nightly(), KEEP, year(), assumption).unwrap();
        assert_eq!(forecast.backups.len(), 366);
        assert_eq!(forecast.backups[0].schedule, None);
        assert_eq!(forecast.backups[365].bytes, 1099);
        // On Sunday, 2027-06-20: seven days, and three weeks before them.
        let held: Vec<String> = forecast
            .held_at("2027-06-20T12:00:00Z".parse().unwrap(), KEEP)
            .iter()
            .map(|(backup, reasons)| format!("{} {reasons:?}", backup.id.day()))
            .collect();
        assert_eq!(
            held,
            [
                "2027-06-20 [Daily, Weekly, Newest]",
                "2027-06-19 [Daily]",
                "2027-06-18 [Daily]",
                "2027-06-17 [Daily]",
                "2027-06-16 [Daily]",
                "2027-06-15 [Daily]",
                "2027-06-14 [Daily]",
                "2027-06-13 [Weekly]",
                "2027-06-06 [Weekly]",
                "2027-05-30 [Weekly]",
            ]
        );
        assert_eq!(most_in_the_long_run(&nightly(), KEEP, year()[0]), Some(11));
        assert_eq!(forecast.most().unwrap().number, 11);
        assert_eq!(forecast.full(20_000), None);
        assert!(forecast.full(5_500).is_some());
    }

    #[test]
    fn lives_are_whole() {
        let assumption = Assumption {
            bytes: 1,
            growth: 0,
        };
        let forecast = forecast(&nightly(), KEEP, year(), assumption).unwrap();
        for backup in &forecast.backups {
            assert_eq!(backup.held[0].0, backup.id.began());
            let ends: Vec<Timestamp> = backup
                .held
                .iter()
                .map(|(at, _)| *at)
                .chain(backup.removed)
                .collect();
            assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "{backup:?}");
        }
    }

    #[test]
    fn every_minute_is_not_told() {
        let mut schedules = nightly();
        schedules[0].cron = Cron::parse("* * * * *").unwrap();
        let one = Assumption {
            bytes: 1,
            growth: 0,
        };
        assert_eq!(forecast(&schedules, KEEP, year(), one), None);
    }
}
