//! Extensions of which a restore needs more than its role and any server have.

use crate::data::extensions::{self, Extension, Maker};
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::Postgres;
use crate::validate::settings;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0509",
        title: "an extension that a restore cannot make by itself",
        text: "Restores and drills log in as a role without a superuser's rights, since what a backup holds is run as SQL. An extension that is not trusted only a superuser makes, one that works by its own library only a server that loads it at its start, and one that can live in a single database no restore beside that one. Backups, their list, drills and restores say the same of each database.",
        bad: r#"databases = [{ name = "orders", extensions = ["dblink"] }]
"#,
        good: r#"restore.as_superuser = true
databases = [{ name = "orders", extensions = ["dblink"] }]
"#,
    },
    severity: Severity::Warning,
    check,
};

/// What to write, in the words of `needs.sh`.
pub const AS_SUPERUSER: &str = "write as_superuser = true under [restore] in the spec and apply it: restores and drills then run what a backup holds as superuser";

/// Whether an extension of the spec needs restores by the superuser.
pub fn wants_superuser(spec: &Spec) -> bool {
    let wants = |name: &str| extensions::find(name).is_some_and(superuser_helps);
    spec.postgres.is_some()
        && spec
            .databases()
            .iter()
            .flat_map(|database| database.extensions.iter().flatten())
            .any(|name| wants(&name.to_string()))
}

/// One that only a single database can hold, no restore beside that one can make, whoever runs it.
fn superuser_helps(extension: &Extension) -> bool {
    extension.maker == Maker::Superuser && extension.one_database.is_none()
}

fn check(spec: &Spec, findings: &mut Findings) {
    let Some(postgres) = &spec.postgres else {
        return;
    };
    let restore = spec.restore.as_ref();
    let by_superuser = restore.and_then(|restore| restore.as_superuser) == Some(true);
    for (index, database) in spec.databases().iter().enumerate() {
        for (at, name) in database.extensions.iter().flatten().enumerate() {
            let Some(extension) = extensions::find(&name.to_string()) else {
                continue;
            };
            let place = || path!["databases", index, "extensions", at];
            if superuser_helps(extension) && !by_superuser {
                findings
                    .value(
                        place(),
                        format!("a superuser is needed to restore `{name}`"),
                    )
                    .label("the extension is not trusted")
                    .help(AS_SUPERUSER);
            }
            if extension.preload && !is_loaded(postgres, extension) {
                findings
                    .value(place(), format!("the server loads no library for `{name}`"))
                    .label("it works only with its library loaded at the start of the server")
                    .help("add it to shared_preload_libraries under [postgres.settings]");
            }
            if let Some(setting) = extension.one_database {
                findings
                    .value(place(), format!("only one database of a server can hold `{name}`"))
                    .label(format!("{setting} says which"))
                    .help("no restore beside it and no drill can make it: accept that with `allow`, or take it out of the database");
            }
        }
    }
}

fn is_loaded(postgres: &Postgres, extension: &Extension) -> bool {
    settings::spec_settings(postgres)
        .iter()
        .filter(|(name, _)| name == "shared_preload_libraries")
        .flat_map(|(_, value)| value.split(','))
        .any(|library| library.trim().trim_matches(['"', '\'']) == extension.name)
}

#[cfg(test)]
mod tests {
    use super::AS_SUPERUSER;
    use crate::data::extensions;
    use crate::scripts;

    #[test]
    fn a_build_says_what_a_backup_says() {
        assert!(scripts::NEEDS.text.contains(AS_SUPERUSER));
    }

    #[test]
    fn a_restore_looks_for_the_same_libraries() {
        let preloaded: Vec<String> = extensions::all()
            .filter(|one| one.preload)
            .map(|one| format!("'{}'", one.name))
            .collect();
        let list = format!("name in ({})", preloaded.join(", "));
        assert!(scripts::RESTORE_NEEDS.text.contains(&list), "{list}");
        for one in extensions::all() {
            if let Some(setting) = one.one_database {
                let says = format!("'{setting} says which'");
                assert!(scripts::RESTORE_NEEDS.text.contains(&says), "{says}");
            }
        }
    }
}
