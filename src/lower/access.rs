//! `access/`: the policies that say who reaches whom. Each workload has exactly one; none selects
//! a pod that is not ours.

use super::names::Workload;
use super::{Names, Object};
use crate::model::{Engine, Model, Peer};
use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
    NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

/// The policies.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let nobody = "no ingress is listed: nobody connects to it";
    let dials = |workload: Workload| {
        Object::new(
            &format!("access/network-policy-{}.yaml", workload.name()),
            &dials_server(model, names, workload),
        )
        .comment("/spec/policyTypes", nobody)
    };
    let mut objects = Vec::new();
    if model.recovery.is_some() {
        let reads = Object::new(
            "access/network-policy-backups.yaml",
            &policy(names, Workload::Backups, None, None),
        )
        .comment(
            "/spec/policyTypes",
            "neither is listed: it reads a volume, and needs no network",
        );
        objects.extend([dials(Workload::Backup), dials(Workload::Restore), reads]);
    }
    if model.access.tls.is_some() {
        objects.push(
            Object::new("access/network-policy-reload.yaml", &reload(model, names))
                .comment("/spec/policyTypes", nobody),
        );
    }
    if model.drill().is_some() {
        let drill = policy(names, Workload::Drill, None, None);
        objects.push(
            Object::new("access/network-policy-drill.yaml", &drill).comment(
                "/spec/policyTypes",
                "neither is listed: what is restored in it reaches nobody, and nobody reaches it",
            ),
        );
    }
    if model.server().is_some() {
        objects.push(dials(Workload::Bootstrap));
        objects.push(
            Object::new("access/network-policy-server.yaml", &server(model, names)).comment(
                "/spec/policyTypes",
                "no egress is listed: the server opens no connection",
            ),
        );
    }
    if model.monitoring.exporter.is_some() {
        objects.push(Object::new(
            "access/network-policy-exporter.yaml",
            &exporter(model, names),
        ));
    }
    if model.pooler.is_some() {
        let policy = Object::new("access/network-policy-pooler.yaml", &pooler(model, names));
        objects.push(match &model.engine {
            Engine::Postgres(_) => policy.comment(
                "/spec/policyTypes",
                "the server lets the same clients in: they may pass the pooler by",
            ),
            Engine::Neon(_) => policy.comment(
                "/spec/egress",
                "Neon's addresses change: every one is allowed that is not of a private network",
            ),
        });
    }
    objects
}

/// Our own pods that connect to the server.
const DIALLERS: [Workload; 3] = [Workload::Bootstrap, Workload::Backup, Workload::Restore];

fn server(model: &Model, names: &Names<'_>) -> NetworkPolicy {
    let pooler = model.pooler.as_ref().map(|_| Workload::Pooler);
    let exporter = model.monitoring.exporter.as_ref();
    let ours = DIALLERS
        .into_iter()
        .chain(pooler)
        .chain(model.access.tls.as_ref().map(|_| Workload::Reload))
        .chain(exporter.map(|_| Workload::Exporter))
        .map(|workload| NetworkPolicyPeer {
            pod_selector: Some(names.label_selector(workload)),
            ..NetworkPolicyPeer::default()
        });
    let from = ours.chain(model.access.clients.iter().map(peer)).collect();
    policy(
        names,
        Workload::Server,
        Some(vec![NetworkPolicyIngressRule {
            from: Some(from),
            ports: Some(vec![port("TCP", 5432)]),
        }]),
        None,
    )
}

fn dials_server(model: &Model, names: &Names<'_>, workload: Workload) -> NetworkPolicy {
    policy(names, workload, None, Some(to_server(model, names)))
}

/// What looks at the certificates, where they are served.
fn reload(model: &Model, names: &Names<'_>) -> NetworkPolicy {
    let server = model.server().map(|_| Workload::Server);
    let pooler = model.pooler.as_ref().map(|_| Workload::Pooler);
    let to = server.into_iter().chain(pooler);
    let to = to.map(|workload| ours(names, workload)).collect();
    let egress = NetworkPolicyEgressRule {
        to: Some(to),
        ports: Some(vec![port("TCP", 5432)]),
    };
    policy(
        names,
        Workload::Reload,
        None,
        Some(vec![egress, dns(model)]),
    )
}

fn ours(names: &Names<'_>, workload: Workload) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        pod_selector: Some(names.label_selector(workload)),
        ..NetworkPolicyPeer::default()
    }
}

/// The pooler; none of its clients where the spec lets nobody in.
fn pooler(model: &Model, names: &Names<'_>) -> NetworkPolicy {
    let reload = model.access.tls.as_ref();
    let reload = reload.map(|_| ours(names, Workload::Reload));
    let clients = model.access.clients.iter().map(peer);
    let mut ingress = from(clients.chain(reload).collect(), 5432);
    let exporter = model.pooler.iter().find_map(|it| it.exporter.as_ref());
    if let Some(read) = exporter.and_then(|_| from(scrapers(model), super::pooler::METRICS)) {
        ingress.get_or_insert_default().extend(read);
    }
    let mut egress = to_server(model, names);
    if model.neon().is_some_and(|neon| neon.branch().is_some()) {
        egress.insert(1, outside(443));
    }
    policy(names, Workload::Pooler, ingress, Some(egress))
}

/// The exporter, and whoever reads from it.
fn exporter(model: &Model, names: &Names<'_>) -> NetworkPolicy {
    let ingress = from(scrapers(model), super::exporter::PORT);
    policy(
        names,
        Workload::Exporter,
        ingress,
        Some(to_server(model, names)),
    )
}

/// Who reads from exporters.
fn scrapers(model: &Model) -> Vec<NetworkPolicyPeer> {
    model.monitoring.scrapers.iter().map(peer).collect()
}

/// Peers that are let in; nothing where there are none.
fn from(peers: Vec<NetworkPolicyPeer>, number: i32) -> Option<Vec<NetworkPolicyIngressRule>> {
    super::pod::list(peers).map(|peers| {
        vec![NetworkPolicyIngressRule {
            from: Some(peers),
            ports: Some(vec![port("TCP", number)]),
        }]
    })
}

/// The server, and the names that lead to it.
fn to_server(model: &Model, names: &Names<'_>) -> Vec<NetworkPolicyEgressRule> {
    let server = match &model.engine {
        Engine::Postgres(_) => NetworkPolicyEgressRule {
            to: Some(vec![NetworkPolicyPeer {
                pod_selector: Some(names.label_selector(Workload::Server)),
                ..NetworkPolicyPeer::default()
            }]),
            ports: Some(vec![port("TCP", 5432)]),
        },
        Engine::Neon(_) => outside(5432),
    };
    vec![server, dns(model)]
}

/// Neon, which has no addresses of its own: by 443 its API.
fn outside(number: i32) -> NetworkPolicyEgressRule {
    NetworkPolicyEgressRule {
        to: Some(OUTSIDE.iter().map(block).collect()),
        ports: Some(vec![port("TCP", number)]),
    }
}

/// All addresses but those of private networks and of the link, where clouds keep their metadata.
const OUTSIDE: [(&str, &[&str]); 2] = [
    (
        "0.0.0.0/0",
        &[
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
        ],
    ),
    ("::/0", &["fc00::/7", "fe80::/10"]),
];

fn block((all, except): &(&str, &[&str])) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: (*all).into(),
            except: Some(except.iter().map(|&block| block.to_owned()).collect()),
        }),
        ..NetworkPolicyPeer::default()
    }
}

/// Names are asked for over UDP, and over TCP where the answer is long.
fn dns(model: &Model) -> NetworkPolicyEgressRule {
    let number = model.access.dns_port.into();
    NetworkPolicyEgressRule {
        to: Some(vec![peer(&model.access.dns)]),
        ports: Some(vec![port("UDP", number), port("TCP", number)]),
    }
}

fn policy(
    names: &Names<'_>,
    workload: Workload,
    ingress: Option<Vec<NetworkPolicyIngressRule>>,
    egress: Option<Vec<NetworkPolicyEgressRule>>,
) -> NetworkPolicy {
    NetworkPolicy {
        metadata: names.metadata(names.workload(workload)),
        spec: Some(NetworkPolicySpec {
            pod_selector: Some(names.label_selector(workload)),
            policy_types: Some(vec!["Ingress".into(), "Egress".into()]),
            ingress,
            egress,
        }),
    }
}

/// Both selectors in one peer: pods of that namespace that have those labels. A peer in the
/// database's own namespace names none, so that an overlay can move both.
fn peer(peer: &Peer) -> NetworkPolicyPeer {
    NetworkPolicyPeer {
        namespace_selector: peer.namespace.as_ref().map(|namespace| LabelSelector {
            match_labels: Some(BTreeMap::from([(
                "kubernetes.io/metadata.name".into(),
                namespace.to_string(),
            )])),
            ..LabelSelector::default()
        }),
        pod_selector: Some(LabelSelector {
            match_labels: Some(
                peer.pods
                    .iter()
                    .map(|(key, value)| (key.to_string(), value.to_string()))
                    .collect(),
            ),
            ..LabelSelector::default()
        }),
        ..NetworkPolicyPeer::default()
    }
}

fn port(protocol: &str, number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number)),
        protocol: Some(protocol.into()),
        ..NetworkPolicyPort::default()
    }
}
