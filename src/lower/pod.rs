//! What all pods of ours have in common: the restricted Pod Security Standard
//! (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>), and ways to write
//! volumes and environment without noise.

use super::Names;
use super::names::Workload;
use crate::model::{Model, Resources};
use crate::scripts::{self, Script};
use crate::value::{Flavour, Image, Subdomain};
use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMap, ConfigMapProjection, ConfigMapVolumeSource, Container,
    EmptyDirVolumeSource, EnvVar, EnvVarSource, KeyToPath, LocalObjectReference,
    ObjectFieldSelector, PodSecurityContext, PodSpec, PodTemplateSpec, Probe,
    ProjectedVolumeSource, ResourceRequirements, SeccompProfile, SecretVolumeSource,
    SecurityContext, ServiceAccount, TCPSocketAction, Volume, VolumeMount, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

/// The user that the official image's server runs as, and its group: fixed for the life of a
/// volume, since PostgreSQL wants to own its files.
pub fn user(model: &Model) -> i64 {
    match model.client().flavour {
        Flavour::Debian { .. } => 999,
        Flavour::Alpine { .. } => 70,
    }
}

/// A pod of the server's image that has everything but containers and volumes.
pub fn template(
    model: &Model,
    names: &Names<'_>,
    workload: Workload,
    annotations: BTreeMap<String, String>,
    spec: PodSpec,
) -> PodTemplateSpec {
    template_as(user(model), model, names, workload, annotations, spec)
}

/// The same for a pod of another image, as a user of its own.
pub fn template_as(
    user: i64,
    model: &Model,
    names: &Names<'_>,
    workload: Workload,
    annotations: BTreeMap<String, String>,
    spec: PodSpec,
) -> PodTemplateSpec {
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(names.pod_labels(workload)),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            service_account_name: Some(names.workload(workload)),
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            image_pull_secrets: list(
                model
                    .pull_secrets
                    .iter()
                    .map(|name| LocalObjectReference {
                        name: name.to_string(),
                    })
                    .collect(),
            ),
            security_context: Some(PodSecurityContext {
                run_as_non_root: Some(true),
                run_as_user: Some(user),
                run_as_group: Some(user),
                fs_group: Some(user),
                fs_group_change_policy: Some("OnRootMismatch".into()),
                seccomp_profile: Some(SeccompProfile {
                    type_: "RuntimeDefault".into(),
                    ..SeccompProfile::default()
                }),
                ..PodSecurityContext::default()
            }),
            ..spec
        }),
    }
}

/// A container of the image with PostgreSQL's programs that has everything but what it is for.
pub fn container(model: &Model, container: Container) -> Container {
    container_of(model.client().image, container)
}

/// The same of another image.
pub fn container_of(image: &Image, container: Container) -> Container {
    Container {
        image: Some(image.to_string()),
        image_pull_policy: Some("IfNotPresent".into()),
        security_context: Some(SecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities {
                drop: Some(vec!["ALL".into()]),
                ..Capabilities::default()
            }),
            privileged: Some(false),
            read_only_root_filesystem: Some(true),
            ..SecurityContext::default()
        }),
        // The last lines of the log are what `kubectl describe pod` shows of a failure.
        termination_message_policy: Some("FallbackToLogsOnError".into()),
        ..container
    }
}

/// A workload's service account, which has no rights and no token.
pub fn service_account(names: &Names<'_>, workload: Workload) -> ServiceAccount {
    ServiceAccount {
        metadata: names.metadata(names.workload(workload)),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

/// A workload's scripts.
pub fn scripts(names: &Names<'_>, workload: Workload, scripts: &[Script]) -> ConfigMap {
    scripts_named(names, names.scripts(workload), scripts)
}

/// Scripts under a name.
pub fn scripts_named(names: &Names<'_>, name: String, scripts: &[Script]) -> ConfigMap {
    ConfigMap {
        metadata: names.metadata(name),
        data: Some(
            scripts
                .iter()
                .map(|script| (script.key.to_owned(), script.text.to_owned()))
                .collect(),
        ),
        ..ConfigMap::default()
    }
}

/// The volume of a workload's scripts.
pub fn scripts_volume(names: &Names<'_>, workload: Workload, scripts: &[Script]) -> Volume {
    Volume {
        name: "scripts".into(),
        config_map: Some(ConfigMapVolumeSource {
            name: names.scripts(workload),
            default_mode: Some(0o555),
            items: Some(files(scripts)),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// The volume of scripts of which some are shared with other workloads: each from its `ConfigMap`.
pub fn shared_scripts_volume(names: &Names<'_>, own: String, scripts: &[Script]) -> Volume {
    let parts = [
        (own, scripts::own(scripts)),
        (
            names.scripts_of_databases(),
            both(scripts, &scripts::OF_DATABASES),
        ),
        (
            names.scripts_of_restores(),
            both(scripts, &scripts::OF_RESTORES),
        ),
    ];
    let sources = parts.into_iter().filter(|(_, scripts)| !scripts.is_empty());
    Volume {
        name: "scripts".into(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(0o555),
            sources: Some(
                sources
                    .map(|(name, scripts)| VolumeProjection {
                        config_map: Some(ConfigMapProjection {
                            name,
                            items: Some(files(&scripts)),
                            optional: None,
                        }),
                        ..VolumeProjection::default()
                    })
                    .collect(),
            ),
        }),
        ..Volume::default()
    }
}

fn both(some: &[Script], others: &[Script]) -> Vec<Script> {
    let found = some.iter().filter(|script| others.contains(script));
    found.copied().collect()
}

fn files(scripts: &[Script]) -> Vec<KeyToPath> {
    let file = |script: &Script| KeyToPath {
        key: script.key.into(),
        path: script.name.into(),
        mode: None,
    };
    scripts.iter().map(file).collect()
}

/// A variable that holds text as it is. Kubernetes expands `$(NAME)` in values, and reads `$$` as
/// `$` (<https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/>).
pub fn variable(name: &str, value: &str) -> EnvVar {
    EnvVar {
        name: name.into(),
        value: Some(value.replace('$', "$$")),
        value_from: None,
    }
}

/// A variable whose value speaks of variables that stand before it, as `$(NAME)`.
pub fn variable_of_others(name: &str, value: &str) -> EnvVar {
    EnvVar {
        name: name.into(),
        value: Some(value.to_owned()),
        value_from: None,
    }
}

/// The label by which the Job controller says to its pods which Job they are of.
pub const JOB_UID: &str = "batch.kubernetes.io/controller-uid";

/// A variable that holds an annotation of the pod: kustomize renames objects there, and not in
/// values.
pub fn annotation_variable(name: &str, annotation: &str) -> EnvVar {
    field_variable(name, &format!("metadata.annotations['{annotation}']"))
}

/// A variable that holds a field of the pod.
pub fn field_variable(name: &str, field: &str) -> EnvVar {
    EnvVar {
        name: name.into(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector {
                // The server's default, so that applying twice changes nothing.
                api_version: Some("v1".into()),
                field_path: field.into(),
            }),
            ..EnvVarSource::default()
        }),
    }
}

/// An empty directory in memory.
pub fn memory_volume(name: &str, size: &str) -> Volume {
    Volume {
        name: name.into(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: Some("Memory".into()),
            size_limit: Some(Quantity(size.into())),
        }),
        ..Volume::default()
    }
}

/// An empty directory on the node's disk.
pub fn disk_volume(name: &str, size: &str) -> Volume {
    Volume {
        name: name.into(),
        empty_dir: Some(EmptyDirVolumeSource {
            medium: None,
            size_limit: Some(Quantity(size.into())),
        }),
        ..Volume::default()
    }
}

/// Where a volume is mounted.
pub fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount {
        name: name.into(),
        mount_path: path.into(),
        ..VolumeMount::default()
    }
}

/// The same for one that nobody writes to.
pub fn read_only(name: &str, path: &str) -> VolumeMount {
    VolumeMount {
        read_only: Some(true),
        ..mount(name, path)
    }
}

/// CPU as request, memory as request and limit. Space on the node's disk is for logs and /tmp.
pub fn resources(
    cpu: &str,
    memory: &str,
    cpu_limit: Option<String>,
    disk: (&str, &str),
) -> ResourceRequirements {
    let quantity = |text: &str| Quantity(text.to_owned());
    let mut limits = BTreeMap::from([
        ("memory".to_owned(), quantity(memory)),
        ("ephemeral-storage".to_owned(), quantity(disk.1)),
    ]);
    if let Some(limit) = cpu_limit {
        limits.insert("cpu".to_owned(), quantity(&limit));
    }
    ResourceRequirements {
        requests: Some(BTreeMap::from([
            ("cpu".to_owned(), quantity(cpu)),
            ("memory".to_owned(), quantity(memory)),
            ("ephemeral-storage".to_owned(), quantity(disk.0)),
        ])),
        limits: Some(limits),
        ..ResourceRequirements::default()
    }
}

/// The same as the spec has it.
pub fn resources_of(resources: &Resources, disk: (&str, &str)) -> ResourceRequirements {
    self::resources(
        &resources.cpu.to_string(),
        &resources.memory.to_string(),
        resources.cpu_limit.map(|limit| limit.to_string()),
        disk,
    )
}

/// That it takes connections, and no more: what is behind it is not its fault.
pub fn takes_connections(port: i32, period: i32, failures: i32) -> Probe {
    Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::Int(port),
            ..TCPSocketAction::default()
        }),
        period_seconds: Some(period),
        failure_threshold: Some(failures),
        timeout_seconds: Some(3),
        ..Probe::default()
    }
}

/// Keys of a Secret as files, each under a name, which the pod's group may read.
pub fn secret_volume(name: &str, secret: &Subdomain, items: &[(&str, &str)]) -> Volume {
    let items = items.iter().map(|(key, path)| KeyToPath {
        key: (*key).into(),
        path: (*path).into(),
        mode: None,
    });
    Volume {
        name: name.into(),
        secret: Some(SecretVolumeSource {
            secret_name: Some(secret.to_string()),
            default_mode: Some(0o440),
            items: Some(items.collect()),
            ..SecretVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// A list, or nothing where it is empty.
pub fn list<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}
