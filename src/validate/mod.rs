//! A [`Spec`] in, a [`Model`] out: the rules across fields, then every default decided.
//!
//! A rule names a [`Path`] and says what is wrong there; the document finds the place. One rule a
//! file in [`rules`], each with its code, its documentation, a bad and a good example.

pub mod defaults;
pub mod rules;
pub mod settings;
pub mod sizing;

use crate::diagnostic::{Diagnostic, Explanation, Severity};
use crate::model::Model;
use crate::spec::path::Path;
use crate::spec::{Document, Reading, Spec};

/// A rule of the spec.
pub struct Rule {
    /// Its code, documentation and examples.
    pub explanation: Explanation,
    /// Whether it stops the build.
    pub severity: Severity,
    /// Adds what it finds.
    pub check: fn(&Spec, &mut Findings),
}

/// What a rule found, by path: rules know nothing of places in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    path: Path,
    /// The key and not the value is at fault.
    at_key: bool,
    message: String,
    label: Option<String>,
    context: Option<(Path, String)>,
    notes: Vec<String>,
    help: Option<String>,
}

impl Finding {
    /// What is expected at that place.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(label.into());
        self
    }

    /// Another place that it has to do with.
    pub fn context(&mut self, path: Path, label: impl Into<String>) -> &mut Self {
        self.context = Some((path, label.into()));
        self
    }

    /// What helps to understand it.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        self.notes.push(note.into());
        self
    }

    /// What to write.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }
}

/// Where rules put what they find.
#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// The value at `path` is at fault.
    pub fn value(&mut self, path: Path, message: impl Into<String>) -> &mut Finding {
        self.add(path, false, message.into())
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key at `path` is at fault.
    pub fn key(&mut self, path: Path, message: impl Into<String>) -> &mut Finding {
        self.add(path, true, message.into())
    }

    fn add(&mut self, path: Path, at_key: bool, message: String) -> &mut Finding {
        self.0.push(Finding {
            path,
            at_key,
            message,
            label: None,
            context: None,
            notes: Vec::new(),
            help: None,
        });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

/// Checks every rule. The model is there unless one of them is an error; the warnings always are,
/// but for those that the spec allows.
pub fn validate(reading: &Reading<'_>) -> (Option<Model>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let allowed = |rule: &Rule| {
        let mut allowances = reading.spec.allow.iter().flatten();
        rule.severity == Severity::Warning
            && allowances.any(|allowance| allowance.rule == rule.explanation.code)
    };
    for rule in rules::RULES.iter().filter(|rule| !allowed(rule)) {
        let mut findings = Findings::default();
        (rule.check)(&reading.spec, &mut findings);
        for finding in findings.0 {
            diagnostics.push(locate(finding, rule, &reading.document));
        }
    }
    let stopped = diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error);
    let model = (!stopped).then(|| defaults::decide(&reading.spec));
    (model, diagnostics)
}

fn locate(finding: Finding, rule: &Rule, document: &Document<'_>) -> Diagnostic {
    let place = document.place(&finding.path);
    let mut diagnostic = Diagnostic::new(rule.explanation.code, rule.severity, finding.message);
    diagnostic.key = finding.path.to_string();
    diagnostic.span = Some(if finding.at_key {
        place.key
    } else {
        place.value
    });
    diagnostic.label = finding.label;
    diagnostic.context = finding
        .context
        .map(|(path, label)| (document.place(&path).key, label));
    diagnostic.notes = finding.notes;
    diagnostic.help = finding.help;
    diagnostic
}
