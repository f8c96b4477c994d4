//! The way to a value in a document: `databases[0].name`.

use std::fmt;

/// One step of a [`Path`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into an array.
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The way from the document's root to a value; empty for the root.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

/// A [`Path`] from keys and indices: `path!["databases", 0, "name"]`.
#[macro_export]
macro_rules! path {
    ($($step:expr),* $(,)?) => {
        $crate::spec::path::Path(vec![$($crate::spec::path::Step::from($step)),*])
    };
}

impl Path {
    /// The path one step further.
    #[must_use]
    pub fn join(&self, step: impl Into<Step>) -> Self {
        let mut steps = self.0.clone();
        steps.push(step.into());
        Self(steps)
    }

    /// Its keys, without the indices: the way in the schema.
    pub fn keys(&self) -> Vec<&str> {
        let steps = self.0.iter();
        steps
            .filter_map(|step| match step {
                Step::Key(key) => Some(key.as_str()),
                Step::Index(_) => None,
            })
            .collect()
    }
}

impl fmt::Display for Path {
    /// As one would write it in TOML, with indices in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    let bare = !key.is_empty()
                        && key
                            .chars()
                            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
                    if bare {
                        f.write_str(key)?;
                    } else {
                        write!(f, "{key:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn paths_read_as_toml() {
        assert_eq!(
            path!["databases", 0, "name"].to_string(),
            "databases[0].name"
        );
        assert_eq!(path!["labels", "a/b c"].to_string(), "labels.\"a/b c\"");
    }
}
