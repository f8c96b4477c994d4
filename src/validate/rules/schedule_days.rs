//! Schedules that restrict the day of the month and the day of the week.

use super::schedules::{at, schedules};
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0702",
        title: "a schedule with two kinds of days",
        text: "Where both the day of the month and the day of the week are restricted, cron runs on a day that fits *either*: `15 2 1-7 * 0` runs on the first seven days of a month and on every Sunday, not on the first Sunday. A step restricts too: `*/2` is no star.",
        bad: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 1-7 * 0" }]
"#,
        good: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 * * 0" }]
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, schedule) in schedules(spec).iter().enumerate() {
        if schedule.cron.either_day() {
            findings
                .value(
                    at(index, "cron"),
                    "both days are restricted, so it runs on those that fit either",
                )
                .help("write `*` for the day of the month or for the day of the week; for both, write two schedules");
        }
    }
}
