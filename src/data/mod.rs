//! Committed facts about `PostgreSQL`, taken from real servers: its settings, major by major, and
//! the releases that are no longer safe. A major and a name go in, what a server would say comes out.
//!
//! The files are written by `data/recipe.sh`, never by hand.

pub mod extensions;
mod number;
mod unit;
mod value;

use std::sync::LazyLock;

pub use self::unit::Unit;
pub use self::value::check_value;

/// The major versions that are supported.
pub const MAJORS: [u8; 4] = [15, 16, 17, 18];

/// One setting of one major version, as `pg_settings` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its name, spelled as `PostgreSQL` does.
    pub name: &'static str,
    /// When it may change.
    pub context: Context,
    /// What values it takes.
    pub kind: Kind,
    /// The value that is compiled in, in the setting's unit; empty where there is none, or where the
    /// build decides.
    pub boot_val: &'static str,
    /// What it does, in a sentence.
    pub description: &'static str,
}

impl Setting {
    /// Whether a changed value waits for a restart of the server.
    pub fn needs_restart(&self) -> bool {
        self.context == Context::Postmaster
    }
}

/// When a setting may change (`GucContext`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Never: it tells a fact.
    Internal,
    /// When the server starts.
    Postmaster,
    /// When the server reads its file anew.
    Sighup,
    /// As `Sighup` for new sessions; a superuser may choose at the session's start.
    SuperuserBackend,
    /// As `Sighup` for new sessions; anyone may choose at the session's start.
    Backend,
    /// At any time, in a session only by a superuser.
    Superuser,
    /// At any time, by anyone.
    User,
}

/// What values a setting takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `on` or `off`.
    Bool,
    /// A whole number, with the unit that a bare one counts.
    Integer {
        /// The unit.
        unit: Option<Unit>,
        /// The least.
        min: i64,
        /// The most.
        max: i64,
    },
    /// A number, with the unit that a bare one counts.
    Real {
        /// The unit.
        unit: Option<Unit>,
        /// The least.
        min: f64,
        /// The most.
        max: f64,
    },
    /// Any text, as far as the files tell.
    String,
    /// One of these.
    Enum {
        /// The values that `PostgreSQL` shows; some settings take others in silence.
        values: Vec<&'static str>,
    },
}

/// The settings of each major, sorted by name in lowercase.
static SETTINGS: [(u8, LazyLock<Vec<Setting>>); 4] = [
    (
        15,
        LazyLock::new(|| read(include_str!("../../data/postgresql-15.tsv"))),
    ),
    (
        16,
        LazyLock::new(|| read(include_str!("../../data/postgresql-16.tsv"))),
    ),
    (
        17,
        LazyLock::new(|| read(include_str!("../../data/postgresql-17.tsv"))),
    ),
    (
        18,
        LazyLock::new(|| read(include_str!("../../data/postgresql-18.tsv"))),
    ),
];

/// The setting of that name in that major; names differ by more than case.
pub fn setting(major: u8, name: &str) -> Option<&'static Setting> {
    let settings = settings(major);
    let folded = name.to_ascii_lowercase();
    let at = settings
        .binary_search_by(|setting| order(setting.name, &folded))
        .ok()?;
    settings.get(at)
}

/// What a whole number comes to, as a server would read it: bytes, microseconds, or as it stands.
/// Negative where it has such a meaning; none for a setting of another kind.
pub fn amount(setting: &Setting, text: &str) -> Option<i64> {
    let Kind::Integer { unit, .. } = setting.kind else {
        return None;
    };
    let number = number::integer(text, unit).ok()?;
    let size = unit.map_or(1, |unit| i64::from(unit.size()));
    Some(number.saturating_mul(size))
}

/// The names of all settings of a major, sorted; none for a major that is not known.
pub fn names(major: u8) -> impl Iterator<Item = &'static str> {
    settings(major).iter().map(|setting| setting.name)
}

/// The settings of a major.
fn settings(major: u8) -> &'static [Setting] {
    SETTINGS
        .iter()
        .find(|(known, _)| *known == major)
        .map_or(&[], |(_, settings)| settings)
}

/// The order of the files: that of the names in lowercase.
fn order(name: &str, folded: &str) -> std::cmp::Ordering {
    name.bytes()
        .map(|byte| byte.to_ascii_lowercase())
        .cmp(folded.bytes())
}

/// The lines of a file, without its comments.
fn read(file: &'static str) -> Vec<Setting> {
    file.lines().filter_map(read_line).collect()
}

/// One line.
fn read_line(line: &'static str) -> Option<Setting> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.split('\t');
    let mut field = || fields.next();
    let (name, context, kind, unit) = (field()?, field()?, field()?, field()?);
    let (min, max, values) = (field()?, field()?, field()?);
    let unit = Unit::named(unit);
    Some(Setting {
        name,
        context: match context {
            "internal" => Context::Internal,
            "postmaster" => Context::Postmaster,
            "sighup" => Context::Sighup,
            "superuser-backend" => Context::SuperuserBackend,
            "backend" => Context::Backend,
            "superuser" => Context::Superuser,
            "user" => Context::User,
            _ => return None,
        },
        kind: match kind {
            "bool" => Kind::Bool,
            "integer" => Kind::Integer {
                unit,
                min: min.parse().ok()?,
                max: max.parse().ok()?,
            },
            "real" => Kind::Real {
                unit,
                min: min.parse().ok()?,
                max: max.parse().ok()?,
            },
            "string" => Kind::String,
            "enum" => Kind::Enum {
                values: values.split(',').collect(),
            },
            _ => return None,
        },
        boot_val: field()?,
        description: field()?,
    })
}

/// The oldest minor release of each major whose tools are safe to use on data of others.
///
/// CVE-2026-116314 (November 2026): `pg_restore` of a crafted custom or directory archive runs code
/// as the user who restores it; fixed in 18.7, 17.12, 16.16 and 15.20. Before it, CVE-2025-8714,
/// CVE-2025-8715 and CVE-2026-18408 (a dump that runs code in the psql that reads it) were fixed in
/// releases that these include. Source: <https://www.postgresql.org/support/security/> and
/// <https://github.com/CVEProject/cvelistV5>.
pub const MINIMUM_MINOR: &[(u8, u16)] = &[(15, 20), (16, 16), (17, 12), (18, 7)];

/// The oldest minor release of a major that is safe; `None` for a major that is not known.
pub fn minimum_minor(major: u8) -> Option<u16> {
    MINIMUM_MINOR
        .iter()
        .find(|(known, _)| *known == major)
        .map(|(_, minor)| *minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_sorted() {
        for (major, file, least) in [
            (15, include_str!("../../data/postgresql-15.tsv"), 350),
            (16, include_str!("../../data/postgresql-16.tsv"), 360),
            (17, include_str!("../../data/postgresql-17.tsv"), 375),
            (18, include_str!("../../data/postgresql-18.tsv"), 395),
        ] {
            let lines = file.lines().filter(|line| !line.starts_with('#')).count();
            assert_eq!(settings(major).len(), lines);
            assert!(lines > least, "{major}: {lines}");
            assert!(file.starts_with(&format!("# pg_settings of PostgreSQL {major}.")));
            for name in names(major) {
                assert_eq!(setting(major, name).unwrap().name, name);
            }
            assert!(minimum_minor(major).is_some());
        }
        assert_eq!(names(14).count(), 0);
        assert_eq!(setting(14, "work_mem"), None);
    }

    #[test]
    fn majors_differ_and_case_does_not() {
        assert_eq!(setting(17, "timezone"), setting(17, "TimeZone"));
        assert_eq!(setting(17, "WORK_MEM").unwrap().name, "work_mem");
        assert!(setting(17, "allow_alter_system").is_some());
        assert!(setting(16, "allow_alter_system").is_none());
        assert!(setting(18, "io_method").unwrap().needs_restart());
        assert!(!setting(17, "work_mem").unwrap().needs_restart());
        assert_eq!(
            setting(17, "shared_buffers").unwrap().kind,
            Kind::Integer {
                unit: Some(Unit::Blocks),
                min: 16,
                max: 1_073_741_823
            }
        );
    }
}
