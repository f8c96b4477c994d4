//! Tests of promtool's files: each number, duration, comparison and label value of every rule is changed
//! alone, and some file of promtool must say so.

use crate::alerts::{files, models};
use crate::tools;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use underpin::alerts;

/// A change of the rules of one spec.
struct Mutant {
    spec: &'static str,
    rules: Value,
    /// What was changed, in words.
    what: String,
    /// The alerts whose files must see it.
    alerts: Vec<String>,
}

/// How far back a record or a trend looks, which only days of series would show.
const UNSEEN: &[&str] = &["[3h])", "[3d], 345600", "[15d], 604800"];
/// A hold of minutes, in a file that must step by hours: a month of minutes would take minutes.
const HELD: &str = "PostgresDrillMissed: 5m -> 10m";
/// Its count fades over weeks: a file that saw every change of it would take minutes.
const SLOW: &str = "PostgresBackupsOftenMissed";

#[test]
fn every_change_of_a_rule_is_seen() {
    let files = files();
    let mutants = mutants();
    assert!(mutants.len() > 200, "{}", mutants.len());
    let next = AtomicUsize::new(0);
    let survivors = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(mutant) = mutants.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !seen(mutant, &files) {
                        survivors.lock().unwrap().push(mutant.what.clone());
                    }
                }
            });
        }
    });
    let survivors = survivors.into_inner().unwrap();
    assert!(
        survivors.is_empty(),
        "{} of {} changes are seen by no test:\n{}",
        survivors.len(),
        mutants.len(),
        survivors.join("\n")
    );
}

fn seen(mutant: &Mutant, files: &BTreeMap<String, String>) -> bool {
    let place = tempfile::tempdir().unwrap();
    let rules = needed(mutant.rules.clone(), &mutant.alerts).to_string();
    let path = place.path().join(format!("{}.rules.yaml", mutant.spec));
    std::fs::write(path, rules).unwrap();
    let mut command = tools::promtool();
    command.current_dir(place.path()).args(["test", "rules"]);
    for alert in &mutant.alerts {
        let file = format!("{alert}.yaml");
        std::fs::write(place.path().join(&file), &files[alert]).unwrap();
        command.arg(file);
    }
    !tools::run(&mut command).status.success()
}

/// The rules of some alerts and what they read: the others would only take time.
fn needed(mut rules: Value, alerts: &[String]) -> Value {
    let read: String = places(&rules)
        .into_iter()
        .map(|(group, rule)| &rules["groups"][group]["rules"][rule])
        .filter(|rule| alerts.iter().any(|alert| rule["alert"] == **alert))
        .map(|rule| rule["expr"].as_str().unwrap())
        .collect();
    for group in rules["groups"].as_array_mut().unwrap() {
        group["rules"].as_array_mut().unwrap().retain(|rule| {
            alerts.iter().any(|alert| rule["alert"] == **alert)
                || rule["record"]
                    .as_str()
                    .is_some_and(|name| read.contains(name))
        });
    }
    rules
}

fn mutants() -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (spec, model) in models() {
        let rules = alerts::value(&alerts::groups(&model));
        for (group, rule) in places(&rules) {
            let at = format!("/groups/{group}/rules/{rule}");
            let alerts = readers(&rules, &at);
            // The second spec is there for that alert alone.
            if spec == "ledger" || alerts.iter().any(|alert| alert == SLOW) {
                continue;
            }
            for (field, text) in changes(rules.pointer(&at).unwrap()) {
                let mut rules = rules.clone();
                let pointer = format!("{at}{field}");
                let before = rules.pointer(&pointer).unwrap().clone();
                let what = format!(
                    "{spec}, {}: {}",
                    alerts.join(" "),
                    differing(&before, &text)
                );
                *rules.pointer_mut(&pointer).unwrap() = text.into();
                mutants.push(Mutant {
                    spec,
                    rules,
                    what,
                    alerts: alerts.clone(),
                });
            }
        }
    }
    mutants.retain(|mutant| {
        let beyond = |unseen: &&str| mutant.what.contains(*unseen);
        // A time since 1970 is never between them.
        let same = mutant.what.contains("successful_time") && mutant.what.ends_with("> 1");
        !same && !mutant.what.ends_with(HELD) && !UNSEEN.iter().any(beyond)
    });
    mutants
}

/// The first line that differs, as it was and as it is.
fn differing(before: &Value, after: &str) -> String {
    let before = before.as_str().unwrap();
    let mut pairs = before.lines().zip(after.lines());
    pairs
        .find(|(one, other)| one != other)
        .map_or_else(String::new, |(one, other)| {
            format!("{} -> {}", one.trim(), other.trim())
        })
}

fn places(rules: &Value) -> Vec<(usize, usize)> {
    let groups = rules["groups"].as_array().unwrap().iter().enumerate();
    groups
        .flat_map(|(group, value)| {
            let count = value["rules"].as_array().unwrap().len();
            (0..count).map(move |rule| (group, rule))
        })
        .collect()
}

/// The alert itself, or those that read the record.
fn readers(rules: &Value, at: &str) -> Vec<String> {
    let rule = rules.pointer(at).unwrap();
    if let Some(alert) = rule["alert"].as_str() {
        return vec![alert.to_owned()];
    }
    let record = rule["record"].as_str().unwrap();
    let label = rule["labels"]["persistentvolumeclaim"]
        .as_str()
        .unwrap_or_default();
    let all = places(rules).into_iter();
    all.map(|(group, rule)| &rules["groups"][group]["rules"][rule])
        .filter(|other| {
            let expr = other["expr"].as_str().unwrap();
            expr.contains(record) && expr.contains(label)
        })
        .filter_map(|other| other["alert"].as_str().map(str::to_owned))
        .collect()
}

/// Every change of a rule: where, and what stands there then.
fn changes(rule: &Value) -> Vec<(String, String)> {
    let mut changes = Vec::new();
    let mut add = |field: &str, text: String| changes.push((field.to_owned(), text));
    for text in of_expression(rule["expr"].as_str().unwrap()) {
        add("/expr", text);
    }
    if let Some(hold) = rule["for"].as_str() {
        let (number, unit) = hold.split_at(hold.len() - 1);
        let number: u32 = number.parse().unwrap();
        add("/for", format!("{}{unit}", number * 2));
        add("/for", "0s".to_owned());
    }
    for label in rule["labels"].as_object().unwrap().keys() {
        add(&format!("/labels/{label}"), "mutant".to_owned());
    }
    changes
}

fn of_expression(expr: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    let replaced = |range: std::ops::Range<usize>, by: &str| {
        format!("{}{by}{}", &expr[..range.start], &expr[range.end..])
    };
    while let Some(rest) = expr.get(at..).filter(|rest| !rest.is_empty()) {
        let length = if rest.starts_with('#') {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(text) = rest.strip_prefix('"') {
            let length = text.find('"').unwrap() + 2;
            found.push(replaced(at..at + length, "\"mutant\""));
            length
        } else if rest.starts_with(|c: char| c.is_ascii_digit()) {
            let end = |c: char| !c.is_ascii_digit() && c != '.';
            let length = rest.find(end).unwrap_or(rest.len());
            let number: f64 = rest[..length].parse().unwrap();
            found.push(replaced(
                at..at + length,
                &format!("{}", number * 2.0 + 1.0),
            ));
            length
        } else if let Some((sign, other)) = comparison(rest) {
            found.push(replaced(at..at + sign.len(), other));
            sign.len()
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            let end = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':';
            rest.find(end).unwrap_or(rest.len())
        } else {
            1
        };
        at += length;
    }
    found
}

fn comparison(rest: &str) -> Option<(&'static str, &'static str)> {
    [("== ", "!= "), ("> ", "<= "), ("< ", ">= ")]
        .into_iter()
        .find(|(sign, _)| rest.starts_with(sign))
}
