//! What the exporters tell: of PgBouncer's pools, and of the server.

use super::{Row, graphs, most, panel, query, rate, told};
use crate::alerts::{Scope, pooler};
use crate::dashboard::Kind;

pub fn pools(scope: &Scope<'_>) -> Row {
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

pub fn connections(scope: &Scope<'_>) -> Row {
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

pub fn locks(scope: &Scope<'_>) -> Row {
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

pub fn work(scope: &Scope<'_>) -> Row {
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

pub fn log(scope: &Scope<'_>) -> Row {
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
