//! `$(VARIABLE)`, fieldRef, secretKeyRef, and nothing in the environment that nobody put there.

use serde_json::json;

use super::{SOON, fail, script, start, succeed};
use crate::kubelet::Cluster;
use crate::kubelet::expand::expand;

#[test]
fn references_are_expanded_as_kubernetes_does() {
    let lookup = |name: &str| match name {
        "A" => Some("a".to_owned()),
        "EMPTY" => Some(String::new()),
        "NESTED" => Some("$(A)".to_owned()),
        _ => None,
    };
    for (input, output) in [
        ("", ""),
        ("plain", "plain"),
        ("$(A)", "a"),
        ("x$(A)y$(A)z", "xayaz"),
        ("$(EMPTY)", ""),
        ("$(UNKNOWN)", "$(UNKNOWN)"),
        ("$()", "$()"),
        ("$(NESTED)", "$(A)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$a"),
        ("$$$$(A)", "$$(A)"),
        ("$$", "$"),
        ("cost: 5$$ or 5$", "cost: 5$ or 5$"),
        ("$(A", "$(A"),
        ("$(A $(A)", "$(A $(A)"),
        ("$A ${A} $", "$A ${A} $"),
        ("$((1 + 2))", "$((1 + 2))"),
        ("ü$(A)ü", "üaü"),
        // Its bytes are taken for characters: a name from a spec needs `$$` here as well.
        ("$ü", "$Ã\u{fffd}"),
    ] {
        assert_eq!(expand(input, lookup), output, "{input}");
    }
}

#[test]
fn a_container_gets_its_environment_and_no_other() {
    let cluster = Cluster::new();
    cluster.secret("s", &[("key", "from $(A) secret")]);
    cluster.config_map("c", &[("key", "from map")]);
    let mut pod = script("");
    pod["spec"]["containers"][0]["command"] = json!(["env", "-0"]);
    pod["spec"]["containers"][0]["env"] = json!([
        { "name": "EARLY", "value": "$(A)" },
        { "name": "A", "value": "a" },
        { "name": "LATE", "value": "$(A)$$(A)$(EARLY)" },
        { "name": "LINES", "value": "1\n2 \"quoted\"" },
        { "name": "SECRET", "valueFrom": { "secretKeyRef": { "name": "s", "key": "key" } } },
        { "name": "MAP", "valueFrom": { "configMapKeyRef": { "name": "c", "key": "key" } } },
        { "name": "GONE", "valueFrom": { "configMapKeyRef": { "name": "c", "key": "x", "optional": true } } },
        { "name": "NAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.name" } } },
        { "name": "NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } },
        { "name": "NODE", "valueFrom": { "fieldRef": { "fieldPath": "spec.nodeName" } } },
        { "name": "SERVER", "valueFrom": { "fieldRef": { "fieldPath": "metadata.annotations['a/b']" } } },
        { "name": "LABEL", "valueFrom": { "fieldRef": { "fieldPath": "metadata.labels['app']" } } },
        { "name": "NONE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.labels['x']" } } },
        { "name": "FROM_SECRET", "value": "$(SECRET)" },
    ]);
    let mut variables: Vec<String> = succeed(&cluster, pod)
        .split_terminator('\0')
        .map(str::to_owned)
        .collect();
    variables.sort();
    let path =
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/17/bin";
    assert_eq!(
        variables,
        [
            "A=a",
            "EARLY=$(A)",
            "FROM_SECRET=from $(A) secret",
            "HOME=/var/lib/postgresql",
            "HOSTNAME=p",
            "KUBERNETES_PORT=tcp://10.2.0.1:443",
            "KUBERNETES_SERVICE_HOST=10.2.0.1",
            "KUBERNETES_SERVICE_PORT=443",
            "LABEL=p",
            "LANG=en_US.utf8",
            "LATE=a$(A)$(A)",
            "LINES=1\n2 \"quoted\"",
            "MAP=from map",
            "NAME=p",
            "NAMESPACE=default",
            "NODE=node-0",
            "NONE=",
            &format!("PATH={path}"),
            "PGDATA=/var/lib/postgresql/data",
            "PG_MAJOR=17",
            "SECRET=from $(A) secret",
            "SERVER=orders-direct",
        ]
    );
}

#[test]
fn a_text_with_a_reference_reaches_nobody_unescaped() {
    let cluster = Cluster::new();
    let mut pod = script("[[ $DATABASE == 'pay$$(A)' ]]");
    pod["spec"]["containers"][0]["env"] = json!([
        { "name": "A", "value": "a" },
        { "name": "DATABASE", "value": "pay$(A)" },
    ]);
    fail(&cluster, pod.clone());
    pod["spec"]["containers"][0]["env"][1]["value"] = json!("pay$$(A)");
    succeed(&cluster, pod);
}

#[test]
fn service_links_come_unless_they_are_turned_off() {
    let cluster = Cluster::new();
    cluster.apply_yaml(
        "{kind: Service, metadata: {name: orders-direct}, spec: {selector: {a: b}, ports: [{port: 5432}]}}",
    );
    let mut pod = script("echo ${ORDERS_DIRECT_PORT-none}");
    assert_eq!(succeed(&cluster, pod.clone()), "none\n");
    pod["spec"]["enableServiceLinks"] = json!(true);
    assert!(succeed(&cluster, pod).starts_with("tcp://10.2."));
}

#[test]
fn a_pod_waits_for_the_secret_that_its_environment_names() {
    let cluster = Cluster::new();
    let mut pod = script("echo $PASSWORD");
    pod["spec"]["containers"][0]["env"] = json!([
        { "name": "PASSWORD", "valueFrom": { "secretKeyRef": { "name": "s", "key": "key" } } },
    ]);
    let pod = start(&cluster, pod);
    pod.wait_for_event("secret \"s\" not found", SOON);
    cluster.secret("s", &[("other", "x")]);
    pod.wait_for_event("couldn't find key key in Secret", SOON);
    cluster.secret("s", &[("key", "word")]);
    pod.wait_for_log("word", SOON);
}
