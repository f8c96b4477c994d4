//! Objects in, findings out: whether rendered YAML keeps what Underpin promises.
//!
//! Runs on our own objects before anything is written, and on the output of an overlay, which may
//! hold other people's objects too: of those only what endangers ours is a finding, and kinds
//! that are not known here are passed over. Pure, and whatever the objects hold, it answers.

pub mod context;
pub mod hash;
pub mod quantity;
pub mod read;
pub mod rules;
pub mod scanners;
pub mod seal;
pub mod select;

use crate::diagnostic::Severity;
use context::Context;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One Kubernetes object, and where it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'v> {
    /// The file, or `file#2` for the second document of one.
    pub origin: String,
    /// What it holds: our own objects are looked at where they are.
    pub value: Cow<'v, Value>,
}

/// A promise that an object does not keep.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The rule's code, as `UP0901`.
    pub code: &'static str,
    /// Whether the audit fails for it.
    pub severity: Severity,
    /// The object, as `StatefulSet shop/orders`.
    pub object: String,
    /// Where the object was read.
    pub origin: String,
    /// The field, as `spec.template.spec.containers[0].securityContext`.
    pub path: String,
    /// What is wrong: a lowercase phrase.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Finding {
    /// The same finding, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Everything that the rules find in `objects`, in the order of the objects.
pub fn audit(objects: &[Object<'_>]) -> Vec<Finding> {
    let context = Context::new(objects);
    let mut findings: Vec<Finding> = rules::RULES
        .iter()
        .flat_map(|rule| (rule.check)(&context))
        .collect();
    if findings.is_empty() {
        return findings;
    }
    let mut order = BTreeMap::new();
    for (index, item) in context.items.iter().enumerate() {
        order
            .entry((item.object.origin.clone(), item.title()))
            .or_insert(index);
    }
    findings.sort_by_cached_key(|finding| {
        let place = (finding.origin.clone(), finding.object.clone());
        (order.get(&place).copied(), finding.clone())
    });
    findings.dedup();
    findings
}
