//! Drills: missed, failed, suspended, gone.

use super::backup::{is_gone, is_suspended, too_long_ago};
use super::promql::{is, one_of};
use super::{Group, Guide, Rule, Scope, Severity};
use crate::model::Drill;

/// See its meaning.
pub const MISSED: Guide = Guide {
    name: "PostgresDrillMissed",
    severity: Severity::Critical,
    hold: Some("5m"),
    meaning: "It is longer ago than it may ever be that a backup was restored and proven: the longest time between two drills of a year, the changes of the clocks included, and one that starts as late and takes as long as it may. No one knows whether the backups since then can be restored. The newest backup and the older ones are watched apart. Any success of the CronJob ends the alarm, also that of a Job made from it by hand.",
    steps: &[
        "See how the last drill ended: the last line of its log says what to do. It stays for a day; if it is gone, drill now.",
        "None was started? Is the CronJob suspended, is there room for its volume (`kubectl -n <namespace> describe cronjob`, and the events), does its pod wait for the node of the backup volume?",
    ],
    chapters: &["When a drill fails", "Drill now"],
};

/// See its meaning.
pub const FAILED: Guide = Guide {
    name: "PostgresDrillFailed",
    severity: Severity::Warning,
    // Until its Job is told of.
    hold: Some("5m"),
    meaning: "The last drill that was due is over, and no backup has been restored and proven since it was: the backup cannot be restored, what is asserted of it is not true, or the drill itself lacked something. The next success ends the alarm, also that of a Job made by hand.",
    steps: &[
        "Read the last line of its log: it says which of these it is, and what to do. After a day the log is gone: then drill now.",
        "If the backup cannot be restored, back up now, and drill that one.",
    ],
    chapters: &["When a drill fails", "Drill now", "Back up now"],
};

/// See its meaning.
pub const SUSPENDED: Guide = Guide {
    name: "PostgresDrillSuspended",
    severity: Severity::Warning,
    hold: Some("1h"),
    meaning: "Someone has suspended a drill: no backup is restored for trial. The alarm ends when it goes on.",
    steps: &[
        "Find out who suspended it and why.",
        "Apply this folder again, which lets it go on.",
    ],
    chapters: &["Drill now"],
};

/// See its meaning.
pub const GONE: Guide = Guide {
    name: "PostgresDrillScheduleGone",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "The CronJob of a drill is not in the cluster, though other objects of the namespace are: no backup is restored for trial, and no other alarm could tell. It ends when the CronJob is back.",
    steps: &["Apply this folder again. Where drills were given up, apply these rules too."],
    chapters: &["Deploy", "Drill now"],
};

/// The rules; none where nothing is drilled.
pub fn group(scope: &Scope<'_>) -> Option<Group> {
    let drill = scope.model.drill()?;
    let mut rules: Vec<Rule> = missed(scope, drill).into();
    rules.extend([failed(scope, drill), suspended(scope, drill)]);
    rules.extend(gone(scope, drill));
    Some(Group {
        name: scope.group("drill"),
        comment: None,
        interval: None,
        rules,
    })
}

/// Which backups a drill is of, in words: of the newest, and of the others.
const WHICH: [&str; 2] = ["the newest backup", "an older backup"];

/// Both CronJobs.
pub fn cron_jobs(scope: &Scope<'_>, drill: &Drill) -> [String; 2] {
    drill
        .schedules()
        .map(|schedule| scope.names.drill(schedule))
}

fn missed(scope: &Scope<'_>, drill: &Drill) -> [Rule; 2] {
    [0, 1].map(|index| {
        let schedule = drill.schedules()[index];
        let cron_job = scope.names.drill(schedule);
        let expr = too_long_ago(scope, &cron_job, schedule, drill.deadline);
        let summary = format!(
            "No drill of {} of {} has succeeded for {{{{ $value | humanizeDuration }}}}.",
            WHICH[index],
            scope.database(),
        );
        scope.alert_of(&cron_job, &MISSED, expr, summary)
    })
}

/// A failed Job goes after a day, and what it found does not: so the CronJob's own times tell.
fn failed(scope: &Scope<'_>, drill: &Drill) -> Rule {
    let all = cron_jobs(scope, drill);
    let of = [one_of("cronjob", &all)];
    let scheduled = scope.series("kube_cronjob_status_last_schedule_time", &of);
    let succeeded = scope.series("kube_cronjob_status_last_successful_time", &of);
    let created = scope.series("kube_cronjob_created", &of);
    let owner = scope.series(
        "kube_job_owner",
        &[is("owner_kind", "CronJob"), one_of("owner_name", &all)],
    );
    let active = scope.series("kube_job_status_active", &[]);
    let expr = format!(
        "\
# The last drill that was due began after the last success, or there was none.
(
    max by (namespace, cronjob) ({scheduled})
  > on (namespace, cronjob)
    max by (namespace, cronjob) (
      {succeeded}
    or
      {created}
    )
)
# And none is at work.
unless on (namespace, cronjob)
label_replace(
  max by (namespace, owner_name) (
      {owner}
    and on (namespace, job_name)
      {active} > 0
  ),
  \"cronjob\", \"$1\", \"owner_name\", \"(.+)\"
)"
    );
    let summary = format!(
        "The drill {{{{ $labels.cronjob }}}} of {} that was due at {{{{ $value | humanizeTimestamp }}}} has failed, and none has succeeded since.",
        scope.database()
    );
    scope.alert(&FAILED, expr, summary)
}

fn suspended(scope: &Scope<'_>, drill: &Drill) -> Rule {
    let expr = is_suspended(scope, &cron_jobs(scope, drill));
    let summary = format!(
        "The drill {{{{ $labels.cronjob }}}} of {} is suspended: no backup is restored for trial.",
        scope.database()
    );
    scope.alert(&SUSPENDED, expr, summary)
}

fn gone(scope: &Scope<'_>, drill: &Drill) -> [Rule; 2] {
    cron_jobs(scope, drill).map(|cron_job| {
        let expr = is_gone(scope, &cron_job);
        let summary = format!(
            "CronJob {cron_job} of {} is not in the cluster: no backup is restored for trial.",
            scope.database()
        );
        scope.alert_of(&cron_job, &GONE, expr, summary)
    })
}
