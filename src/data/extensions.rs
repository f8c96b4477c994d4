//! Extensions that are known: who may make one, and what else it needs.

use std::sync::LazyLock;

/// Who may make an extension, in a database of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// The database's owner: it is trusted.
    Owner,
    /// A superuser alone; or it requires one of that kind.
    Superuser,
}

/// A line of `data/extensions.tsv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    /// Its name.
    pub name: &'static str,
    /// Who may make it.
    pub maker: Maker,
    /// Whether the server must load its library at its start.
    pub preload: bool,
    /// The setting that names the only database that can hold it.
    pub one_database: Option<&'static str>,
}

static EXTENSIONS: LazyLock<Vec<Extension>> = LazyLock::new(|| {
    include_str!("../../data/extensions.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, maker, preload, setting, _] = fields[..] else {
                panic!("five fields: {line}");
            };
            Extension {
                name,
                maker: match maker {
                    "owner" => Maker::Owner,
                    _ => Maker::Superuser,
                },
                preload: preload == "preload",
                one_database: (!setting.is_empty()).then_some(setting),
            }
        })
        .collect()
});

/// All that are known, by name.
pub fn all() -> impl Iterator<Item = &'static Extension> {
    EXTENSIONS.iter()
}

/// One by its name.
pub fn find(name: &str) -> Option<&'static Extension> {
    all().find(|extension| extension.name == name)
}
