//! Every name, label and annotation, in one place.

use crate::model::Model;
use crate::schedule::Schedule;
use crate::value::Label;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector, LabelSelectorRequirement, ObjectMeta,
};
use std::collections::BTreeMap;

/// The one label that selects pods. Policies, Services and workloads select by it alone, and an
/// overlay that adds labels to selectors is found by `audit`.
pub const WORKLOAD: &str = "underpin/workload";
/// The Service of the server, on the pods that dial it: kustomize renames it there.
pub const SERVER: &str = "underpin/server";
/// The StatefulSet of the server, on the pods whose messages name it.
pub const STATEFUL_SET: &str = "underpin/stateful-set";
/// The Service of the poolers, on the pod that looks at their certificate.
pub const POOLER: &str = "underpin/pooler";
/// The CronJob that runs bootstrap again, on the pod whose advice names it.
pub const BOOTSTRAP: &str = "underpin/bootstrap";
/// The hash of the scripts that a Job runs: another script is another Job.
pub const SCRIPTS: &str = "underpin/scripts";
/// The hash of settings that are read at a start alone: another one is another pod.
pub const SETTINGS: &str = "underpin/settings";
/// The hash of the settings that the server reads at its start alone.
pub const RESTART_SETTINGS: &str = "underpin/restart-settings";

/// The names of one database's objects.
#[derive(Debug)]
pub struct Names<'m> {
    model: &'m Model,
    name: String,
}

/// A pod of ours, by what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Workload {
    /// The server.
    Server,
    /// Makes databases and roles.
    Bootstrap,
    /// Makes a backup.
    Backup,
    /// Lists and verifies backups.
    Backups,
    /// Makes a database from a backup.
    Restore,
    /// Makes one for trial, in itself.
    Drill,
    /// Shares the server's connections among clients.
    Pooler,
    /// Lets the server read a renewed certificate.
    Reload,
    /// Tells Prometheus what the server knows.
    Exporter,
}

/// A volume of ours, by what is on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// The server's data.
    Data,
    /// Backups.
    Backup,
}

impl Disk {
    /// The last part of its claim's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Backup => "backup",
        }
    }
}

impl Workload {
    /// The last part of its label and of its service account.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Bootstrap => "bootstrap",
            Self::Backup => "backup",
            Self::Backups => "backups",
            Self::Restore => "restore",
            Self::Drill => "drill",
            Self::Pooler => "pooler",
            Self::Reload => "reload",
            Self::Exporter => "exporter",
        }
    }
}

impl<'m> Names<'m> {
    /// The names of a model's objects.
    pub fn of(model: &'m Model) -> Self {
        Self {
            model,
            name: model.name.to_string(),
        }
    }

    /// The Service that applications dial, and the StatefulSet.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Service that always leads to the server.
    pub fn direct(&self) -> String {
        format!("{}-direct", self.name)
    }

    /// The Service that gives the server's pod its host name.
    pub fn headless(&self) -> String {
        format!("{}-headless", self.name)
    }

    /// A claim.
    pub fn claim(&self, disk: Disk) -> String {
        format!("{}-{}", self.name, disk.name())
    }

    /// A volume, where it is ours. It is cluster-scoped; the dot, which no namespace holds, keeps
    /// `a-b`/`c` and `a`/`b-c` apart.
    pub fn volume(&self, disk: Disk) -> String {
        format!("{}.{}-{}", self.model.namespace, self.name, disk.name())
    }

    /// The CronJob of a schedule.
    pub fn schedule(&self, schedule: &Label) -> String {
        format!("{}-{schedule}", self.workload(Workload::Backup))
    }

    /// The CronJob of a drill.
    pub fn drill(&self, schedule: &Schedule) -> String {
        format!("{}-{}", self.name, schedule.name)
    }

    /// The ConfigMap of postgresql.conf.
    pub fn settings(&self) -> String {
        format!("{}-settings", self.name)
    }

    /// The ConfigMap of pgbouncer.ini.
    pub fn pooler_settings(&self) -> String {
        format!("{}-settings", self.workload(Workload::Pooler))
    }

    /// The ConfigMap of what the exporter asks.
    pub fn exporter_queries(&self) -> String {
        format!("{}-queries", self.workload(Workload::Exporter))
    }

    /// What holds the rules for Prometheus.
    pub fn alerts(&self) -> String {
        format!("{}-alerts", self.name)
    }

    /// The ConfigMap of the dashboard.
    pub fn dashboard(&self) -> String {
        format!("{}-dashboard", self.name)
    }

    /// The ConfigMap of a workload's scripts.
    pub fn scripts(&self, workload: Workload) -> String {
        format!("{}-{}-scripts", self.name, workload.name())
    }

    /// The ConfigMap of the scripts that tell what a database is.
    pub fn scripts_of_databases(&self) -> String {
        format!("{}-common-scripts", self.name)
    }

    /// The ConfigMap of the scripts that make a database from a backup.
    pub fn scripts_of_restores(&self) -> String {
        format!("{}-restoring-scripts", self.name)
    }

    /// The ConfigMap of what rehearses, in the pod of a backup.
    pub fn rehearsal_scripts(&self) -> String {
        format!("{}-rehearsal-scripts", self.name)
    }

    /// The workload's label, policy and service account.
    pub fn workload(&self, workload: Workload) -> String {
        format!("{}-{}", self.name, workload.name())
    }

    /// Metadata of a namespaced object.
    pub fn metadata(&self, name: impl Into<String>) -> ObjectMeta {
        ObjectMeta {
            name: Some(name.into()),
            namespace: Some(self.model.namespace.to_string()),
            labels: Some(self.labels()),
            ..ObjectMeta::default()
        }
    }

    /// Labels of every object: the spec's, and those that tools look for
    /// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
    pub fn labels(&self) -> BTreeMap<String, String> {
        let mut labels: BTreeMap<String, String> = self
            .model
            .labels
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect();
        labels.insert("app.kubernetes.io/name".into(), "postgresql".into());
        labels.insert("app.kubernetes.io/instance".into(), self.name.clone());
        labels.insert("app.kubernetes.io/managed-by".into(), "underpin".into());
        labels
    }

    /// Labels of a workload's pods.
    pub fn pod_labels(&self, workload: Workload) -> BTreeMap<String, String> {
        let mut labels = self.labels();
        labels.insert("app.kubernetes.io/component".into(), workload.name().into());
        labels.insert(WORKLOAD.into(), self.workload(workload));
        labels
    }

    /// What selects a workload's pods.
    pub fn selector(&self, workload: Workload) -> BTreeMap<String, String> {
        BTreeMap::from([(WORKLOAD.into(), self.workload(workload))])
    }

    /// The same as a label selector.
    pub fn label_selector(&self, workload: Workload) -> LabelSelector {
        LabelSelector {
            match_labels: Some(self.selector(workload)),
            ..LabelSelector::default()
        }
    }

    /// What selects the pods of any of several workloads.
    pub fn any_of(&self, workloads: &[Workload]) -> LabelSelector {
        LabelSelector {
            match_expressions: Some(vec![LabelSelectorRequirement {
                key: WORKLOAD.into(),
                operator: "In".into(),
                values: Some(
                    workloads
                        .iter()
                        .map(|workload| self.workload(*workload))
                        .collect(),
                ),
            }]),
            ..LabelSelector::default()
        }
    }
}
