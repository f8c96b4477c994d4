//! The suspended CronJob that restores, and in `restore/` the Job of the same pod, for a restore by
//! pull request.

use super::backup::{self, JOBS};
use super::bootstrap::{databases, lines, roles};
use super::job::{self, Runs};
use super::names::Workload;
use super::{Names, Object, pod};
use crate::model::{Model, Restore, Storage};
use crate::scripts;
use crate::value::Reserve;
use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{
    Container, EnvVar, KeyToPath, PodSpec, PodTemplateSpec, ProjectedVolumeSource,
    SecretProjection, Volume, VolumeProjection,
};
use serde_json::json;

/// The role that restored databases are made by.
pub const ROLE: &str = "underpin_restore";

/// The CronJob and what it needs; the Job.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let name = names.workload(Workload::Restore);
    let spec = spec(model, names);
    vec![
        Object::new(
            "backup/cron-job-restore.yaml",
            &job::by_hand(names, name.clone(), spec.clone()),
        )
        .comment("/spec/schedule", job::BY_HAND),
        Object::new(
            "backup/service-account-restore.yaml",
            &pod::service_account(names, Workload::Restore),
        ),
        Object::new("restore/job.yaml", &job::hashed(names, &name, spec))
            .comment("/metadata/name", job::HASHED),
    ]
}

/// A Job that does what the model says, for `kubectl create`: each time under another name.
pub fn job(model: &Model) -> Object {
    let names = Names::of(model);
    let mut metadata = names.metadata("");
    metadata.name = None;
    metadata.generate_name = Some(format!("{}-", names.workload(Workload::Restore)));
    let job = Job {
        metadata,
        spec: Some(spec(model, &names)),
        ..Job::default()
    };
    Object::new("restore/job.yaml", &job)
}

fn spec(model: &Model, names: &Names<'_>) -> JobSpec {
    job::spec(
        &template(model, names),
        Runs {
            container: "restore",
            retries: 1,
            deadline: Some(model.restore.deadline.seconds()),
        },
    )
}

fn template(model: &Model, names: &Names<'_>) -> PodTemplateSpec {
    let container = pod::container(
        model,
        Container {
            name: "restore".into(),
            command: Some(vec!["/scripts/restore.sh".into()]),
            env: Some(environment(model)),
            resources: Some(backup::resources(&model.restore.resources)),
            volume_mounts: Some(vec![
                pod::mount("tmp", "/tmp"),
                pod::read_only("scripts", "/scripts"),
                pod::read_only("secrets", "/secrets"),
                pod::read_only("backups", "/backups"),
            ]),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(60),
        affinity: Some(backup::affinity(model, names)),
        containers: vec![container],
        volumes: Some(vec![
            backup::tmp(),
            pod::scripts_volume(names, Workload::Backup, &scripts::RESTORE_JOB),
            secrets(model),
            backup::volume(names),
        ]),
        ..PodSpec::default()
    };
    let annotations = backup::annotations(names, &scripts::RESTORE_JOB);
    pod::template(model, names, Workload::Restore, annotations, spec)
}

fn environment(model: &Model) -> Vec<EnvVar> {
    let restore = &model.restore;
    let mut environment = backup::connection(ROLE);
    environment.extend(backup::identity(model));
    environment.push(pod::field_variable(
        "JOB_UID",
        &format!("metadata.labels['{}']", pod::JOB_UID),
    ));
    environment.extend(choice(restore));
    environment.extend([
        pod::variable("JOBS", JOBS),
        pod::variable("ROLES", &roles(model)),
        pod::variable("DATABASES", &databases(model)),
        pod::variable("BACKUP_ROLE", backup::ROLE),
        pod::variable("RESTORE_ROLE", ROLE),
        pod::variable("STORAGE_BYTES", &room(&model.storage).to_string()),
        pod::variable("DEADLINE_SECONDS", &restore.deadline.seconds().to_string()),
        pod::variable("HOME", "/tmp"),
    ]);
    environment
}

/// What a person may want otherwise.
fn choice(restore: &Restore) -> [EnvVar; 7] {
    let before = restore.before.map(|instant| instant.to_string());
    [
        pod::variable("DATABASE", &restore.database.to_string()),
        pod::variable("BACKUP", &restore.backup.to_string()),
        pod::variable("BEFORE", &before.unwrap_or_default()),
        pod::variable("INTO", &restore.into.to_string()),
        pod::variable("REPLACE", &restore.replace.to_string()),
        pod::variable(
            "TABLES",
            &lines(restore.tables.iter().map(|table| json!(table))),
        ),
        pod::variable("AS_SUPERUSER", &restore.as_superuser.to_string()),
    ]
}

/// What databases may take of the server's volume, bytes.
fn room(storage: &Storage) -> u64 {
    let size = storage.size.bytes();
    let reserve = match storage.reserve {
        Reserve::None => 0,
        Reserve::Percent(percent) => size / 100 * u64::from(percent),
        Reserve::Bytes(reserve) => reserve.bytes(),
    };
    size.saturating_sub(reserve)
}

/// The backup role's password, with which the proof is read; the restore role's, from a Secret
/// that may be missing until it is needed; and the superuser's only where the spec says so.
fn secrets(model: &Model) -> Volume {
    let item = |key: &str, path: &str| KeyToPath {
        key: key.into(),
        path: path.into(),
        mode: None,
    };
    let mut own = vec![item("backup", "backup")];
    if model.restore.as_superuser {
        own.push(item("superuser", "superuser"));
    }
    let source = |name: String, items, optional| VolumeProjection {
        secret: Some(SecretProjection {
            name,
            items: Some(items),
            optional,
        }),
        ..VolumeProjection::default()
    };
    Volume {
        name: "secrets".into(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(0o440),
            sources: Some(vec![
                source(model.secret.to_string(), own, None),
                source(
                    model.restore.secret.to_string(),
                    vec![item("password", "restore")],
                    Some(true),
                ),
            ]),
        }),
        ..Volume::default()
    }
}
