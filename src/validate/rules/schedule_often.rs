//! Schedules that leave a backup no time.

use super::schedules::{at, schedules, shown};
use crate::diagnostic::{Explanation, Severity};
use crate::schedule;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0705",
        title: "a schedule that runs too often",
        text: "A backup reads every table and proves what it wrote. A run that would begin while the last one is at work is skipped, and a server that is always being dumped is slower for everyone else.",
        bad: r#"[backup]
schedules = [{ name = "often", cron = "*/5 * * * *" }]
"#,
        good: r#"[backup]
schedules = [{ name = "often", cron = "0 */4 * * *" }]
"#,
    },
    severity: Severity::Warning,
    check,
};

/// The shortest time between two runs that nobody asks about.
const SHORTEST: u64 = 30 * 60;

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, schedule) in schedules(spec).iter().enumerate() {
        if let Some(seconds) =
            schedule::shortest_interval(schedule).filter(|seconds| *seconds < SHORTEST)
        {
            findings
                .value(
                    at(index, "cron"),
                    format!("backups would run {} apart", shown(seconds)),
                )
                .label("at least half an hour apart")
                .help("write a schedule that runs less often, such as `15 * * * *`: every hour");
        }
    }
}
