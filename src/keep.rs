//! Which backups are kept: their ids and the keep rules in, a verdict for each out. Pure, and the
//! same as `prune.sh` decides in the cluster: a test holds the two together.
//!
//! The rules are those of restic: each walks the backups from the newest back and takes the first
//! of each day (week, month, year) until it has as many as it may; a day without a backup costs
//! nothing. A backup that any rule takes is kept. All of UTC, weeks begin on Monday (ISO 8601).

use crate::value::Fault;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use std::collections::BTreeSet;
use std::fmt;

/// How many of which are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Keep {
    /// The newest.
    pub last: u32,
    /// The newest of each of so many days.
    pub daily: u32,
    /// The newest of each of so many weeks.
    pub weekly: u32,
    /// The newest of each of so many months.
    pub monthly: u32,
    /// The newest of each of so many years.
    pub yearly: u32,
    /// No fewer than this, whatever the others say.
    pub minimum: u32,
}

impl Keep {
    /// Each rule with its number, those that hold nothing left out.
    pub fn rules(self) -> Vec<(&'static str, u32)> {
        [
            ("last", self.last),
            ("daily", self.daily),
            ("weekly", self.weekly),
            ("monthly", self.monthly),
            ("yearly", self.yearly),
            ("minimum", self.minimum),
        ]
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .collect()
    }
}

/// A backup's name: when it began, in UTC, and five characters that tell it from another of the
/// same second. In order of its bytes is in order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BackupId {
    /// `20261123T021500Z-x7k2p`.
    text: String,
    at: Timestamp,
    day: Date,
}

impl BackupId {
    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let fault =
            || Fault::new("is no id of a backup").help("ids look like `20261123T021500Z-x7k2p`");
        let bytes = text.as_bytes();
        let shape = bytes.len() == 22
            && bytes.iter().enumerate().all(|(at, byte)| match at {
                8 => *byte == b'T',
                15 => *byte == b'Z',
                16 => *byte == b'-',
                17.. => matches!(byte, b'a'..=b'z' | b'0'..=b'9'),
                _ => byte.is_ascii_digit(),
            });
        if !shape {
            return Err(fault());
        }
        let number = |from: usize, until: usize| text[from..until].parse::<i16>().unwrap_or(-1);
        let small = |from| i8::try_from(number(from, from + 2)).unwrap_or(-1);
        let at = DateTime::new(
            number(0, 4),
            small(4),
            small(6),
            small(9),
            small(11),
            small(13),
            0,
        )
        .and_then(|clock| Offset::UTC.to_timestamp(clock))
        .map_err(|_| fault())?;
        Ok(Self {
            text: text.to_owned(),
            at,
            day: Offset::UTC.to_datetime(at).date(),
        })
    }

    /// The id of a backup that began then; of two in one second, the one with the greater number
    /// is the later.
    pub fn at(at: Timestamp, number: usize) -> Self {
        let clock = Offset::UTC.to_datetime(at);
        Self {
            text: format!(
                "{:04}{:02}{:02}T{:02}{:02}{:02}Z-{:05}",
                clock.year(),
                clock.month(),
                clock.day(),
                clock.hour(),
                clock.minute(),
                clock.second(),
                number % 100_000
            ),
            at,
            day: clock.date(),
        }
    }

    /// When it began.
    pub fn began(&self) -> Timestamp {
        self.at
    }

    /// The day on which it began, in UTC.
    pub fn day(&self) -> Date {
        self.day
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for BackupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why a backup is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// `last` takes it.
    Last,
    /// `daily` takes it.
    Daily,
    /// `weekly` takes it.
    Weekly,
    /// `monthly` takes it.
    Monthly,
    /// `yearly` takes it.
    Yearly,
    /// The others keep too few.
    Minimum,
    /// No newer one that is kept holds a database of the spec which it holds.
    Database,
    /// It is the newest, or the one that was just published: never removed.
    Newest,
    /// It is of a time to come: a clock was wrong. It takes no other's place.
    Future,
}

impl Reason {
    /// The rule, as the spec names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
            Self::Minimum => "minimum",
            Self::Database => "database",
            Self::Newest => "newest",
            Self::Future => "future",
        }
    }
}

/// What becomes of one backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// Which.
    pub id: &'a BackupId,
    /// Why it is kept; if there is no reason, it goes.
    pub reasons: Vec<Reason>,
}

/// What becomes of each backup, the newest first, where all hold the same databases. `published` is
/// the one that was just made.
pub fn choose<'a>(
    ids: &'a [BackupId],
    keep: Keep,
    now: Timestamp,
    published: Option<&BackupId>,
) -> Vec<Choice<'a>> {
    choose_holding(ids, keep, now, published, |_| BTreeSet::new())
}

/// The same, where `holds` says which databases of the spec a backup holds, by their place there: of
/// each the newest backup stays, whatever became of the database since.
pub fn choose_holding<'a>(
    ids: &'a [BackupId],
    keep: Keep,
    now: Timestamp,
    published: Option<&BackupId>,
    holds: impl Fn(&BackupId) -> BTreeSet<usize>,
) -> Vec<Choice<'a>> {
    let mut sorted: Vec<&BackupId> = ids.iter().collect();
    sorted.sort_unstable_by(|one, other| other.cmp(one));
    sorted.dedup();
    let mut rules = [
        Walk::new(Reason::Last, keep.last),
        Walk::new(Reason::Daily, keep.daily),
        Walk::new(Reason::Weekly, keep.weekly),
        Walk::new(Reason::Monthly, keep.monthly),
        Walk::new(Reason::Yearly, keep.yearly),
    ];
    let mut newest = true;
    let mut choices: Vec<Choice<'a>> = sorted
        .into_iter()
        .map(|id| {
            if id.at > now {
                return Choice {
                    id,
                    reasons: vec![Reason::Future],
                };
            }
            let mut reasons: Vec<Reason> = rules
                .iter_mut()
                .filter_map(|rule| rule.takes(id).then_some(rule.reason))
                .collect();
            if newest || published == Some(id) {
                reasons.push(Reason::Newest);
            }
            newest = false;
            Choice { id, reasons }
        })
        .collect();
    let kept = choices
        .iter()
        .filter(|choice| !choice.reasons.is_empty() && choice.reasons != [Reason::Future])
        .count();
    let missing = usize::try_from(keep.minimum)
        .unwrap_or(usize::MAX)
        .saturating_sub(kept);
    for choice in choices
        .iter_mut()
        .filter(|choice| choice.reasons.is_empty())
        .take(missing)
    {
        choice.reasons.push(Reason::Minimum);
    }
    let mut held = BTreeSet::new();
    for choice in &mut choices {
        if choice.reasons == [Reason::Future] {
            continue;
        }
        let databases = holds(choice.id);
        if choice.reasons.is_empty() && !databases.is_subset(&held) {
            choice.reasons.push(Reason::Database);
        }
        if !choice.reasons.is_empty() {
            held.extend(databases);
        }
    }
    choices
}

/// One rule on its way from the newest back.
#[derive(Debug)]
struct Walk {
    reason: Reason,
    left: u32,
    /// The day, week, month or year that it took one of last.
    last: Option<i64>,
}

impl Walk {
    fn new(reason: Reason, left: u32) -> Self {
        Self {
            reason,
            left,
            last: None,
        }
    }

    fn takes(&mut self, id: &BackupId) -> bool {
        if self.left == 0 {
            return false;
        }
        let day = id.day();
        let days = id.at.as_second().div_euclid(86_400);
        let period = match self.reason {
            Reason::Daily => Some(days),
            // The first of January 1970 was a Thursday.
            Reason::Weekly => Some((days + 3).div_euclid(7)),
            Reason::Monthly => Some(i64::from(day.year()) * 12 + i64::from(day.month())),
            Reason::Yearly => Some(i64::from(day.year())),
            _ => None,
        };
        if period.is_some() && period == self.last {
            return false;
        }
        self.last = period;
        self.left -= 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Keep = Keep {
        last: 7,
        daily: 14,
        weekly: 8,
        monthly: 12,
        yearly: 3,
        minimum: 2,
    };

    fn id(text: &str) -> BackupId {
        BackupId::parse(text).unwrap()
    }

    fn day(number: i64, second: i64) -> BackupId {
        let at = Timestamp::from_second(1_767_225_600 + number * 86_400 + second).unwrap();
        BackupId::at(at, 0)
    }

    fn kept(ids: &[BackupId], keep: Keep, now: &str) -> Vec<String> {
        choose(ids, keep, id(now).began(), None)
            .into_iter()
            .filter(|choice| !choice.reasons.is_empty())
            .map(|choice| format!("{} {:?}", &choice.id.as_str()[..11], choice.reasons))
            .collect()
    }

    #[test]
    fn ids() {
        let text = "20261123T021500Z-x7k2p";
        assert_eq!(id(text).to_string(), text);
        assert_eq!(id(text).began().to_string(), "2026-11-23T02:15:00Z");
        assert_eq!(
            BackupId::at(id(text).began(), 7).as_str(),
            "20261123T021500Z-00007"
        );
        for wrong in [
            "",
            "20261123T021500Z",
            "20261323T021500Z-x7k2p",
            "20261123T021560Z-x7k2p",
            "20261123t021500z-x7k2p",
            "20261123T021500Z-X7K2P",
            "20261123T021500Z-x7k2pq",
            "2026112üT02150Z-x7k2p",
            "+0261123T021500Z-x7k2p",
        ] {
            assert!(BackupId::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_day_without_a_backup_costs_nothing() {
        let ids = [day(0, 0), day(0, 9), day(3, 0), day(30, 0), day(30, 1)];
        let keep = Keep {
            daily: 3,
            ..Keep::default()
        };
        assert_eq!(
            kept(&ids, keep, "20270101T000000Z-00000"),
            [
                "20260131T00 [Daily, Newest]",
                "20260104T00 [Daily]",
                "20260101T00 [Daily]"
            ]
        );
    }

    #[test]
    fn the_newest_stays_whatever_is_said() {
        let ids = [day(0, 0), day(1, 0), day(2, 0)];
        let now = "20270101T000000Z-00000";
        assert_eq!(kept(&ids, Keep::default(), now), ["20260103T00 [Newest]"]);
        let minimum = Keep {
            minimum: 2,
            ..Keep::default()
        };
        assert_eq!(
            kept(&ids, minimum, now),
            ["20260103T00 [Newest]", "20260102T00 [Minimum]"]
        );
        let published = choose(&ids, Keep::default(), id(now).began(), Some(&ids[0]));
        assert_eq!(published[2].reasons, [Reason::Newest]);
        assert_eq!(published[1].reasons, []);
    }

    #[test]
    fn what_is_of_a_time_to_come_takes_no_place() {
        let ids = [day(0, 0), day(1, 0), day(400, 0)];
        let keep = Keep {
            last: 1,
            minimum: 1,
            ..Keep::default()
        };
        assert_eq!(
            kept(&ids, keep, "20260201T000000Z-00000"),
            ["20270205T00 [Future]", "20260102T00 [Last, Newest]"]
        );
    }

    #[test]
    fn a_year_of_nights_holds_what_the_rules_say() {
        let mut held: Vec<BackupId> = Vec::new();
        for number in 0..1200 {
            let new = day(number, 8100);
            held.push(new.clone());
            let choices = choose(&held, FULL, new.began(), Some(&new));
            let by = |reason| {
                choices
                    .iter()
                    .filter(|choice| choice.reasons.contains(&reason))
                    .count()
            };
            if number > 800 {
                assert_eq!(
                    [Reason::Last, Reason::Daily, Reason::Weekly, Reason::Monthly].map(by),
                    [7, 14, 8, 12]
                );
                let years = usize::try_from(new.day().year() - 2025).unwrap();
                assert_eq!(by(Reason::Yearly), years.min(3));
            }
            let kept: Vec<BackupId> = choices
                .into_iter()
                .filter(|choice| !choice.reasons.is_empty())
                .map(|choice| choice.id.clone())
                .collect();
            // What one night removes no later night would have wanted: choosing again from all that
            // there ever was says the same.
            held = kept;
        }
        let all: Vec<BackupId> = (0..1200).map(|number| day(number, 8100)).collect();
        held.sort();
        let again: Vec<BackupId> = choose(&all, FULL, all[1199].began(), None)
            .into_iter()
            .filter(|choice| !choice.reasons.is_empty())
            .map(|choice| choice.id.clone())
            .rev()
            .collect();
        assert_eq!(held, again);
    }
}
