//! What all Jobs of ours have in common: one pod at a time that is never restarted in place, a
//! failure that a retry cannot help ends them, and their names change with their pod.

use super::Names;
use crate::audit::hash;
use k8s_openapi::api::batch::v1::{
    CronJob, CronJobSpec, Job, JobSpec, JobTemplateSpec, PodFailurePolicy,
    PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern,
    PodFailurePolicyRule,
};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use std::collections::BTreeMap;

/// A day that never comes: the CronJob is there to be run by hand.
const NEVER: &str = "0 0 31 2 *";
/// What a reviewer asks of such a CronJob.
pub const BY_HAND: &str = "never by itself: run it with `kubectl create job --from=cronjob/…`";
/// What a reviewer asks of a hashed name.
pub const HASHED: &str = "the end of the name changes with the pod, so that a change runs it again";
/// By how much Kubernetes' deadline, which deletes pod and log, comes after the script's own.
pub const NET: i64 = 300;

/// How a Job's pods are run.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// The container whose exit code counts.
    pub container: &'static str,
    /// How often a failure is tried again.
    pub retries: i32,
    /// The script's own deadline, seconds, where Kubernetes shall know one too.
    pub deadline: Option<u32>,
}

/// The Job that runs a pod.
pub fn spec(template: &PodTemplateSpec, runs: Runs) -> JobSpec {
    JobSpec {
        active_deadline_seconds: runs.deadline.map(|seconds| i64::from(seconds) + NET),
        backoff_limit: Some(runs.retries),
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
                // 3 is what our scripts say when trying again would not help; 4, that a backup was
                // published which is not whole, and that another would be no better.
                PodFailurePolicyRule {
                    action: "FailJob".into(),
                    on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
                        container_name: Some(runs.container.into()),
                        operator: "In".into(),
                        values: vec![3, 4],
                    }),
                    ..PodFailurePolicyRule::default()
                },
            ],
        }),
        template: template.clone(),
        ..JobSpec::default()
    }
}

/// A Job of a pod, whose name ends in the hash of that pod.
pub fn hashed(names: &Names<'_>, name: &str, spec: JobSpec) -> Job {
    let pod = serde_json::to_value(&spec.template).expect("a pod template has string keys");
    let mut metadata = names.metadata(format!("{name}-{}", hash::name_hash(&pod)));
    metadata.annotations = Some(BTreeMap::from([(hash::HASH.into(), hash::pod_hash(&pod))]));
    Job {
        metadata,
        spec: Some(spec),
        ..Job::default()
    }
}

/// The same for one that is applied with everything else: an overlay may change its pod, which
/// Kubernetes refuses for a Job that is there, so Argo CD and Flux replace it.
pub fn deployed(names: &Names<'_>, name: &str, spec: JobSpec) -> Job {
    let mut job = hashed(names, name, spec);
    let annotations = job.metadata.annotations.get_or_insert_default();
    annotations.insert(
        "argocd.argoproj.io/sync-options".into(),
        "Force=true,Replace=true".into(),
    );
    annotations.insert("kustomize.toolkit.fluxcd.io/force".into(), "enabled".into());
    job
}

/// A suspended CronJob, from which a person makes Jobs.
pub fn by_hand(names: &Names<'_>, name: String, spec: JobSpec) -> CronJob {
    CronJob {
        metadata: names.metadata(name),
        spec: Some(CronJobSpec {
            schedule: NEVER.into(),
            suspend: Some(true),
            concurrency_policy: Some("Forbid".into()),
            starting_deadline_seconds: Some(600),
            successful_jobs_history_limit: Some(3),
            failed_jobs_history_limit: Some(3),
            job_template: JobTemplateSpec {
                metadata: None,
                spec: Some(spec),
            },
            ..CronJobSpec::default()
        }),
        ..CronJob::default()
    }
}
