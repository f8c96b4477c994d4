//! What the runbook says of alerts: the guides of those that this database has.

use crate::alerts::{self, anchor};
use crate::model::Model;
use crate::spec::types::Rules;
use serde::Serialize;

/// What the template speaks of as one of `alarms`.
#[derive(Debug, Serialize)]
pub struct Alarm {
    name: &'static str,
    severity: &'static str,
    hold: Option<&'static str>,
    meaning: String,
    steps: Vec<String>,
    chapters: Vec<Chapter>,
}

#[derive(Debug, Serialize)]
struct Chapter {
    title: &'static str,
    anchor: String,
}

/// The alerts of a database, none where the spec wants none. Chapters that this text of its runbook does
/// not have are left out.
pub(super) fn of(model: &Model, runbook: &str) -> Vec<Alarm> {
    if model.monitoring.rules == Rules::None {
        return Vec::new();
    }
    let [name, namespace] = [model.name.to_string(), model.namespace.to_string()];
    let named = |text: &str| {
        text.replace("<name>", &name)
            .replace("<namespace>", &namespace)
    };
    let guides = alerts::guides(model).into_iter();
    guides
        .map(|guide| Alarm {
            name: guide.name,
            severity: guide.severity.label(),
            hold: guide.hold,
            meaning: named(guide.meaning),
            steps: guide.steps.iter().map(|step| named(step)).collect(),
            chapters: guide
                .chapters
                .iter()
                .filter(|title| runbook.contains(&format!("\n## {title}\n")))
                .map(|title| Chapter {
                    title,
                    anchor: anchor(title),
                })
                .collect(),
        })
        .collect()
}
