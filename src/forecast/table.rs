//! The forecast as tables of text, 80 columns wide.

use super::size::{percent, shown};
use super::{DAY, Plan, after, day, firsts, most_in_the_long_run};
use crate::keep::Reason;
use crate::schedule::Timetable;
use jiff::Timestamp;
use std::fmt::Write as _;

/// The rules that have a column.
const RULES: [Reason; 5] = [
    Reason::Last,
    Reason::Daily,
    Reason::Weekly,
    Reason::Monthly,
    Reason::Yearly,
];

/// The year: when backups run, what is held on the first of each month, what it needs.
pub fn year(plan: &Plan<'_>) -> String {
    let forecast = plan.forecast;
    let mut text = format!(
        "{}: backups from {} on, beginning with an empty volume\n\n",
        plan.name,
        day(forecast.from)
    );
    text.push_str(&schedules(plan));
    let _ = writeln!(text, "\nkept: {}\n", kept(plan));
    text.push_str(&rows(&levels(plan)));
    text.push('\n');
    text.push_str(&needs(plan));
    text
}

/// One day: each backup that is held at its end.
pub fn on(plan: &Plan<'_>, date: Timestamp) -> String {
    let held = plan.forecast.held_at(after(date, DAY - 1), plan.keep);
    let mut lines = vec![["backup of", "by", "kept by", "until", "size"].map(String::from)];
    for (backup, reasons) in &held {
        let by = backup
            .schedule
            .and_then(|number| plan.schedules.get(number))
            .map_or("deployment", |schedule| schedule.name.as_str());
        lines.push([
            minute(backup.id.began()),
            by.to_owned(),
            reasons
                .iter()
                .filter(|reason| **reason != Reason::Newest || reasons.len() == 1)
                .map(|reason| reason.name())
                .collect::<Vec<_>>()
                .join(" "),
            backup
                .removed
                .map_or_else(|| "later".to_owned(), |removed| day(removed).to_string()),
            shown(backup.bytes),
        ]);
    }
    format!(
        "{}: held at the end of {}, times of UTC\n\n{}",
        plan.name,
        day(date),
        columns(&lines, &[4])
    )
}

/// The schedules with their next runs, on the clock of their zone.
fn schedules(plan: &Plan<'_>) -> String {
    let mut lines = vec![["schedule", "cron", "time zone", "next runs"].map(String::from)];
    for schedule in plan.schedules {
        let timetable = Timetable::of(schedule);
        let runs: Vec<String> = timetable
            .runs(plan.forecast.from, Timestamp::MAX)
            .take(2)
            .map(|run| {
                let clock = timetable.zone().clock(run);
                format!("{} {:02}:{:02}", clock.date(), clock.hour(), clock.minute())
            })
            .collect();
        lines.push([
            schedule.name.to_string(),
            schedule.cron.to_string(),
            schedule.time_zone.to_string(),
            runs.join(", "),
        ]);
    }
    columns(&lines, &[])
}

/// `daily = 7, weekly = 4`.
pub(super) fn kept(plan: &Plan<'_>) -> String {
    plan.keep
        .rules()
        .iter()
        .map(|(name, number)| format!("{name} = {number}"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What is held on the first of each month.
fn levels(plan: &Plan<'_>) -> Vec<[String; 10]> {
    let mut lines = vec![
        [
            "held on", "all", "last", "daily", "weekly", "monthly", "yearly", "oldest", "space",
            "of it",
        ]
        .map(String::from),
    ];
    let forecast = plan.forecast;
    for at in firsts(forecast.from, forecast.until) {
        let held = forecast.held_at(at, plan.keep);
        let bytes = held.iter().map(|(backup, _)| backup.bytes).sum();
        let by = RULES.map(|rule| {
            held.iter()
                .filter(|(_, reasons)| reasons.contains(&rule))
                .count()
                .to_string()
        });
        let [last, daily, weekly, monthly, yearly] = by;
        lines.push([
            day(at).to_string(),
            held.len().to_string(),
            last,
            daily,
            weekly,
            monthly,
            yearly,
            held.last()
                .map_or_else(String::new, |(backup, _)| backup.id.day().to_string()),
            shown(bytes),
            format!("{}%", percent(bytes, plan.volume)),
        ]);
    }
    lines
}

fn rows(lines: &[[String; 10]]) -> String {
    columns(lines, &[1, 2, 3, 4, 5, 6, 8, 9])
}

/// What it needs against what there is, and what was taken for granted.
fn needs(plan: &Plan<'_>) -> String {
    let mut text = String::new();
    let forecast = plan.forecast;
    let assumption = plan.assumption;
    if let Some(most) = forecast.most() {
        let _ = writeln!(
            text,
            "most:    {} of {} ({}%) on {}: {} backups, one of them being written",
            shown(most.bytes),
            shown(plan.volume),
            percent(most.bytes, plan.volume),
            day(most.at),
            most.number
        );
    }
    if let Some(at) = forecast.full(plan.volume) {
        let _ = writeln!(
            text,
            "full:    on {}, and backups fail from then on",
            day(at)
        );
    }
    if let Some(number) = most_in_the_long_run(plan.schedules, plan.keep, forecast.from) {
        let _ = writeln!(
            text,
            "later:   {number} backups at most, which is {} at the size of the beginning",
            shown(assumption.bytes.saturating_mul(number as u64))
        );
    }
    let source = match plan.guessed {
        Some(how) => format!(", {how} (--size says it better)"),
        None => String::new(),
    };
    let growth = match assumption.growth {
        0 => "that backups do not grow (--growth)".to_owned(),
        percent => format!("that each year adds {percent}% of that"),
    };
    let _ = writeln!(
        text,
        "assumed: a backup of {}{source},\n         {growth}",
        shown(assumption.bytes)
    );
    text
}

/// `2027-06-20 02:15`.
fn minute(at: Timestamp) -> String {
    let clock = jiff::tz::Offset::UTC.to_datetime(at);
    format!("{} {:02}:{:02}", clock.date(), clock.hour(), clock.minute())
}

/// Lines of fields in columns with two spaces between; those named are flush right.
fn columns<const N: usize>(lines: &[[String; N]], right: &[usize]) -> String {
    let mut widths = [0; N];
    for line in lines {
        for (width, field) in widths.iter_mut().zip(line) {
            *width = (*width).max(field.chars().count());
        }
    }
    let mut text = String::new();
    for line in lines {
        let mut row = String::new();
        for (at, (field, width)) in line.iter().zip(widths).enumerate() {
            let _ = if right.contains(&at) {
                write!(row, "{field:>width$}  ")
            } else {
                write!(row, "{field:<width$}  ")
            };
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    text
}
