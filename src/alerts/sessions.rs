//! Who is connected, and what keeps others waiting.

use super::{Group, Guide, Rule, Scope, Severity};
use crate::model::Server;

/// See its meaning.
pub const RUNNING_OUT: Guide = Guide {
    name: "PostgresConnectionsRunningOut",
    severity: Severity::Warning,
    hold: Some("10m"),
    meaning: "More than four fifths of the connections that the server takes from others than superusers are in use. When none is left, it refuses new ones, and backups are refused like everybody.",
    steps: &[
        "Who has them? Many that are `idle` belong to pools that are too large, or to a client that forgets to close.",
        "Let a pooler share them (`[pooler]`), or lower `pooler.pool_size`; `max_connections` needs memory and a restart.",
    ],
    chapters: &["Look", "The pooler", "Change a setting"],
};

/// See its meaning.
pub const EXHAUSTED: Guide = Guide {
    name: "PostgresConnectionsExhausted",
    severity: Severity::Critical,
    hold: Some("2m"),
    meaning: "More than 95 % of the connections that the server takes from others than superusers are in use: applications are refused, or will be at once (`too many clients already`, `remaining connection slots are reserved`).",
    steps: &[
        "Who has them, and for how long? The superuser still gets in.",
        "End those that do nothing, the oldest first; then fix what opened them.",
    ],
    chapters: &["Look", "The pooler", "Change a setting"],
};

/// See its meaning.
pub const LOCK_WAIT: Guide = Guide {
    name: "PostgresLockWait",
    severity: Severity::Warning,
    hold: None,
    meaning: "A session has been waiting for a lock for more than five minutes, and whoever asks for the same after it waits, too. Advisory locks, which are waited for by design, do not count.",
    steps: &[
        "Who waits for whom? At the head of the queue is mostly a migration, or a transaction that someone left open.",
        "End it, or the one that waits, if it can be done again later: a migration with a `lock_timeout` gives up by itself.",
    ],
    chapters: &["Look"],
};

/// See its meaning.
pub const LONG: Guide = Guide {
    name: "PostgresTransactionLong",
    severity: Severity::Warning,
    hold: None,
    meaning: "A transaction has been open for more than an hour (with `transaction_timeout` in `postgres.settings`: for five minutes longer than that). As long as it is, no dead row of any table is removed, and its locks stay. Backups and restores of ours do not count.",
    steps: &[
        "Which one is it, and does it still do something?",
        "A report that has its reasons may go on; end what no one waits for.",
    ],
    chapters: &["Look"],
};

/// See its meaning.
pub const IDLE: Guide = Guide {
    name: "PostgresTransactionIdle",
    severity: Severity::Warning,
    hold: None,
    meaning: "A transaction has been waiting for its client for more than a quarter of an hour (with `idle_in_transaction_session_timeout` in `postgres.settings`: for five minutes longer than that): mostly a client that hangs, or forgot to commit. It keeps its locks, and dead rows from being removed.",
    steps: &[
        "Which one is it (`state` is `idle in transaction`)? End it.",
        "Set `idle_in_transaction_session_timeout`, so that the server does it.",
    ],
    chapters: &["Look", "Change a setting"],
};

/// See its meaning.
pub const PREPARED: Guide = Guide {
    name: "PostgresPreparedTransactionOld",
    severity: Severity::Warning,
    hold: None,
    meaning: "A transaction was prepared for a commit in two phases more than an hour ago, and its second phase never came. It outlives every session and restart, with its locks, and keeps dead rows from being removed.",
    steps: &[
        "Whose is it? Ask the transaction manager that made it, which alone knows whether it is to be committed.",
        "Commit or roll it back by its name.",
    ],
    chapters: &["What stays behind"],
};

/// Seconds that a limit of the spec's is exceeded by before someone is told.
const BEYOND: i64 = 300;

/// The rules.
pub fn group(scope: &Scope<'_>, server: &Server) -> Group {
    let limit = |setting: &str, usual: i64| match server.postgres.amount(setting) {
        Some(microseconds) if microseconds > 0 => microseconds / 1_000_000 + BEYOND,
        _ => usual,
    };
    Group {
        name: scope.group("sessions"),
        comment: None,
        interval: None,
        rules: vec![
            connections(scope, &RUNNING_OUT, 80),
            connections(scope, &EXHAUSTED, 95),
            oldest(
                scope,
                &LOCK_WAIT,
                ("underpin_locks_longest_wait_seconds", 300),
                "A session of {} has been waiting for a lock",
            ),
            oldest(
                scope,
                &LONG,
                (
                    "underpin_transactions_longest_seconds",
                    limit("transaction_timeout", 3600),
                ),
                "A transaction of {} has been open",
            ),
            oldest(
                scope,
                &IDLE,
                (
                    "underpin_transactions_longest_idle_seconds",
                    limit("idle_in_transaction_session_timeout", 900),
                ),
                "A transaction of {} has been waiting for its client",
            ),
            oldest(
                scope,
                &PREPARED,
                ("underpin_prepared_transactions_longest_seconds", 3600),
                "A prepared transaction of {} has been waiting for its end",
            ),
        ],
    }
}

fn connections(scope: &Scope<'_>, guide: &'static Guide, percent: u64) -> Rule {
    let [used, max, reserved] =
        ["used", "max", "reserved"].map(|what| scope.told(&format!("underpin_connections_{what}")));
    let expr = format!(
        "\
max by (namespace) (
    {used}
  / (
      {max}
    -
      {reserved}
    )
) * 100 > {percent}"
    );
    let summary = format!(
        "{{{{ $value | humanize }}}} % of the connections of {} are in use.",
        scope.database()
    );
    scope.alert(guide, expr, summary)
}

/// An age that is more than it may be.
fn oldest(
    scope: &Scope<'_>,
    guide: &'static Guide,
    (metric, seconds): (&str, i64),
    words: &str,
) -> Rule {
    let expr = format!(
        "max by (namespace) (\n  {}\n) > {seconds}",
        scope.told(metric)
    );
    let words = words.replace("{}", &scope.database());
    let summary = format!("{words} for {{{{ $value | humanizeDuration }}}}.");
    scope.alert(guide, expr, summary)
}
