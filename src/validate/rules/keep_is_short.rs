//! Keep rules that keep too little.

use super::schedules::{schedules, shown, year};
use crate::diagnostic::{Explanation, Severity};
use crate::forecast::{Assumption, forecast};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Keep;
use crate::validate::defaults::backup;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const NOTHING: Rule = Rule {
    explanation: Explanation {
        code: "UP0709",
        title: "keep rules that keep nothing",
        text: "What no keep rule holds is removed as soon as a newer backup is there. A `keep` that is written replaces the default, and what it leaves out is 0.",
        bad: r"[backup.volume]
keep = { minimum = 2 }
",
        good: r"[backup.volume]
keep = { daily = 7, minimum = 2 }
",
    },
    severity: Severity::Error,
    check: nothing,
};

/// See its explanation.
pub const SHORT: Rule = Rule {
    explanation: Explanation {
        code: "UP0710",
        title: "keep rules that do not reach back",
        text: "Most of what a backup is needed for is noticed late: a wrong deletion on Friday, on Monday. Backups that are all younger than three days hold the mistake too. `underpin backups NAME` shows how far the rules reach.",
        bad: r#"[backup]
schedules = [{ name = "often", cron = "0 * * * *" }]
[backup.volume]
keep = { last = 24 }
"#,
        good: r#"[backup]
schedules = [{ name = "often", cron = "0 * * * *" }]
[backup.volume]
keep = { last = 6, daily = 7 }
"#,
    },
    severity: Severity::Warning,
    check: short,
};

/// As far back as the oldest backup reaches.
const REACH: u64 = 3 * 86_400;

fn nothing(spec: &Spec, findings: &mut Findings) {
    if let Some(keep) = written(spec)
        && holds_nothing(keep)
    {
        findings
            .value(
                path!["backup", "volume", "keep"],
                "no rule holds any backup but the newest",
            )
            .label("one of `last`, `daily`, `weekly`, `monthly` and `yearly`")
            .help("write `{ daily = 7, weekly = 4, minimum = 2 }`, or leave it out");
    }
}

fn short(spec: &Spec, findings: &mut Findings) {
    let Some(keep) = written(spec).filter(|keep| !holds_nothing(keep)) else {
        return;
    };
    let assumption = Assumption {
        bytes: 1,
        growth: 0,
    };
    let keep = backup::keep(Some(keep));
    let Some(told) = forecast(&schedules(spec), keep, year(), assumption) else {
        return;
    };
    // What has run twice in a year reaches back further than anyone asks.
    let (Some(newest), true) = (told.backups.last(), told.backups.len() > 3) else {
        return;
    };
    let at = newest.id.began();
    let reach = told.held_at(at, keep).last().map_or(0, |(oldest, _)| {
        at.as_second() - oldest.id.began().as_second()
    });
    let reach = u64::try_from(reach).unwrap_or_default();
    if reach < REACH {
        findings
            .value(
                path!["backup", "volume", "keep"],
                "a mistake that is noticed after three days cannot be undone",
            )
            .label(match reach {
                0 => "only the newest backup is held".to_owned(),
                reach => format!(
                    "the oldest backup is {} older than the newest",
                    shown(reach)
                ),
            })
            .help("add `daily = 7`");
    }
}

fn written(spec: &Spec) -> Option<&Keep> {
    spec.backup.as_ref()?.volume.as_ref()?.keep.as_ref()
}

fn holds_nothing(keep: &Keep) -> bool {
    [
        keep.last,
        keep.daily,
        keep.weekly,
        keep.monthly,
        keep.yearly,
    ]
    .iter()
    .all(|rule| rule.unwrap_or_default() == 0)
}
