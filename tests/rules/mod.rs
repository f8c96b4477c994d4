//! The codes as they are explained: every example shows its fault and no other, and no code is
//! without its explanation.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use toml::{Table, Value};
use underpin::compile::compile;
use underpin::explain::{Code, Family, codes};
use underpin::source::Source;
use walkdir::WalkDir;

const MINIMAL: &str = include_str!("../../specs/minimal/database.toml");

/// Of these no example is short enough to print.
const WITHOUT_EXAMPLE: [&str; 4] = ["UP0008", "UP0104", "UP0108", "UP0508"];

/// The example added to the five lines: tables are merged, all else is replaced.
fn merged(example: &str) -> String {
    let mut spec: Table = toml::from_str(MINIMAL).unwrap();
    match toml::from_str::<Table>(example) {
        Ok(example) => {
            if example.contains_key("neon") {
                // Of the five lines those that are not of a server.
                spec.retain(|key, _| key == "name" || key == "namespace");
            }
            merge(&mut spec, example);
        }
        // Not TOML, which is what it shows.
        Err(_) => return example.into(),
    }
    toml::to_string(&spec).unwrap()
}

fn merge(spec: &mut Table, example: Table) {
    for (key, value) in example {
        match (spec.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                spec.insert(key, value);
            }
        }
    }
}

fn found(example: &str) -> BTreeSet<&'static str> {
    let compilation = compile(&Source {
        path: "database.toml".into(),
        text: merged(example),
    });
    compilation
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect()
}

/// What is wrong comes with what to write.
#[test]
fn every_fault_says_what_to_write() {
    let mut without = Vec::new();
    for code in of_specs() {
        let compilation = compile(&Source {
            path: "database.toml".into(),
            text: merged(code.bad),
        });
        let mut silent = compilation.diagnostics.iter();
        if let Some(diagnostic) = silent.find(|diagnostic| diagnostic.help.is_none()) {
            without.push(format!("{}: {}", code.code, diagnostic.message));
        }
    }
    assert!(without.is_empty(), "{}", without.join("\n"));
}

fn of_specs() -> impl Iterator<Item = Code> {
    codes()
        .into_iter()
        .filter(|code| code.family != Family::Audit)
}

#[test]
fn every_example_shows_its_fault_and_no_other() {
    let mut wrong = Vec::new();
    for code in of_specs().filter(|code| !WITHOUT_EXAMPLE.contains(&code.code)) {
        let (bad, good) = (found(code.bad), found(code.good));
        if bad != BTreeSet::from([code.code]) || !good.is_empty() {
            wrong.push(format!(
                "{}: bad gives {bad:?}, good gives {good:?}",
                code.code
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_is_explained() {
    for code in codes() {
        assert!(
            code.title.len() > 5 && code.text.len() > 40,
            "{}",
            code.code
        );
        assert!(!code.title.ends_with('.'), "{}: {}", code.code, code.title);
        let examples = !code.bad.is_empty() && !code.good.is_empty();
        let expected = code.family == Family::Audit || !WITHOUT_EXAMPLE.contains(&code.code);
        assert!(
            !expected || examples || code.family == Family::Audit,
            "{}",
            code.code
        );
    }
}

#[test]
fn codes_are_given_once_and_in_order() {
    let sorted = |codes: &[&str]| codes.windows(2).all(|pair| pair[0] < pair[1]);
    let form: Vec<_> = underpin::spec::EXPLANATIONS
        .iter()
        .map(|explanation| explanation.code)
        .collect();
    let rules: Vec<_> = underpin::validate::rules::RULES
        .iter()
        .map(|rule| rule.explanation.code)
        .collect();
    let audit: Vec<_> = underpin::audit::rules::RULES
        .iter()
        .map(|rule| rule.code)
        .collect();
    let all: Vec<_> = codes().iter().map(|code| code.code).collect();
    for codes in [form, rules, audit, all] {
        assert!(sorted(&codes), "{codes:?}");
    }
}

#[test]
fn every_code_in_the_source_is_explained() {
    let known: BTreeSet<&str> = codes().iter().map(|code| code.code).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = BTreeSet::new();
    for entry in WalkDir::new(root)
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().is_file())
    {
        let Ok(text) = fs::read_to_string(entry.path()) else {
            continue;
        };
        for (at, _) in text.match_indices("UP") {
            let Some(code) = text
                .get(at..at + 6)
                .filter(|code| code[2..].bytes().all(|byte| byte.is_ascii_digit()))
            else {
                continue;
            };
            assert!(known.contains(code), "{code} in {}", entry.path().display());
            seen.insert(code.to_owned());
        }
    }
    assert_eq!(seen.len(), known.len());
}

/// All spec rules exist for a reader of the list: the number here is a reminder that a rule's file
/// is in the table too.
#[test]
fn every_rule_file_is_in_the_table() {
    for (folder, table) in [
        ("src/validate/rules", underpin::validate::rules::RULES.len()),
        ("src/audit/rules", underpin::audit::rules::RULES.len()),
    ] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let rules = fs::read_dir(root)
            .unwrap()
            .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
            .map(|text| text.matches(": Rule = Rule {").count())
            .sum::<usize>();
        assert_eq!(rules, table, "{folder}");
    }
}
