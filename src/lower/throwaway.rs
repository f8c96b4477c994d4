//! What throwaway.sh knows of the server that a restore is tried without: its roles, locale, and the
//! settings that a restore may need.

use super::bootstrap::roles_without_passwords;
use super::postgresql_conf::quoted;
use super::{backup, pod, restore};
use crate::model::{Engine, Locale, Model, Recovery, Resources, Server, Setting};
use k8s_openapi::api::core::v1::EnvVar;
use std::fmt::Write;

/// As many connections the throw-away server has room for (`throwaway.sh`).
const CONNECTIONS: u64 = 30;
/// What PostgreSQL takes where nothing is said.
const LOCKS: u64 = 64;

/// Settings of the spec that a restored database, or what asks it, may need: those that say what a
/// value is or which library there must be. How large, safe or watched a server is, is not among them.
const NEEDED: [&str; 25] = [
    "array_nulls",
    "backslash_quote",
    "bytea_output",
    "datestyle",
    "default_text_search_config",
    "default_toast_compression",
    "escape_string_warning",
    "extra_float_digits",
    "intervalstyle",
    "jit",
    "lc_messages",
    "lc_monetary",
    "lc_numeric",
    "lc_time",
    "local_preload_libraries",
    "max_stack_depth",
    "quote_all_identifiers",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "standard_conforming_strings",
    "timezone",
    "timezone_abbreviations",
    "transform_null_equals",
    "xmloption",
];

/// The environment of throwaway.sh, in a container that gets so much.
pub fn environment(model: &Model, recovery: &Recovery, resources: &Resources) -> Vec<EnvVar> {
    let (managed, backup_role, restore_role, own_roles, locale, settings) = match &model.engine {
        Engine::Postgres(server) => (
            "false",
            backup::ROLE.to_owned(),
            restore::ROLE.to_owned(),
            roles_without_passwords(model),
            server.postgres.locale,
            settings(server),
        ),
        Engine::Neon(neon) => {
            let role = neon.role.to_string();
            (
                "true",
                role.clone(),
                role,
                "[]".into(),
                PLAIN,
                String::new(),
            )
        }
    };
    vec![
        pod::variable("MANAGED", managed),
        pod::variable("ROLES", &own_roles),
        pod::variable("BACKUP_ROLE", &backup_role),
        pod::variable("RESTORE_ROLE", &restore_role),
        pod::variable("AS_SUPERUSER", &recovery.restore.as_superuser.to_string()),
        pod::variable("LOCALE_PROVIDER", locale.provider),
        pod::variable("LOCALE", locale.name),
        pod::variable("LC_COLLATE_NAME", locale.collate),
        pod::variable("LC_CTYPE_NAME", locale.ctype),
        pod::variable("SETTINGS", &settings),
        pod::variable("MEMORY_BYTES", &resources.memory.bytes().to_string()),
    ]
}

/// Of a server of which nothing is known: each database brings its own.
const PLAIN: Locale = Locale {
    provider: "libc",
    name: "C.UTF-8",
    collate: "C.UTF-8",
    ctype: "C.UTF-8",
    messages: "C",
};

/// Lines of postgresql.conf. Those of libraries have a dot in their names.
fn settings(server: &Server) -> String {
    let all = &server.postgres.settings;
    let mut text = String::new();
    let needed = |setting: &&Setting| {
        setting.name.contains('.') || NEEDED.contains(&setting.name.to_lowercase().as_str())
    };
    for setting in all.iter().filter(needed) {
        let _ = writeln!(text, "{} = {}", setting.name, quoted(&setting.value));
    }
    let number = |name: &str| {
        let setting = all.iter().find(|setting| setting.name == name)?;
        setting.value.parse::<u64>().ok()
    };
    // As many locks in all as there: a dump takes one for each table.
    let locks = number("max_locks_per_transaction").unwrap_or(LOCKS)
        * number("max_connections").unwrap_or(crate::validate::sizing::MAX_CONNECTIONS);
    let _ = writeln!(
        text,
        "max_locks_per_transaction = {}",
        locks.div_ceil(CONNECTIONS).max(LOCKS)
    );
    text
}
