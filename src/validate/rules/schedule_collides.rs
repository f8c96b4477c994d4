//! Schedules that run at the same minute.

use super::schedules::{at, schedules, year};
use crate::diagnostic::{Explanation, Severity};
use crate::schedule::{Schedule, Timetable};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0704",
        title: "two schedules at the same minute",
        text: "Backups of one server wait for each other, so two schedules that begin at the same minute make two backups of the same data, one after the other. A weekly schedule beside a nightly one is not needed: the keep rules hold backups of weeks, months and years, whichever schedule made them.",
        bad: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 * * *" }, { name = "weekly", cron = "15 2 * * 0" }]
"#,
        good: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 * * *" }, { name = "noon", cron = "15 12 * * *" }]
"#,
    },
    severity: Severity::Warning,
    check,
};

/// As many runs of a schedule are looked at: more than a year of hours.
const LOOKED_AT: usize = 10_000;

fn check(spec: &Spec, findings: &mut Findings) {
    let schedules = schedules(spec);
    if schedules.len() < 2 {
        return;
    }
    let runs: Vec<BTreeSet<Timestamp>> = schedules.iter().map(runs).collect();
    for (index, later) in runs.iter().enumerate() {
        let same = runs[..index]
            .iter()
            .enumerate()
            .find_map(|(other, earlier)| Some((other, later.intersection(earlier).next()?)));
        if let Some((other, run)) = same {
            findings
                .value(
                    at(index, "cron"),
                    format!(
                        "`{}` runs at the same minute as `{}`",
                        schedules[index].name, schedules[other].name
                    ),
                )
                .label(format!("both at {run}"))
                .context(at(other, "cron"), "the other")
                .help("leave one out, or move it to another hour");
        }
    }
}

fn runs(schedule: &Schedule) -> BTreeSet<Timestamp> {
    let [from, until] = year();
    Timetable::of(schedule)
        .runs(from, until)
        .take(LOOKED_AT)
        .collect()
}
