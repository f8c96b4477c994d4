//! Every rule against its own examples, against a complete set of objects in which nothing is to
//! be found, and against one fault put into that set.

use super::*;
use crate::audit::context::Item;
use crate::audit::{Object, audit, read, seal};
use crate::diagnostic::Severity;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Objects of one database that keep every promise.
const COMPLETE: &str = include_str!("../testdata/complete.yaml");

fn complete() -> Vec<Object<'static>> {
    sealed(read::parse("complete.yaml", COMPLETE).unwrap())
}

/// As if Underpin had emitted them so.
fn sealed(mut objects: Vec<Object<'static>>) -> Vec<Object<'static>> {
    for object in &mut objects {
        if !object.value["metadata"]["labels"].is_null() {
            seal::set(object.value.to_mut());
        }
    }
    objects
}

#[test]
fn codes_ascend() {
    assert!(RULES.is_sorted_by(|one, next| one.code < next.code));
    for rule in RULES {
        assert_eq!(
            find(&rule.code.to_lowercase()).map(|found| found.code),
            Some(rule.code)
        );
        assert!(rule.explain().contains(rule.documentation.trim()));
    }
}

#[test]
fn each_rule_refuses_its_bad_example_and_passes_its_good_one() {
    for rule in RULES {
        let run = |text: &str| {
            let objects = read::parse(rule.code, text).unwrap();
            (rule.check)(&Context::new(&objects))
        };
        assert_eq!(run(rule.good), [], "{}", rule.code);
        if rule.bad.is_empty() {
            // Too long to print: `one_fault_gives_its_code_and_no_other` makes one.
            continue;
        }
        let found = run(rule.bad);
        assert!(
            !found.is_empty(),
            "{} finds nothing in its bad example",
            rule.code
        );
        for finding in found {
            assert_eq!(finding.code, rule.code);
            assert!(
                !finding.path.is_empty() && !finding.message.is_empty(),
                "{finding:?}"
            );
        }
    }
}

#[test]
fn nothing_is_found_in_what_keeps_every_promise() {
    assert_eq!(audit(&complete()), []);
}

/// One fault put into the complete set: the rule, the object, the field (a JSON pointer) and what
/// it becomes.
#[rustfmt::skip]
fn faults() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let pod = |rest: &str| -> &'static str { format!("/spec/template/spec/{rest}").leak() };
    let first = |rest: &str| -> &'static str { format!("/spec/template/spec/containers/0/{rest}").leak() };
    vec![
        ("UP0901", "StatefulSet shop/orders", pod("hostIPC"), json!(true)),
        ("UP0901", "StatefulSet shop/orders", pod("shareProcessNamespace"), json!(true)),
        ("UP0901", "StatefulSet shop/orders", first("lifecycle"), json!({"preStop": {"httpGet": {"host": "a", "port": 1}}})),
        ("UP0902", "StatefulSet shop/orders", first("securityContext/capabilities/drop"), json!(["all"])),
        ("UP0903", "StatefulSet shop/orders", pod("securityContext/runAsNonRoot"), Value::Null),
        ("UP0903", "StatefulSet shop/orders", pod("securityContext/runAsGroup"), json!(0)),
        ("UP0903", "StatefulSet shop/orders", pod("securityContext/supplementalGroups"), json!([5, 0])),
        ("UP0904", "StatefulSet shop/orders", pod("securityContext/seccompProfile"), Value::Null),
        ("UP0904", "StatefulSet shop/orders", "/spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1postgresql", json!("unconfined")),
        ("UP0905", "StatefulSet shop/orders", pod("volumes/2/nfs"), json!({"server": "a"})),
        ("UP0906", "StatefulSet shop/orders", first("securityContext/readOnlyRootFilesystem"), json!(false)),
        ("UP0907", "StatefulSet shop/orders", pod("enableServiceLinks"), Value::Null),
        ("UP0907", "ServiceAccount shop/orders-server", "/automountServiceAccountToken", json!(true)),
        ("UP0908", "StatefulSet shop/orders", first("resources/requests/memory"), Value::Null),
        ("UP0909", "StatefulSet shop/orders", first("image"), json!("postgres:latest")),
        ("UP0909", "StatefulSet shop/orders", first("image"), json!("postgres:17@sha256:abc")),
        ("UP0910", "StatefulSet shop/orders", pod("volumes/3/emptyDir/sizeLimit"), json!("4Gi")),
        ("UP0910", "StatefulSet shop/orders", pod("volumes/2/emptyDir/sizeLimit"), Value::Null),
        ("UP0911", "StatefulSet shop/orders", first("startupProbe"), Value::Null),
        ("UP0920", "ConfigMap shop/orders-server-scripts", "/data/set-superuser", Value::Null),
        ("UP0920", "StatefulSet shop/orders", pod("serviceAccountName"), json!("orders")),
        ("UP0920", "StatefulSet shop/orders", pod("volumes/0/persistentVolumeClaim/claimName"), json!("data")),
        ("UP0920", "ExternalSecret shop/orders-postgres", "/spec/target/name", json!("eu-orders-postgres")),
        ("UP0920", "ExternalSecret shop/orders-postgres", "/spec/data/0/secretKey", json!("password")),
        ("UP0921", "StatefulSet shop/orders", first("volumeMounts/2/mountPath"), json!("/dev/shm")),
        ("UP0921", "StatefulSet shop/orders", first("volumeMounts/1/name"), json!("socket")),
        ("UP0922", "StatefulSet shop/orders", "/spec/template/metadata/annotations", Value::Null),
        ("UP0922", "Job shop/orders-bootstrap-0123456789", "/spec/template/metadata/annotations/underpin~1server", json!("orders-x")),
        ("UP0922", "Job shop/orders-bootstrap-0123456789", "/spec/template/metadata/annotations/underpin~1stateful-set", json!("orders-x")),
        ("UP0923", "StatefulSet shop/orders", "/spec/serviceName", json!("orders")),
        ("UP0924", "PersistentVolume shop-orders-data", "/spec/claimRef/uid", json!("1")),
        ("UP0924", "PersistentVolume shop-orders-data", "/spec/capacity/storage", json!("5Gi")),
        ("UP0924", "PersistentVolumeClaim shop/orders-data", "/spec/storageClassName", Value::Null),
        ("UP0924", "PersistentVolumeClaim shop/orders-data", "/spec/accessModes", json!(["ReadWriteMany"])),
        ("UP0925", "ConfigMap shop/orders-settings", "/data/tls.key", json!("-----BEGIN PRIVATE KEY-----")),
        ("UP0925", "ConfigMap shop/orders-settings", "/data/admin-password", json!("x")),
        ("UP0925", "StatefulSet shop/orders", first("env"), json!([{"name": "API_TOKEN", "value": "hunter2"}])),
        ("UP0928", "StatefulSet shop/orders", first("env"), json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "a"}}}])),
        ("UP0928", "StatefulSet shop/orders", first("envFrom"), json!([{"secretRef": {"name": "a"}}])),
        ("UP0927", "PersistentVolume shop-orders-data", "/metadata/annotations/underpin~1claim", json!("shop/base-orders-data")),
        ("UP0930", "StatefulSet shop/orders", "/spec/selector", json!({"matchLabels": {"underpin/workload": "x"}})),
        ("UP0931", "Service shop/orders", "/spec/selector", json!({"underpin/workload": "x"})),
        ("UP0932", "NetworkPolicy shop/orders-server", "/spec/policyTypes", json!(["Ingress"])),
        ("UP0933", "NetworkPolicy shop/orders-server", "/spec/ingress/0/from/1/podSelector", json!({})),
        ("UP0933", "NetworkPolicy shop/orders-server", "/spec/ingress/0/from/2/namespaceSelector/matchLabels/kubernetes.io~1metadata.name", json!("shop")),
        ("UP0933", "NetworkPolicy shop/orders-bootstrap", "/spec/egress/1/to", Value::Null),
        ("UP0934", "NetworkPolicy shop/orders-server", "/spec/ingress/0/ports/0/port", json!(5433)),
        ("UP0934", "NetworkPolicy shop/orders-bootstrap", "/spec/egress/0/ports/0/protocol", json!("UDP")),
        ("UP0935", "PodDisruptionBudget shop/orders", "/spec/selector/matchLabels/app.kubernetes.io~1instance", json!("orders")),
        ("UP0937", "PodDisruptionBudget shop/orders", "/spec/maxUnavailable", json!(0)),
        ("UP0937", "PodDisruptionBudget shop/orders", "/metadata/labels", Value::Null),
        ("UP0938", "Service shop/orders", "/spec/type", json!("NodePort")),
        ("UP0938", "Service shop/orders", "/spec/externalIPs", json!(["192.0.2.1"])),
        ("UP0941", "StatefulSet shop/orders", "/spec/template/metadata/labels/team", json!("-x")),
        ("UP0943", "ConfigMap shop/orders-settings", "/data/x", json!("x".repeat(205_000))),
        ("UP0950", "Job shop/orders-bootstrap-0123456789", first("image"), json!("mirror.example/postgres:17.12-bookworm")),
        ("UP0951", "CronJob shop/orders-bootstrap", "/spec/concurrencyPolicy", json!("Replace")),
        ("UP0951", "CronJob shop/orders-bootstrap", "/spec/suspend", json!(false)),
        ("UP0952", "StatefulSet shop/orders", first("command"), json!(["$(id)"])),
        ("UP0954", "StatefulSet shop/orders", first("command"), json!(["postgres"])),
        ("UP0954", "StatefulSet shop/orders", first("args"), json!(["-c", "fsync=off"])),
        ("UP0954", "StatefulSet shop/orders", first("lifecycle"), json!({"postStart": {"exec": {"command": ["x"]}}})),
        ("UP0954", "StatefulSet shop/orders", first("env/0/value"), json!("/tmp")),
        ("UP0954", "StatefulSet shop/orders", first("volumeMounts/6/mountPath"), json!("/elsewhere")),
        ("UP0954", "StatefulSet shop/orders", pod("volumes/6/secret/items/0/path"), json!("x")),
        ("UP0954", "StatefulSet shop/orders", first("startupProbe/exec/command"), json!(["true"])),
        ("UP0954", "StatefulSet shop/orders", pod("securityContext/runAsUser"), json!(70)),
        ("UP0954", "ConfigMap shop/orders-settings", "/data/pg_hba.conf", json!("host all all all trust")),
        ("UP0954", "ConfigMap shop/orders-server-scripts", "/data/start.sh", json!("exec postgres -F")),
        ("UP0954", "ConfigMap shop/orders-settings", "/metadata/annotations", Value::Null),
        ("UP0953", "Job shop/orders-bootstrap-0123456789", "/spec/podFailurePolicy/rules/1/onPodConditions/0/status", Value::Null),
    ]
}

/// Sets the field at `pointer`, making the maps on the way to it.
fn set(value: &mut Value, pointer: &str, to: Value) {
    let mut at = value;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/");
        at = match key.parse::<usize>() {
            Ok(index) if at.is_array() => &mut at[index],
            _ => &mut at[key],
        };
    }
    *at = to;
}

#[test]
fn one_fault_gives_its_code_and_no_other() {
    let objects = complete();
    let context = Context::new(&objects);
    let titles: Vec<String> = context.items.iter().map(Item::title).collect();
    for (code, title, pointer, to) in faults() {
        let mut faulty = objects.clone();
        let index = titles.iter().position(|one| one == title).unwrap();
        set(faulty[index].value.to_mut(), pointer, to);
        if code != "UP0954" {
            faulty = sealed(faulty);
        }
        let found: std::collections::BTreeSet<_> = audit(&faulty)
            .into_iter()
            .map(|finding| finding.code)
            .collect();
        assert_eq!(found, [code].into(), "{title} {pointer}");
    }
}

/// Objects added to the complete set, and the codes that are found then.
const ADDED: &[(&[&str], &str)] = &[
    (
        &[],
        "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: x, namespace: shop}, spec: 1}",
    ),
    (
        &[],
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny, namespace: shop}, spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}",
    ),
    (
        &["UP0932"],
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: allow, namespace: shop}, spec: {podSelector: {}, ingress: [{}]}}",
    ),
    (
        &[],
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop}, spec: {template: {metadata: {labels: {app: api}}, spec: {hostNetwork: true, containers: [{name: a}]}}}}",
    ),
    (
        &["UP0913"],
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: view}, roleRef: {kind: ClusterRole, name: view}, subjects: [{kind: User, name: orders-server}, {kind: ServiceAccount, namespace: shop, name: orders-server}]}",
    ),
    (
        &[],
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: view, namespace: bi}, roleRef: {kind: ClusterRole, name: view}, subjects: [{kind: ServiceAccount, name: orders-server}]}",
    ),
    (
        &["UP0913"],
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: x, namespace: shop, labels: {app.kubernetes.io/managed-by: underpin}}, rules: []}",
    ),
    (
        &["UP0938"],
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: shop}, spec: {type: LoadBalancer, selector: {underpin/workload: orders-server}}}",
    ),
    (
        &["UP0938"],
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: shop}, spec: {externalIPs: [192.0.2.1], selector: {app.kubernetes.io/instance: orders}}}",
    ),
    (
        &["UP0938"],
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: shop}, spec: {selector: {app.kubernetes.io/instance: orders}}}",
    ),
    (
        &[],
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: bi}, spec: {type: NodePort, selector: {app.kubernetes.io/instance: orders}}}",
    ),
    (
        &[],
        "{apiVersion: v1, kind: Service, metadata: {name: x, namespace: shop}, spec: {type: NodePort}}",
    ),
    (
        &["UP0925"],
        "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop, labels: {underpin/x: ''}}, stringData: {a: hunter2}}",
    ),
    (
        &["UP0940"],
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: orders-settings, namespace: shop}}",
    ),
    (
        &["UP0942"],
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: orders-settings, namespace: x, labels: {app.kubernetes.io/managed-by: underpin, app.kubernetes.io/instance: orders}}}",
    ),
    (
        &["UP0942"],
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {app.kubernetes.io/managed-by: underpin}}}",
    ),
    (
        &["UP0926"],
        "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop}, spec: {volumes: [{name: a, persistentVolumeClaim: {claimName: orders-data}}]}}",
    ),
    (
        &["UP0924"],
        "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: orders-data, namespace: eu}, spec: {volumeName: shop-orders-data}}",
    ),
];

#[test]
fn other_objects_matter_only_where_they_endanger_ours() {
    for (codes, text) in ADDED {
        let mut objects = complete();
        objects.extend(sealed(read::parse("added.yaml", text).unwrap()));
        let found = audit(&objects);
        let seen: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        let mut seen_once = seen.clone();
        seen_once.dedup();
        assert_eq!(seen_once, *codes, "{text}: {found:?}");
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}

#[test]
fn a_second_copy_in_the_namespace_is_found() {
    let mut objects = complete();
    let server = objects
        .iter()
        .find(|one| one.value["kind"] == "StatefulSet");
    let mut copy = server.unwrap().clone();
    copy.value.to_mut()["metadata"]["name"] = json!("us-orders");
    objects.push(copy);
    let codes: std::collections::BTreeSet<_> =
        audit(&objects).into_iter().map(|one| one.code).collect();
    assert_eq!(codes, ["UP0926", "UP0936"].into());
}

#[test]
fn a_second_replica_is_a_second_server_and_stands_beside_the_first() {
    let mut objects = complete();
    let server = objects
        .iter_mut()
        .find(|one| one.value["kind"] == "StatefulSet");
    set(server.unwrap().value.to_mut(), "/spec/replicas", json!(2));
    let codes: std::collections::BTreeSet<_> =
        audit(&objects).into_iter().map(|one| one.code).collect();
    assert_eq!(codes, ["UP0912", "UP0926"].into());
}

/// What a kustomization with `namePrefix`, `namespace` and `labels` makes of the complete set.
#[test]
fn an_overlay_keeps_every_promise() {
    let mut text = COMPLETE.replace("namespace: shop", "namespace: shop-eu");
    for name in [
        "orders-server",
        "orders-bootstrap",
        "orders-data",
        "orders-direct",
        "orders-pods",
        "orders-settings",
    ] {
        text = text.replace(&format!("ame: {name}"), &format!("ame: eu-{name}"));
    }
    let text = text
        .replace("name: orders,", "name: eu-orders,")
        .replace("Name: orders-", "Name: eu-orders-")
        .replace("name: shop-orders", "name: eu-shop-orders")
        .replace("Name: shop-orders", "Name: eu-shop-orders")
        .replace("/mnt/disks/orders", "/mnt/disks/eu-orders")
        .replace("underpin/server: ", "underpin/server: eu-")
        .replace("underpin/stateful-set: ", "underpin/stateful-set: eu-")
        .replace(
            "app.kubernetes.io/instance: orders",
            "app.kubernetes.io/instance: orders, team: checkout",
        );
    // The digests are the base's: an overlay passes them on.
    let seals: Vec<Value> = complete()
        .iter()
        .map(|object| object.value["metadata"]["annotations"][seal::SEAL].clone())
        .collect();
    let mut objects = read::parse("overlay.yaml", &text).unwrap();
    for (object, seal) in objects.iter_mut().zip(seals) {
        if !seal.is_null() {
            object.value.to_mut()["metadata"]["annotations"][seal::SEAL] = seal;
        }
    }
    assert_eq!(audit(&objects), []);
    let image = "docker.io/library/postgres:17.12-bookworm";
    for object in &mut objects {
        let changed = object
            .value
            .to_string()
            .replace(image, "mirror/postgres:17.12-bookworm");
        object.value = serde_json::from_str(&changed).unwrap();
    }
    let found = audit(&objects);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (found[0].code, found[0].severity),
        ("UP0950", Severity::Warning)
    );
    let help = found[0].help.as_deref().unwrap();
    assert!(
        help.contains("kubectl -n shop-eu delete job eu-orders-bootstrap-0123456789"),
        "{help}"
    );
}

fn anything() -> impl Strategy<Value = Value> {
    let words = [
        "metadata",
        "labels",
        "spec",
        "template",
        "containers",
        "underpin/workload",
        "kind",
        "name",
        "securityContext",
        "selector",
        "matchLabels",
        "ports",
        "volumes",
        "emptyDir",
        "env",
        "value",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[$()a-z]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(words.to_vec()), inner), 0..6).prop_map(
                |members| Value::Object(
                    members
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect()
                )
            ),
        ]
    })
}

/// Pointers to everything inside a value.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                pointers(element, &format!("{here}/{index}"), found);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{here}/{key}"), found);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_value_is_answered(value in anything()) {
        audit(&[Object { origin: String::new(), value: std::borrow::Cow::Owned(value) }]);
    }

    #[test]
    fn any_value_in_any_place_is_answered(at in any::<prop::sample::Index>(), with in anything()) {
        let mut objects = complete();
        let places: Vec<(usize, String)> = objects
            .iter()
            .enumerate()
            .flat_map(|(index, object)| {
                let mut found = Vec::new();
                pointers(&object.value, "", &mut found);
                found.into_iter().map(move |pointer| (index, pointer))
            })
            .collect();
        let (index, pointer) = at.get(&places);
        *objects[*index].value.to_mut().pointer_mut(pointer).unwrap() = with;
        let once = audit(&objects);
        prop_assert_eq!(once, audit(&objects));
    }
}

#[test]
fn an_init_container_that_stays_is_held_to_what_a_main_one_is() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut objects = complete();
        let server = objects
            .iter_mut()
            .find(|object| object.value["kind"] == "StatefulSet")
            .unwrap();
        let pod = &mut server.value.to_mut()["spec"]["template"]["spec"];
        let mut sidecar = pod["containers"][0].clone();
        sidecar["name"] = json!("beside");
        sidecar["restartPolicy"] = json!("Always");
        sidecar["volumeMounts"] = json!([]);
        change(&mut sidecar);
        pod["initContainers"] = json!([sidecar]);
        let objects = sealed(objects);
        let codes: BTreeSet<_> = audit(&objects).iter().map(|finding| finding.code).collect();
        codes.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(with(&|_| {}), [""; 0]);
    assert_eq!(with(&|one| one["resources"] = Value::Null), ["UP0908"]);
    assert_eq!(with(&|one| one["startupProbe"] = Value::Null), ["UP0911"]);
    assert!(!with(&|one| one["securityContext"] = Value::Null).is_empty());
}

/// A password may have come into any value of an overlay.
#[test]
fn what_may_be_a_password_is_not_repeated() {
    const MARKER: &str = "Zq7vMarker";
    let secret = "{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop, labels: {underpin/x: ''}}, data: {a: Yg==}, stringData: {a: b}}";
    let mut objects = complete();
    objects.extend(read::parse("added.yaml", secret).unwrap());
    let free = [
        "/data/",
        "/stringData/",
        "/env/",
        "/command/",
        "/args/",
        "/description",
    ];
    let named = ["/name", "/fieldPath"];
    for (index, object) in objects.iter().enumerate() {
        let mut places = Vec::new();
        pointers(&object.value, "", &mut places);
        places.retain(|place| {
            free.iter().any(|part| place.contains(part))
                && !named.iter().any(|end| place.ends_with(end))
        });
        for place in places {
            for with in [
                "MARKER",
                "$(MARKER)",
                "$(A$(MARKER",
                "u:MARKER@h",
                "-----BEGIN PRIVATE KEY-----MARKER",
            ] {
                let mut faulty = objects.clone();
                let with = json!(with.replace("MARKER", MARKER));
                *faulty[index].value.to_mut().pointer_mut(&place).unwrap() = with;
                let found = audit(&faulty);
                assert!(!format!("{found:?}").contains(MARKER), "{place}: {found:?}");
            }
        }
    }
}
