//! What Kubernetes makes of `$(NAME)` in the value of a variable, after its own code
//! (<https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go>).

use std::collections::BTreeMap;

/// A value as the container gets it, when these variables stand before it.
pub fn expand(value: &str, before: &BTreeMap<String, String>) -> String {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if after.is_empty() {
            // An operator at the very end is text.
            rest = &rest[at..];
            break;
        }
        if let Some(literal) = after.strip_prefix('$') {
            expanded.push('$');
            rest = literal;
        } else if let Some((name, beyond)) = after
            .strip_prefix('(')
            .and_then(|name| name.split_once(')'))
        {
            match before.get(name) {
                Some(known) => expanded.push_str(known),
                None => expanded.extend(["$(", name, ")"]),
            }
            rest = beyond;
        } else {
            expanded.push('$');
            rest = after;
        }
    }
    expanded + rest
}

#[test]
fn table() {
    let before = BTreeMap::from([("A".to_owned(), "x".to_owned())]);
    for (value, expected) in [
        ("", ""),
        ("$(A)", "x"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$x"),
        ("$$$$(A)", "$$(A)"),
        ("$(B)$(A)", "$(B)x"),
        ("$(A", "$(A"),
        ("$A", "$A"),
        ("a$", "a$"),
        ("$$", "$"),
        ("$()", "$()"),
    ] {
        assert_eq!(expand(value, &before), expected, "{value}");
    }
}
