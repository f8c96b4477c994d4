//! `access/`: the Job that makes databases, roles, extensions and grants, and the suspended
//! CronJob of the same pod, with which a person runs it again.

use super::job::{self, Runs};
use super::names::{SCRIPTS, SERVER, STATEFUL_SET, Workload};
use super::postgresql_conf::Configuration;
use super::{Names, Object, backup, exporter, pod, reload, restore, upstream};
use crate::audit::hash::letters;
use crate::model::{MONITORING_KEY, Model, RELOAD_KEY, Role, Server};
use crate::scripts;
use k8s_openapi::api::core::v1::{
    Container, EnvVar, KeyToPath, PodSpec, PodTemplateSpec, ProjectedVolumeSource,
    SecretProjection, Volume, VolumeProjection,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How long bootstrap waits and works, seconds: a first deployment may wait for a node and a
/// volume.
const DEADLINE: u32 = 1800;
const RUNS: Runs = Runs {
    container: "bootstrap",
    retries: 6,
    deadline: None,
};

/// The scripts are the same for every database.
static SCRIPTS_HASH: LazyLock<String> = LazyLock::new(|| {
    let scripts: String = scripts::BOOTSTRAP_JOB
        .iter()
        .map(|script| script.text)
        .collect();
    letters(scripts.as_bytes())
});

/// The Job, the CronJob and what they need.
pub fn objects(
    model: &Model,
    server: &Server,
    names: &Names<'_>,
    configuration: &Configuration,
) -> Vec<Object> {
    let job = job::spec(&template(model, server, names, configuration), RUNS);
    let name = names.workload(Workload::Bootstrap);
    vec![
        Object::new("access/job-bootstrap.yaml", &job::deployed(names, &name, job.clone()))
            .comment("/metadata/name", job::HASHED)
            .comment("/metadata/annotations", "an overlay may change the pod of a Job, which Kubernetes refuses for one that is there: Argo CD and Flux replace it"),
        Object::new("access/cron-job-bootstrap.yaml", &job::by_hand(names, name, job))
            .comment("/spec/schedule", job::BY_HAND),
        Object::new(
            "access/config-map-bootstrap-scripts.yaml",
            &pod::scripts(names, Workload::Bootstrap, &scripts::BOOTSTRAP_JOB),
        ),
        Object::new("access/service-account-bootstrap.yaml", &pod::service_account(names, Workload::Bootstrap)),
    ]
}

fn template(
    model: &Model,
    server: &Server,
    names: &Names<'_>,
    configuration: &Configuration,
) -> PodTemplateSpec {
    let mut annotations = upstream::annotations(model, names);
    annotations.insert(SCRIPTS.to_owned(), SCRIPTS_HASH.clone());
    let container = pod::container(
        model,
        Container {
            name: "bootstrap".into(),
            command: Some(vec!["/scripts/bootstrap.sh".into()]),
            env: Some(environment(model, server, configuration)),
            resources: Some(pod::resources("50m", "128Mi", None, ("64Mi", "256Mi"))),
            volume_mounts: Some(upstream::with_authorities(
                model,
                vec![
                    pod::mount("tmp", "/tmp"),
                    pod::read_only("scripts", "/scripts"),
                    pod::read_only("secrets", "/secrets"),
                ],
            )),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(30),
        containers: vec![container],
        volumes: Some(upstream::with_bundle(
            model,
            vec![
                pod::disk_volume("tmp", "64Mi"),
                pod::scripts_volume(names, Workload::Bootstrap, &scripts::BOOTSTRAP_JOB),
                secrets(model),
            ],
        )),
        ..PodSpec::default()
    };
    pod::template(model, names, Workload::Bootstrap, annotations, spec)
}

fn environment(model: &Model, server: &Server, configuration: &Configuration) -> Vec<EnvVar> {
    let mut environment = vec![
        pod::annotation_variable("PGHOST", SERVER),
        pod::field_variable("NAMESPACE", "metadata.namespace"),
        pod::variable("PGPORT", "5432"),
        pod::variable("PGUSER", "postgres"),
        pod::variable("PGDATABASE", "postgres"),
        pod::variable("PGCONNECT_TIMEOUT", "10"),
        pod::annotation_variable("SERVER_POD", STATEFUL_SET),
        pod::variable("SETTINGS", &configuration.all),
        pod::variable("DEADLINE_SECONDS", &DEADLINE.to_string()),
        pod::variable("ROLES", &roles(model)),
        pod::variable("DATABASES", &databases(server)),
        pod::variable("BACKUP_ROLE", backup::ROLE),
        pod::variable("RESTORE_ROLE", restore::ROLE),
        pod::variable("RELOAD_ROLE", reload::ROLE),
        pod::variable("MONITORING_ROLE", exporter::ROLE),
        pod::variable("HOME", "/tmp"),
    ];
    environment.extend(upstream::verification(model));
    environment
}

/// The roles as the scripts read them.
pub fn roles(model: &Model) -> String {
    lines(model.roles.iter().map(|role| {
        let groups: Vec<String> = role.member_of.iter().map(ToString::to_string).collect();
        json!({ "name": role.name.to_string(), "password": format!("/secrets/{}", password_path(role)), "member_of": groups })
    }))
}

/// The same for a container that has no passwords, nor needs to know where they are.
pub fn roles_without_passwords(model: &Model) -> String {
    lines(model.roles.iter().map(|role| {
        let groups: Vec<String> = role.member_of.iter().map(ToString::to_string).collect();
        json!({ "name": role.name.to_string(), "member_of": groups })
    }))
}

/// The databases as the scripts read them.
pub fn databases(server: &Server) -> String {
    lines(server.databases.iter().map(|database| {
        let extensions: Vec<String> = database.extensions.iter().map(ToString::to_string).collect();
        json!({ "name": database.name.to_string(), "owner": database.owner.to_string(), "extensions": extensions })
    }))
}

/// A JSON array with one element a line, so that a diff shows what changed.
pub fn lines(elements: impl Iterator<Item = serde_json::Value>) -> String {
    let elements: Vec<String> = elements.map(|element| format!("  {element}")).collect();
    if elements.is_empty() {
        return "[]".into();
    }
    format!("[\n{}\n]\n", elements.join(",\n"))
}

/// Where a role's password is below `/secrets`: no two roles share one.
pub fn password_path(role: &Role) -> String {
    match &role.password_secret {
        Some(secret) => format!("of/{secret}/{}", role.password_key),
        None => role.password_key.to_string(),
    }
}

/// The superuser's password and every role's, in one volume; from several Secrets where the spec
/// names several. The restore role's may be missing, without TLS the reload role's is, and without an
/// exporter the monitoring role's: then it cannot log in.
fn secrets(model: &Model) -> Volume {
    let own = model.secret.to_string();
    let reload = model.access.tls.iter().map(|_| RELOAD_KEY);
    let monitoring = model.monitoring.exporter.iter().map(|_| MONITORING_KEY);
    let keys = ["superuser", "backup"].into_iter().chain(reload);
    let keys = keys.chain(monitoring);
    let keys = keys.map(|key| item(key, key.into())).collect();
    let needed = BTreeMap::from([(own, keys)]);
    let restore = vec![item("password", "restore".into())];
    let mut sources = passwords(model, needed);
    sources.extend(model.recovery.iter().map(|recovery| {
        source(
            recovery.restore.secret.to_string(),
            restore.clone(),
            Some(true),
        )
    }));
    projected(sources)
}

/// The passwords of the roles, each where `password_path` says, beside what else is needed of some
/// Secret.
pub fn passwords(
    model: &Model,
    mut needed: BTreeMap<String, Vec<KeyToPath>>,
) -> Vec<VolumeProjection> {
    for role in &model.roles {
        let secret = role.password_secret.as_ref().unwrap_or(&model.secret);
        let key = role.password_key.to_string();
        needed
            .entry(secret.to_string())
            .or_default()
            .push(item(&key, password_path(role)));
    }
    needed
        .into_iter()
        .map(|(secret, items)| source(secret, items, None))
        .collect()
}

/// The volume `secrets`.
pub fn projected(sources: Vec<VolumeProjection>) -> Volume {
    Volume {
        name: "secrets".into(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(0o440),
            sources: Some(sources),
        }),
        ..Volume::default()
    }
}

/// One key of a Secret, as a file.
pub fn item(key: &str, path: String) -> KeyToPath {
    KeyToPath {
        key: key.to_owned(),
        path,
        mode: None,
    }
}

/// Keys of one Secret.
pub fn source(secret: String, items: Vec<KeyToPath>, optional: Option<bool>) -> VolumeProjection {
    VolumeProjection {
        secret: Some(SecretProjection {
            name: secret,
            items: Some(items),
            optional,
        }),
        ..VolumeProjection::default()
    }
}
