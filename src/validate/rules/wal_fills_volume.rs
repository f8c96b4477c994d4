//! Write-ahead log that the volume cannot hold.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0304",
        title: "write-ahead log that fills the volume",
        text: "Up to `max_wal_size` of write-ahead log stands on the volume beside the data, and `wal_keep_size` and `max_slot_wal_keep_size` may keep more. When it does not fit, the server stops.",
        bad: r#"[storage]
size = "1Gi"
[postgres.settings]
max_wal_size = "2GB"
"#,
        good: r#"[storage]
size = "10Gi"
[postgres.settings]
max_wal_size = "2GB"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(server) = spec.server() else {
        return;
    };
    let postgres = server.postgres;
    let half = server.storage.size.bytes() / 2;
    for name in ["max_wal_size", "wal_keep_size", "max_slot_wal_keep_size"] {
        let Some((written, _)) = postgres
            .settings
            .iter()
            .flatten()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
        else {
            continue;
        };
        let path = path!["postgres", "settings", written.as_str()];
        match settings::bytes(server, name) {
            Some(bytes) if bytes > half => {
                findings
                    .value(path, format!("`{name}` is larger than half of the volume"))
                    .context(path!["storage", "size"], "the volume")
                    .help(
                        "lower it, or leave it out: it is then derived from the size of the volume",
                    );
            }
            // -1 keeps all that a slot has not read.
            None if settings::spec_settings(postgres)
                .iter()
                .any(|(known, value)| known == name && value == "-1") =>
            {
                findings
                    .value(
                        path,
                        format!("`{name} = -1` lets a forgotten replication slot fill the volume"),
                    )
                    .help("leave it out: it is then a quarter of the volume");
            }
            _ => {}
        }
    }
}
