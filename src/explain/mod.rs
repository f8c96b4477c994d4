//! A subject in, what is known of it out: fields, settings of `PostgreSQL`, codes. Everything
//! is taken from where it is decided, so that what is explained is what is done; `docs/` is made of
//! the same.

mod code;
mod field;
mod given;
mod manual;
mod page;
mod setting;

pub use code::{Code, Family, all as codes};
pub use given::Given;
pub use manual::documentation;
pub use page::{Page, Part};

use crate::diagnostic::nearest;

/// A subject of which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// What was meant, perhaps.
    pub help: String,
}

/// The page of a subject: a code, a field's path or its last part, or the name of a setting. With
/// a spec, also what it is there.
pub fn explain(subject: &str, given: Option<&Given<'_>>) -> Result<Page, Unknown> {
    let subject = subject.trim();
    if let Some(code) = code::find(subject) {
        return Ok(code.page());
    }
    let steps = field::steps(subject);
    if let [table, settings, name @ ..] = steps.as_slice()
        && (table.as_str(), settings.as_str()) == ("postgres", "settings")
        && !name.is_empty()
    {
        return of_setting(&name.join("."), given).ok_or_else(|| unknown(subject));
    }
    if let Some(path) = field::find(subject) {
        return of_field(&path, given).ok_or_else(|| unknown(subject));
    }
    if let Some(page) = of_setting(subject, given) {
        return Ok(page);
    }
    let ends: Vec<String> = field::paths()
        .into_iter()
        .filter(|path| {
            path.strip_suffix(subject)
                .is_some_and(|rest| rest.ends_with('.'))
        })
        .collect();
    match ends.as_slice() {
        [] => Err(unknown(subject)),
        [only] => field::find(only)
            .and_then(|path| of_field(&path, given))
            .ok_or_else(|| unknown(subject)),
        several => Err(Unknown {
            help: format!("which one: `{}`?", several.join("`, `")),
        }),
    }
}

fn of_field(path: &[&'static str], given: Option<&Given<'_>>) -> Option<Page> {
    let page = field::page(path)?;
    Some(match given {
        Some(given) => given.field(path, page),
        None => page,
    })
}

fn of_setting(name: &str, given: Option<&Given<'_>>) -> Option<Page> {
    let page = match setting::find(name) {
        Some(_) => setting::page(name)?,
        // A name with a dot is an extension's, of which nothing is known here.
        None if is_extension_setting(name) => Page::new(format!("`{name}`: a setting of an extension")).text(
            "Underpin writes it into postgresql.conf as it stands. It restarts the server for a changed one, because most settings of extensions are read at the start alone.",
        ),
        None => return None,
    };
    Some(match given {
        Some(given) => given.setting(name, page),
        None => page,
    })
}

fn is_extension_setting(name: &str) -> bool {
    name.split_once('.').is_some_and(|(extension, rest)| {
        !rest.is_empty()
            && !is_field(extension)
            && setting::find(extension).is_none()
            && is_word(extension)
            && is_word(rest)
    })
}

fn is_field(name: &str) -> bool {
    field::paths()
        .iter()
        .any(|path| path.split('.').any(|step| step.eq_ignore_ascii_case(name)))
}

fn is_word(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'))
}

fn unknown(subject: &str) -> Unknown {
    let paths = field::paths();
    let names = setting::names();
    let codes = code::all();
    let lowered: Vec<String> = codes.iter().map(|code| code.code.to_lowercase()).collect();
    let candidates = paths
        .iter()
        .map(String::as_str)
        .chain(paths.iter().filter_map(|path| path.rsplit('.').next()))
        .chain(names)
        .chain(lowered.iter().map(String::as_str));
    let help = match nearest(subject, candidates) {
        Some(near) if lowered.iter().any(|code| code == near) => {
            format!("did you mean `{}`?", near.to_uppercase())
        }
        Some(near) => format!("did you mean `{near}`?"),
        None => "`underpin explain` lists all fields and codes".into(),
    };
    Unknown { help }
}

/// All fields and all codes, each in a line.
pub fn overview() -> Page {
    let fields = crate::spec::schema::fields();
    let fields = fields
        .iter()
        .map(|(path, field)| (path.join("."), field::summary(field)))
        .collect();
    let codes = |family| {
        let codes = code::all().into_iter().filter(|code| code.family == family);
        codes
            .map(|code| (code.code.to_owned(), code.title.to_owned()))
            .collect()
    };
    Page::new("What `underpin explain SUBJECT` knows")
        .text("Fields of database.toml:")
        .list(fields)
        .text("Settings of PostgreSQL 15 to 18, under `[postgres.settings]`: by name, such as `work_mem`.")
        .text("Faults of form:")
        .list(codes(Family::Form))
        .text("Rules of a spec:")
        .list(codes(Family::Spec))
        .text("What is checked in rendered YAML:")
        .list(codes(Family::Audit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(subject: &str) -> String {
        explain(subject, None).map_or_else(|unknown| unknown.help, |page| page.title)
    }

    #[test]
    fn subjects_are_found_as_people_write_them() {
        for (subject, found) in [
            ("storage.size", "`storage.size`"),
            ("databases[3].owner", "`databases.owner`"),
            ("reserve", "`storage.reserve`"),
            ("postgres.shm", "`postgres.shm`"),
            ("labels.team", "`labels`"),
            ("work_mem", "`work_mem`: a setting of PostgreSQL"),
            ("Postgres.settings", "did you mean `postgres.settings`?"),
            (
                "postgres.settings.TIMEZONE",
                "`TimeZone`: a setting of PostgreSQL",
            ),
            (
                "auto_explain.log_analyze",
                "`auto_explain.log_analyze`: a setting of an extension",
            ),
            ("up0002", "UP0002: unknown key"),
            (
                "UP0936",
                "UP0936: one copy of a database stands in a namespace",
            ),
            ("UP936", "did you mean `UP0936`?"),
            ("storage.sise", "did you mean `storage.size`?"),
            ("wrok_mem", "did you mean `work_mem`?"),
            (
                "path",
                "which one: `secret.external.path`, `storage.volume.local.path`, `storage.volume.nfs.path`, `storage.volume.host_path.path`, `backup.volume.local.path`, `backup.volume.nfs.path`, `backup.volume.host_path.path`?",
            ),
            (
                "nothing like it",
                "`underpin explain` lists all fields and codes",
            ),
            ("", "`underpin explain` lists all fields and codes"),
        ] {
            assert_eq!(title(subject), found, "{subject}");
        }
    }

    #[test]
    fn every_setting_has_a_page() {
        for name in setting::names() {
            assert!(setting::page(name).is_some(), "{name}");
        }
    }
}
