//! Libraries that the server shall load, and that its image lacks.

use crate::data::extensions;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0217",
        title: "a library that the image lacks",
        text: "With a library in `shared_preload_libraries` that is not there, the server does not start; in `session_preload_libraries`, every login ends. The official image holds those of PostgreSQL itself: auto_explain, pg_stat_statements and others. Which ones another image holds is not known here, and nothing is said of it.",
        bad: r#"[postgres]
image = "docker.io/library/postgres:17.12-bookworm"
settings = { shared_preload_libraries = "pg_stat_statments" }
"#,
        good: r#"[postgres]
image = "docker.io/library/postgres:17.12-bookworm"
settings = { shared_preload_libraries = "pg_stat_statements" }
"#,
    },
    severity: Severity::Warning,
    check,
};

/// What PostgreSQL's own packages hold for this purpose.
const OWN: [&str; 8] = [
    "auth_delay",
    "auto_explain",
    "basebackup_to_shell",
    "basic_archive",
    "passwordcheck",
    "pg_overexplain",
    "pg_prewarm",
    "pg_stat_statements",
];

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let image = postgres.image.to_string();
    if !image.starts_with("docker.io/library/postgres") && !image.starts_with("postgres:") {
        return;
    }
    for (name, setting, value) in settings::valid(postgres) {
        if !matches!(
            setting.name,
            "shared_preload_libraries" | "session_preload_libraries"
        ) {
            continue;
        }
        for library in value.split(',') {
            let library = library.trim().trim_matches(['"', '\'']);
            let library = library.strip_prefix("$libdir/").unwrap_or(library);
            // Of the others nobody asks to be loaded at the start.
            let of_an_extension = extensions::all().any(|one| one.name == library && !one.preload);
            if !library.is_empty() && !OWN.contains(&library) && !of_an_extension {
                findings
                    .value(
                        path!["postgres", "settings", name],
                        format!("the official image has no library `{library}`"),
                    )
                    .label(match setting.name {
                        "shared_preload_libraries" => "the server does not start without it",
                        _ => "every login ends without it",
                    })
                    .help("name an image that has it under [postgres], or leave it out");
            }
        }
    }
}
