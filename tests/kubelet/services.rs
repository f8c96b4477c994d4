//! Services: which pod each selects, at which address, under which names.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::facts;
use super::network::Network;
use super::objects::{Objects, list, object_namespace, text};
use super::pod::Pod;

/// The Services' addresses, and where each stands.
#[derive(Debug, Default)]
pub(crate) struct Services {
    by_name: BTreeMap<String, Place>,
}

#[derive(Debug)]
struct Place {
    address: String,
    /// Nothing: the node has it, and answers that nothing listens.
    pod: Option<Pod>,
}

impl Services {
    /// Name, address and first port of every Service with an address.
    pub(crate) fn addresses(&self, objects: &Objects) -> Vec<(String, String, u64)> {
        let all = self.by_name.iter().filter_map(|(name, place)| {
            let service = objects.get("Service", name)?;
            let port = service
                .pointer("/spec/ports/0/port")
                .and_then(Value::as_u64)?;
            Some((name.clone(), place.address.clone(), port))
        });
        all.collect()
    }

    /// Moves what stands at the wrong pod, and writes every pod's hosts file.
    pub(crate) fn update(&mut self, objects: &Objects, pods: &[Pod], network: &Network) {
        for service in objects
            .of_kind("Service")
            .filter(|service| !is_headless(service))
        {
            let name = text(service, "/metadata/name");
            let selected = select(service, pods);
            // The newest: one node sends a connection to one pod. One that is being stopped only
            // where there is no other.
            let selected = selected
                .iter()
                .rev()
                .find(|pod| pod.shared.stop().is_none())
                .or(selected.last())
                .copied();
            let free = self.by_name.len();
            let is_new = !self.by_name.contains_key(name);
            let place = self
                .by_name
                .entry(name.to_owned())
                .or_insert_with(|| Place {
                    address: format!("10.2.{}.{}", free / 250 + 1, free % 250 + 1),
                    pod: None,
                });
            let uid = |pod: &Option<Pod>| pod.as_ref().map(|pod| pod.uid().to_owned());
            let wanted = selected.cloned();
            if is_new || uid(&place.pod) != uid(&wanted) {
                let network_of = |pod: &Option<Pod>| pod.as_ref().map(|pod| pod.shared.clone());
                let (from, to) = (network_of(&place.pod), network_of(&wanted));
                network.move_address(
                    &place.address,
                    from.as_ref().map(|pod| &pod.network),
                    to.as_ref().map(|pod| &pod.network),
                );
                place.pod = wanted;
            }
        }
        let names = self.names(objects, pods);
        for pod in pods {
            write_hosts(pod, &names);
        }
    }

    /// Lines of a hosts file for every Service, and for the pods behind the headless ones.
    fn names(&self, objects: &Objects, pods: &[Pod]) -> String {
        let mut lines = String::new();
        for service in objects.of_kind("Service") {
            let name = text(service, "/metadata/name");
            if let Some(place) = self.by_name.get(name) {
                lines.push_str(&line(&place.address, name, object_namespace(service)));
                continue;
            }
            for pod in select(service, pods) {
                let namespace = &pod.shared.facts.namespace;
                lines.push_str(&line(pod.address(), name, namespace));
                if pod.shared.facts.subdomain == name {
                    let own = format!("{}.{name}", pod.name());
                    lines.push_str(&line(pod.address(), &own, namespace));
                }
            }
        }
        lines
    }
}

/// The pods that a Service sends to.
fn select<'a>(service: &Value, pods: &'a [Pod]) -> Vec<&'a Pod> {
    let selector = facts::strings(&service["spec"]["selector"]);
    let publishes_all = service["spec"]["publishNotReadyAddresses"] == Value::Bool(true);
    let name = text(service, "/metadata/name");
    let namespace = object_namespace(service);
    let selected = pods.iter().filter(|pod| {
        let labels = &pod.shared.facts.labels;
        !selector.is_empty()
            && pod.shared.facts.namespace == namespace
            && selector
                .iter()
                .all(|(key, value)| labels.get(key) == Some(value))
            && pod.shared.is_listed()
            && (publishes_all || pod.is_ready())
    });
    selected
        .inspect(|pod| check_ports(name, service, pod))
        .collect()
}

/// The addresses of those that take new connections: not of a pod that is being stopped.
pub(crate) fn endpoints(service: &Value, pods: &[Pod]) -> Vec<String> {
    let selected = select(service, pods).into_iter();
    selected
        .filter(|pod| pod.shared.stop().is_none())
        .map(|pod| pod.address().to_owned())
        .collect()
}

/// An address that moves leads every port to the same port: another target cannot be had here.
fn check_ports(name: &str, service: &Value, pod: &Pod) {
    for port in list(&service["spec"]["ports"]) {
        let number = port["port"].as_u64();
        let target = match &port["targetPort"] {
            Value::Null => number,
            Value::String(target) => list(&pod.shared.facts.spec["containers"])
                .flat_map(|container| list(&container["ports"]))
                .find(|port| text(port, "/name") == target)
                .and_then(|port| port["containerPort"].as_u64()),
            other => other.as_u64(),
        };
        if number != target {
            pod.shared.event(&format!(
                "Error: Service {name} sends its port {number:?} to {target:?}: the kubelet in small knows equal ports only"
            ));
        }
    }
}

fn is_headless(service: &Value) -> bool {
    text(service, "/spec/clusterIP") == "None"
}

fn line(address: &str, name: &str, namespace: &str) -> String {
    format!(
        "{address}\t{name} {name}.{namespace} {name}.{namespace}.svc {name}.{namespace}.svc.cluster.local\n"
    )
}

/// Writes in place: the file is mounted into containers that run.
fn write_hosts(pod: &Pod, names: &str) {
    let facts = &pod.shared.facts;
    let own = if facts.subdomain.is_empty() {
        facts.name.clone()
    } else {
        let full = format!(
            "{}.{}.{}.svc.cluster.local",
            facts.name, facts.subdomain, facts.namespace
        );
        format!("{full} {}", facts.name)
    };
    let content = format!(
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n{}\t{own}\n{names}",
        facts.address
    );
    let file = facts.directory.join("etc/hosts");
    if fs::read_to_string(&file).is_ok_and(|now| now != content) {
        fs::write(&file, content).expect("our file");
    }
}
