//! Extensions whose name is nearly that of a known one.

use crate::data::extensions;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0510",
        title: "an extension that is nearly a known one",
        text: "An extension has the name that `create extension` takes, which is not always that of its project: `vector` for pgvector. PostgreSQL's names are as they are written. Of a name that no server has, bootstrap fails.",
        bad: r#"databases = [{ name = "orders", extensions = ["pg_crypto"] }]
"#,
        good: r#"databases = [{ name = "orders", extensions = ["pgcrypto"] }]
"#,
    },
    severity: Severity::Warning,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for (index, database) in spec.databases().iter().enumerate() {
        for (at, name) in database.extensions.iter().flatten().enumerate() {
            if let Some(known) = meant(&name.to_string()) {
                findings
                    .value(
                        path!["databases", index, "extensions", at],
                        format!("no extension `{name}` is known"),
                    )
                    .help(format!(
                        "did you mean `{known}`? If it is another extension, accept the name with `allow`"
                    ));
            }
        }
    }
}

/// The known extension that a name which is not known is meant for: the same letters, with or without
/// a project's `pg` before it, or one slip away. More would take one extension for another.
fn meant(name: &str) -> Option<&'static str> {
    if extensions::find(name).is_some() {
        return None;
    }
    let written = plain(name);
    let names = || extensions::all().map(|one| one.name);
    let same = names().find(|known| plain(known) == written);
    let without_pg = |text: &str| text.strip_prefix("pg").unwrap_or(text).to_owned();
    let project = || names().find(|known| without_pg(&plain(known)) == without_pg(&written));
    let slip = || {
        let long = written.chars().count() > 4;
        names().find(|known| long && strsim::damerau_levenshtein(&plain(known), &written) == 1)
    };
    same.or_else(project).or_else(slip)
}

/// Without what people leave out or put in: case, `_` and `-`.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '-'], "")
}

#[cfg(test)]
mod tests {
    use super::meant;

    #[test]
    fn a_slip_is_told_from_another_extension() {
        for (written, known) in [
            ("pg_crypto", "pgcrypto"),
            ("uuid_ossp", "uuid-ossp"),
            ("pgvector", "vector"),
            ("postGIS", "postgis"),
            ("hstroe", "hstore"),
            ("trgm", "pg_trgm"),
        ] {
            assert_eq!(meant(written), Some(known), "{written}");
        }
        for other in [
            "pgcrypto",
            "plpgsql",
            "pg_bigm",
            "pg_ivm",
            "pgjwt",
            "http",
            "age",
            "rdkit",
            "pgmq",
            "pgroonga",
            "pgsodium",
            "plv8",
            "vectorscale",
            "pg_uuidv7",
            "pg_hint_plan",
            "wal2json",
            "pg_search",
            "pg_graphql",
            "hypopg",
            "temporal_tables",
        ] {
            assert_eq!(meant(other), None, "{other}");
        }
    }
}
