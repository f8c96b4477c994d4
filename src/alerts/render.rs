//! Groups as a rules file, for people to read and Prometheus to load, and as the `spec` of a
//! PrometheusRule.

use super::{Group, Rule};
use serde_json::{Map, Value, json};
use std::fmt::Write;

/// The file. Names and sentences are quoted as in JSON, which YAML reads alike; expressions stand as
/// they are.
pub fn text(groups: &[Group]) -> String {
    let mut text = String::from("groups:\n");
    for group in groups {
        let _ = writeln!(text, "  - name: {}", quoted(&group.name));
        if let Some(comment) = group.comment {
            for line in comment.lines() {
                let _ = writeln!(text, "    # {line}");
            }
        }
        if let Some(interval) = group.interval {
            let _ = writeln!(text, "    interval: {interval}");
        }
        text.push_str("    rules:\n");
        for (number, rule) in group.rules.iter().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            write_rule(&mut text, rule);
        }
    }
    text
}

fn write_rule(text: &mut String, rule: &Rule) {
    let fields = rule.fields();
    for (number, (name, value)) in fields.iter().enumerate() {
        let indent = if number == 0 { "      - " } else { "        " };
        match value {
            Value::Object(map) => {
                let _ = writeln!(text, "{indent}{name}:");
                for (key, value) in map {
                    let _ = writeln!(text, "          {key}: {value}");
                }
            }
            Value::String(lines) if name == "expr" => {
                let _ = writeln!(text, "{indent}{name}: |");
                for line in lines.lines() {
                    let _ = writeln!(text, "          {line}");
                }
            }
            Value::String(word) => {
                let _ = writeln!(text, "{indent}{name}: {word}");
            }
            other => {
                let _ = writeln!(text, "{indent}{name}: {other}");
            }
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The same as JSON.
pub fn value(groups: &[Group]) -> Value {
    let groups: Vec<Value> = groups.iter().map(group).collect();
    json!({ "groups": groups })
}

fn group(group: &Group) -> Value {
    let mut value = Map::from_iter([("name".to_owned(), group.name.clone().into())]);
    if let Some(interval) = group.interval {
        value.insert("interval".into(), interval.into());
    }
    let rules: Vec<Value> = group
        .rules
        .iter()
        .map(|rule| Value::Object(rule.fields()))
        .collect();
    value.insert("rules".into(), rules.into());
    Value::Object(value)
}

impl Rule {
    /// Its fields, as Prometheus names them and in the order in which one reads them.
    fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        let map = |pairs: Vec<(&str, String)>| -> Value {
            let pairs = pairs.into_iter();
            Value::Object(
                pairs
                    .map(|(key, value)| (key.to_owned(), value.into()))
                    .collect(),
            )
        };
        match self {
            Self::Alert(alert) => {
                let guide = alert.guide;
                add("alert", guide.name.into());
                add("expr", format!("{}\n", alert.expr).into());
                if let Some(hold) = guide.hold {
                    add("for", hold.into());
                }
                let severity = ("severity", guide.severity.label().to_owned());
                let labels = std::iter::once(severity).chain(alert.labels.clone());
                add("labels", map(labels.collect()));
                let runbook = format!("RUNBOOK.md#{}", guide.anchor());
                add(
                    "annotations",
                    map(vec![
                        ("summary", alert.summary.clone()),
                        ("runbook", runbook),
                    ]),
                );
            }
            Self::Record(record) => {
                add("record", record.name.into());
                add("expr", format!("{}\n", record.expr).into());
                add("labels", map(record.labels.clone()));
            }
        }
        fields
    }
}
