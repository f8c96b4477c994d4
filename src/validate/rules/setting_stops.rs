//! Settings with which a server takes no commit, or does what no one expects of it.

use crate::data::{self, Setting};
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0215",
        title: "a setting that stops what applications do",
        text: "With `synchronous_standby_names` every commit waits for a standby, and none of Underpin's servers has one: bootstrap's first commit would never return. `session_replication_role` other than `origin` switches off triggers and foreign keys for everyone, and `row_security = off` ends each query in an error that a policy would filter. Others here keep everyone from logging in, or are for a session alone: `underpin explain SETTING` says why.",
        bad: r#"[postgres.settings]
synchronous_standby_names = "*"
"#,
        good: r#"[postgres.settings]
synchronous_commit = "on"
"#,
    },
    severity: Severity::Error,
    check,
};

/// Setting, value (see [`meant`]), what then happens, and what to do.
pub const STOPS: [(&str, &str, &str, &str); 14] = [
    (
        "synchronous_standby_names",
        ANY,
        "every commit waits for a standby that is not there",
        OUT,
    ),
    (
        "session_replication_role",
        "replica",
        "triggers and foreign keys do not act, for everyone",
        SESSION,
    ),
    (
        "session_replication_role",
        "local",
        "triggers and foreign keys do not act, for everyone",
        SESSION,
    ),
    (
        "row_security",
        "off",
        "a query that a policy would filter ends in an error",
        SESSION,
    ),
    (
        "event_triggers",
        "off",
        "event triggers do not act, for everyone",
        SESSION,
    ),
    (
        "exit_on_error",
        "on",
        "every error ends the session that it happens in",
        SESSION,
    ),
    (
        "restrict_nonsystem_relation_kind",
        ANY,
        "nobody can read a view or a foreign table",
        SESSION,
    ),
    (
        "ignore_system_indexes",
        "on",
        "every look into the catalogs reads them whole",
        SESSION,
    ),
    (
        "db_user_namespace",
        "on",
        "roles log in as `role@database`, which none of Underpin's are called",
        OUT,
    ),
    (
        "post_auth_delay",
        "> 0",
        "every login waits so long, a superuser's and the probes' too",
        OUT,
    ),
    (
        "pre_auth_delay",
        "> 0",
        "every login waits so long, a superuser's and the probes' too",
        OUT,
    ),
    (
        "authentication_timeout",
        "< 5",
        "logins of a busy server end unanswered, a superuser's too",
        OUT,
    ),
    (
        "scram_iterations",
        "> 1000000",
        "every login computes for seconds to minutes",
        "write 4096 to 100000",
    ),
    (
        "local_preload_libraries",
        ANY,
        "every login ends where the image has no such library for everyone",
        "write it to session_preload_libraries",
    ),
];

/// Any value but an empty one.
const ANY: &str = "…";
const OUT: &str = "leave it out";
const SESSION: &str = "set it in the session that needs it";

/// Whether a value is meant by what a table says: that value, `…` for any, `> 5` or `< 5` of a number.
pub fn meant(setting: &Setting, value: &str, said: &str) -> bool {
    let limit = |sign: &str| {
        let limit = data::amount(setting, said.strip_prefix(sign)?.trim())?;
        Some((data::amount(setting, value)?, limit))
    };
    if let Some((value, limit)) = limit(">") {
        return value > limit;
    }
    if let Some((value, limit)) = limit("<") {
        return value < limit;
    }
    match said {
        ANY => !value.trim().is_empty(),
        said => value == said,
    }
}

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    for (name, setting, value) in settings::valid(postgres) {
        let stops = STOPS
            .iter()
            .find(|(known, said, ..)| *known == setting.name && meant(setting, &value, said));
        if let Some((_, _, why, help)) = stops {
            findings
                .value(
                    path!["postgres", "settings", name],
                    format!("`{name} = {value}` stops what applications do"),
                )
                .label(*why)
                .help(*help);
        }
    }
}
