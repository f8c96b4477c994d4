//! An absolute path on a node or on a file server.

use super::Fault;
use super::character::refuse_misleading;

/// Begins with `/`, has no `.` or `..` in it, fits into Linux's `PATH_MAX`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AbsolutePath(String);

impl AbsolutePath {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "absolute-path";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^/");

    /// `PATH_MAX` counts the NUL at the end.
    pub const LIMIT: usize = 4095;

    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if !text.starts_with('/') {
            return Err(Fault::new("is not an absolute path")
                .help("write a path that begins with `/`, as in `/mnt/disks/orders`"));
        }
        if text.len() > Self::LIMIT {
            return Err(Fault::new(format!(
                "is {} bytes long, and a path ends after {}",
                text.len(),
                Self::LIMIT
            )));
        }
        refuse_misleading(text)?;
        if let Some(part) = text.split('/').find(|part| matches!(*part, "." | "..")) {
            return Err(Fault::new(format!("has a part `{part}`"))
                .help("write the path as it is without it"));
        }
        Ok(Self(text.to_owned()))
    }
}

super::string_value!(AbsolutePath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["/", "/mnt/disks/orders", "/a b", "/..a/b.."] {
            assert_eq!(AbsolutePath::parse(text).unwrap().as_str(), text);
        }
        for (text, message) in [
            ("", "is not an absolute path"),
            ("mnt", "is not an absolute path"),
            ("~/x", "is not an absolute path"),
            ("/a/../b", "has a part `..`"),
            ("/a/.", "has a part `.`"),
            ("/a\tb", "holds the control character U+0009"),
        ] {
            assert_eq!(AbsolutePath::parse(text).unwrap_err().message, message);
        }
    }
}
