//! The record of thirty days: how many of the scheduled backups were missed.

use super::promql::is;
use super::times::{longest_gap, runs_in_30_days};
use super::{Group, Guide, Rule, Scope, Severity};
use crate::lower::starting_deadline;
use crate::model::Backup;
use crate::schedule::Schedule;

/// See its meaning.
pub const OFTEN_MISSED: Guide = Guide {
    name: "PostgresBackupsOftenMissed",
    severity: Severity::Warning,
    hold: None,
    meaning: "Of the scheduled backups more have not succeeded within 30 days than may be: more than 1 % where the schedules run a hundred times or more, otherwise two or more. Missed is a run that had not succeeded when the next one began, also where its pod ended with 4 and a backup was published that lacks something; and one that was never started. Each counts as 1 and fades, to a third after 30 days, so the alarm ends by itself when the backups come as they should. It needs no 30 days of Prometheus' memory: the count carries itself on, and a gap of Prometheus counts nothing and lets nothing fade; only one of more than a week begins again.",
    steps: &[
        "Look how the last runs ended, and what they have in common. Ended with 4: backups are published, and the last line names what they lack. Otherwise: the hour, the node, a migration, a long transaction.",
        "Runs that are never started point to the cluster: quota, nodes without room, a volume that is attached elsewhere.",
    ],
    chapters: &["When a backup fails", "What a state means"],
};

/// What is counted.
const MISSES: &str = "underpin:backup_misses:faded_30d";
/// From so many runs on there is 1 % of them.
const MANY: u64 = 100;

/// The rules.
pub fn group(scope: &Scope<'_>, backup: &Backup) -> Group {
    let schedules = backup.schedules.iter();
    let mut rules: Vec<Rule> = schedules.map(|one| misses(scope, one)).collect();
    rules.push(often_missed(scope, backup));
    Group {
        name: scope.group("misses"),
        comment: Some("the rules reckon with a minute from one evaluation to the next"),
        interval: Some("1m"),
        rules,
    }
}

fn misses(scope: &Scope<'_>, schedule: &Schedule) -> Rule {
    let cron_job = scope.names.schedule(&schedule.name);
    let of = [is("cronjob", &cron_job)];
    let before = scope.recorded(MISSES, &of);
    let created = scope.series("kube_cronjob_created", &of);
    let scheduled = scope.series("kube_cronjob_status_last_schedule_time", &of);
    let succeeded = scope.series("kube_cronjob_status_last_successful_time", &of);
    let (gap, late) = (longest_gap(schedule), starting_deadline(schedule));
    let expr = format!(
        "\
# What was counted before. Each of the 43200 minutes of 30 days takes its share of it away, so that
# a miss counts 1 at once, 0.37 after 30 days and 0.14 after 60. Carried on by itself and not
# reckoned from all runs of 30 days, it needs no more of Prometheus' memory than a week.
(1 - 1 / 43200) * (
    max by (namespace, cronjob) (
      last_over_time({before}[7d])
    )
  or
    0 * max by (namespace, cronjob) ({created})
)
+
# A run began in this minute, and the one before it had brought no backup.
(
    count by (namespace, cronjob) (
        (
            {scheduled} offset 1m
          < {scheduled}
        )
      > (
            {succeeded} > 0
          or
            {created}
        )
    )
  or
    0 * max by (namespace, cronjob) ({created})
)
+
# No run began, though it is a minute ago that one had to: counted when the longest time between two
# runs and that for a late start have gone by since the last, and again after each such time.
(
    clamp_min(floor((
      time() - {late} - max by (namespace, cronjob) (
        {scheduled} or {created}
      )
    ) / {gap}), 0)
  -
    clamp_min(floor((
      time() - {late} - 60 - max by (namespace, cronjob) (
        {scheduled} or {created}
      )
    ) / {gap}), 0)
)"
    );
    scope.record(MISSES, expr, Some(("cronjob", cron_job)))
}

fn often_missed(scope: &Scope<'_>, backup: &Backup) -> Rule {
    let misses = scope.recorded(MISSES, &[]);
    let runs: u64 = backup.schedules.iter().map(runs_in_30_days).sum();
    let (expr, summary) = if runs >= MANY {
        (
            format!(
                "# The schedules run {runs} times in 30 days.\nsum by (namespace) (\n  {misses}\n) / {runs}\n> 0.01"
            ),
            format!(
                "{{{{ $value | humanizePercentage }}}} of the scheduled backups of {} have not succeeded within 30 days.",
                scope.database()
            ),
        )
    } else {
        (
            format!(
                "# One, and one of less than 30 days ago. The schedules run {runs} times in that time.\nsum by (namespace) (\n  {misses}\n)\n> 1.36"
            ),
            format!(
                "Several of the scheduled backups of {} have not succeeded within 30 days.",
                scope.database()
            ),
        )
    };
    scope.alert(&OFTEN_MISSED, expr, summary)
}
