//! The evaluator, on policies whose meaning Kubernetes' documentation states.

use super::evaluate::{End, Pod, contains, reaches};
use serde_json::{Value, json};
use std::slice::from_ref;

fn pod(namespace: &str, app: &str) -> End {
    End {
        address: "10.1.0.1".parse().unwrap(),
        pod: Some(Pod {
            namespace: namespace.into(),
            labels: [("app".to_owned(), app.to_owned())].into(),
        }),
    }
}

fn outside(address: &str) -> End {
    End {
        address: address.parse().unwrap(),
        pod: None,
    }
}

fn policy(app: &str, spec: &Value) -> Value {
    let mut policy = json!({ "metadata": { "namespace": "a" }, "spec": spec });
    policy["spec"]["podSelector"] = json!({ "matchLabels": { "app": app } });
    policy
}

#[test]
fn a_pod_that_no_policy_selects_is_open() {
    let policies = [policy("db", &json!({ "policyTypes": ["Ingress"] }))];
    assert!(reaches(&policies, &pod("a", "x"), &pod("a", "y"), "TCP", 1));
    assert!(reaches(
        &policies,
        &pod("a", "x"),
        &pod("b", "db"),
        "TCP",
        1
    ));
    assert!(!reaches(
        &policies,
        &pod("a", "x"),
        &pod("a", "db"),
        "TCP",
        1
    ));
    assert!(reaches(
        &policies,
        &pod("a", "db"),
        &pod("a", "x"),
        "TCP",
        1
    ));
}

#[test]
fn both_ends_must_let_it_through() {
    let api = json!({ "podSelector": { "matchLabels": { "app": "api" } } });
    let ingress = policy("db", &json!({ "ingress": [{ "from": [api] }] }));
    let egress = policy(
        "api",
        &json!({ "policyTypes": ["Egress"], "egress": [{ "ports": [{ "port": 53, "protocol": "UDP" }] }] }),
    );
    let (from, to) = (pod("a", "api"), pod("a", "db"));
    assert!(reaches(from_ref(&ingress), &from, &to, "TCP", 5432));
    assert!(!reaches(
        &[ingress, egress.clone()],
        &from,
        &to,
        "TCP",
        5432
    ));
    assert!(reaches(from_ref(&egress), &from, &to, "UDP", 53));
    assert!(!reaches(&[egress], &from, &to, "TCP", 53));
}

/// The difference of one dash in YAML.
#[test]
fn selectors_of_one_peer_are_both_asked_and_peers_are_alternatives() {
    let namespace =
        json!({ "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "b" } } });
    let labels = json!({ "podSelector": { "matchExpressions": [{ "key": "app", "operator": "In", "values": ["api"] }] } });
    let mut one = namespace.clone();
    one["podSelector"] = labels["podSelector"].clone();
    let both = [policy("db", &json!({ "ingress": [{ "from": [one] }] }))];
    let either = [policy(
        "db",
        &json!({ "ingress": [{ "from": [namespace, labels] }] }),
    )];
    let to = pod("a", "db");
    for (from, in_both, in_either) in [
        (pod("b", "api"), true, true),
        (pod("b", "x"), false, true),
        (pod("a", "api"), false, true),
        (pod("c", "api"), false, false),
    ] {
        assert_eq!(reaches(&both, &from, &to, "TCP", 1), in_both, "{from:?}");
        assert_eq!(
            reaches(&either, &from, &to, "TCP", 1),
            in_either,
            "{from:?}"
        );
    }
}

#[test]
fn blocks_have_exceptions_and_ports_have_ranges() {
    let policies = [policy(
        "db",
        &json!({ "policyTypes": ["Egress"], "egress": [
        { "to": [{ "ipBlock": { "cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"] } }], "ports": [{ "port": 80, "endPort": 90 }] },
    ] }),
    )];
    let from = pod("a", "db");
    let to = |address, port| reaches(&policies, &from, &outside(address), "TCP", port);
    assert!(to("11.0.0.0", 80) && to("9.255.255.255", 90));
    assert!(
        !to("10.0.0.1", 80) && !to("11.0.0.0", 91) && !to("11.0.0.0", 79) && !to("2001:db8::1", 80)
    );
    assert!(contains("fc00::/7", "fdff::1".parse().unwrap()));
    assert!(!contains("fc00::/7", "fe00::1".parse().unwrap()));
    assert!(contains("10.1.2.3/32", "10.1.2.3".parse().unwrap()));
}
