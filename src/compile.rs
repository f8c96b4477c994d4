//! The journey of the data, from a [`Source`] to a [`Tree`]: each stage one call. Pure: no clock,
//! no environment, no file, no network.

use crate::diagnostic::{Diagnostic, Severity};
use crate::emit::Tree;
use crate::model::Model;
use crate::source::Source;
use crate::together::{self, Taken};
use crate::{audit, emit, lower, spec, validate};
use std::borrow::Cow;

/// What came of one spec.
#[derive(Debug)]
pub struct Compilation {
    /// What is to be written; none where a diagnostic is an error.
    pub tree: Option<Compiled>,
    /// Errors and warnings, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A spec that is fine.
#[derive(Debug)]
pub struct Compiled {
    /// What is meant.
    pub model: Model,
    /// What is to be written.
    pub tree: Tree,
    /// What no other spec may make.
    pub taken: Vec<Taken>,
    /// What our own audit finds in it: nothing, or Underpin has a bug and writes nothing.
    pub findings: Vec<audit::Finding>,
}

/// Compiles one spec.
pub fn compile(source: &Source) -> Compilation {
    let (model, mut diagnostics) = match spec::read(source) {
        Ok(reading) => validate::validate(&reading),
        Err(errors) => (None, errors),
    };
    diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    let tree = model.map(|model| {
        let objects = lower::lower(&model);
        let findings = audit::audit(&objects.iter().map(audited).collect::<Vec<_>>());
        let tree = emit::emit(&model, &objects);
        Compiled {
            taken: together::taken(&objects),
            model,
            tree,
            findings,
        }
    });
    Compilation { tree, diagnostics }
}

impl Compilation {
    /// Whether the spec is wrong.
    pub fn failed(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

fn audited(object: &lower::Object) -> audit::Object<'_> {
    audit::Object {
        origin: object.path.clone(),
        value: Cow::Borrowed(&object.value),
    }
}
