//! A deadline that the schedules do not leave room for.

use super::schedules::{at, schedules, shown};
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::schedule;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0706",
        title: "a backup that may last into the next",
        text: "A run of a schedule that would begin while the last one is at work is skipped. With a deadline longer than the time between two runs, a backup that hangs costs the next one too. Left out, the deadline fits the schedules.",
        bad: r#"[backup]
schedules = [{ name = "often", cron = "0 * * * *" }]
deadline = "2h"
"#,
        good: r#"[backup]
schedules = [{ name = "often", cron = "0 * * * *" }]
deadline = "50m"
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(deadline) = spec.backup.as_ref().and_then(|backup| backup.deadline) else {
        return;
    };
    let named = spec
        .backup
        .as_ref()
        .is_some_and(|backup| backup.schedules.is_some());
    let shortest = schedules(spec)
        .iter()
        .enumerate()
        .filter_map(|(index, schedule)| Some((schedule::shortest_interval(schedule)?, index)))
        .min();
    if let Some((interval, index)) = shortest
        && u64::from(deadline.seconds()) > interval
    {
        let finding = findings
            .value(
                path!["backup", "deadline"],
                "a backup may last longer than the time to the next one",
            )
            .label(format!("at most {}", shown(interval)))
            .help("shorten it, or leave it out: it then fits the schedules");
        if named {
            finding.context(at(index, "cron"), "the schedule");
        }
    }
}
