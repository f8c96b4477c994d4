//! The CronJobs that restore backups for trial, each into a throw-away server inside its own pod.

use super::backup::{self, JOBS};
use super::bootstrap::lines;
use super::job::{self, Runs};
use super::names::Workload;
use super::{Names, Object, pod, throwaway};
use crate::model::{Drill, Model, Recovery};
use crate::schedule::Schedule;
use crate::scripts;
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{
    Container, EnvVar, EphemeralVolumeSource, PersistentVolumeClaimSpec,
    PersistentVolumeClaimTemplate, PodSpec, PodTemplateSpec, Volume, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use serde_json::json;
use std::collections::BTreeMap;

/// How long something asserted may be asked, seconds.
const ASSERT: u32 = 300;
/// How long a finished pod stays, and with it its volume: for its log.
const STAYS: i32 = 86_400;
/// The CronJobs and what they need; nothing where the spec has no drill.
pub fn objects(model: &Model, recovery: &Recovery, names: &Names<'_>) -> Vec<Object> {
    let Some(drill) = &recovery.drill else {
        return Vec::new();
    };
    let mut objects = vec![
        Object::new(
            "backup/config-map-drill-scripts.yaml",
            &pod::scripts(names, Workload::Drill, &scripts::own(&scripts::DRILL_JOB)),
        ),
        Object::new(
            "backup/service-account-drill.yaml",
            &pod::service_account(names, Workload::Drill),
        ),
    ];
    for (schedule, which) in drill.schedules().into_iter().zip(["latest", "older"]) {
        let spec = spec(model, recovery, drill, names, which);
        let path = format!("backup/cron-job-{}.yaml", schedule.name);
        objects.push(
            Object::new(&path, &cron_job(names, schedule, spec))
                .comment(
                    "/spec/jobTemplate/spec/ttlSecondsAfterFinished",
                    "a finished pod keeps its volume: after a day both go, and the log with them",
                )
                .comment(
                    "/spec/jobTemplate/spec/activeDeadlineSeconds",
                    "deletes pod and log, so the script's own deadline comes earlier",
                ),
        );
    }
    objects
}

fn cron_job(names: &Names<'_>, schedule: &Schedule, spec: JobSpec) -> CronJob {
    CronJob {
        metadata: names.metadata(names.drill(schedule)),
        spec: Some(CronJobSpec {
            schedule: schedule.cron.to_string(),
            time_zone: Some(schedule.time_zone.to_string()),
            suspend: Some(false),
            concurrency_policy: Some("Forbid".into()),
            starting_deadline_seconds: Some(backup::starting_deadline(schedule)),
            successful_jobs_history_limit: Some(1),
            failed_jobs_history_limit: Some(1),
            job_template: JobTemplateSpec {
                metadata: None,
                spec: Some(spec),
            },
        }),
        ..CronJob::default()
    }
}

fn spec(
    model: &Model,
    recovery: &Recovery,
    drill: &Drill,
    names: &Names<'_>,
    which: &str,
) -> JobSpec {
    let runs = Runs {
        container: "drill",
        retries: 1,
        deadline: Some(drill.deadline.seconds()),
    };
    JobSpec {
        ttl_seconds_after_finished: Some(STAYS),
        ..job::spec(&template(model, recovery, drill, names, which), runs)
    }
}

fn template(
    model: &Model,
    recovery: &Recovery,
    drill: &Drill,
    names: &Names<'_>,
    which: &str,
) -> PodTemplateSpec {
    let container = pod::container(
        model,
        Container {
            name: "drill".into(),
            command: Some(vec!["/scripts/drill.sh".into()]),
            env: Some(environment(model, recovery, drill, which)),
            resources: Some(backup::resources(&drill.resources)),
            volume_mounts: Some(vec![
                pod::mount("tmp", "/tmp"),
                pod::read_only("scripts", "/scripts"),
                pod::read_only("backups", "/backups"),
                pod::mount("scratch", "/scratch"),
            ]),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(60),
        affinity: backup::affinity(model, &recovery.backup, names),
        containers: vec![container],
        volumes: Some(vec![
            backup::tmp(),
            pod::shared_scripts_volume(names, names.scripts(Workload::Drill), &scripts::DRILL_JOB),
            backup::volume(names),
            scratch(drill, names),
        ]),
        ..PodSpec::default()
    };
    let annotations = BTreeMap::from([backup::hash(&scripts::DRILL_JOB)]);
    pod::template(model, names, Workload::Drill, annotations, spec)
}

fn environment(model: &Model, recovery: &Recovery, drill: &Drill, which: &str) -> Vec<EnvVar> {
    let mut environment = backup::identity(model);
    environment.push(pod::variable("BACKUP", which));
    environment.extend(throwaway::environment(model, recovery, &drill.resources));
    let asserts = drill
        .asserts
        .iter()
        .map(|assert| json!({ "database": assert.database.to_string(), "sql": assert.sql }));
    environment.extend([
        pod::variable("ASSERTS", &lines(asserts)),
        pod::variable("ASSERT_SECONDS", &ASSERT.to_string()),
        pod::variable("JOBS", JOBS),
        pod::variable("DEADLINE_SECONDS", &drill.deadline.seconds().to_string()),
        pod::variable("HOME", "/tmp"),
    ]);
    environment
}

/// Made with the pod and gone with it, and no emptyDir: that would fill the node's own disk.
fn scratch(drill: &Drill, names: &Names<'_>) -> Volume {
    let claim = PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".into()]),
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([(
                "storage".into(),
                Quantity(drill.size.to_string()),
            )])),
            ..VolumeResourceRequirements::default()
        }),
        storage_class_name: drill.class.as_ref().map(ToString::to_string),
        volume_mode: Some("Filesystem".into()),
        ..PersistentVolumeClaimSpec::default()
    };
    let metadata = k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta {
        labels: Some(names.labels()),
        ..Default::default()
    };
    Volume {
        name: "scratch".into(),
        ephemeral: Some(EphemeralVolumeSource {
            volume_claim_template: Some(PersistentVolumeClaimTemplate {
                metadata: Some(metadata),
                spec: claim,
            }),
        }),
        ..Volume::default()
    }
}
