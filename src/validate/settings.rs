//! The settings of the server: what Underpin owns, what initdb would have written, what is
//! derived, what the spec says; in the order of postgresql.conf.

use super::defaults;
use super::sizing::{self, Given, SIZINGS};
use crate::data;
use crate::model::{Locale, Origin, Setting};
use crate::spec::types::{Postgres, Server, SettingValue};

/// Settings that the rest of the output depends on, each with why a spec cannot set it.
pub const OWNED: &[(&str, &str)] = &[
    (
        "allow_alter_system",
        "what runs is what was reviewed, so ALTER SYSTEM stays off",
    ),
    ("archive_cleanup_command", "archiving is not built yet"),
    ("archive_command", "archiving is not built yet"),
    ("archive_library", "archiving is not built yet"),
    ("archive_mode", "archiving is not built yet"),
    ("config_file", "start.sh names the file"),
    ("data_directory", "start.sh makes and checks the directory"),
    (
        "dynamic_shared_memory_type",
        "`postgres.shm` sizes /dev/shm, which this uses",
    ),
    ("event_source", "it is for Windows"),
    ("external_pid_file", "the root file system is read-only"),
    ("hba_file", "who may log in is written from the spec"),
    (
        "huge_pages",
        "a pod gets huge pages only as a resource of its own, and the server dies without them",
    ),
    ("ident_file", "who may log in is written from the spec"),
    ("lc_messages", "our scripts read messages"),
    (
        "listen_addresses",
        "the Service needs the server on every address of the pod",
    ),
    (
        "log_destination",
        "`kubectl logs` shows what goes to stderr",
    ),
    ("log_directory", "`kubectl logs` shows what goes to stderr"),
    ("log_filename", "`kubectl logs` shows what goes to stderr"),
    (
        "logging_collector",
        "`kubectl logs` shows what goes to stderr",
    ),
    ("password_encryption", "pg_hba.conf asks for scram-sha-256"),
    ("port", "Services, policies and probes name 5432"),
    ("primary_conninfo", "there is one server under a name"),
    ("primary_slot_name", "there is one server under a name"),
    ("promote_trigger_file", "there is one server under a name"),
    (
        "recovery_end_command",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_action",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_inclusive",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_lsn",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_name",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_time",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_timeline",
        "recovery from an archive is not built yet",
    ),
    (
        "recovery_target_xid",
        "recovery from an archive is not built yet",
    ),
    (
        "restore_command",
        "recovery from an archive is not built yet",
    ),
    ("ssl", "`access.tls` decides it"),
    ("ssl_ca_file", "`access.tls` decides it"),
    ("ssl_cert_file", "`access.tls` decides it"),
    ("ssl_crl_dir", "`access.tls` decides it"),
    ("ssl_crl_file", "`access.tls` decides it"),
    ("ssl_dh_params_file", "`access.tls` decides it"),
    ("ssl_key_file", "`access.tls` decides it"),
    ("ssl_passphrase_command", "`access.tls` decides it"),
    ("stats_temp_directory", "the root file system is read-only"),
    (
        "syslog_facility",
        "`kubectl logs` shows what goes to stderr",
    ),
    ("syslog_ident", "`kubectl logs` shows what goes to stderr"),
    (
        "unix_socket_directories",
        "probes and scripts use /var/run/postgresql",
    ),
    (
        "unix_socket_group",
        "probes and scripts use /var/run/postgresql",
    ),
    (
        "unix_socket_permissions",
        "probes and scripts use /var/run/postgresql",
    ),
];

/// Where our files are mounted in the server's pod.
pub const CONFIGURATION: &str = "/etc/postgresql";
/// Where the certificate and its key are mounted.
pub const CERTIFICATE: &str = "/tls";

/// Connections that are kept for our Jobs and the exporter, from 16 on: a backup and a restore with their
/// sessions and workers. An application that takes all others shuts none of them out.
pub const RESERVED: u64 = 10;

/// All settings of the server but those of TLS.
pub fn all(server: Server<'_>) -> Vec<Setting> {
    with_tls(server, false)
}

/// All settings of the server.
pub fn with_tls(server: Server<'_>, tls: bool) -> Vec<Setting> {
    let postgres = server.postgres;
    let major = postgres.image.major().unwrap_or_default();
    let own = spec_settings(postgres);
    let said = |name: &str| own.iter().any(|(known, _)| known == name);
    let setting = |name: &str, value: String, origin| Setting {
        needs_restart: needs_restart(major, name),
        name: name.to_owned(),
        value,
        origin,
    };
    let mut settings: Vec<Setting> = owned(major, defaults::locale(postgres))
        .into_iter()
        .map(|(name, value)| setting(name, value, Origin::Underpin))
        .collect();
    if tls {
        for (name, value) in encrypted() {
            settings.push(setting(name, value, Origin::Underpin));
        }
        // Its own default, written out; a spec may ask for 1.3.
        if !said("ssl_min_protocol_version") {
            let least = "TLSv1.2".to_owned();
            settings.push(setting("ssl_min_protocol_version", least, Origin::Default));
        }
    }
    for (name, value) in written_by_initdb(defaults::locale(postgres)) {
        if !said(name) {
            settings.push(setting(name, value.to_owned(), Origin::Default));
        }
    }
    let given = given(server);
    if let Some(reserved) = reserved(major, &own, given.max_connections) {
        let value = reserved.to_string();
        settings.push(setting("reserved_connections", value, Origin::Default));
    }
    for sizing in SIZINGS {
        if !said(sizing.name) {
            settings.push(setting(
                sizing.name,
                (sizing.value)(given),
                Origin::Sized(sizing.how),
            ));
        }
    }
    for (name, value) in own {
        settings.push(setting(&name, value, Origin::Spec));
    }
    settings
}

/// `RESERVED`, where the spec says nothing of it and a server has so many that others are left some.
fn reserved(major: u8, own: &[(String, String)], most: u64) -> Option<u64> {
    let said = |name: &str| own.iter().find(|(known, _)| known == name);
    let superusers =
        said("superuser_reserved_connections").map_or(Ok(3), |(_, value)| value.parse::<u64>());
    let fits = superusers.is_ok_and(|superusers| superusers.saturating_add(2 * RESERVED) <= most);
    (major >= 16 && said("reserved_connections").is_none() && fits).then_some(RESERVED)
}

fn owned(major: u8, locale: Locale) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("listen_addresses", "*".to_owned()),
        ("port", "5432".to_owned()),
        ("unix_socket_directories", "/var/run/postgresql".to_owned()),
        ("hba_file", format!("{CONFIGURATION}/pg_hba.conf")),
        ("ident_file", format!("{CONFIGURATION}/pg_ident.conf")),
        ("password_encryption", "scram-sha-256".to_owned()),
        ("dynamic_shared_memory_type", "posix".to_owned()),
        ("huge_pages", "off".to_owned()),
        ("logging_collector", "off".to_owned()),
        ("log_destination", "stderr".to_owned()),
        ("lc_messages", locale.messages.to_owned()),
    ];
    if major >= 17 {
        settings.insert(0, ("allow_alter_system", "off".to_owned()));
    }
    settings
}

/// The certificate is read at the start and at each reload.
fn encrypted() -> [(&'static str, String); 3] {
    [
        ("ssl", "on".to_owned()),
        ("ssl_cert_file", format!("{CERTIFICATE}/tls.crt")),
        ("ssl_key_file", format!("{CERTIFICATE}/tls.key")),
    ]
}

/// A configuration file of our own replaces the one that initdb writes, and with it what initdb
/// put there (initdb's source, `setup_config`).
pub fn written_by_initdb(locale: Locale) -> [(&'static str, &'static str); 9] {
    [
        ("datestyle", "iso, mdy"),
        ("timezone", "Etc/UTC"),
        ("log_timezone", "Etc/UTC"),
        ("lc_monetary", locale.messages),
        ("lc_numeric", locale.messages),
        ("lc_time", locale.messages),
        // Its choice for C and for English alike.
        ("default_text_search_config", "pg_catalog.english"),
        // These two are ours: who did it, and who waits for whom.
        ("log_line_prefix", "%m [%p] %q%u@%d "),
        ("log_lock_waits", "on"),
    ]
}

/// What sizes are derived from.
pub fn given(server: Server<'_>) -> Given {
    let connections = spec_settings(server.postgres)
        .iter()
        .find(|(name, _)| name == "max_connections")
        .and_then(|(_, value)| value.parse().ok());
    Given {
        memory: defaults::memory(server.postgres).bytes(),
        storage: server.storage.size.bytes(),
        max_connections: connections.unwrap_or(sizing::MAX_CONNECTIONS),
    }
}

/// The spec's own settings: names as PostgreSQL spells them, values as it writes them where they
/// are valid, and as they stand where they are not. In the order of their names.
pub fn spec_settings(postgres: &Postgres) -> Vec<(String, String)> {
    let major = postgres.image.major().unwrap_or_default();
    let mut settings: Vec<(String, String)> = postgres
        .settings
        .iter()
        .flatten()
        .map(|(name, value)| {
            let text = text(value);
            match data::setting(major, name) {
                Some(known) => {
                    let value = data::check_value(known, &text).unwrap_or(text);
                    (known.name.to_owned(), value)
                }
                None => (name.clone(), text),
            }
        })
        .collect();
    settings.sort();
    settings
}

/// Those of them that are valid: the name as the spec has it, what is known of the setting, and
/// its value as PostgreSQL writes it.
pub fn valid(postgres: &Postgres) -> impl Iterator<Item = (&str, &'static data::Setting, String)> {
    let major = postgres.image.major().unwrap_or_default();
    let settings = postgres.settings.iter().flatten();
    settings.filter_map(move |(name, value)| {
        let setting = data::setting(major, name)?;
        let value = data::check_value(setting, &text(value)).ok()?;
        Some((name.as_str(), setting, value))
    })
}

/// A value of the spec as postgresql.conf would have it.
pub fn text(value: &SettingValue) -> String {
    match value {
        SettingValue::Boolean(true) => "on".into(),
        SettingValue::Boolean(false) => "off".into(),
        SettingValue::Integer(number) => number.to_string(),
        SettingValue::Float(number) => number.to_string(),
        SettingValue::Text(text) => text.clone(),
    }
}

/// The value in bytes of a setting that has a memory unit, as it will be in force.
pub fn bytes(server: Server<'_>, name: &str) -> Option<u64> {
    let value = all(server)
        .into_iter()
        .find(|setting| setting.name == name)?
        .value;
    let digits = value.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match value[digits.len()..].trim() {
        "kB" => 1 << 10,
        "MB" => 1 << 20,
        "GB" => 1 << 30,
        "TB" => 1 << 40,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

/// An extension's settings are unknown to us, and most are read at the start alone.
fn needs_restart(major: u8, name: &str) -> bool {
    data::setting(major, name).is_none_or(|setting| setting.context == data::Context::Postmaster)
}
