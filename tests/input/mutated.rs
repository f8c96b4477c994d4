//! A good spec with something changed: never a panic, and what the schema lets through is a spec.

use super::bytes::survives;
use crate::generate::{self, source, toml};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use underpin::spec::{Document, Spec, schema};

/// How many changes of each kind.
const CASES: u32 = 96 * crate::FACTOR;

/// Every place of a value, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (key, child) in fields {
                let key = key.replace('~', "~0").replace('/', "~1");
                places(child, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, child) in items.iter().enumerate() {
                places(child, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// What a value is replaced by.
fn other() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![
            json!(0),
            json!(-1),
            json!(i64::MAX),
            json!(i64::MIN),
            json!(1.5),
            json!(1e300),
            json!(true),
            json!(""),
            json!([]),
            json!({}),
            json!([[]]),
            json!([{}]),
            json!({ "": "" }),
            json!({ "0": 1 }),
            json!({ "a/b~": [1] }),
            json!("1.33"),
            json!("10Gi"),
            json!("C"),
            json!("orders"),
            json!("-"),
            json!("ReadWriteOnce"),
            json!("x".repeat(300)),
        ]),
        select(crate::generate::strings::visible().collect::<Vec<_>>()).prop_map(Value::from),
    ]
}

/// The schema and the types say the same; but how many, how long and how large is said by the
/// schema alone.
fn schema_is_serde(text: &str) -> Result<(), TestCaseError> {
    const LIMITS: [&str; 5] = [
        "too small",
        "too large",
        "too long",
        "is empty",
        "holds too much",
    ];
    let Ok(document) = Document::parse(text) else {
        return Ok(());
    };
    let faults = schema::validate(&document);
    let spec = serde_json::from_value::<Spec>(document.to_json());
    let limit = |message: &str| LIMITS.iter().any(|limit| message.contains(limit));
    if faults.is_empty() || !faults.iter().all(|fault| limit(&fault.message)) {
        prop_assert_eq!(
            faults.is_empty(),
            spec.is_ok(),
            "{:?}\n{:?}\n{}",
            faults,
            spec.err(),
            text
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_replaced(spec in generate::spec(), place: Index, other in other()) {
        let mut spec = spec;
        let mut all = Vec::new();
        places(&spec, "", &mut all);
        *spec.pointer_mut(place.get(all.as_slice()).as_str()).unwrap() = other;
        if spec.is_object() {
            let text = toml::text(&spec);
            survives(&source(text.as_str()));
            schema_is_serde(&text)?;
        }
    }

    #[test]
    fn a_key_renamed(spec in generate::spec(), place: Index, name in "[a-z_.\"~/0-9]{0,9}") {
        let mut spec = spec;
        let mut all = Vec::new();
        places(&spec, "", &mut all);
        let tables: Vec<String> = all.into_iter().filter(|place| spec.pointer(place).unwrap().is_object()).collect();
        let table = spec.pointer_mut(place.get(tables.as_slice()).as_str()).unwrap().as_object_mut().unwrap();
        if let Some(key) = table.keys().next().cloned() {
            let value = table.remove(&key).unwrap();
            table.insert(name, value);
        }
        let text = toml::text(&spec);
        survives(&source(text.as_str()));
        schema_is_serde(&text)?;
    }

    #[test]
    fn characters_changed(at: Index, length in 0usize..6, insert in "(\\PC|[\"'=\\[\\]{}.,#\n]){0,4}") {
        let mut characters: Vec<char> = super::GOOD.chars().collect();
        let begin = at.index(characters.len());
        let end = (begin + length).min(characters.len());
        characters.splice(begin..end, insert.chars());
        survives(&source(characters.into_iter().collect::<String>()));
    }
}
