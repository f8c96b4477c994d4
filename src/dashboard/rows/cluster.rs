//! What kube-state-metrics and the kubelet tell: whether all is there, backups, drills, space.

use super::{Row, graphs, most, panel, query, stat, stats, told};
use crate::alerts::promql::{is, one_of};
use crate::alerts::{Scope, drill::cron_jobs as cron_jobs_of};
use crate::dashboard::Kind;
use crate::lower::{Disk, Workload};
use crate::model::{Backup, Drill};

pub fn health(scope: &Scope<'_>) -> Row {
    let name = scope.names.name();
    let database = is("database", name);
    let firing = scope.series("ALERTS", &[database, is("alertstate", "firing")]);
    let mut panels = vec![stat(
        "Alerts",
        "none",
        "How many fire; RUNBOOK.md has a chapter for each.",
        format!("count(max by (alertname) ({firing})) or vector(0)"),
        "",
    )];
    if scope.model.server().is_some() {
        let of = [
            is("pod", &format!("{name}-0")),
            is("container", "postgresql"),
        ];
        let ready = scope.series("kube_pod_container_status_ready", &of);
        let restarts = scope.series("kube_pod_container_status_restarts_total", &of);
        panels.push(stat(
            "Server ready",
            "bool_yes_no",
            "Whether it takes connections, as the kubelet sees it.",
            most("pod", &ready),
            "",
        ));
        panels.push(stat(
            "Restarts in a day",
            "none",
            "Of the server's container; each cuts all connections off.",
            format!("sum(max by (pod) (increase({restarts}[1d])))"),
            "",
        ));
    }
    if scope.model.pooler.is_some() {
        let of = [is("deployment", &scope.names.workload(Workload::Pooler))];
        let available = scope.series("kube_deployment_status_replicas_available", &of);
        panels.push(stat(
            "Poolers",
            "none",
            "How many take connections.",
            most("deployment", &available),
            "",
        ));
    }
    Row {
        title: "Health",
        lines: vec![stats(panels)],
    }
}

pub fn backups(scope: &Scope<'_>, backup: &Backup) -> Row {
    let schedules = backup.schedules.iter();
    let cron_jobs: Vec<String> = schedules
        .map(|schedule| scope.names.schedule(&schedule.name))
        .collect();
    let of = [one_of("cronjob", &cron_jobs)];
    let succeeded = scope.series("kube_cronjob_status_last_successful_time", &of);
    let next = scope.series("kube_cronjob_next_schedule_time", &of);
    let owner = scope.series(
        "kube_job_owner",
        &[
            is("owner_kind", "CronJob"),
            one_of("owner_name", &cron_jobs),
        ],
    );
    let [completed, started] = [
        "kube_job_status_completion_time",
        "kube_job_status_start_time",
    ]
    .map(|metric| most("job_name", &scope.series(metric, &[])));
    let failed = scope.series("kube_job_failed", &[is("condition", "true")]);
    let jobs = format!("max by (job_name, owner_name) ({owner})");
    Row {
        title: "Backups",
        lines: vec![stats(vec![
            stat(
                "Since the last success",
                "s",
                "Of each schedule; a backup counts once it is proven.",
                format!("time() - {}", most("cronjob", &succeeded)),
                "{{cronjob}}",
            ),
            stat(
                "Longest of those that are still listed",
                "s",
                "How long the runs took that succeeded.",
                format!(
                    "max by (owner_name) (({completed} - {started}) * on (job_name) group_right () {jobs})"
                ),
                "{{owner_name}}",
            ),
            stat(
                "Failed runs",
                "none",
                "Of those that are still listed in the cluster.",
                format!(
                    "sum by (owner_name) (max by (job_name) ({failed}) * on (job_name) group_right () {jobs}) or on () vector(0)"
                ),
                "{{owner_name}}",
            ),
            stat(
                "Next",
                "s",
                "How long until the next run of each schedule.",
                format!("{} - time()", most("cronjob", &next)),
                "{{cronjob}}",
            ),
        ])],
    }
}

pub fn drills(scope: &Scope<'_>, drill: &Drill) -> Row {
    let of = [one_of("cronjob", &cron_jobs_of(scope, drill))];
    let proven = scope.series("kube_cronjob_status_last_successful_time", &of);
    let next = scope.series("kube_cronjob_next_schedule_time", &of);
    Row {
        title: "Drills",
        lines: vec![stats(vec![
            stat(
                "Since the last proven restore",
                "s",
                "Of the newest backup, and of a random older one.",
                format!("time() - {}", most("cronjob", &proven)),
                "{{cronjob}}",
            ),
            stat(
                "Next",
                "s",
                "How long until the next trial.",
                format!("{} - time()", most("cronjob", &next)),
                "{{cronjob}}",
            ),
        ])],
    }
}

pub fn space(scope: &Scope<'_>) -> Row {
    let mut disks = vec![Disk::Backup];
    if scope.model.server().is_some() {
        disks.insert(0, Disk::Data);
    }
    let claims: Vec<String> = disks
        .into_iter()
        .map(|disk| scope.names.claim(disk))
        .collect();
    let of = [one_of("persistentvolumeclaim", &claims)];
    let available = scope.series("kubelet_volume_stats_available_bytes", &of);
    let capacity = scope.series("kubelet_volume_stats_capacity_bytes", &of);
    let by = "persistentvolumeclaim";
    let free = format!("min by ({by}) ({available} / {capacity})");
    let mut panels = vec![
        panel(
            Kind::Series,
            "Free",
            "percentunit",
            "The volume of the backups is seen only while a Job has it mounted.",
            vec![query(free, "{{persistentvolumeclaim}}")],
        ),
        panel(
            Kind::Series,
            "Free in a week, if it goes on so",
            "bytes",
            "A line through the last day, drawn on.",
            vec![query(
                format!("min by ({by}) (predict_linear({available}[1d], 604800))"),
                "{{persistentvolumeclaim}}",
            )],
        ),
    ];
    if scope.model.monitoring.exporter.is_some() {
        panels.push(panel(
            Kind::Series,
            "Databases",
            "bytes",
            "The size of their files, looked at every five minutes.",
            vec![query(
                told(scope, "datname", "underpin_database_size_bytes"),
                "{{datname}}",
            )],
        ));
    }
    Row {
        title: "Space",
        lines: vec![graphs(panels)],
    }
}
