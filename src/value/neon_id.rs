//! What Neon itself names: projects and branches, by ids of one form.

use super::Fault;
use super::character::{refuse_length, shown};

/// The longest id.
const LIMIT: usize = 60;

/// The id of a project, as in `round-river-12345678`: lowercase letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeonProject(String);

impl NeonProject {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "neon-project";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^[a-z0-9][a-z0-9-]{0,59}$");

    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let help = "write the project's id, as in `round-river-12345678`: Neon's console shows it under Settings";
        match check_id(text) {
            Ok(()) if is_branch(text) => {
                Err(Fault::new("is the id of a branch, not of a project").help(help))
            }
            Ok(()) => Ok(Self(text.to_owned())),
            Err(fault) => Err(fault.help(help)),
        }
    }
}

super::string_value!(NeonProject);

/// The id of a branch, as in `br-young-forest-a5b6c7d8`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchId(String);

impl BranchId {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "neon-branch-id";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^br-[a-z0-9-]{1,57}$");

    /// Reads an id.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let help = "write the branch's id, as in `br-young-forest-a5b6c7d8`: Neon's console shows it on the branch's page";
        match check_id(text) {
            Ok(()) if is_branch(text) => Ok(Self(text.to_owned())),
            Ok(()) => {
                Err(Fault::new("is not the id of a branch: those begin with `br-`").help(help))
            }
            Err(fault) => Err(fault.help(help)),
        }
    }
}

super::string_value!(BranchId);

fn is_branch(text: &str) -> bool {
    text.len() > 3 && text.starts_with("br-")
}

fn check_id(text: &str) -> Result<(), Fault> {
    refuse_length(text, LIMIT)?;
    for character in text.chars() {
        if !matches!(character, 'a'..='z' | '0'..='9' | '-') {
            return Err(Fault::new(format!(
                "holds {}, and an id at Neon holds lowercase letters, digits and `-`",
                shown(character)
            )));
        }
    }
    if text.starts_with('-') {
        return Err(Fault::new("begins with `-`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let project = |text| NeonProject::parse(text).map(|id| id.as_str().to_owned());
        let branch = |text| BranchId::parse(text).map(|id| id.as_str().to_owned());
        let longest = "a".repeat(60);
        for text in ["round-river-12345678", "a", &longest] {
            assert_eq!(project(text).unwrap(), text);
            assert!(branch(text).is_err(), "{text}");
        }
        for text in ["br-young-forest-a5b6c7d8", "br-a"] {
            assert_eq!(branch(text).unwrap(), text);
            assert!(project(text).is_err(), "{text}");
        }
        let long = "a".repeat(61);
        for text in ["", "-a", "A", "a b", "a/b", "a?b", "..", "é", &long] {
            assert!(project(text).is_err(), "{text}");
            assert!(branch(text).is_err(), "{text}");
        }
        assert!(branch("br-").is_err());
    }
}
