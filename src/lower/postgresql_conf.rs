//! The server's configuration files.

use crate::audit::hash::letters;
use crate::model::{Origin, Server, Setting};
use std::fmt::Write;

/// The files, and what tells whether a server has read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// postgresql.conf.
    pub postgresql: String,
    /// pg_hba.conf.
    pub hba: String,
    /// pg_ident.conf.
    pub ident: String,
    /// Changes when the server must restart.
    pub restart: String,
    /// Changes when the server must read the files again, at least.
    pub all: String,
}

/// Who may log in. The first line lets the person on call in through `kubectl exec` without a
/// password: the server's own user is nobody but the server.
const HBA: &str = "\
# type  database  user      address  method
local   all       postgres           peer
local   all       all                scram-sha-256
host    all       all       all      scram-sha-256
";

/// The same where whoever connects without TLS is refused. The role that reloads the server has no
/// business in other databases.
const HBA_TLS: &str = "\
# type  database  user             address  method
local   all       postgres                  peer
local   all       all                       scram-sha-256
hostssl postgres  underpin_reload  all      scram-sha-256
hostssl all       underpin_reload  all      reject
hostssl all       all              all      scram-sha-256
";

const IDENT: &str = "# no operating system user is another database user\n";

/// The files of a server.
pub fn render(server: &Server, tls: bool) -> Configuration {
    let hba = if tls { HBA_TLS } else { HBA };
    let settings = &server.postgres.settings;
    let mut text = String::new();
    section(
        &mut text,
        "the rest of the output depends on these",
        settings,
        |origin| origin == Origin::Underpin,
    );
    section(
        &mut text,
        "as initdb would have it, and for a server in a cluster",
        settings,
        |origin| origin == Origin::Default,
    );
    section(
        &mut text,
        "from postgres.memory and storage.size",
        settings,
        |origin| matches!(origin, Origin::Sized(_)),
    );
    section(&mut text, "from postgres.settings", settings, |origin| {
        origin == Origin::Spec
    });
    let restart = letters(
        settings
            .iter()
            .filter(|setting| setting.needs_restart)
            .map(assignment)
            .collect::<String>()
            .as_bytes(),
    );
    let all = letters(format!("{text}{hba}{IDENT}").as_bytes());
    text.push_str("# what start.sh and bootstrap.sh look for\n");
    let _ = writeln!(text, "underpin.restart = '{restart}'");
    let _ = writeln!(text, "underpin.settings = '{all}'");
    Configuration {
        postgresql: text,
        hba: hba.into(),
        ident: IDENT.into(),
        restart,
        all,
    }
}

fn section(text: &mut String, title: &str, settings: &[Setting], belongs: impl Fn(Origin) -> bool) {
    let mut settings = settings
        .iter()
        .filter(|setting| belongs(setting.origin))
        .peekable();
    if settings.peek().is_none() {
        return;
    }
    let _ = writeln!(text, "# {title}");
    for setting in settings {
        let line = assignment(setting);
        match setting.origin {
            Origin::Sized(how) => {
                let _ = writeln!(text, "{:<40}  # {how}", line.trim_end());
            }
            Origin::Underpin | Origin::Default | Origin::Spec => text.push_str(&line),
        }
    }
    text.push('\n');
}

fn assignment(setting: &Setting) -> String {
    format!("{} = {}\n", setting.name, quoted(&setting.value))
}

/// A value as postgresql.conf reads it (guc-file.l): quotes are doubled and backslashes begin
/// escapes. Numbers and plain words stand as they are.
pub fn quoted(value: &str) -> String {
    let number = value.parse::<f64>().is_ok_and(f64::is_finite);
    let word = value.starts_with(|c: char| c.is_ascii_alphabetic())
        && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if number || word {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn values_are_quoted_as_postgresql_reads_them() {
        for (value, written) in [
            ("on", "on"),
            ("-1", "-1"),
            ("0.9", "0.9"),
            ("256MB", "'256MB'"),
            ("", "''"),
            ("it's", "'it''s'"),
            ("a\\b", "'a\\\\b'"),
            ("# x", "'# x'"),
            ("inf", "inf"),
        ] {
            assert_eq!(quoted(value), written);
        }
    }
}
