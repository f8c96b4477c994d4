//! What is shown, from what wakes somebody down to what one looks for afterwards.
//!
//! Every query gathers by what it is about, as the alerts' do. Only the exporter tells of connections
//! and below; without one those rows are not there.

use super::{Kind, Line, Panel, Query, Row};
use crate::alerts::pooler;
use crate::alerts::promql::{is, one_of};
use crate::alerts::{Scope, drill::cron_jobs as cron_jobs_of};
use crate::lower::{Disk, Workload};
use crate::model::{Backup, Drill};

/// Every row of a database.
pub fn of(scope: &Scope<'_>) -> Vec<Row> {
    let mut rows = vec![health(scope)];
    if let Some(recovery) = &scope.model.recovery {
        rows.push(backups(scope, &recovery.backup));
        rows.extend(recovery.drill.as_ref().map(|it| drills(scope, it)));
        rows.push(space(scope));
    }
    let pooler = scope.model.pooler.as_ref();
    if pooler.is_some_and(|pooler| pooler.exporter.is_some()) {
        rows.push(pools(scope));
    }
    if scope.model.monitoring.exporter.is_some() {
        rows.extend([connections(scope), locks(scope), work(scope), log(scope)]);
    }
    rows
}

fn stats(panels: Vec<Panel>) -> Line {
    Line { height: 4, panels }
}

fn graphs(panels: Vec<Panel>) -> Line {
    Line { height: 8, panels }
}

fn panel(
    kind: Kind,
    title: &'static str,
    unit: &'static str,
    description: &'static str,
    queries: Vec<Query>,
) -> Panel {
    Panel {
        title,
        description,
        kind,
        unit,
        queries,
    }
}

/// The number that it is now.
fn stat(
    title: &'static str,
    unit: &'static str,
    description: &'static str,
    expr: String,
    legend: &str,
) -> Panel {
    panel(
        Kind::Stat,
        title,
        unit,
        description,
        vec![query(expr, legend)],
    )
}

fn query(expr: String, legend: &str) -> Query {
    Query {
        expr,
        legend: legend.to_owned(),
    }
}

/// The largest of a series that kube-state-metrics or the kubelet tells twice when it restarts.
fn most(by: &str, series: &str) -> String {
    format!("max by ({by}) ({series})")
}

/// The same of the exporter's.
fn told(scope: &Scope<'_>, by: &str, metric: &str) -> String {
    most(by, &scope.told(metric))
}

/// By how much a counter of the exporter's grows, a second.
fn rate(scope: &Scope<'_>, metric: &str) -> String {
    format!(
        "sum(max by (datname) (rate({}[$__rate_interval])))",
        scope.told(metric)
    )
}

fn health(scope: &Scope<'_>) -> Row {
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

fn backups(scope: &Scope<'_>, backup: &Backup) -> Row {
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

fn drills(scope: &Scope<'_>, drill: &Drill) -> Row {
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

fn space(scope: &Scope<'_>) -> Row {
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

fn pools(scope: &Scope<'_>) -> Row {
    let sum = |what: &str| {
        let series = pooler::told(scope, &format!("pgbouncer_pools_{what}"));
        format!("sum by (user) ({series})")
    };
    let longest = pooler::told(scope, "pgbouncer_pools_client_maxwait_seconds");
    Row {
        title: "Pools",
        lines: vec![graphs(vec![
            panel(
                Kind::Series,
                "Clients that wait for a connection",
                "none",
                "In all poolers, by role; after 30 seconds a client gets an error.",
                vec![query(sum("client_waiting_connections"), "{{user}}")],
            ),
            panel(
                Kind::Series,
                "The longest wait",
                "s",
                "Of those that wait now.",
                vec![query(most("user", &longest), "{{user}}")],
            ),
            panel(
                Kind::Series,
                "Connections in use",
                "none",
                "Of the poolers to what is behind them, by role.",
                vec![query(sum("server_active_connections"), "{{user}}")],
            ),
        ])],
    }
}

fn connections(scope: &Scope<'_>) -> Row {
    let [used, max] = ["underpin_connections_used", "underpin_connections_max"]
        .map(|metric| told(scope, "namespace", metric));
    Row {
        title: "Connections",
        lines: vec![graphs(vec![
            panel(
                Kind::Series,
                "Connections",
                "none",
                "Some of the most are kept for superusers.",
                vec![query(used, "used"), query(max, "max_connections")],
            ),
            panel(
                Kind::Series,
                "What they do",
                "none",
                "Idle in a transaction is what keeps others waiting.",
                vec![query(
                    told(scope, "state", "underpin_sessions_count"),
                    "{{state}}",
                )],
            ),
        ])],
    }
}

fn locks(scope: &Scope<'_>) -> Row {
    let one = |metric: &str| told(scope, "namespace", metric);
    Row {
        title: "Locks and transactions",
        lines: vec![graphs(vec![
            panel(
                Kind::Series,
                "Sessions that wait for a lock",
                "none",
                "Advisory locks do not count.",
                vec![query(one("underpin_locks_waiting"), "waiting")],
            ),
            panel(
                Kind::Series,
                "The longest",
                "s",
                "Backups and restores of ours do not count.",
                vec![
                    query(
                        one("underpin_locks_longest_wait_seconds"),
                        "wait for a lock",
                    ),
                    query(one("underpin_transactions_longest_seconds"), "transaction"),
                    query(
                        one("underpin_transactions_longest_idle_seconds"),
                        "idle in transaction",
                    ),
                    query(
                        one("underpin_prepared_transactions_longest_seconds"),
                        "prepared transaction",
                    ),
                ],
            ),
            panel(
                Kind::Series,
                "Age of the oldest",
                "none",
                "At 2144483647 the server refuses to write; autovacuum sees to it long before.",
                vec![
                    query(one("underpin_wraparound_xid_age"), "transaction ids"),
                    query(one("underpin_wraparound_multixact_age"), "multixacts"),
                ],
            ),
        ])],
    }
}

fn work(scope: &Scope<'_>) -> Row {
    let [commits, rollbacks, deadlocks, temporary, hit, read] = [
        "commits",
        "rollbacks",
        "deadlocks",
        "temporary_bytes",
        "blocks_hit",
        "blocks_read",
    ]
    .map(|what| rate(scope, &format!("underpin_database_{what}")));
    Row {
        title: "Work",
        lines: vec![graphs(vec![
            panel(
                Kind::Series,
                "Transactions",
                "ops",
                "Of all databases, a second.",
                vec![
                    query(commits, "committed"),
                    query(rollbacks, "rolled back"),
                    query(deadlocks, "deadlocks"),
                ],
            ),
            panel(
                Kind::Series,
                "Blocks found in memory",
                "percentunit",
                "In shared_buffers; what the system has in its own memory counts as not found.",
                vec![query(format!("{hit} / ({hit} + {read})"), "found")],
            ),
            panel(
                Kind::Series,
                "Temporary files",
                "Bps",
                "Sorts and hashes that did not fit work_mem.",
                vec![query(temporary, "written")],
            ),
        ])],
    }
}

fn log(scope: &Scope<'_>) -> Row {
    let written = scope.told("underpin_wal_written_bytes");
    Row {
        title: "Write-ahead log",
        lines: vec![graphs(vec![
            panel(
                Kind::Series,
                "Written",
                "Bps",
                "Before it is compressed or recycled.",
                vec![query(
                    format!("max by (namespace) (rate({written}[$__rate_interval]))"),
                    "written",
                )],
            ),
            panel(
                Kind::Series,
                "Kept",
                "bytes",
                "What stands on the volume, and what a slot keeps of it.",
                vec![
                    query(
                        told(scope, "namespace", "underpin_wal_directory_bytes"),
                        "on the volume",
                    ),
                    query(
                        told(scope, "slot", "underpin_replication_slot_retained_bytes"),
                        "for slot {{slot}}",
                    ),
                ],
            ),
        ])],
    }
}
