//! Schedules that hardly let a compute sleep.

use super::schedules::{at, schedules, shown};
use crate::diagnostic::{Explanation, Severity};
use crate::schedule;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP1107",
        title: "a schedule that keeps a compute awake",
        text: "A backup wakes the compute at Neon, which then stays awake for as long as the backup takes and five minutes more, and is paid for. Nothing else of ours does: the poolers open no connection that no client asks for, and no probe reaches through to Neon. Neon keeps a history of its own for the last hours or days; a backup is for what lies further back, and for losing Neon itself.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
[backup]
schedules = [{ name = "often", cron = "*/30 * * * *" }]
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
[backup]
schedules = [{ name = "often", cron = "0 */4 * * *" }]
"#,
    },
    severity: Severity::Warning,
    check,
};

/// The shortest time between two runs that leaves a compute most of its sleep.
const SHORTEST: u64 = 60 * 60;

fn check(spec: &Spec, findings: &mut Findings) {
    if spec.neon.is_none() {
        return;
    }
    for (index, schedule) in schedules(spec).iter().enumerate() {
        let often = schedule::shortest_interval(schedule).filter(|seconds| *seconds < SHORTEST);
        if let Some(seconds) = often {
            findings
                .value(
                    at(index, "cron"),
                    format!("the compute would be woken every {}", shown(seconds)),
                )
                .label("at least an hour apart")
                .help("back up less often: Neon keeps the last hours itself");
        }
    }
}
