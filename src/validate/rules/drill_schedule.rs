//! Drills that never come, or not often enough.

use super::schedules::shown;
use crate::alerts::longest_gap;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::schedule::{self, Schedule};
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::validate::defaults::backup::drill_schedules;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const NEVER: Rule = Rule {
    explanation: Explanation {
        code: "UP1303",
        title: "a drill that never runs",
        text: "The API server takes a schedule for 30 February, and nothing ever runs: no backup is ever drilled, and nobody is told.",
        bad: r#"[backup.drill]
cron = "0 5 30 2 *"
older = "0 5 15 * *"
"#,
        good: r#"[backup.drill]
cron = "0 5 * * 0"
"#,
    },
    severity: Severity::Error,
    check: never,
};

/// See its explanation.
pub const RARE: Rule = Rule {
    explanation: Explanation {
        code: "UP1304",
        title: "a drill that comes too late",
        text: "What a drill finds is wrong with every backup since the one before it. The newest backup is drilled every month at least, and an older one every quarter: a backup is mostly asked for that is older than the mistake.",
        bad: r#"[backup.drill]
cron = "0 5 1 */2 *"
older = "0 5 15 * *"
"#,
        good: r#"[backup.drill]
cron = "0 5 1 * *"
older = "0 5 15 */3 *"
"#,
    },
    severity: Severity::Warning,
    check: rare,
};

/// See its explanation.
pub const LONG: Rule = Rule {
    explanation: Explanation {
        code: "UP1305",
        title: "a drill that may last into the next",
        text: "A run that would begin while the last one is at work is skipped: with a deadline longer than the time between two runs, a drill that hangs costs the next one too.",
        bad: r#"[backup.drill]
cron = "0 */4 * * *"
older = "0 5 15 * *"
"#,
        good: r#"[backup.drill]
cron = "0 */4 * * *"
deadline = "3h"
"#,
    },
    severity: Severity::Warning,
    check: long,
};

/// A month, and three: the longest times between two drills that nobody asks about.
const MOST: [u64; 2] = [32 * 86_400, 95 * 86_400];

/// Both, each with its key.
fn drills(spec: &Spec) -> Vec<(Path, Schedule)> {
    let drill = spec
        .backup
        .as_ref()
        .and_then(|backup| backup.drill.as_ref());
    let Some(drill) = drill else {
        return Vec::new();
    };
    let places = [
        path!["backup", "drill", "cron"],
        path!["backup", "drill", "older"],
    ];
    places.into_iter().zip(drill_schedules(drill)).collect()
}

fn never(spec: &Spec, findings: &mut Findings) {
    for (at, schedule) in drills(spec) {
        if !schedule::ever_runs(&schedule.cron) {
            findings
                .value(at, "this schedule never runs")
                .label("no month that it names has such a day")
                .help("write a day that there is, such as `0 5 28 * *`");
        }
    }
}

fn rare(spec: &Spec, findings: &mut Findings) {
    for ((at, schedule), most) in drills(spec).into_iter().zip(MOST) {
        let gap = longest_gap(&schedule);
        if schedule::ever_runs(&schedule.cron) && (gap > most || gap == 0) {
            findings
                .value(at, "a backup that cannot be restored is found too late")
                .label(format!("at most {} apart", shown(most)))
                .help("write a schedule that runs more often, or leave it out: the default does");
        }
    }
}

fn long(spec: &Spec, findings: &mut Findings) {
    let drill = spec.backup.as_ref().and_then(|backup| backup.drill.clone());
    let deadline = drill.and_then(|_| crate::validate::defaults::backup::drill(spec));
    let Some(deadline) = deadline.map(|drill| drill.deadline.seconds()) else {
        return;
    };
    for (at, schedule) in drills(spec) {
        let interval = schedule::shortest_interval(&schedule);
        if let Some(interval) = interval.filter(|interval| u64::from(deadline) > *interval) {
            findings
                .value(at, "a drill may last longer than the time to the next one")
                .label(format!("runs {} apart", shown(interval)))
                .help(format!(
                    "write `deadline` of {} at most, or drill less often",
                    shown(interval)
                ));
        }
    }
}
