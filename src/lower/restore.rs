//! The suspended CronJob that restores, and in `restore/` the Job of the same pod, for a restore by
//! pull request.

use super::backup::{self, JOBS};
use super::bootstrap::{databases, item, lines, projected, roles, source};
use super::job::{self, Runs};
use super::names::Workload;
use super::{Names, Object, pod, upstream};
use crate::audit::seal;
use crate::model::{Engine, Model, Neon, Recovery, Restore, Storage};
use crate::scripts;
use crate::value::Reserve;
use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec, Volume};
use serde_json::json;

/// The role that restored databases are made by.
pub const ROLE: &str = "underpin_restore";

/// The CronJob and what it needs; the Job.
pub fn objects(model: &Model, recovery: &Recovery, names: &Names<'_>) -> Vec<Object> {
    let name = names.workload(Workload::Restore);
    let spec = spec(model, recovery, names);
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
        Object::new(
            "backup/config-map-restore-scripts.yaml",
            &pod::scripts(
                names,
                Workload::Restore,
                &scripts::own(&scripts::RESTORE_JOB),
            ),
        ),
        Object::new("restore/job.yaml", &job::hashed(names, &name, spec))
            .comment("/metadata/name", job::HASHED),
    ]
}

/// A Job that does what the model says, for `kubectl create`: each time under another name.
pub fn job(model: &Model, recovery: &Recovery) -> Object {
    let names = Names::of(model);
    let mut metadata = names.metadata("");
    metadata.name = None;
    metadata.generate_name = Some(format!("{}-", names.workload(Workload::Restore)));
    let job = Job {
        metadata,
        spec: Some(spec(model, recovery, &names)),
        ..Job::default()
    };
    let mut job = Object::new("restore/job.yaml", &job);
    seal::set(&mut job.value);
    job
}

fn spec(model: &Model, recovery: &Recovery, names: &Names<'_>) -> JobSpec {
    job::spec(
        &template(model, recovery, names),
        Runs {
            container: "restore",
            retries: 1,
            deadline: Some(recovery.restore.deadline.seconds()),
        },
    )
}

fn template(model: &Model, recovery: &Recovery, names: &Names<'_>) -> PodTemplateSpec {
    let restore = &recovery.restore;
    let container = pod::container(
        model,
        Container {
            name: "restore".into(),
            command: Some(vec!["/scripts/restore.sh".into()]),
            env: Some(environment(model, restore)),
            resources: Some(backup::resources(&restore.resources)),
            volume_mounts: Some(upstream::with_authorities(
                model,
                vec![
                    pod::mount("tmp", "/tmp"),
                    pod::read_only("scripts", "/scripts"),
                    pod::read_only("secrets", "/secrets"),
                    pod::read_only("backups", "/backups"),
                ],
            )),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(60),
        affinity: backup::affinity(model, &recovery.backup, names),
        init_containers: upstream::init(model),
        containers: vec![container],
        dns_config: upstream::dns(model),
        volumes: Some(upstream::with_bundle(
            model,
            vec![
                backup::tmp(),
                pod::shared_scripts_volume(
                    names,
                    names.scripts(Workload::Restore),
                    &scripts::RESTORE_JOB,
                ),
                secrets(model, restore),
                backup::volume(names),
            ],
        )),
        ..PodSpec::default()
    };
    let mut annotations = upstream::annotations(model, names);
    annotations.extend([backup::hash(&scripts::RESTORE_JOB)]);
    pod::template(model, names, Workload::Restore, annotations, spec)
}

fn environment(model: &Model, restore: &Restore) -> Vec<EnvVar> {
    let mut environment = upstream::connection(model, ROLE);
    environment.extend(backup::identity(model));
    environment.push(pod::field_variable(
        "JOB_UID",
        &format!("metadata.labels['{}']", pod::JOB_UID),
    ));
    environment.extend(choice(restore));
    environment.extend([pod::variable("JOBS", JOBS)]);
    environment.extend(match &model.engine {
        Engine::Postgres(server) => [
            pod::variable("ROLES", &roles(model)),
            pod::variable("DATABASES", &databases(server)),
            pod::variable("BACKUP_ROLE", backup::ROLE),
            pod::variable("RESTORE_ROLE", ROLE),
            pod::variable("STORAGE_BYTES", &room(&server.storage).to_string()),
        ],
        // One role does everything there, and there is nothing that bootstrap would have to give.
        Engine::Neon(neon) => [
            pod::variable("ROLES", "[]"),
            pod::variable("DATABASES", &only(neon)),
            pod::variable("BACKUP_ROLE", &neon.role.to_string()),
            pod::variable("RESTORE_ROLE", &neon.role.to_string()),
            pod::variable("STORAGE_BYTES", ""),
        ],
    });
    environment.extend([
        pod::variable("DEADLINE_SECONDS", &restore.deadline.seconds().to_string()),
        pod::variable("HOME", "/tmp"),
    ]);
    environment
}

/// The database that the spec names, as the scripts read it.
fn only(neon: &Neon) -> String {
    let database = json!({ "name": neon.database.to_string(), "owner": neon.role.to_string(), "extensions": [] });
    lines(std::iter::once(database))
}

/// What a person may want otherwise.
fn choice(restore: &Restore) -> [EnvVar; 10] {
    let before = restore.before.map(|instant| instant.to_string());
    [
        pod::variable("DATABASE", &restore.database.to_string()),
        pod::variable("BACKUP", &restore.backup.to_string()),
        pod::variable("BEFORE", &before.unwrap_or_default()),
        pod::variable("INTO", &restore.into.to_string()),
        pod::variable("INTO_OF_SPEC", &restore.into.to_string()),
        // What differs, once a person has seen it and says that it will do: never of a spec.
        pod::variable(
            "OWNERS",
            &lines(restore.owners.iter().map(|owner| json!(owner.to_string()))),
        ),
        pod::variable("ACCEPT", restore.accept.as_deref().unwrap_or_default()),
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
/// that may be missing until it is needed; and the superuser's only where the spec says so. At Neon
/// both are the same role.
fn secrets(model: &Model, restore: &Restore) -> Volume {
    let own = |items| source(model.secret.to_string(), items, None);
    let file = |key: &str, path: &str| item(key, path.into());
    let key = upstream::password_key(model);
    if model.neon().is_some() {
        return projected(vec![own(vec![file(key, "backup"), file(key, "restore")])]);
    }
    let mut items = vec![file(key, "backup")];
    if restore.as_superuser {
        items.push(file("superuser", "superuser"));
    }
    let password = vec![file("password", "restore")];
    projected(vec![
        own(items),
        source(restore.secret.to_string(), password, Some(true)),
    ])
}
