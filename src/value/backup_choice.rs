//! Which backup is restored.

use super::{Fault, Instant};
use std::fmt;

/// `latest`, or the id of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupChoice {
    /// The newest one.
    Latest,
    /// The one with this id.
    Id(String),
}

impl BackupChoice {
    /// The name of this grammar in the schema.
    pub const FORMAT: &str = "backup-choice";
    /// For editors.
    pub const PATTERN: Option<&str> = Some("^(latest|[0-9]{8}T[0-9]{6}Z-[a-z0-9]{5})$");

    /// Reads a choice.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        if is_id(text) {
            return Ok(Self::Id(text.to_owned()));
        }
        Err(Fault::new("is neither `latest` nor the id of a backup").help(
            "write `latest`, or an id as the list of backups shows it: `20261123T021500Z-k3x9p`",
        ))
    }
}

/// Whether a text has the form of an id: the UTC time at which the backup began, which the calendar must
/// have, and five letters and digits.
fn is_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_form = bytes.len() == 22
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 => *byte == b'T',
            15 => *byte == b'Z',
            16 => *byte == b'-',
            17.. => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
            _ => byte.is_ascii_digit(),
        });
    has_form && {
        let part = |from: usize| &text[from..from + 2];
        let began = format!(
            "{}{}-{}-{}T{}:{}:{}Z",
            part(0),
            part(2),
            part(4),
            part(6),
            part(9),
            part(11),
            part(13)
        );
        Instant::parse(&began).is_ok()
    }
}

super::text_value!(BackupChoice);

impl fmt::Display for BackupChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Latest => "latest",
            Self::Id(id) => id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        for text in ["latest", "20261123T021500Z-k3x9p"] {
            assert_eq!(BackupChoice::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "Latest",
            "20261123T021500Z",
            "20261123T021500Z-K3x9p",
            "20261123T021500Z-k3x9pp",
            "20261123t021500z-k3x9p",
            "20261323T021500Z-k3x9p",
            "20270229T021500Z-k3x9p",
            "20261123T241500Z-k3x9p",
            "../20261123T021500Z-k3x",
        ] {
            assert!(BackupChoice::parse(text).is_err(), "{text}");
        }
    }
}
