//! Names of schedules, which become names of CronJobs.

use super::schedules::at;
use crate::diagnostic::{Explanation, Severity};
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const TWICE: Rule = Rule {
    explanation: Explanation {
        code: "UP0707",
        title: "two schedules with one name",
        text: "Each schedule is a CronJob, `<name>-backup-<schedule>`, and needs a name of its own.",
        bad: r#"[backup]
schedules = [{ name = "daily", cron = "15 2 * * *" }, { name = "daily", cron = "15 14 * * *" }]
"#,
        good: r#"[backup]
schedules = [{ name = "night", cron = "15 2 * * *" }, { name = "noon", cron = "15 14 * * *" }]
"#,
    },
    severity: Severity::Error,
    check: twice,
};

/// See its explanation.
pub const NAME: Rule = Rule {
    explanation: Explanation {
        code: "UP0708",
        title: "a name that a schedule cannot have",
        text: "The name of the CronJob, `<name>-backup-<schedule>`, has 52 characters at most: Kubernetes adds eleven for each Job. `first` is the backup that runs when the server is deployed, and `list`, `restore`, `drill` and `drill-old` are the CronJobs beside those of the schedules.",
        bad: r#"[backup]
schedules = [{ name = "every-night-at-a-quarter-past-two-in-the-morning", cron = "15 2 * * *" }]
"#,
        good: r#"[backup]
schedules = [{ name = "nightly", cron = "15 2 * * *" }]
"#,
    },
    severity: Severity::Error,
    check: name,
};

/// The longest name of a CronJob (`validateCronJob`).
const LONGEST: usize = 52;
/// What stands beside the schedules.
const RESERVED: [(&str, &str); 5] = [
    ("first", "the backup that runs when the server is deployed"),
    ("list", "the CronJob that lists backups"),
    ("restore", "the CronJob that restores"),
    ("drill", "the CronJob that drills the newest backup"),
    ("drill-old", "the CronJob that drills an older backup"),
];

fn twice(spec: &Spec, findings: &mut Findings) {
    let names: Vec<&str> = names(spec).collect();
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = names[..index].iter().position(|other| other == name) {
            findings
                .value(
                    at(index, "name"),
                    format!("there are two schedules `{name}`"),
                )
                .context(at(first, "name"), "the other")
                .help("give each a name of its own");
        }
    }
}

fn name(spec: &Spec, findings: &mut Findings) {
    for (index, name) in names(spec).enumerate() {
        if let Some((_, what)) = RESERVED.iter().find(|(reserved, _)| *reserved == name) {
            findings
                .value(
                    at(index, "name"),
                    format!("`{name}` is no name for a schedule"),
                )
                .label(*what)
                .help("write another name, such as `nightly`");
        }
        let whole = format!("{}-backup-{name}", spec.name);
        if let Some(excess) = whole
            .len()
            .checked_sub(LONGEST)
            .filter(|excess| *excess > 0)
        {
            let allowed = name.len().saturating_sub(excess);
            let finding = findings
                .value(
                    at(index, "name"),
                    format!("the CronJob `{whole}` would have a name of {} characters, {excess} too many", whole.len()),
                )
                .label(format!("at most {allowed} characters"));
            let short: String = name.chars().take(allowed).collect();
            let short = short.trim_end_matches('-');
            if !short.is_empty() {
                finding.help(format!("write `{short}`"));
            }
        }
    }
}

fn names(spec: &Spec) -> impl Iterator<Item = &str> {
    spec.backup
        .iter()
        .flat_map(|backup| backup.schedules.iter().flatten())
        .map(|schedule| schedule.name.as_str())
}
