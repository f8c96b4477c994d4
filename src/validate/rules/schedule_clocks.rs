//! Schedules at an hour that clocks skip and repeat.

use super::schedules::{YEAR, at, schedules, year};
use crate::diagnostic::{Explanation, Severity};
use crate::schedule::{self, Timetable, Trap};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0703",
        title: "a schedule where the clocks change",
        text: "In a zone with summer time, the clocks skip an hour in spring and show one twice in autumn. Kubernetes does not run what is planned for the skipped hour, and runs twice what is planned for the other. Which days these are is computed from the time zone database that Underpin was built with.",
        bad: r#"[backup]
schedules = [{ name = "nightly", cron = "30 2 * * *", time_zone = "Europe/Berlin" }]
"#,
        good: r#"[backup]
schedules = [{ name = "nightly", cron = "30 3 * * *", time_zone = "Europe/Berlin" }]
"#,
    },
    severity: Severity::Warning,
    check,
};

/// Of what runs more often than this, one run more or less is no loss.
const OFTEN: u64 = 6 * 3600;

fn check(spec: &Spec, findings: &mut Findings) {
    let [from, until] = year();
    for (index, schedule) in schedules(spec).iter().enumerate() {
        if schedule::shortest_interval(schedule).is_none_or(|seconds| seconds < OFTEN) {
            continue;
        }
        let traps = Timetable::of(schedule).traps(from, until);
        if traps.is_empty() {
            continue;
        }
        let said: Vec<String> = traps
            .iter()
            .map(|trap| match trap {
                Trap::Skipped(clock) => format!("does not run on {}", clock.date()),
                Trap::Twice(clock) => format!("runs twice on {}", clock.date()),
            })
            .collect();
        findings
            .value(
                at(index, "cron"),
                format!(
                    "the clocks of {} change at the time of this schedule",
                    schedule.time_zone
                ),
            )
            .label(format!("in {YEAR}, {}", said.join(" and ")))
            .help("choose an hour that every day has once, or the zone `Etc/UTC`");
    }
}
