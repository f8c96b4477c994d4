//! Small grammars, each a newtype: text in, a value that holds what its name says out, or a [`Fault`].
//!
//! A type parses once, at the edge; whoever holds one need not look at its text again. Each names
//! itself to the JSON Schema by `FORMAT`, and [`check`] finds it there again, so that the schema's
//! validator and serde give one verdict. None decides what is wise: that is for the rules.

mod absolute_path;
mod backup_choice;
mod branch_name;
mod character;
mod cpu;
mod cron;
mod database_name;
mod duration;
mod host_name;
mod identifier;
mod image;
mod instant;
mod label;
mod label_key;
mod label_value;
mod neon_host;
mod neon_id;
mod quantity;
mod reserve;
mod secret_key;
mod size;
mod subdomain;
mod time_zone;

use std::fmt;

pub use self::absolute_path::AbsolutePath;
pub use self::backup_choice::BackupChoice;
pub use self::branch_name::BranchName;
pub use self::cpu::Cpu;
pub use self::cron::Cron;
pub use self::database_name::DatabaseName;
pub use self::duration::Duration;
pub use self::host_name::HostName;
pub use self::identifier::Identifier;
pub use self::image::{Flavour, Image};
pub use self::instant::Instant;
pub use self::label::Label;
pub use self::label_key::LabelKey;
pub use self::label_value::LabelValue;
pub use self::neon_host::{NeonHost, Pasted};
pub use self::neon_id::{BranchId, NeonProject};
pub use self::quantity::Quantity;
pub use self::reserve::Reserve;
pub use self::secret_key::SecretKey;
pub use self::size::Size;
pub use self::subdomain::Subdomain;
pub use self::time_zone::TimeZone;

/// What is wrong with a text, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A lowercase phrase; holds nothing of the text that a terminal would act on.
    pub message: String,
    /// What to write, where it can be said.
    pub help: Option<String>,
}

impl Fault {
    /// A fault that only says what is wrong.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: None,
        }
    }

    /// The same fault, with a way out.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self {
            help: Some(help.into()),
            ..self
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// Gives a type with `parse`, `FORMAT`, `PATTERN` and `Display` its place in serde and in the schema.
macro_rules! text_value {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema =
                    schemars::json_schema!({ "type": "string", "format": Self::FORMAT });
                if let Some(pattern) = Self::PATTERN {
                    schema.insert("pattern".into(), pattern.into());
                }
                schema
            }
        }
    };
}
use text_value;

/// The same for a type that keeps its text as it was written.
macro_rules! string_value {
    ($type:ident) => {
        impl $type {
            /// The text, as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        crate::value::text_value!($type);
    };
}
use string_value;

/// A grammar with its verdict alone.
type Judge = fn(&str) -> Result<(), Fault>;

/// Every grammar by the name that it has in the schema.
const JUDGES: &[(&str, Judge)] = &[
    (AbsolutePath::FORMAT, |text| {
        AbsolutePath::parse(text).map(drop)
    }),
    (BackupChoice::FORMAT, |text| {
        BackupChoice::parse(text).map(drop)
    }),
    (BranchId::FORMAT, |text| BranchId::parse(text).map(drop)),
    (BranchName::FORMAT, |text| BranchName::parse(text).map(drop)),
    (Cpu::FORMAT, |text| Cpu::parse(text).map(drop)),
    (Cron::FORMAT, |text| Cron::parse(text).map(drop)),
    (DatabaseName::FORMAT, |text| {
        DatabaseName::parse(text).map(drop)
    }),
    (Duration::FORMAT, |text| Duration::parse(text).map(drop)),
    (HostName::FORMAT, |text| HostName::parse(text).map(drop)),
    (Identifier::FORMAT, |text| Identifier::parse(text).map(drop)),
    (Image::FORMAT, |text| Image::parse(text).map(drop)),
    (Instant::FORMAT, |text| Instant::parse(text).map(drop)),
    (Label::FORMAT, |text| Label::parse(text).map(drop)),
    (LabelKey::FORMAT, |text| LabelKey::parse(text).map(drop)),
    (LabelValue::FORMAT, |text| LabelValue::parse(text).map(drop)),
    (NeonProject::FORMAT, |text| {
        NeonProject::parse(text).map(drop)
    }),
    (Quantity::FORMAT, |text| Quantity::parse(text).map(drop)),
    (Reserve::FORMAT, |text| Reserve::parse(text).map(drop)),
    (SecretKey::FORMAT, |text| SecretKey::parse(text).map(drop)),
    (Size::FORMAT, |text| Size::parse(text).map(drop)),
    (Subdomain::FORMAT, |text| Subdomain::parse(text).map(drop)),
    (TimeZone::FORMAT, |text| TimeZone::parse(text).map(drop)),
];

/// The names that [`check`] knows.
pub fn formats() -> impl Iterator<Item = &'static str> {
    JUDGES.iter().map(|(name, _)| *name)
}

/// Judges a text by the name of its format in the schema; `None` for a format that is not ours.
pub fn check(format: &str, text: &str) -> Option<Result<(), Fault>> {
    JUDGES
        .iter()
        .find(|(name, _)| *name == format)
        .map(|(_, judge)| judge(text))
}

#[cfg(test)]
mod laws;
