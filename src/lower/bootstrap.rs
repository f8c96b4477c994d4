//! `access/`: the Job that makes databases, roles, extensions and grants, and the suspended
//! CronJob of the same pod, with which a person runs it again.

use super::names::{SCRIPTS, SERVER, STATEFUL_SET, Workload};
use super::postgresql_conf::{self, Configuration};
use super::{Names, Object, pod};
use crate::audit::hash;
use crate::model::{Model, Role};
use crate::scripts;
use k8s_openapi::api::batch::v1::{
    CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec, PodFailurePolicy,
    PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern,
    PodFailurePolicyRule,
};
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
/// A day that never comes: the CronJob is there to be run by hand.
const NEVER: &str = "0 0 31 2 *";

/// The scripts are the same for every database.
static SCRIPTS_HASH: LazyLock<String> = LazyLock::new(|| {
    let scripts: String = scripts::BOOTSTRAP_JOB
        .iter()
        .map(|script| script.text)
        .collect();
    postgresql_conf::hash(&scripts)
});

/// The Job, the CronJob and what they need.
pub fn objects(model: &Model, names: &Names<'_>, configuration: &Configuration) -> Vec<Object> {
    let template = template(model, names, configuration);
    vec![
        Object::new("access/job-bootstrap.yaml", &job(names, &template))
            .comment("/metadata/name", "the end of the name changes with the pod, so that a change runs it again")
            .comment("/metadata/annotations", "an overlay may change the pod of a Job, which Kubernetes refuses for one that is there: Argo CD and Flux replace it"),
        Object::new("access/cron-job-bootstrap.yaml", &cron_job(names, &template))
            .comment("/spec/schedule", "never by itself: run it with `kubectl create job --from=cronjob/…`"),
        Object::new(
            "access/config-map-bootstrap-scripts.yaml",
            &pod::scripts(names, Workload::Bootstrap, &scripts::BOOTSTRAP_JOB),
        ),
        Object::new("access/service-account-bootstrap.yaml", &pod::service_account(names, Workload::Bootstrap)),
    ]
}

fn job(names: &Names<'_>, template: &PodTemplateSpec) -> Job {
    let pod = serde_json::to_value(template).expect("a pod template has string keys");
    let name = format!(
        "{}-{}",
        names.workload(Workload::Bootstrap),
        hash::name_hash(&pod)
    );
    let mut metadata = names.metadata(name);
    metadata.annotations = Some(BTreeMap::from([
        (hash::HASH.into(), hash::pod_hash(&pod)),
        (
            "argocd.argoproj.io/sync-options".into(),
            "Force=true,Replace=true".into(),
        ),
        ("kustomize.toolkit.fluxcd.io/force".into(), "enabled".into()),
    ]));
    Job {
        metadata,
        spec: Some(job_spec(template)),
        ..Job::default()
    }
}

fn cron_job(names: &Names<'_>, template: &PodTemplateSpec) -> CronJob {
    CronJob {
        metadata: names.metadata(names.workload(Workload::Bootstrap)),
        spec: Some(CronJobSpec {
            schedule: NEVER.into(),
            suspend: Some(true),
            concurrency_policy: Some("Forbid".into()),
            starting_deadline_seconds: Some(600),
            successful_jobs_history_limit: Some(3),
            failed_jobs_history_limit: Some(3),
            job_template: JobTemplateSpec {
                metadata: None,
                spec: Some(job_spec(template)),
            },
            ..CronJobSpec::default()
        }),
        ..CronJob::default()
    }
}

fn job_spec(template: &PodTemplateSpec) -> JobSpec {
    JobSpec {
        backoff_limit: Some(6),
        pod_failure_policy: Some(PodFailurePolicy {
            rules: vec![
                // A drain is no failure.
                PodFailurePolicyRule {
                    action: "Ignore".into(),
                    on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
                        type_: "DisruptionTarget".into(),
                        status: "True".into(),
                    }]),
                    ..PodFailurePolicyRule::default()
                },
                // 3 is what our scripts say when trying again would not help.
                PodFailurePolicyRule {
                    action: "FailJob".into(),
                    on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
                        container_name: Some("bootstrap".into()),
                        operator: "In".into(),
                        values: vec![3],
                    }),
                    ..PodFailurePolicyRule::default()
                },
            ],
        }),
        template: template.clone(),
        ..JobSpec::default()
    }
}

fn template(model: &Model, names: &Names<'_>, configuration: &Configuration) -> PodTemplateSpec {
    let annotations = BTreeMap::from([
        (SERVER.to_owned(), names.direct()),
        (STATEFUL_SET.to_owned(), names.name().to_owned()),
        (SCRIPTS.to_owned(), SCRIPTS_HASH.clone()),
    ]);
    let container = pod::container(
        model,
        Container {
            name: "bootstrap".into(),
            command: Some(vec!["/scripts/bootstrap.sh".into()]),
            env: Some(environment(model, configuration)),
            resources: Some(pod::resources("50m", "128Mi", None, ("64Mi", "256Mi"))),
            volume_mounts: Some(vec![
                pod::mount("tmp", "/tmp"),
                pod::read_only("scripts", "/scripts"),
                pod::read_only("secrets", "/secrets"),
            ]),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(30),
        containers: vec![container],
        volumes: Some(vec![
            pod::disk_volume("tmp", "64Mi"),
            pod::scripts_volume(names, Workload::Bootstrap, &scripts::BOOTSTRAP_JOB),
            secrets(model),
        ]),
        ..PodSpec::default()
    };
    pod::template(model, names, Workload::Bootstrap, annotations, spec)
}

fn environment(model: &Model, configuration: &Configuration) -> Vec<EnvVar> {
    let roles = model.roles.iter().map(|role| {
        let groups: Vec<String> = role.member_of.iter().map(ToString::to_string).collect();
        json!({ "name": role.name.to_string(), "password": format!("/secrets/{}", password_path(role)), "member_of": groups })
    });
    let databases = model.databases.iter().map(|database| {
        let extensions: Vec<String> = database.extensions.iter().map(ToString::to_string).collect();
        json!({ "name": database.name.to_string(), "owner": database.owner.to_string(), "extensions": extensions })
    });
    vec![
        pod::annotation_variable("PGHOST", SERVER),
        pod::variable("PGPORT", "5432"),
        pod::variable("PGUSER", "postgres"),
        pod::variable("PGDATABASE", "postgres"),
        pod::variable("PGCONNECT_TIMEOUT", "5"),
        pod::annotation_variable("SERVER_POD", STATEFUL_SET),
        pod::variable("SETTINGS", &configuration.all),
        pod::variable("DEADLINE_SECONDS", &DEADLINE.to_string()),
        pod::variable("ROLES", &lines(roles)),
        pod::variable("DATABASES", &lines(databases)),
        pod::variable("HOME", "/tmp"),
    ]
}

/// A JSON array with one element a line, so that a diff shows what changed.
fn lines(elements: impl Iterator<Item = serde_json::Value>) -> String {
    let elements: Vec<String> = elements.map(|element| format!("  {element}")).collect();
    format!("[\n{}\n]\n", elements.join(",\n"))
}

/// Where a role's password is below `/secrets`: no two roles share one.
fn password_path(role: &Role) -> String {
    match &role.password_secret {
        Some(secret) => format!("of/{secret}/{}", role.password_key),
        None => role.password_key.to_string(),
    }
}

/// The superuser's password and every role's, in one volume; from several Secrets where the spec
/// names several.
fn secrets(model: &Model) -> Volume {
    let mut sources: BTreeMap<String, Vec<KeyToPath>> = BTreeMap::new();
    let own = model.secret.to_string();
    let item = |key: &str, path: String| KeyToPath {
        key: key.to_owned(),
        path,
        mode: None,
    };
    sources
        .entry(own.clone())
        .or_default()
        .push(item("superuser", "superuser".into()));
    for role in &model.roles {
        let secret = role
            .password_secret
            .as_ref()
            .map_or_else(|| own.clone(), ToString::to_string);
        let key = role.password_key.to_string();
        sources
            .entry(secret)
            .or_default()
            .push(item(&key, password_path(role)));
    }
    Volume {
        name: "secrets".into(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(0o440),
            sources: Some(
                sources
                    .into_iter()
                    .map(|(name, items)| VolumeProjection {
                        secret: Some(SecretProjection {
                            name,
                            items: Some(items),
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
