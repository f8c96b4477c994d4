//! Schedules of days that no calendar has.

use super::schedules::{at, schedules};
use crate::diagnostic::{Explanation, Severity};
use crate::schedule;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0701",
        title: "a schedule that never runs",
        text: "The API server takes a schedule for 30 February, and nothing ever runs. Underpin's own suspended CronJobs have such a schedule on purpose: they are run by hand.",
        bad: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 30 2 *" }]
"#,
        good: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 * * *" }]
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, schedule) in schedules(spec).iter().enumerate() {
        if !schedule::ever_runs(&schedule.cron) {
            findings
                .value(at(index, "cron"), "this schedule never runs")
                .label("no month that it names has such a day")
                .help("write a day that there is, such as `15 2 28 * *`");
        }
    }
}
