//! `storage/`: the server's claim, and its volume where that is ours. The same for the backups',
//! in `backup/`.

use super::names::Disk;
use super::{Names, Object};
use crate::audit::hash;
use crate::model::{BackupVolume, Model, Server, StaticVolume, VolumeSource};
use crate::spec::types::{AccessMode, BackupAccessMode};
use crate::value::Size;
use k8s_openapi::api::core::v1::{
    CSIPersistentVolumeSource, HostPathVolumeSource, LocalVolumeSource, NFSVolumeSource,
    NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, ObjectReference, PersistentVolume,
    PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeSpec, VolumeNodeAffinity,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use std::collections::BTreeMap;

/// What a claim asks for.
struct Wish<'m> {
    disk: Disk,
    /// The folder of the output, and what the names of its files end in.
    place: (&'static str, &'static str),
    size: Size,
    source: &'m VolumeSource,
    access_mode: &'static str,
}

/// The server's claim, and the volume that it is bound to by name.
pub fn data(model: &Model, server: &Server, names: &Names<'_>) -> Vec<Object> {
    let storage = &server.storage;
    let data = Wish {
        disk: Disk::Data,
        place: ("storage", "-data"),
        size: storage.size,
        source: &storage.source,
        access_mode: match storage.access_mode {
            AccessMode::ReadWriteOnce => "ReadWriteOnce",
            AccessMode::ReadWriteOncePod => "ReadWriteOncePod",
        },
    };
    disk(model, names, &data)
}

/// The backups' claim, and the volume that it is bound to by name.
pub fn backups(model: &Model, backup: &BackupVolume, names: &Names<'_>) -> Vec<Object> {
    let backups = Wish {
        disk: Disk::Backup,
        place: ("backup", ""),
        size: backup.size,
        source: &backup.source,
        access_mode: match backup.access_mode {
            BackupAccessMode::ReadWriteOnce => "ReadWriteOnce",
            BackupAccessMode::ReadWriteOncePod => "ReadWriteOncePod",
            BackupAccessMode::ReadWriteMany => "ReadWriteMany",
        },
    };
    disk(model, names, &backups)
}

fn disk(model: &Model, names: &Names<'_>, wish: &Wish<'_>) -> Vec<Object> {
    let (folder, end) = wish.place;
    let claim = Object::new(
        &format!("{folder}/persistent-volume-claim{end}.yaml"),
        &claim(names, wish),
    )
    .comment("/spec/resources", "can grow, and never shrink");
    match wish.source {
        VolumeSource::DefaultClass | VolumeSource::Class(_) => vec![claim],
        VolumeSource::Static(volume) => vec![
            claim.comment(
                "/spec/storageClassName",
                "no class: bound to the volume of that name, and to no other",
            ),
            Object::new(
                &format!("{folder}/persistent-volume{end}.yaml"),
                &persistent_volume(model, names, wish, volume),
            )
            .comment("/spec/claimRef", "no other claim can take it"),
        ],
    }
}

fn claim(names: &Names<'_>, wish: &Wish<'_>) -> PersistentVolumeClaim {
    let mut metadata = names.metadata(names.claim(wish.disk));
    keep(&mut metadata);
    let (class, volume) = match wish.source {
        VolumeSource::DefaultClass => (None, None),
        VolumeSource::Class(class) => (Some(class.to_string()), None),
        VolumeSource::Static(_) => (Some(String::new()), Some(names.volume(wish.disk))),
    };
    PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec![wish.access_mode.into()]),
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".into(), size(wish))])),
                ..VolumeResourceRequirements::default()
            }),
            storage_class_name: class,
            // The server's default, so that applying twice changes nothing.
            volume_mode: Some("Filesystem".into()),
            volume_name: volume,
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    }
}

fn persistent_volume(
    model: &Model,
    names: &Names<'_>,
    wish: &Wish<'_>,
    volume: &StaticVolume,
) -> PersistentVolume {
    let mut metadata = ObjectMeta {
        name: Some(names.volume(wish.disk)),
        labels: Some(names.labels()),
        ..ObjectMeta::default()
    };
    keep(&mut metadata);
    let claim = names.claim(wish.disk);
    let spec = PersistentVolumeSpec {
        access_modes: Some(vec![wish.access_mode.into()]),
        capacity: Some(BTreeMap::from([("storage".into(), size(wish))])),
        claim_ref: Some(ObjectReference {
            api_version: Some("v1".into()),
            kind: Some("PersistentVolumeClaim".into()),
            name: Some(claim.clone()),
            namespace: Some(model.namespace.to_string()),
            ..ObjectReference::default()
        }),
        persistent_volume_reclaim_policy: Some("Retain".into()),
        storage_class_name: Some(String::new()),
        volume_mode: Some("Filesystem".into()),
        ..PersistentVolumeSpec::default()
    };
    let spec = with_source(spec, volume);
    let json = serde_json::to_value(&spec).expect("a volume has string keys");
    // Two copies of an overlay must not share one disk; by these `audit` sees it.
    let annotations = metadata.annotations.get_or_insert_default();
    annotations.insert(hash::CLAIM.into(), format!("{}/{claim}", model.namespace));
    annotations.insert(hash::HASH.into(), hash::volume_hash(&json));
    PersistentVolume {
        metadata,
        spec: Some(spec),
        ..PersistentVolume::default()
    }
}

fn with_source(spec: PersistentVolumeSpec, volume: &StaticVolume) -> PersistentVolumeSpec {
    match volume {
        StaticVolume::Local { path, node } => PersistentVolumeSpec {
            local: Some(LocalVolumeSource {
                path: path.to_string(),
                fs_type: None,
            }),
            node_affinity: Some(on_node(&node.to_string())),
            ..spec
        },
        StaticVolume::HostPath { path, node } => PersistentVolumeSpec {
            // The type makes a missing directory an error, where the default takes what is there.
            host_path: Some(HostPathVolumeSource {
                path: path.to_string(),
                type_: Some("Directory".into()),
            }),
            node_affinity: Some(on_node(&node.to_string())),
            ..spec
        },
        StaticVolume::Nfs {
            server,
            path,
            options,
        } => PersistentVolumeSpec {
            mount_options: Some(options.clone()),
            nfs: Some(NFSVolumeSource {
                path: path.to_string(),
                read_only: None,
                server: server.to_string(),
            }),
            ..spec
        },
        StaticVolume::Csi {
            driver,
            handle,
            fs_type,
            attributes,
        } => PersistentVolumeSpec {
            csi: Some(CSIPersistentVolumeSource {
                driver: driver.to_string(),
                volume_handle: handle.clone(),
                fs_type: fs_type.clone(),
                volume_attributes: (!attributes.is_empty()).then(|| attributes.clone()),
                ..CSIPersistentVolumeSource::default()
            }),
            ..spec
        },
    }
}

fn on_node(node: &str) -> VolumeNodeAffinity {
    VolumeNodeAffinity {
        required: Some(NodeSelector {
            node_selector_terms: vec![NodeSelectorTerm {
                match_expressions: Some(vec![NodeSelectorRequirement {
                    key: "kubernetes.io/hostname".into(),
                    operator: "In".into(),
                    values: Some(vec![node.into()]),
                }]),
                ..NodeSelectorTerm::default()
            }],
        }),
    }
}

fn size(wish: &Wish<'_>) -> Quantity {
    Quantity(wish.size.to_string())
}

/// Deleting a file from git must not delete the data: Argo CD, Flux and Helm leave these alone.
fn keep(metadata: &mut ObjectMeta) {
    metadata.annotations = Some(BTreeMap::from([
        (
            "argocd.argoproj.io/sync-options".into(),
            "Prune=false,Delete=false".into(),
        ),
        ("helm.sh/resource-policy".into(), "keep".into()),
        (
            "kustomize.toolkit.fluxcd.io/prune".into(),
            "disabled".into(),
        ),
    ]));
}
