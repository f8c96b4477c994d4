//! What a server must be kept from: a wraparound, a volume full of write-ahead log, damage that
//! no one notices.

use super::{Group, Guide, Rule, Scope, Severity};
use crate::model::Server;

/// See its meaning.
pub const WRAPAROUND_NEARS: Guide = Guide {
    name: "PostgresWraparoundNears",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "Transaction ids (or multixacts) are used up faster than autovacuum frees them: of the way from `autovacuum_freeze_max_age` (`autovacuum_multixact_freeze_max_age`), where autovacuum is forced, to where the server refuses to write, a fifth is gone. There are days or weeks left, by how much is written.",
    steps: &[
        "What keeps autovacuum back? A long transaction, a prepared one, a replication slot: no row younger than those can be frozen.",
        "Is it at work, and slow? Raise `maintenance_work_mem` and `autovacuum_vacuum_cost_limit`, or run `vacuum (freeze)` on the oldest tables by hand.",
    ],
    chapters: &["What stays behind", "Look", "Change a setting"],
};

/// See its meaning.
pub const WRAPAROUND_CLOSE: Guide = Guide {
    name: "PostgresWraparoundClose",
    severity: Severity::Critical,
    hold: Some("15m"),
    meaning: "The same, and three fifths of that way are gone. At its end the server refuses every statement that writes, until tables have been frozen.",
    steps: &[
        "End what keeps autovacuum back, now: long transactions, prepared ones, slots that no one reads.",
        "Run `vacuum (freeze, verbose)` on the oldest tables of the oldest database. Do not restart the server, and do not go to single-user mode: neither is needed.",
    ],
    chapters: &["What stays behind", "Look"],
};

/// See its meaning.
pub const SLOT_RETAINS: Guide = Guide {
    name: "PostgresSlotRetainsLog",
    severity: Severity::Warning,
    hold: Some("5m"),
    meaning: "A replication slot keeps write-ahead log back, more than four fifths of what `max_slot_wal_keep_size` lets it, and never more than a fifth of `storage.size`. Beyond that setting the slot is lost and whoever reads from it must begin again; without it, the volume fills.",
    steps: &[
        "Does whoever reads from it run, and does it keep up?",
        "Drop the slot if no one will read from it again; else grow the volume and raise `max_slot_wal_keep_size`.",
    ],
    chapters: &["What stays behind", "Grow the volume", "Change a setting"],
};

/// See its meaning.
pub const SLOT_UNUSED: Guide = Guide {
    name: "PostgresSlotUnused",
    severity: Severity::Warning,
    hold: Some("1h"),
    meaning: "No one has read from a replication slot for an hour, and it keeps write-ahead log and dead rows back for whoever should.",
    steps: &[
        "Who should read from it, and why does it not?",
        "Drop the slot if no one will again.",
    ],
    chapters: &["What stays behind"],
};

/// See its meaning.
pub const CHECKSUMS: Guide = Guide {
    name: "PostgresChecksumFailures",
    severity: Severity::Critical,
    hold: None,
    meaning: "The server has read blocks whose checksum is wrong: the disk, its driver or the memory has changed data. Statements that need such a block fail, and backups fail rather than take it along. The count stays until it is set to 0 by hand; what is in no database of its own is counted as `(shared)`.",
    steps: &[
        "Write nothing that you can help, and keep every backup that there is: raise `keep`, delete no volume.",
        "Find the file in the server's log (`page verification failed`), and ask who runs the storage what happened.",
        "Restore the last good backup beside it, and compare.",
    ],
    chapters: &[
        "Checksums and collations",
        "List and verify backups",
        "Restore",
    ],
};

/// See its meaning.
pub const COLLATION: Guide = Guide {
    name: "PostgresCollationChanged",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "The C library or ICU of this image sorts text by another version than the one that a database was made with. Where the order has changed, indexes over text find rows no more, and unique ones take doubles. Seen is the collation of each database, and not one that a single column names.",
    steps: &[
        "Did the base of the image change? If it can be undone, go back to the image before, and nothing is lost.",
        "Else rebuild the indexes over text, and then tell the database that they are of the new version.",
    ],
    chapters: &["Checksums and collations"],
};

/// See its meaning.
pub const PENDING: Guide = Guide {
    name: "PostgresSettingsPendingRestart",
    severity: Severity::Warning,
    hold: Some("1d"),
    meaning: "A setting was changed that the server reads at its start alone, and a day later it has not been restarted: it runs with another value than the spec says.",
    steps: &[
        "Which one is it? Restart the server when it suits: applications reconnect after some seconds.",
    ],
    chapters: &["What stays behind", "Look"],
};

/// Where the server refuses to give out another id.
const END: i64 = 2_144_483_647;

/// The rules.
pub fn group(scope: &Scope<'_>, server: &Server) -> Group {
    let mut rules = Vec::new();
    for (counter, metric, setting) in [
        (
            "transaction ids",
            "underpin_wraparound_xid_age",
            "autovacuum_freeze_max_age",
        ),
        (
            "multixacts",
            "underpin_wraparound_multixact_age",
            "autovacuum_multixact_freeze_max_age",
        ),
    ] {
        let forced = server.postgres.amount(setting).unwrap_or_default();
        for (guide, fifths) in [(&WRAPAROUND_NEARS, 1), (&WRAPAROUND_CLOSE, 3)] {
            let age = forced + (END - forced) / 5 * fifths;
            rules.push(wraparound(scope, guide, (counter, metric), age));
        }
    }
    rules.extend([
        slot_retains(scope, server),
        slot_unused(scope),
        checksums(scope),
        collation(scope),
        pending(scope),
    ]);
    Group {
        name: scope.group("upkeep"),
        comment: None,
        interval: None,
        rules,
    }
}

fn wraparound(
    scope: &Scope<'_>,
    guide: &'static Guide,
    (counter, metric): (&str, &str),
    age: i64,
) -> Rule {
    let expr = format!("max by (namespace) (\n  {}\n) > {age}", scope.told(metric));
    let summary = format!(
        "The oldest of the {counter} of {} is {{{{ $value | humanize }}}} old; at {END} the server refuses to write.",
        scope.database()
    );
    scope.alert_with(("counter", counter), guide, expr, summary)
}

fn slot_retains(scope: &Scope<'_>, server: &Server) -> Rule {
    let fifth = server.storage.size.bytes() / 5;
    let kept = server.postgres.amount("max_slot_wal_keep_size");
    let kept = kept.and_then(|bytes| u64::try_from(bytes).ok());
    let most = kept.map_or(fifth, |bytes| fifth.min(bytes / 5 * 4));
    let expr = format!(
        "max by (namespace, slot) (\n  {}\n) > {most}",
        scope.told("underpin_replication_slot_retained_bytes")
    );
    let summary = format!(
        "Slot {{{{ $labels.slot }}}} of {} keeps {{{{ $value | humanize1024 }}}}B of write-ahead log back.",
        scope.database()
    );
    scope.alert(&SLOT_RETAINS, expr, summary)
}

fn slot_unused(scope: &Scope<'_>) -> Rule {
    let expr = format!(
        "max by (namespace, slot) (\n  {}\n) == 0",
        scope.told("underpin_replication_slot_active")
    );
    let summary = format!(
        "No one reads from slot {{{{ $labels.slot }}}} of {}.",
        scope.database()
    );
    scope.alert(&SLOT_UNUSED, expr, summary)
}

fn checksums(scope: &Scope<'_>) -> Rule {
    let expr = format!(
        "max by (namespace, datname) (\n  {}\n) > 0",
        scope.told("underpin_database_checksum_failures")
    );
    let summary = format!(
        "Blocks of database {{{{ $labels.datname }}}} of {} that had a wrong checksum: {{{{ $value }}}}.",
        scope.database()
    );
    scope.alert(&CHECKSUMS, expr, summary)
}

fn collation(scope: &Scope<'_>) -> Rule {
    let expr = format!(
        "max by (namespace) (\n  {}\n) > 0",
        scope.told("underpin_server_collations_changed")
    );
    let summary = format!(
        "Databases of {} whose text is sorted by another version than when they were made: {{{{ $value }}}}.",
        scope.database()
    );
    scope.alert(&COLLATION, expr, summary)
}

fn pending(scope: &Scope<'_>) -> Rule {
    let expr = format!(
        "max by (namespace) (\n  {}\n) > 0",
        scope.told("underpin_server_settings_pending_restart")
    );
    let summary = format!(
        "Settings of {} that wait for a restart: {{{{ $value }}}}.",
        scope.database()
    );
    scope.alert(&PENDING, expr, summary)
}
