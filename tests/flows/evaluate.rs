//! Network policies as Kubernetes defines them
//! (<https://kubernetes.io/docs/concepts/services-networking/network-policies/>): a pod that a policy
//! selects for a direction is isolated in it, and then only what some rule of some policy lists gets
//! through; a connection needs its one end's egress and its other end's ingress. What we never write
//! fails a test.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// One end of a connection.
#[derive(Debug, Clone, PartialEq)]
pub struct End {
    pub address: IpAddr,
    /// None for what is not of the cluster.
    pub pod: Option<Pod>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Pod {
    pub namespace: String,
    pub labels: BTreeMap<String, String>,
}

/// Whether one end can open a connection to the other.
pub fn reaches(policies: &[Value], from: &End, to: &End, protocol: &str, port: u16) -> bool {
    lets(policies, "Egress", from, to, protocol, port)
        && lets(policies, "Ingress", to, from, protocol, port)
}

/// The policies that select a pod.
pub fn selecting<'p>(policies: &'p [Value], pod: &Pod) -> Vec<&'p Value> {
    let selects = |policy: &&Value| {
        policy["metadata"]["namespace"] == *pod.namespace
            && selects(&policy["spec"]["podSelector"], &pod.labels)
    };
    policies.iter().filter(selects).collect()
}

fn lets(
    policies: &[Value],
    direction: &str,
    of: &End,
    other: &End,
    protocol: &str,
    port: u16,
) -> bool {
    let Some(pod) = &of.pod else { return true };
    let (rules, peers) = match direction {
        "Egress" => ("egress", "to"),
        _ => ("ingress", "from"),
    };
    let isolating: Vec<&Value> = selecting(policies, pod)
        .into_iter()
        .filter(|policy| isolates(&policy["spec"], direction))
        .collect();
    isolating.is_empty()
        || isolating.iter().any(|policy| {
            list(&policy["spec"][rules]).iter().any(|rule| {
                has_port(&rule["ports"], protocol, port)
                    && has_peer(&rule[peers], &policy["metadata"]["namespace"], other)
            })
        })
}

/// Without `policyTypes`, ingress always, and egress where a rule of it is there.
fn isolates(spec: &Value, direction: &str) -> bool {
    match spec["policyTypes"].as_array() {
        Some(types) => types.iter().any(|kind| kind == direction),
        None => direction == "Ingress" || !list(&spec["egress"]).is_empty(),
    }
}

/// Ports that are not listed are all of them.
fn has_port(ports: &Value, protocol: &str, number: u16) -> bool {
    let ports = list(ports);
    ports.is_empty()
        || ports.iter().any(|port| {
            assert!(!port["port"].is_string(), "a named port: {port}");
            let of = port["protocol"].as_str().unwrap_or("TCP");
            let first = port["port"].as_u64();
            let last = port["endPort"].as_u64().or(first);
            let number = u64::from(number);
            of == protocol
                && first.is_none_or(|first| first <= number)
                && last.is_none_or(|last| number <= last)
        })
}

/// Of several peers any; of what one says, all. Peers that are not listed are everybody.
fn has_peer(peers: &Value, namespace: &Value, other: &End) -> bool {
    let peers = list(peers);
    peers.is_empty() || peers.iter().any(|peer| is_peer(peer, namespace, other))
}

fn is_peer(peer: &Value, own_namespace: &Value, other: &End) -> bool {
    let block = &peer["ipBlock"];
    if !block.is_null() {
        assert_eq!(peer.as_object().map(Map::len), Some(1), "{peer}");
        let is_in = |cidr: &Value| contains(cidr.as_str().unwrap(), other.address);
        return is_in(&block["cidr"]) && !list(&block["except"]).iter().any(is_in);
    }
    let Some(pod) = &other.pod else { return false };
    let in_namespace = match &peer["namespaceSelector"] {
        Value::Null => *own_namespace == *pod.namespace,
        // The one label that every namespace has.
        selector => {
            let name = (
                "kubernetes.io/metadata.name".to_owned(),
                pod.namespace.clone(),
            );
            selects(selector, &BTreeMap::from([name]))
        }
    };
    in_namespace && (peer["podSelector"].is_null() || selects(&peer["podSelector"], &pod.labels))
}

/// Everything that a selector asks for; an empty one asks for nothing.
fn selects(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let asked = selector["matchLabels"].as_object().into_iter().flatten();
    asked
        .clone()
        .all(|(key, value)| labels.get(key).map(String::as_str) == value.as_str())
        && list(&selector["matchExpressions"])
            .iter()
            .all(|expression| {
                let value = labels.get(expression["key"].as_str().unwrap());
                let listed = || {
                    value.is_some_and(|value| {
                        list(&expression["values"])
                            .iter()
                            .any(|one| *one == **value)
                    })
                };
                match expression["operator"].as_str().unwrap() {
                    "In" => listed(),
                    "NotIn" => !listed(),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    other => panic!("an operator {other}"),
                }
            })
}

/// Whether an address is of a block such as `10.0.0.0/8`.
pub fn contains(cidr: &str, address: IpAddr) -> bool {
    let (network, length) = cidr.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (network.parse().unwrap(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let differ = network.to_bits() ^ address.to_bits();
            differ.leading_zeros() >= length
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let differ = network.to_bits() ^ address.to_bits();
            differ.leading_zeros() >= length
        }
        _ => false,
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
