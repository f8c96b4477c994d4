//! Settings that are a choice one should know of.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::rules::setting_stops::meant;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0211",
        title: "a setting with a risk",
        text: "These are choices that one may make, and that should not be made unawares.",
        bad: r"[postgres.settings]
autovacuum = false
",
        good: r#"[postgres.settings]
autovacuum_naptime = "30s"
"#,
    },
    severity: Severity::Warning,
    check,
};

/// Setting, value (see [`meant`]), and what then happens.
pub const RISKS: [(&str, &str, &str); 18] = [
    (
        "synchronous_commit",
        "off",
        "a crash loses the commits of the last moments, which clients took for done",
    ),
    (
        "autovacuum",
        "off",
        "tables bloat, until the server stops before its transaction ids run out",
    ),
    ("track_counts", "off", "autovacuum does not run without it"),
    (
        "wal_level",
        "minimal",
        "some tables are not logged, and no base backup can be taken",
    ),
    (
        "default_transaction_read_only",
        "on",
        "nobody can write who does not ask for it",
    ),
    (
        "old_snapshot_threshold",
        "> -1",
        "a backup that reads for longer fails with `snapshot too old`",
    ),
    (
        "autovacuum_freeze_max_age",
        "> 1500000000",
        "little is left of the transaction ids when autovacuum begins to save them",
    ),
    (
        "standard_conforming_strings",
        "off",
        "a backslash ends what a client took for a quoted text: SQL can be injected",
    ),
    (
        "lo_compat_privileges",
        "on",
        "everyone can read and change every large object",
    ),
    (
        "allow_in_place_tablespaces",
        "on",
        "it is for tests of PostgreSQL, and tablespaces are not backed up",
    ),
    (
        "debug_io_direct",
        "…",
        "it is for developers of PostgreSQL, and reads and writes slow down",
    ),
    (
        "send_abort_for_crash",
        "on",
        "a core file of all memory may fill the volume",
    ),
    (
        "send_abort_for_kill",
        "on",
        "a core file of all memory may fill the volume",
    ),
    (
        "remove_temp_files_after_crash",
        "off",
        "what queries left fills the volume after a crash",
    ),
    (
        "jit_dump_bitcode",
        "on",
        "files are written among the data, and nobody removes them",
    ),
    (
        "restart_after_crash",
        "off",
        "a crash of one process ends the container",
    ),
    (
        "ssl_min_protocol_version",
        "TLSv1",
        "TLS before 1.2 is broken, and most clients refuse it",
    ),
    (
        "ssl_min_protocol_version",
        "TLSv1.1",
        "TLS before 1.2 is broken, and most clients refuse it",
    ),
];

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    for (name, setting, value) in settings::valid(postgres) {
        if let Some((_, _, why)) = RISKS
            .iter()
            .find(|(known, bad, _)| *known == setting.name && meant(setting, &value, bad))
        {
            findings
                .value(
                    path!["postgres", "settings", name],
                    format!("`{name} = {value}` is a risk"),
                )
                .label(*why)
                .help("leave it out, or accept the risk with `allow`");
        }
    }
}
