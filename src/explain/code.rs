//! The codes: faults of form, rules of a spec, and promises of rendered YAML, as one list.

use super::page::Page;
use crate::audit;
use crate::diagnostic::Severity;
use crate::spec;
use crate::together;
use crate::validate::rules;

/// What a code stands for.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// Such as `UP0002`.
    pub code: &'static str,
    /// The fault, or the promise, in a few words.
    pub title: &'static str,
    /// In Markdown.
    pub text: &'static str,
    /// What shows the fault; empty where an example would be too long.
    pub bad: &'static str,
    /// The same, mended.
    pub good: &'static str,
    /// Who finds it.
    pub family: Family,
    /// Whether it stops the build; not known of an audit's rules, which decide it case by case.
    pub severity: Option<Severity>,
}

/// Who finds what a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// The reader: the form of a spec.
    Form,
    /// The rules: the meaning of a spec.
    Spec,
    /// The audit: rendered YAML.
    Audit,
}

/// Every code, in order.
pub fn all() -> Vec<Code> {
    let spec = |explanation: &crate::diagnostic::Explanation, family, severity| Code {
        code: explanation.code,
        title: explanation.title,
        text: explanation.text,
        bad: explanation.bad,
        good: explanation.good,
        family,
        severity: Some(severity),
    };
    let form = spec::EXPLANATIONS
        .iter()
        .map(|explanation| spec(explanation, Family::Form, Severity::Error));
    let rules = rules::RULES
        .iter()
        .map(|rule| spec(&rule.explanation, Family::Spec, rule.severity));
    let several = together::EXPLANATIONS
        .iter()
        .map(|explanation| spec(explanation, Family::Spec, Severity::Error));
    let audit = audit::rules::RULES.iter().map(|rule| Code {
        code: rule.code,
        title: rule.summary,
        text: rule.documentation,
        bad: rule.bad,
        good: rule.good,
        family: Family::Audit,
        severity: None,
    });
    let mut codes: Vec<Code> = form.chain(rules).chain(several).chain(audit).collect();
    codes.sort_by_key(|code| code.code);
    codes
}

/// The code of that name, however it is written.
pub fn find(name: &str) -> Option<Code> {
    all()
        .into_iter()
        .find(|code| code.code.eq_ignore_ascii_case(name))
}

impl Code {
    /// All that is known of it.
    pub fn page(&self) -> Page {
        let page = Page::new(format!("{}: {}", self.code, self.title));
        let page = match self.severity {
            Some(Severity::Error) => page.fact("severity", "error: nothing is written"),
            Some(Severity::Warning) => {
                page.fact("severity", "warning: the output is written all the same")
            }
            None => page.fact(
                "checked",
                "in rendered YAML, by `underpin audit` and by each build of its own output",
            ),
        };
        let language = if self.family == Family::Audit {
            "yaml"
        } else {
            "toml"
        };
        page.text(self.text.trim())
            .code(language, "Refused", self.bad)
            .code(language, "Right", self.good)
    }
}
