//! The same spec, the same bytes: whatever the order of its keys, the ends of its lines, and the
//! machine that it is compiled on.

mod machine;

use crate::generate::{self, compiled, source, toml};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::hash::{DefaultHasher, Hash, Hasher};
use underpin::emit::Tree;

/// How many specs are shuffled.
const CASES: u32 = 24 * crate::FACTOR;

fn tree(text: String) -> Tree {
    compiled(&source(text)).tree
}

/// The same tables with their keys in another order; lists stay as they are.
fn shuffled(value: &Value, order: u64) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
            fields.sort_by_key(|(key, _)| {
                let mut hasher = DefaultHasher::new();
                (key, order).hash(&mut hasher);
                hasher.finish()
            });
            let fields = fields
                .into_iter()
                .map(|(key, value)| (key.clone(), shuffled(value, order)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(|item| shuffled(item, order)).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_keys_has_no_meaning(spec in generate::spec(), order: u64) {
        let other = shuffled(&spec, order);
        prop_assert_eq!(tree(toml::text(&spec)), tree(toml::text(&other)));
    }
}

#[test]
fn shuffling_shuffles() {
    let spec = serde_json::json!({ "a": 1, "b": 2, "c": 3 });
    let texts: std::collections::BTreeSet<String> = (0..50)
        .map(|order| toml::text(&shuffled(&spec, order)))
        .collect();
    assert!(texts.len() > 1, "{texts:?}");
}

#[test]
fn the_ends_of_lines_have_no_meaning() {
    for spec in generate::committed() {
        let text = spec.text.replace("\r\n", "\n");
        assert_eq!(tree(text.clone()), tree(text.replace('\n', "\r\n")));
        assert_eq!(tree(text.clone()), tree(text.trim_end().to_owned()));
    }
}
