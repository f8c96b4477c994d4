//! Deadlines that leave no time: for a backup beside its rehearsal, or for anything at all.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::path::Path;
use crate::spec::types::{Choice, Rehearsal};
use crate::validate::defaults::backup;
use crate::validate::{Findings, Rule};
use crate::value::Duration;

/// See its explanation.
pub const REHEARSAL: Rule = Rule {
    explanation: Explanation {
        code: "UP0715",
        title: "a rehearsal that may take all the time of its backup",
        text: "A backup waits for its rehearsals, and gives up at `backup.deadline`, waiting included. With a rehearsal's deadline that is as long or longer, a rehearsal that hangs ends the backup, too, and nothing is published. Left out, it is a quarter of the backup's, and half an hour at most.",
        bad: r#"[backup]
deadline = "1h"
rehearsal = { deadline = "3h" }
"#,
        good: r#"[backup]
deadline = "1h"
rehearsal = { deadline = "15m" }
"#,
    },
    severity: Severity::Error,
    check: rehearsal,
};

/// See its explanation.
pub const SHORT: Rule = Rule {
    explanation: Explanation {
        code: "UP0716",
        title: "a deadline that is too short",
        text: "The time until a deadline includes the start of the pod: the scheduler, the image, the volume. A drill and a rehearsal make a server first. What is cut off by its deadline has done nothing: a backup is not published, a drill fails, and a backup whose rehearsal is cut off is said to be not rehearsed.",
        bad: r#"[backup.rehearsal]
deadline = "5s"
"#,
        good: r#"[backup.rehearsal]
deadline = "10m"
"#,
    },
    severity: Severity::Warning,
    check: short,
};

/// The shortest time that a backup, a drill or a restore of a small database is sure to need no more of.
const SHORTEST: u32 = 5 * 60;
/// The same for a rehearsal, whose pod runs already.
const SHORTEST_REHEARSAL: u32 = 60;

fn written(spec: &Spec) -> Option<&Rehearsal> {
    match spec.backup.as_ref()?.rehearsal.as_ref()? {
        Choice::With(rehearsal) => Some(rehearsal),
        Choice::Wanted(_) => None,
    }
}

fn rehearsal(spec: &Spec, findings: &mut Findings) {
    let Some(deadline) = written(spec).and_then(|written| written.deadline) else {
        return;
    };
    let whole = backup::backup(spec).deadline;
    if deadline < whole {
        return;
    }
    let usual = backup::rehearsal_deadline(whole);
    let finding = findings
        .value(
            path!["backup", "rehearsal", "deadline"],
            "the rehearsal may wait as long as the backup may take, or longer",
        )
        .label(format!("`backup.deadline` is {whole}"))
        .help(format!("write `deadline = \"{usual}\"`, or leave it out"));
    if spec
        .backup
        .as_ref()
        .is_some_and(|backup| backup.deadline.is_some())
    {
        finding.context(path!["backup", "deadline"], "here");
    }
}

fn short(spec: &Spec, findings: &mut Findings) {
    let table = spec.backup.as_ref();
    let drill = table.and_then(|table| table.drill.as_ref());
    let restore = spec.restore.as_ref();
    let deadlines: [(Path, Option<Duration>, u32, &str); 4] = [
        (
            path!["backup", "deadline"],
            table.and_then(|table| table.deadline),
            SHORTEST,
            "a backup",
        ),
        (
            path!["backup", "rehearsal", "deadline"],
            written(spec).and_then(|written| written.deadline),
            SHORTEST_REHEARSAL,
            "a rehearsal",
        ),
        (
            path!["backup", "drill", "deadline"],
            drill.and_then(|drill| drill.deadline),
            SHORTEST,
            "a drill",
        ),
        (
            path!["restore", "deadline"],
            restore.and_then(|restore| restore.deadline),
            SHORTEST,
            "a restore",
        ),
    ];
    for (at, deadline, shortest, what) in deadlines {
        let Some(deadline) = deadline.filter(|deadline| deadline.seconds() < shortest) else {
            continue;
        };
        let minutes = shortest / 60;
        findings
            .value(at, format!("{what} can hardly end within {deadline}"))
            .label(format!("at least {minutes}m"))
            .help(format!(
                "write `deadline = \"{minutes}m\"` or more, or leave it out"
            ));
    }
}
