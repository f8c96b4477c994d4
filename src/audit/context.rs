//! The objects with what every rule asks of them: kind, name, owner, pod template, labels.
//!
//! Nothing here trusts a type: `value["a"]["b"]` is null where a map is not one.

use super::select::labels;
use super::{Finding, Object};
use crate::diagnostic::Severity;
use serde_json::Value;
use std::collections::BTreeMap;

/// The label that selects: each pod of ours carries it, and selectors carry nothing else.
pub const WORKLOAD: &str = "underpin/workload";

/// The kinds that the rules know, with their API groups: a `Service` of another group is
/// somebody else's kind.
const KINDS: &[(&str, &str)] = &[
    ("", "ConfigMap"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "Pod"),
    ("", "PodTemplate"),
    ("", "ReplicationController"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "ReplicaSet"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("external-secrets.io", "ExternalSecret"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
];

/// What an absent map is read as.
static NULL: Value = Value::Null;

/// All objects of one audit.
#[derive(Debug)]
pub struct Context<'a> {
    /// Every object, in the order given.
    pub items: Vec<Item<'a>>,
    /// Those that make pods.
    pub workloads: Vec<Workload<'a>>,
}

/// One object.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// What was read.
    pub object: &'a Object<'a>,
    /// Its content.
    pub value: &'a Value,
    /// Its kind, empty for one that the rules do not know.
    pub kind: &'static str,
    /// Its API group, empty for the core one.
    pub group: &'a str,
    /// Its namespace, empty if none is written.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Whether Underpin made it.
    pub ours: bool,
}

/// An object that makes pods.
#[derive(Debug, Clone)]
pub struct Workload<'a> {
    /// The object.
    pub item: Item<'a>,
    /// The metadata of its pods.
    pub metadata: &'a Value,
    /// The spec of its pods.
    pub spec: &'a Value,
    /// The labels of its pods.
    pub labels: BTreeMap<&'a str, &'a str>,
    /// Whether its pods are ours.
    pub ours: bool,
    /// What stands before `metadata` and `spec` in a path.
    root: &'static str,
}

/// When a container runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// For the pod's life.
    Main,
    /// Before the main ones.
    Init,
    /// When somebody debugs.
    Ephemeral,
}

/// A container of a pod.
#[derive(Debug, Clone)]
pub struct Container<'a> {
    /// What is written.
    pub value: &'a Value,
    /// Its name.
    pub name: &'a str,
    /// Where it stands, from the object's root.
    pub path: String,
    /// When it runs.
    pub role: Role,
}

impl<'a> Context<'a> {
    /// Looks through `objects` once.
    pub fn new(objects: &'a [Object<'a>]) -> Self {
        let items: Vec<Item<'a>> = objects.iter().map(Item::new).collect();
        let workloads = items.iter().filter_map(Workload::new).collect();
        Self { items, workloads }
    }

    /// The pods that are ours.
    pub fn our_workloads(&self) -> impl Iterator<Item = &Workload<'a>> {
        self.workloads.iter().filter(|workload| workload.ours)
    }

    /// The objects of `kind` that are ours.
    pub fn our_items(&self, kind: &'static str) -> impl Iterator<Item = &Item<'a>> {
        self.items_of(kind).filter(|item| item.ours)
    }

    /// The objects of `kind`, whoever made them.
    pub fn items_of(&self, kind: &'static str) -> impl Iterator<Item = &Item<'a>> {
        self.items.iter().filter(move |item| item.kind == kind)
    }

    /// The object of that kind, namespace and name.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Item<'a>> {
        self.items
            .iter()
            .find(|item| item.kind == kind && item.namespace == namespace && item.name == name)
    }

    /// The workloads of a namespace whose pods' labels please `matches`.
    pub fn selected(
        &self,
        namespace: &str,
        matches: impl Fn(&BTreeMap<&str, &str>) -> bool,
    ) -> Vec<&Workload<'a>> {
        self.workloads
            .iter()
            .filter(|workload| workload.item.namespace == namespace && matches(&workload.labels))
            .collect()
    }
}

impl<'a> Item<'a> {
    fn new(object: &'a Object<'a>) -> Self {
        let value: &'a Value = &object.value;
        let metadata = &value["metadata"];
        let ours = is_ours(&labels(&metadata["labels"]))
            || template(value)
                .is_some_and(|(of_pods, _)| labels(&of_pods["labels"]).contains_key(WORKLOAD));
        let (group, _) = group_and_version(value);
        Self {
            object,
            value,
            kind: known_kind(value),
            group,
            namespace: text(&metadata["namespace"]),
            name: text(&metadata["name"]),
            ours,
        }
    }

    /// How the object is called in messages: `StatefulSet shop/orders`.
    pub fn title(&self) -> String {
        let kind = self.value["kind"].as_str().unwrap_or("object");
        match self.namespace {
            "" => format!("{kind} {}", self.name),
            namespace => format!("{kind} {namespace}/{}", self.name),
        }
    }

    /// A finding that fails the audit.
    pub fn error(
        &self,
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            code,
            severity: Severity::Error,
            object: self.title(),
            origin: self.object.origin.clone(),
            path: path.into(),
            message: message.into(),
            help: None,
        }
    }

    /// A finding that does not fail the audit.
    pub fn warning(
        &self,
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Finding {
        Finding {
            severity: Severity::Warning,
            ..self.error(code, path, message)
        }
    }
}

impl<'a> Workload<'a> {
    fn new(item: &Item<'a>) -> Option<Self> {
        let (metadata, spec) = template(item.value)?;
        let labels = labels(&metadata["labels"]);
        Some(Self {
            item: *item,
            metadata,
            spec,
            ours: item.ours || labels.contains_key(WORKLOAD),
            labels,
            root: match item.kind {
                "Pod" => "",
                "CronJob" => "spec.jobTemplate.spec.template.",
                "PodTemplate" => "template.",
                _ => "spec.template.",
            },
        })
    }

    /// Where a field of the pod stands in the object: `spec.hostPID` in `spec.template.spec…`.
    pub fn path(&self, of_pod: &str) -> String {
        format!("{}{of_pod}", self.root)
    }

    /// A finding about a field of the pod.
    pub fn error(&self, code: &'static str, of_pod: &str, message: impl Into<String>) -> Finding {
        self.item.error(code, self.path(of_pod), message)
    }

    /// Whether its pods are meant to run until somebody removes them.
    pub fn is_long_running(&self) -> bool {
        matches!(
            self.item.kind,
            "StatefulSet" | "Deployment" | "DaemonSet" | "ReplicaSet"
        )
    }

    /// Every container: init containers, main ones, ephemeral ones.
    pub fn containers(&self) -> Vec<Container<'a>> {
        [
            ("initContainers", Role::Init),
            ("containers", Role::Main),
            ("ephemeralContainers", Role::Ephemeral),
        ]
        .into_iter()
        .flat_map(|(field, role)| {
            let spec = self.spec;
            list(&spec[field])
                .enumerate()
                .map(move |(index, value)| Container {
                    value,
                    name: text(&value["name"]),
                    path: self.path(&format!("spec.{field}[{index}]")),
                    role,
                })
        })
        .collect()
    }

    /// Every volume, with its path.
    pub fn volumes(&self) -> impl Iterator<Item = (String, &'a Value)> {
        let spec = self.spec;
        list(&spec["volumes"])
            .enumerate()
            .map(|(index, volume)| (self.path(&format!("spec.volumes[{index}]")), volume))
    }
}

/// The metadata and the spec of the pods that an object makes; none for one that makes no pods.
pub fn template(value: &Value) -> Option<(&Value, &Value)> {
    let holder = match known_kind(value) {
        "Pod" => value,
        "CronJob" => &value["spec"]["jobTemplate"]["spec"]["template"],
        "PodTemplate" => &value["template"],
        "DaemonSet"
        | "Deployment"
        | "Job"
        | "ReplicaSet"
        | "ReplicationController"
        | "StatefulSet" => &value["spec"]["template"],
        _ => return None,
    };
    let part = |name| holder.get(name).unwrap_or(&NULL);
    Some((part("metadata"), part("spec")))
}

/// The elements of a list; none of anything else.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A string; empty for anything else.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn known_kind(value: &Value) -> &'static str {
    let (group, _) = group_and_version(value);
    let kind = text(&value["kind"]);
    KINDS
        .iter()
        .find(|known| **known == (group, kind))
        .map_or("", |(_, kind)| kind)
}

fn group_and_version(value: &Value) -> (&str, &str) {
    let api_version = text(&value["apiVersion"]);
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn is_ours(labels: &BTreeMap<&str, &str>) -> bool {
    labels.get("app.kubernetes.io/managed-by") == Some(&"underpin")
        || labels.keys().any(|key| key.starts_with("underpin/"))
}
