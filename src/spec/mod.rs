//! Text in, a [`Spec`] out: what a person said, with every fault at once and where it is. Decides
//! no default.
//!
//! The text becomes a [`Document`], whose keys and values know their places; the JSON Schema, which
//! is derived from the [types](types), finds every fault of form; what passes it is a [`Spec`].

mod document;
pub mod faults;
mod hidden;
mod mask;
pub mod path;
pub mod schema;
mod syntax;
pub mod types;

pub use document::{Document, Place};
pub use mask::redaction;
pub use types::Spec;

use crate::diagnostic::{Diagnostic, Explanation, MOST_SECRETS, Severity, find_secrets};
use crate::source::Source;
use crate::value::Pasted;
use serde::Deserialize;
use std::ops::Range;

pub(crate) const SYNTAX: &str = "UP0001";
pub(crate) const UNKNOWN_KEY: &str = "UP0002";
pub(crate) const MISSING_KEY: &str = "UP0003";
pub(crate) const TYPE: &str = "UP0004";
pub(crate) const CHOICE: &str = "UP0005";
pub(crate) const FORM: &str = "UP0006";
pub(crate) const SECRET: &str = "UP0007";
/// A file that can be no spec; found by whoever reads files.
pub const UNREADABLE: &str = "UP0008";

/// What a text says.
#[derive(Debug)]
pub struct Reading<'t> {
    /// Where everything stands.
    pub document: Document<'t>,
    /// What is said.
    pub spec: Spec,
}

/// Reads a spec; or says everything that is wrong with its form.
pub fn read(source: &Source) -> Result<Reading<'_>, Vec<Diagnostic>> {
    let mut diagnostics = secrets(&source.text);
    if diagnostics.len() > MOST_SECRETS {
        diagnostics.truncate(MOST_SECRETS);
        return Err(diagnostics);
    }
    let document = match Document::parse(&source.text) {
        Ok(document) => document,
        Err(errors) => {
            diagnostics.extend(errors);
            return Err(diagnostics);
        }
    };
    let secrets: Vec<_> = diagnostics
        .iter()
        .filter_map(|diagnostic| diagnostic.span.clone())
        .collect();
    diagnostics.extend(
        schema::validate(&document)
            .into_iter()
            .filter(|diagnostic| {
                // What else is wrong with a secret matters no more.
                !diagnostic
                    .span
                    .as_ref()
                    .is_some_and(|span| secrets.contains(span))
            }),
    );
    if diagnostics.is_empty() {
        diagnostics = hidden::find(&document);
    }
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }
    match Spec::deserialize(document.to_json()) {
        Ok(spec) => Ok(Reading { document, spec }),
        // The schema and the types are one thing; a test holds them together. Should they ever
        // part, a person still gets a message and no panic.
        Err(error) => Err(vec![Diagnostic::new(
            FORM,
            Severity::Error,
            error.to_string(),
        )]),
    }
}

fn secrets(text: &str) -> Vec<Diagnostic> {
    find_secrets(text)
        .into_iter()
        .map(|span| {
            let mut diagnostic =
                Diagnostic::new(SECRET, Severity::Error, "this looks like a secret, and a spec is no place for one");
            diagnostic.label = Some("not shown here".into());
            diagnostic.help = pasted(text, &span).or_else(|| Some(
                "put it into a Kubernetes Secret and name that: `secret = \"…\"`, or for a role `password = { secret = \"…\", key = \"…\" }`; and change it, if this file was ever committed".into(),
            ));
            diagnostic.span = Some(span);
            diagnostic
        })
        .collect()
}

/// The longest connection string that is looked at, before and after its password.
const LONGEST: usize = 512;

/// What to write in place of a connection string of Neon's that holds the secret.
fn pasted(text: &str, secret: &Range<usize>) -> Option<String> {
    let ends = |byte: &u8| matches!(byte, b'"' | b'\n');
    let bytes = text.as_bytes();
    // No further than a connection string may be long: there may be many secrets.
    let from = secret.start.saturating_sub(LONGEST);
    let start = from + bytes[from..secret.start].iter().rposition(ends)? + 1;
    let to = bytes.len().min(secret.end + LONGEST);
    let end = secret.end + bytes[secret.end..to].iter().position(ends)?;
    let text = &text[start..end];
    let url = text.find("postgres").map_or(text, |at| &text[at..]);
    let pasted = Pasted::parse(url).filter(Pasted::is_neon)?;
    Some(format!(
        "under [neon] {}; and change that password, if this file was ever committed",
        pasted.advice()
    ))
}

/// The faults of form, for `underpin explain`.
pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        code: SYNTAX,
        title: "not TOML",
        text: "The file is not valid TOML (<https://toml.io>), or uses a key twice. Nothing more can be said about it until that is mended.",
        bad: "name = \"orders\nnamespace = \"shop\"\n",
        good: "name = \"orders\"\nnamespace = \"shop\"\n",
    },
    Explanation {
        code: UNKNOWN_KEY,
        title: "unknown key",
        text: "A key that no field has. It is an error and not passed over, because a misspelt key that is silently ignored is a setting that somebody believes in.",
        bad: "[storage]\nsise = \"50Gi\"\n",
        good: "[storage]\nsize = \"50Gi\"\n",
    },
    Explanation {
        code: MISSING_KEY,
        title: "missing key",
        text: "A field without which nothing can be built. The others have defaults, which `underpin explain FIELD` tells.",
        bad: "databases = [{ owner = \"shop\" }]\n",
        good: "databases = [{ name = \"orders\", owner = \"shop\" }]\n",
    },
    Explanation {
        code: TYPE,
        title: "wrong type",
        text: "A value of another type than the field's: a number where text is expected, a string where a list is.",
        bad: "kubernetes = 1.33\n",
        good: "kubernetes = \"1.33\"\n",
    },
    Explanation {
        code: CHOICE,
        title: "not one of the choices",
        text: "The field takes one of a few words, and this is none of them.",
        bad: "[storage]\naccess_mode = \"ReadWriteMany\"\n",
        good: "[storage]\naccess_mode = \"ReadWriteOnce\"\n",
    },
    Explanation {
        code: FORM,
        title: "wrong form",
        text: "The value does not have the form that the field needs: a name that Kubernetes would refuse, a size without a unit, a number out of range.",
        bad: "[storage]\nsize = \"50 GB\"\n",
        good: "[storage]\nsize = \"50G\"\n",
    },
    Explanation {
        code: SECRET,
        title: "a secret in the spec",
        text: "Something that looks like a password, a private key, a token or an address with a password in it. A spec is committed, and what was once committed stays in the history; so Underpin only ever names Secrets. No message repeats it; nor does any show a value that no field takes, a value of a file that is no TOML, or a comment: these are shown as `***`.",
        bad: "[[roles]]\nname = \"report\"\npassword = \"…\"\n",
        good: "[[roles]]\nname = \"report\"\npassword = { secret = \"report-db\", key = \"password\" }\n",
    },
    Explanation {
        code: UNREADABLE,
        title: "not a text file that can be a spec",
        text: "The file is larger than 1 MiB, or is not UTF-8.",
        bad: "",
        good: "",
    },
];
