//! A spec as it was read: the only thing that enters the compiler.

/// The largest spec that is read, in bytes.
pub const LARGEST: u64 = 1024 * 1024;

/// The text of one `database.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it was found, as it is shown to a person: relative, with `/`.
    pub path: String,
    /// What it says. Bytes that are no UTF-8 never get this far.
    pub text: String,
}
