//! Label selectors, as the API server evaluates them.

use super::context::{list, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// The strings of a map; what is no string is left out.
pub fn labels(map: &Value) -> BTreeMap<&str, &str> {
    map.as_object()
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}

/// Whether a selector (`matchLabels`, `matchExpressions`) selects something with these labels.
/// An empty one selects everything.
pub fn matches(selector: &Value, of: &BTreeMap<&str, &str>) -> bool {
    matches_map(&selector["matchLabels"], of)
        && list(&selector["matchExpressions"]).all(|expression| {
            let value = of.get(text(&expression["key"]));
            let listed =
                || value.is_some_and(|value| list(&expression["values"]).any(|one| one == value));
            match text(&expression["operator"]) {
                "In" => listed(),
                "NotIn" => !listed(),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

/// Whether a plain map of labels, as in a Service, selects something with these labels.
pub fn matches_map(selector: &Value, of: &BTreeMap<&str, &str>) -> bool {
    selector
        .as_object()
        .into_iter()
        .flatten()
        .all(|(key, value)| {
            let label = of.get(key.as_str());
            label.is_some() && label.copied() == value.as_str()
        })
}

/// Whether a selector asks for nothing, and so selects everything.
pub fn is_empty(selector: &Value) -> bool {
    labels(&selector["matchLabels"]).is_empty()
        && list(&selector["matchExpressions"]).next().is_none()
}

/// The keys that a selector (`matchLabels`, `matchExpressions`) asks for.
pub fn keys(selector: &Value) -> Vec<&str> {
    labels(&selector["matchLabels"])
        .into_keys()
        .chain(list(&selector["matchExpressions"]).map(|expression| text(&expression["key"])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selects_as_the_api_server_does() {
        let of = BTreeMap::from([("app", "api"), ("tier", "web")]);
        let expression = |operator: &str, key: &str, values: &[&str]| {
            matches(
                &json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]}),
                &of,
            )
        };
        assert!(matches(&json!({"matchLabels": {"app": "api"}}), &of));
        assert!(!matches(&json!({"matchLabels": {"app": "x"}}), &of));
        assert!(!matches(&json!({"matchLabels": {"app": 1}}), &of));
        assert!(matches(&json!({}), &of));
        assert!(expression("In", "app", &["x", "api"]));
        assert!(!expression("In", "none", &["x"]));
        assert!(expression("NotIn", "none", &["x"]));
        assert!(!expression("NotIn", "app", &["api"]));
        assert!(expression("Exists", "app", &[]));
        assert!(expression("DoesNotExist", "none", &[]));
        assert!(!expression("Like", "app", &["api"]));
    }
}
