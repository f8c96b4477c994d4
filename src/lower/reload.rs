//! `access/`: the CronJob that lets the server read a renewed certificate, and fails when the one that
//! is served is near its end.

use super::backup::hash;
use super::bootstrap::{item, projected, source};
use super::job::{self, Runs};
use super::names::{POOLER, SERVER, STATEFUL_SET, Workload};
use super::{Names, Object, pod, tls, upstream};
use crate::audit::hash::FOREIGN;
use crate::model::{Model, RELOAD_KEY, Tls, Trust};
use crate::scripts;
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec, PodTemplateSpec};
use std::collections::BTreeMap;

/// The role that may reload the server, and nothing else.
pub const ROLE: &str = "underpin_reload";
/// How long it waits for a server, and for kubelet to bring a renewed Secret there, seconds.
pub const DEADLINE: u32 = 900;
/// So late it may still start, seconds.
pub const LATE: i64 = 1800;
/// The next run is the retry.
const RUNS: Runs = Runs {
    container: "reload",
    retries: 0,
    deadline: Some(DEADLINE),
};

/// The CronJob and what it needs; none without TLS.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let Some(tls) = &model.access.tls else {
        return Vec::new();
    };
    vec![
        Object::new("access/cron-job-reload.yaml", &cron_job(model, names, tls)).comment(
            "/spec/schedule",
            "a renewed certificate is served within the hour; a run that fails says that it is near its end",
        ),
        Object::new(
            "access/config-map-reload-scripts.yaml",
            &pod::scripts(names, Workload::Reload, &scripts::RELOAD_JOB),
        ),
        Object::new(
            "access/service-account-reload.yaml",
            &pod::service_account(names, Workload::Reload),
        ),
    ]
}

fn cron_job(model: &Model, names: &Names<'_>, tls: &Tls) -> CronJob {
    CronJob {
        metadata: names.metadata(names.workload(Workload::Reload)),
        spec: Some(CronJobSpec {
            schedule: "23 * * * *".into(),
            time_zone: Some("Etc/UTC".into()),
            suspend: Some(false),
            concurrency_policy: Some("Forbid".into()),
            starting_deadline_seconds: Some(LATE),
            successful_jobs_history_limit: Some(1),
            failed_jobs_history_limit: Some(3),
            job_template: JobTemplateSpec {
                metadata: None,
                spec: Some(job::spec(&template(model, names, tls), RUNS)),
            },
        }),
        ..CronJob::default()
    }
}

fn template(model: &Model, names: &Names<'_>, tls: &Tls) -> PodTemplateSpec {
    let (certificate, mount) = tls::certificate(tls);
    let mut mounts = vec![
        pod::mount("tmp", "/tmp"),
        pod::read_only("scripts", "/scripts"),
        mount,
        pod::read_only("ca", upstream::AUTHORITIES),
    ];
    let mut volumes = vec![
        pod::disk_volume("tmp", "64Mi"),
        pod::scripts_volume(names, Workload::Reload, &scripts::RELOAD_JOB),
        certificate,
        tls::trusted(tls, upstream::FILE),
    ];
    if model.server().is_some() {
        mounts.push(pod::read_only("secrets", "/secrets"));
        let password = vec![item(RELOAD_KEY, "reload".into())];
        volumes.push(projected(vec![source(
            model.secret.to_string(),
            password,
            None,
        )]));
    }
    let container = pod::container(
        model,
        Container {
            name: "reload".into(),
            command: Some(vec!["/scripts/reload.sh".into()]),
            env: Some(environment(model, tls)),
            resources: Some(pod::resources("50m", "128Mi", None, ("64Mi", "256Mi"))),
            volume_mounts: Some(mounts),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(30),
        containers: vec![container],
        volumes: Some(volumes),
        ..PodSpec::default()
    };
    pod::template(
        model,
        names,
        Workload::Reload,
        annotations(model, names, tls),
        spec,
    )
}

fn annotations(model: &Model, names: &Names<'_>, tls: &Tls) -> BTreeMap<String, String> {
    let mut annotations = BTreeMap::from([hash(&scripts::RELOAD_JOB)]);
    if model.server().is_some() {
        annotations.insert(SERVER.to_owned(), names.direct());
        annotations.insert(STATEFUL_SET.to_owned(), names.name().to_owned());
    }
    if model.pooler.is_some() {
        annotations.insert(POOLER.to_owned(), names.name().to_owned());
    }
    annotations.extend(foreign(tls));
    annotations
}

/// The `ConfigMap` that is not among our objects, where the spec names one.
pub fn foreign(tls: &Tls) -> Option<(String, String)> {
    match &tls.trust {
        Trust::Secret => None,
        Trust::ConfigMap { name, .. } => Some((FOREIGN.to_owned(), name.to_string())),
    }
}

fn environment(model: &Model, tls: &Tls) -> Vec<EnvVar> {
    let mut environment = Vec::new();
    if model.server().is_some() {
        environment.extend([
            pod::annotation_variable("PGHOST", SERVER),
            pod::annotation_variable("SERVER_POD", STATEFUL_SET),
        ]);
    } else {
        // Nothing here can be reloaded from outside of its pod.
        environment.push(pod::variable("PGHOST", ""));
    }
    environment.push(if model.pooler.is_some() {
        pod::annotation_variable("POOLER", POOLER)
    } else {
        pod::variable("POOLER", "")
    });
    environment.extend([
        pod::field_variable("NAMESPACE", "metadata.namespace"),
        pod::variable("PGPORT", "5432"),
        pod::variable("PGUSER", ROLE),
        pod::variable("PGDATABASE", "postgres"),
        pod::variable("PGCONNECT_TIMEOUT", "10"),
        pod::variable("AUTHORITIES", upstream::MOUNTED),
        pod::variable("CERTIFICATE_NAME", &tls.secret.to_string()),
        pod::variable("NEAR_DAYS", "14"),
        pod::variable("DEADLINE_SECONDS", &DEADLINE.to_string()),
        pod::variable("HOME", "/tmp"),
    ]);
    environment
}
