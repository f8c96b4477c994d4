//! Who reaches whom, by the policies that are emitted, and by the table that says so.

mod evaluate;
mod itself;
mod table;

use crate::overlays::{FINE, Folder};
use crate::{generate, runbook};
use evaluate::{End, Pod, reaches, selecting};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use underpin::compile::Compiled;
use underpin::lower;
use underpin::model::Peer;
use underpin::source::Source;

/// What is tried of each port: ours, DNS's, and some that nobody opens.
const PORTS: [(&str, u16); 8] = [
    ("TCP", 5432),
    ("UDP", 5432),
    ("UDP", 53),
    ("TCP", 53),
    ("UDP", 5353),
    ("TCP", 5353),
    ("TCP", 443),
    ("TCP", 6432),
];

/// Everybody of one cluster.
struct World {
    policies: Vec<Value>,
    own: String,
    ours: Vec<End>,
    others: Vec<End>,
}

fn pod(namespace: &str, labels: BTreeMap<String, String>) -> End {
    End {
        address: "10.1.2.3".parse().unwrap(),
        pod: Some(Pod {
            namespace: namespace.to_owned(),
            labels,
        }),
    }
}

fn labels(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = labels.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

impl World {
    /// The pods of these objects, their peers by the model, and who has no business with them.
    fn of(compiled: &Compiled, objects: Vec<Value>, own: &str) -> Self {
        let mut ours: Vec<End> = Vec::new();
        for object in &objects {
            let pods = ["/spec/template", "/spec/jobTemplate/spec/template"];
            if let Some(template) = pods.iter().find_map(|path| object.pointer(path)) {
                let labels =
                    serde_json::from_value(template["metadata"]["labels"].clone()).unwrap();
                let end = pod(object["metadata"]["namespace"].as_str().unwrap(), labels);
                if !ours.contains(&end) {
                    ours.push(end);
                }
            }
        }
        let access = &compiled.model.access;
        let mut others = Vec::new();
        for peer in access.clients.iter().chain([&access.dns]) {
            let Peer { namespace, pods } = peer;
            let pods: BTreeMap<String, String> = pods
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect();
            let home = namespace
                .as_ref()
                .map_or(own.to_owned(), ToString::to_string);
            others.push(pod(&home, pods.clone()));
            others.push(pod("stranger", pods.clone()));
            others.push(pod(&home, BTreeMap::new()));
            // The same with a label more, and with one less.
            let mut more = pods.clone();
            more.insert("more".into(), "1".into());
            others.push(pod(&home, more));
            let mut less = pods;
            less.pop_last();
            others.push(pod(&home, less));
        }
        let ours_elsewhere = ours
            .iter()
            .map(|end| pod("stranger", end.pod.clone().unwrap().labels));
        others.extend(ours_elsewhere.collect::<Vec<_>>());
        others.extend([
            pod(own, labels(&[("underpin/workload", "other-server")])),
            pod(
                own,
                labels(&[
                    ("app.kubernetes.io/instance", &compiled.tree.name),
                    ("app.kubernetes.io/managed-by", "underpin"),
                ]),
            ),
        ]);
        for address in [
            "203.0.113.7",
            "10.0.0.1",
            "172.20.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "2001:db8::1",
            "fd00::1",
            "fe80::1",
        ] {
            others.push(End {
                address: address.parse().unwrap(),
                pod: None,
            });
        }
        let policies = objects
            .into_iter()
            .filter(|object| object["kind"] == "NetworkPolicy");
        Self {
            policies: policies.collect(),
            own: own.to_owned(),
            ours,
            others,
        }
    }

    /// Every connection of which the policies say something else than the table.
    fn differences(&self, table: &[table::Row], dns: u16) -> Vec<String> {
        let mut found = Vec::new();
        let all: Vec<&End> = self.ours.iter().chain(&self.others).collect();
        let ports = PORTS.into_iter().chain([("UDP", dns), ("TCP", dns)]);
        for (protocol, port) in ports {
            for from in &all {
                for to in &all {
                    if !self.ours.contains(from) && !self.ours.contains(to) {
                        continue;
                    }
                    let can = reaches(&self.policies, from, to, protocol, port);
                    let said = table
                        .iter()
                        .any(|row| row.says(from, to, protocol, port, &self.own));
                    if can != said {
                        found.push(format!(
                            "{protocol} {port} {from:?} -> {to:?}: the table says {said}"
                        ));
                    }
                }
            }
        }
        found
    }
}

fn specs() -> Vec<Source> {
    let mut specs = generate::committed();
    specs.extend(runbook::specs().into_values().map(|text| Source {
        path: String::new(),
        text,
    }));
    specs.extend(
        generate::listed()
            .into_iter()
            .filter(|spec| spec.text.contains("\"access\"") || spec.text.contains("\"pooler\"")),
    );
    specs
}

fn objects(compiled: &Compiled) -> Vec<Value> {
    lower::lower(&compiled.model)
        .into_iter()
        .map(|object| object.value)
        .collect()
}

fn table(compiled: &Compiled) -> Vec<table::Row> {
    table::rows(&compiled.tree.files["RUNBOOK.md"])
}

#[test]
fn the_table_of_the_runbook_is_what_the_policies_let_through() {
    for spec in specs() {
        let compiled = generate::compiled(&spec);
        let own = compiled.model.namespace.to_string();
        let world = World::of(&compiled, objects(&compiled), &own);
        let dns = compiled.model.access.dns_port;
        assert_eq!(
            world.differences(&table(&compiled), dns),
            Vec::<String>::new(),
            "{}",
            spec.text
        );
    }
}

/// Each end of ours is in a policy of its own, and nobody else is in any.
#[test]
fn no_policy_selects_a_pod_that_is_not_ours() {
    for spec in specs() {
        let compiled = generate::compiled(&spec);
        let own = compiled.model.namespace.to_string();
        let world = World::of(&compiled, objects(&compiled), &own);
        let selected = |end: &End| {
            end.pod
                .as_ref()
                .map_or(0, |pod| selecting(&world.policies, pod).len())
        };
        assert!(world.ours.iter().all(|end| selected(end) == 1));
        let wrong: Vec<_> = world
            .others
            .iter()
            .filter(|end| selected(end) > 0)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{}", spec.text);
    }
}

/// A real kustomize moves and renames everything; who reaches whom stays.
#[test]
fn overlays_change_nothing_of_it() {
    for spec in generate::committed() {
        let compiled = generate::compiled(&spec);
        let folder = Folder::new();
        folder.base(&compiled);
        for (index, (about, lines)) in FINE.iter().enumerate() {
            let overlay = format!("overlay-{index}");
            folder.overlay(&overlay, &[&compiled.tree.name], lines);
            let objects: Vec<Value> = folder
                .render(&overlay)
                .into_iter()
                .map(|object| object.value.into_owned())
                .collect();
            let own = if lines.contains("namespace: elsewhere") {
                "elsewhere".to_owned()
            } else {
                compiled.model.namespace.to_string()
            };
            let world = World::of(&compiled, objects, &own);
            // Of a branch at Neon there are poolers alone.
            let least = if compiled.model.recovery.is_some() {
                4
            } else {
                1
            };
            assert!(world.ours.len() >= least, "{}", spec.text);
            assert_eq!(
                world.differences(&table(&compiled), 53),
                Vec::<String>::new(),
                "{about}\n{}",
                spec.text
            );
        }
    }
}

/// The tests above would pass if nothing was compared.
#[test]
fn a_policy_that_says_something_else_is_seen() {
    let changes: [(&str, &str, Value); 5] = [
        ("orders-server", "/spec/ingress/0/ports/0/port", json!(6432)),
        (
            "orders-server",
            "/spec/ingress/0/from/0",
            json!({ "podSelector": {} }),
        ),
        (
            "orders-backup",
            "/spec/egress/1/to/0/namespaceSelector",
            json!({}),
        ),
        ("orders-backups", "/spec/policyTypes", json!(["Ingress"])),
        ("orders-pooler", "/spec/podSelector", json!({})),
    ];
    let committed = generate::committed();
    let spec = committed
        .iter()
        .find(|spec| spec.text.contains("\"orders-postgres\""))
        .unwrap();
    let compiled = generate::compiled(spec);
    for (name, pointer, to) in changes {
        let mut objects = objects(&compiled);
        let policy = objects
            .iter_mut()
            .find(|object| object["kind"] == "NetworkPolicy" && object["metadata"]["name"] == name)
            .unwrap();
        *policy.pointer_mut(pointer).unwrap() = to;
        let world = World::of(&compiled, objects, "shop");
        assert!(
            !world.differences(&table(&compiled), 53).is_empty(),
            "{name} {pointer}"
        );
    }
}
