//! Backups: missed, failed, slow, suspended, gone.

use super::promql::{begins, is, one_of};
use super::times::longest_gap;
use super::{Group, Guide, Rule, Scope, Severity};
use crate::lower::{NET, Workload, starting_deadline};
use crate::model::Backup;
use crate::schedule::Schedule;
use crate::value::Duration;

/// See its meaning.
pub const MISSED: Guide = Guide {
    name: "PostgresBackupMissed",
    severity: Severity::Critical,
    // For a success that is told a little late.
    hold: Some("5m"),
    meaning: "No run of a schedule has succeeded for longer than may ever be: the longest time between two runs of a year, the changes of the clocks included, and a run that starts as late and takes as long as it may. A run whose pod ended with 4 has not succeeded, although it has published a backup. A schedule that has never succeeded counts from the day when it was made. Any success of its CronJob ends the alarm, also that of a Job made from it by hand.",
    steps: &[
        "Look at the newest Job first, as in *When a backup fails*. If its pod ended with 4, each run publishes a backup, and the last line names what it lacks or what would not come back: nothing is lost tonight, and it can wait until morning.",
        "Is the server healthy? A backup of a server that is down waits for it and fails.",
        "See which other runs there were and how they ended. None at all: is the schedule suspended, or did the namespace's quota refuse the pod (`kubectl -n <namespace> describe cronjob`)?",
        "Fix what the log names, then back up by hand.",
    ],
    chapters: &["When a backup fails", "Back up now"],
};

/// See its meaning.
pub const FAILED: Guide = Guide {
    name: "PostgresBackupFailed",
    severity: Severity::Warning,
    hold: Some("5m"),
    meaning: "A run of a schedule has failed, all its retries included, and no run of that schedule has succeeded since it began. What was backed up before stands. Unless the pod ended with 4, nothing was published and nothing removed. With 4 a backup was published, and the pod's last line names what it lacks or what would not come back; the newest backup that holds a database that it lacks is kept. The next success ends the alarm, although the failed Job stays in the cluster.",
    steps: &[
        "Read the last line of its log: it says what to do.",
        "Fix it, then back up by hand, or leave it to the next run.",
    ],
    chapters: &["When a backup fails", "Back up now"],
};

/// See its meaning.
pub const FIRST_FAILED: Guide = Guide {
    name: "PostgresFirstBackupFailed",
    severity: Severity::Warning,
    hold: Some("5m"),
    meaning: "The backup that runs when this folder is applied has failed, and no run has succeeded since, neither that one nor one of a schedule. If its pod ended with 4, a backup is published, and the last line names what it lacks or what would not come back. Otherwise it is mostly a wrong class, quota or password, with which the backups of the night would fail, too.",
    steps: &[
        "Read the last line of its log: it says what to do.",
        "Fix it, then back up by hand.",
    ],
    chapters: &["When a backup fails", "Back up now"],
};

/// See its meaning.
pub const SLOW: Guide = Guide {
    name: "PostgresBackupSlow",
    severity: Severity::Warning,
    hold: Some("5m"),
    meaning: "The backup that runs now, or the last one that succeeded, took more than four fifths of `backup.deadline`, after which it gives up: it is about to fail for want of time. A faster one ends the alarm.",
    steps: &[
        "The step lines of its log say what took the time. A wait for a lock or for another backup is no growth.",
        "Give it more time (`backup.deadline`), more processor (`backup.cpu`), or leave out what need not be backed up (`backup.exclude`).",
    ],
    chapters: &["When a backup fails"],
};

/// See its meaning.
pub const SUSPENDED: Guide = Guide {
    name: "PostgresBackupSuspended",
    severity: Severity::Warning,
    hold: Some("1h"),
    meaning: "Someone has suspended a schedule, and it makes no backups. The alarm ends when it goes on. The CronJobs that are there to be run by hand are suspended on purpose and are not meant.",
    steps: &[
        "Find out who suspended it and why: mostly for a migration that is long over.",
        "Apply this folder again, which lets it go on.",
    ],
    chapters: &["Back up now"],
};

/// See its meaning.
pub const GONE: Guide = Guide {
    name: "PostgresBackupScheduleGone",
    severity: Severity::Critical,
    hold: Some("15m"),
    meaning: "The CronJob of a schedule is not in the cluster, though other objects of the namespace are: no one will make that backup, and no other alarm could tell. It ends when the CronJob is back.",
    steps: &[
        "Is it there (`kubectl -n <namespace> get cronjob`)? If so, kube-state-metrics is not told to watch CronJobs, or may not.",
        "Apply this folder again. Where the schedule was given up or renamed, apply these rules too.",
    ],
    chapters: &["Deploy", "Back up now"],
};

/// See its meaning.
pub const METRICS_ABSENT: Guide = Guide {
    name: "PostgresMetricsAbsent",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "kube-state-metrics tells nothing of this namespace. Until it does, every other alarm of this database but those of volumes is blind.",
    steps: &[
        "Does kube-state-metrics run, does Prometheus reach it, and may it see this namespace?",
        "Do its series carry the namespace of what they tell of (`honor_labels: true` in its scrape configuration), and not that of kube-state-metrics itself?",
        "Meanwhile look for yourself.",
    ],
    chapters: &["Look", "Back up now"],
};

/// What tells whether anything is told.
pub fn watching(scope: &Scope<'_>) -> Group {
    Group {
        name: scope.group("watching"),
        comment: None,
        interval: None,
        rules: vec![metrics_absent(scope)],
    }
}

/// The start of every Job of a schedule.
const STARTED: &str = "underpin:backup_job:start_time_seconds";

/// The rules.
pub fn group(scope: &Scope<'_>, backup: &Backup) -> Group {
    let schedules = backup.schedules.iter();
    let mut rules: Vec<Rule> = schedules.map(|one| missed(scope, backup, one)).collect();
    rules.extend([
        started(scope, backup),
        failed(scope, backup),
        first_failed(scope, backup),
        slow(scope, backup),
        suspended(scope, backup),
    ]);
    rules.extend(backup.schedules.iter().map(|one| gone(scope, one)));
    Group {
        name: scope.group("backup"),
        comment: None,
        interval: None,
        rules,
    }
}

fn missed(scope: &Scope<'_>, backup: &Backup, schedule: &Schedule) -> Rule {
    let cron_job = scope.names.schedule(&schedule.name);
    let expr = too_long_ago(scope, &cron_job, schedule, backup.deadline);
    let summary = format!(
        "No run of schedule {} of {} has succeeded for {{{{ $value | humanizeDuration }}}}. Look at its newest Job first: if the pod ended with 4, backups are published, and the last line names what they lack.",
        schedule.name,
        scope.database()
    );
    scope.alert_of(&cron_job, &MISSED, expr, summary)
}

/// The last success of a CronJob is longer ago than it may ever be.
pub(super) fn too_long_ago(
    scope: &Scope<'_>,
    cron_job: &str,
    schedule: &Schedule,
    deadline: Duration,
) -> String {
    let of = [is("cronjob", cron_job)];
    let succeeded = scope.series("kube_cronjob_status_last_successful_time", &of);
    let created = scope.series("kube_cronjob_created", &of);
    format!(
        "\
time() - max by (namespace, cronjob) (
    # None, or 0: it has never succeeded, and its own age counts.
    {succeeded} > 0
  or
    {created}
)
# The longest time between two runs, a late start, and a run that takes as long as it may.
> {} + {} + {}",
        longest_gap(schedule),
        starting_deadline(schedule),
        i64::from(deadline.seconds()) + NET,
    )
}

/// Every CronJob of a schedule.
fn cron_jobs(scope: &Scope<'_>, backup: &Backup) -> Vec<String> {
    let schedules = backup.schedules.iter();
    schedules
        .map(|schedule| scope.names.schedule(&schedule.name))
        .collect()
}

/// Whose Job it is stands in a metric of its own.
fn started(scope: &Scope<'_>, backup: &Backup) -> Rule {
    let owner = scope.series(
        "kube_job_owner",
        &[
            is("owner_kind", "CronJob"),
            one_of("owner_name", &cron_jobs(scope, backup)),
        ],
    );
    let start = scope.series("kube_job_status_start_time", &[]);
    let expr = format!(
        "\
# When the Jobs of the schedules began, those that were made by hand included: their owner is the
# CronJob, too.
  max by (namespace, job_name) ({start})
* on (namespace, job_name) group_left (cronjob)
  max by (namespace, job_name, cronjob) (
    label_replace(
      {owner},
      \"cronjob\", \"$1\", \"owner_name\", \"(.+)\"
    )
  )"
    );
    scope.record(STARTED, expr, None)
}

fn failed(scope: &Scope<'_>, backup: &Backup) -> Rule {
    let started = scope.recorded(STARTED, &[]);
    let failed = scope.series("kube_job_failed", &[is("condition", "true")]);
    let of = [one_of("cronjob", &cron_jobs(scope, backup))];
    let succeeded = scope.series("kube_cronjob_status_last_successful_time", &of);
    let created = scope.series("kube_cronjob_created", &of);
    let expr = format!(
        "\
# The newest run that has failed began after the last success, or there was none.
max by (namespace, cronjob) (
    {started}
  and on (namespace, job_name)
    {failed} == 1
)
> on (namespace, cronjob)
max by (namespace, cronjob) (
    {succeeded}
  or
    {created}
)"
    );
    let summary = format!(
        "The backup of {} by {{{{ $labels.cronjob }}}} that began at {{{{ $value | humanizeTimestamp }}}} has failed, or its pod ended with 4 and what it published lacks something; no run has succeeded since.",
        scope.database()
    );
    scope.alert(&FAILED, expr, summary)
}

fn first_failed(scope: &Scope<'_>, backup: &Backup) -> Rule {
    // The end of its name is a hash in letters; a Job made by hand ends in a time.
    let prefix = format!("{}-", scope.names.workload(Workload::Backup));
    let of = begins("job_name", &prefix, "[a-z]{10}");
    let start = scope.series("kube_job_status_start_time", std::slice::from_ref(&of));
    let completed = scope.series("kube_job_status_completion_time", std::slice::from_ref(&of));
    let failed = scope.series("kube_job_failed", &[of, is("condition", "true")]);
    let succeeded = scope.series(
        "kube_cronjob_status_last_successful_time",
        &[one_of("cronjob", &cron_jobs(scope, backup))],
    );
    let expr = format!(
        "\
# Another one is made when its pod changes, and the old one may still be there.
max by (namespace) (
    {start}
  and on (namespace, job_name)
    {failed} == 1
)
> on (namespace)
max by (namespace) (
    {completed}
  or
    {succeeded}
  or
    # There was no success yet.
    0 * {start}
)"
    );
    let summary = format!(
        "The first backup of {}, begun at {{{{ $value | humanizeTimestamp }}}}, has failed, or its pod ended with 4 and what it published lacks something; no run has succeeded since.",
        scope.database()
    );
    scope.alert(&FIRST_FAILED, expr, summary)
}

fn slow(scope: &Scope<'_>, backup: &Backup) -> Rule {
    let started = scope.recorded(STARTED, &[]);
    let active = scope.series("kube_job_status_active", &[]);
    let completed = scope.series("kube_job_status_completion_time", &[]);
    let expr = format!(
        "\
max by (namespace, cronjob) (
    # The one that runs: until now.
    time() - (
      {started}
      and on (namespace, job_name) {active} > 0
    )
  or
    # The last one that succeeded: until it ended.
    max by (namespace, job_name) ({completed})
    - on (namespace, job_name) group_right
    topk by (namespace, cronjob) (1,
      {started}
      and on (namespace, job_name) {completed}
    )
)
# Of its deadline.
> 0.8 * {}",
        backup.deadline.seconds()
    );
    let summary = format!(
        "A backup of {} by {{{{ $labels.cronjob }}}} takes {{{{ $value | humanizeDuration }}}}, and gives up after {}.",
        scope.database(),
        backup.deadline
    );
    scope.alert(&SLOW, expr, summary)
}

fn suspended(scope: &Scope<'_>, backup: &Backup) -> Rule {
    let expr = is_suspended(scope, &cron_jobs(scope, backup));
    let summary = format!(
        "The schedule {{{{ $labels.cronjob }}}} of {} is suspended: it makes no backups.",
        scope.database()
    );
    scope.alert(&SUSPENDED, expr, summary)
}

/// One of these CronJobs.
pub(super) fn is_suspended(scope: &Scope<'_>, cron_jobs: &[String]) -> String {
    let suspend = scope.series("kube_cronjob_spec_suspend", &[one_of("cronjob", cron_jobs)]);
    format!("max by (namespace, cronjob) (\n  {suspend}\n) == 1")
}

fn gone(scope: &Scope<'_>, schedule: &Schedule) -> Rule {
    let cron_job = scope.names.schedule(&schedule.name);
    let expr = is_gone(scope, &cron_job);
    let summary = format!(
        "CronJob {cron_job} of {} is not in the cluster: no one makes that backup.",
        scope.database()
    );
    scope.alert_of(&cron_job, &GONE, expr, summary)
}

/// Other objects of the namespace are told of, and this CronJob is not.
pub(super) fn is_gone(scope: &Scope<'_>, cron_job: &str) -> String {
    let info = scope.series("kube_cronjob_info", &[is("cronjob", cron_job)]);
    let claims = scope.series("kube_persistentvolumeclaim_info", &[]);
    let pods = scope.series("kube_pod_info", &[]);
    format!(
        "\
# What else there is says that the namespace is being looked at.
count by (namespace) (
    {claims}
  or
    {pods}
)
unless on (namespace)
  {info}"
    )
}

fn metrics_absent(scope: &Scope<'_>) -> Rule {
    let expr = format!(
        "absent({})\nand on (namespace)\nabsent({})",
        scope.series("kube_persistentvolumeclaim_info", &[]),
        scope.series("kube_pod_info", &[])
    );
    let summary = format!(
        "kube-state-metrics tells nothing of {}: its alarms are blind.",
        scope.database()
    );
    scope.alert(&METRICS_ABSENT, expr, summary)
}
