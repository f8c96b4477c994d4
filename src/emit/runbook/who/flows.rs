//! Who reaches whom over the network: what the policies of both ends allow together.

use super::workload;
use crate::audit::context::{WORKLOAD, list, template, text};
use crate::audit::select::{keys, labels, matches};
use crate::emit::escape;
use crate::lower::Object;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Connections that are let through.
#[derive(Debug, PartialEq, Serialize)]
pub struct Flow {
    from: String,
    to: String,
    ports: String,
}

/// A workload of ours, with its one policy.
struct End<'o> {
    name: &'o str,
    labels: BTreeMap<&'o str, &'o str>,
    policy: &'o Value,
}

/// Every flow: from others to ours, among ours, and from ours to others; and who has none.
pub fn all(objects: &[Object]) -> (Vec<Flow>, Vec<String>) {
    let ends = ends(objects);
    let mut flows = Vec::new();
    for to in &ends {
        for (rule, peer) in others(to, "ingress", "from") {
            flows.push(flow(peer, format!("`{}`", to.name), &ports(rule)));
        }
    }
    for from in &ends {
        for to in &ends {
            let in_ports = allowed(to, "ingress", "from", from);
            let mut both = allowed(from, "egress", "to", to);
            both.retain(|port| in_ports.contains(port));
            if !both.is_empty() {
                flows.push(flow(
                    format!("`{}`", from.name),
                    format!("`{}`", to.name),
                    &both,
                ));
            }
        }
    }
    for from in &ends {
        for (rule, peer) in others(from, "egress", "to") {
            flows.push(flow(format!("`{}`", from.name), peer, &ports(rule)));
        }
    }
    let alone = ends.iter().map(|end| format!("`{}`", end.name));
    let alone = alone
        .filter(|name| {
            flows
                .iter()
                .all(|flow| flow.from != *name && flow.to != *name)
        })
        .collect();
    (flows, alone)
}

fn flow(from: String, to: String, ports: &[String]) -> Flow {
    Flow {
        from,
        to,
        ports: ports.join(", "),
    }
}

/// Our workloads by name. That each has exactly one policy, `audit` sees to.
fn ends(objects: &[Object]) -> Vec<End<'_>> {
    let policies = || {
        objects
            .iter()
            .filter(|object| object.value["kind"] == "NetworkPolicy")
    };
    let mut ends: BTreeMap<&str, End<'_>> = BTreeMap::new();
    for object in objects {
        let Some((metadata, _)) = template(&object.value) else {
            continue;
        };
        let labels = labels(&metadata["labels"]);
        let own = |policy: &&Object| matches(&policy.value["spec"]["podSelector"], &labels);
        if let Some(policy) = policies().find(own) {
            let name = workload(metadata);
            let policy = &policy.value["spec"];
            ends.insert(
                name,
                End {
                    name,
                    labels,
                    policy,
                },
            );
        }
    }
    ends.into_values().collect()
}

/// The ports on which a workload lets another of ours in, or out to it.
fn allowed(of: &End<'_>, direction: &str, peers: &str, other: &End<'_>) -> Vec<String> {
    let is_other = |peer: &Value| {
        peer["namespaceSelector"].is_null()
            && !peer["podSelector"].is_null()
            && matches(&peer["podSelector"], &other.labels)
    };
    list(&of.policy[direction])
        .filter(|rule| list(&rule[peers]).any(is_other))
        .flat_map(ports)
        .collect()
}

/// The peers of a workload that are not ours, in words, each with its rule.
fn others<'o>(of: &'o End<'_>, direction: &str, peers: &str) -> Vec<(&'o Value, String)> {
    list(&of.policy[direction])
        .flat_map(|rule| list(&rule[peers]).map(move |peer| (rule, peer)))
        .filter(|(_, peer)| keys(&peer["podSelector"]) != [WORKLOAD])
        .map(|(rule, peer)| (rule, words(peer)))
        .collect()
}

fn words(peer: &Value) -> String {
    let block = &peer["ipBlock"];
    if !block.is_null() {
        let except: Vec<String> = list(&block["except"])
            .map(|block| format!("`{}`", text(block)))
            .collect();
        return format!(
            "addresses `{}` but {}",
            text(&block["cidr"]),
            except.join(", ")
        );
    }
    let pods: Vec<String> = labels(&peer["podSelector"]["matchLabels"])
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    let pods = format!("pods {}", escape::markdown(&pods.join(",")));
    match labels(&peer["namespaceSelector"]["matchLabels"])
        .values()
        .next()
    {
        Some(namespace) => format!("{pods} of namespace `{namespace}`"),
        None => pods,
    }
}

fn ports(rule: &Value) -> Vec<String> {
    list(&rule["ports"])
        .map(|port| format!("{} {}", text(&port["protocol"]), port["port"]))
        .collect()
}
