//! `backup/`: a CronJob for each schedule, the first backup at deploy, and the suspended CronJob
//! that lists and verifies what there is.

use super::bootstrap::lines;
use super::job::{self, Runs};
use super::names::{Disk, SCRIPTS, Workload};
use super::{Names, Object, pod, rehearsal, upstream};
use crate::audit::hash::letters;
use crate::model::{Backup, Engine, Model, Recovery, Resources};
use crate::schedule::{self, Schedule};
use crate::scripts::{self, Script};
use crate::spec::types::{BackupAccessMode, Verify};
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{
    Affinity, Container, EnvVar, PersistentVolumeClaimVolumeSource, PodAffinity, PodAffinityTerm,
    PodAntiAffinity, PodSpec, PodTemplateSpec, ResourceRequirements, Volume,
    WeightedPodAffinityTerm,
};
use serde_json::json;
use std::collections::BTreeMap;

/// The role that reads everything and writes nothing.
pub const ROLE: &str = "underpin_backup";
/// How many tables are dumped, or restored, at once.
pub const JOBS: &str = "2";
/// What the first backup says in place of a schedule.
const FIRST: &str = "first";
/// How long the list may take, seconds: verifying reads every backup.
const LIST_DEADLINE: u32 = 12 * 3600;
/// The longest time after its moment that a missed run is still made up for, seconds.
const LATE: u64 = 3600;
const NODE: &str = "kubernetes.io/hostname";
/// Seconds.
const DAY: u64 = 24 * 3600;
/// What a reviewer would ask of the exit codes.
const STATUSES: &str = "3: something must be changed first; 4: the backup is published, and its last line names what it lacks or what would not come back. Neither is tried again, and an eviction counts as no try";

/// The Jobs, what they need, and the volume's claim elsewhere.
pub fn objects(model: &Model, recovery: &Recovery, names: &Names<'_>) -> Vec<Object> {
    let backup = &recovery.backup;
    let first = job::spec(&template(model, recovery, names, FIRST), runs(backup));
    let mut objects = vec![
        Object::new(
            "backup/job-first.yaml",
            &job::deployed(names, &names.workload(Workload::Backup), first),
        )
        .comment(
            "/metadata/name",
            "a first backup at once, so that a wrong class or quota is found now and not at night; the end of the name changes with the pod, and then it looks first whether a young one is there",
        )
        .comment(
            "/metadata/annotations",
            "an overlay may change the pod of a Job, which Kubernetes refuses for one that is there: Argo CD and Flux replace it",
        )
        .comment("/spec/podFailurePolicy", STATUSES),
        Object::new(
            "backup/cron-job-list.yaml",
            &job::by_hand(
                names,
                names.workload(Workload::Backups),
                list(model, backup, names),
            ),
        )
        .comment("/spec/schedule", job::BY_HAND),
        Object::new(
            "backup/config-map-scripts.yaml",
            &pod::scripts(
                names,
                Workload::Backup,
                &scripts::own(&scripts::BACKUP_VOLUME),
            ),
        ),
        Object::new(
            "backup/config-map-common-scripts.yaml",
            &pod::scripts_named(names, names.scripts_of_databases(), &scripts::OF_DATABASES),
        ),
        Object::new(
            "backup/config-map-restoring-scripts.yaml",
            &pod::scripts_named(names, names.scripts_of_restores(), &scripts::OF_RESTORES),
        ),
        Object::new(
            "backup/service-account.yaml",
            &pod::service_account(names, Workload::Backup),
        ),
        Object::new(
            "backup/service-account-list.yaml",
            &pod::service_account(names, Workload::Backups),
        ),
    ];
    if backup.rehearsal.is_some() {
        objects.push(rehearsal::objects(names));
    }
    objects.extend(backup.schedules.iter().map(|schedule| {
        Object::new(
            &format!("backup/cron-job-{}.yaml", schedule.name),
            &cron_job(model, recovery, names, schedule),
        )
        .comment(
            "/spec/startingDeadlineSeconds",
            "a run that was missed is made up for so long, and then left to the next one",
        )
        .comment(
            "/spec/jobTemplate/spec/activeDeadlineSeconds",
            "deletes pod and log, so the script's own deadline comes earlier",
        )
        .comment("/spec/jobTemplate/spec/podFailurePolicy", STATUSES)
    }));
    objects.iter_mut().for_each(rehearsal::explain);
    objects
}

fn runs(backup: &Backup) -> Runs {
    Runs {
        container: "backup",
        retries: 2,
        deadline: Some(backup.deadline.seconds()),
    }
}

fn cron_job(model: &Model, recovery: &Recovery, names: &Names<'_>, schedule: &Schedule) -> CronJob {
    let name = schedule.name.to_string();
    CronJob {
        metadata: names.metadata(names.schedule(&schedule.name)),
        spec: Some(CronJobSpec {
            schedule: schedule.cron.to_string(),
            time_zone: Some(schedule.time_zone.to_string()),
            suspend: Some(false),
            concurrency_policy: Some("Forbid".into()),
            starting_deadline_seconds: Some(starting_deadline(schedule)),
            successful_jobs_history_limit: Some(3),
            failed_jobs_history_limit: Some(3),
            job_template: JobTemplateSpec {
                metadata: None,
                spec: Some(job::spec(
                    &template(model, recovery, names, &name),
                    runs(&recovery.backup),
                )),
            },
        }),
        ..CronJob::default()
    }
}

/// Half of the time to the next run at most; and more than the ten seconds between two looks of
/// the controller, below which it would never start one.
pub fn starting_deadline(schedule: &Schedule) -> i64 {
    let half = schedule::shortest_interval(schedule).map_or(LATE, |seconds| seconds / 2);
    i64::try_from(half.clamp(30, LATE)).unwrap_or(i64::MAX)
}

fn template(
    model: &Model,
    recovery: &Recovery,
    names: &Names<'_>,
    schedule: &str,
) -> PodTemplateSpec {
    let backup = &recovery.backup;
    let mut mounts = vec![
        pod::mount("tmp", "/tmp"),
        pod::read_only("scripts", "/scripts"),
        pod::read_only("secrets", "/secrets"),
        pod::mount("backups", "/backups"),
    ];
    let mut volumes = vec![
        tmp(),
        pod::shared_scripts_volume(names, names.scripts(Workload::Backup), &scripts::BACKUP_JOB),
        password(model),
        volume(names),
    ];
    let mut init = upstream::init(model).unwrap_or_default();
    let mut annotations = upstream::annotations(model, names);
    annotations.extend([hash(&scripts::BACKUP_JOB)]);
    if let Some(rehearsal) = &backup.rehearsal {
        mounts.extend(rehearsal::mounts());
        volumes.extend(rehearsal::volumes(names));
        init.push(rehearsal::container(model, recovery, rehearsal));
        let both = [&scripts::BACKUP_JOB[..], &scripts::REHEARSAL_CONTAINER].concat();
        annotations.extend([hash(&both)]);
    }
    let container = pod::container(
        model,
        Container {
            name: "backup".into(),
            command: Some(vec!["/scripts/backup.sh".into()]),
            env: Some(environment(model, recovery, schedule)),
            resources: Some(resources(&backup.resources)),
            volume_mounts: Some(upstream::with_authorities(model, mounts)),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(60),
        affinity: affinity(model, backup, names),
        init_containers: pod::list(init),
        containers: vec![container],
        dns_config: upstream::dns(model),
        volumes: Some(upstream::with_bundle(model, volumes)),
        ..PodSpec::default()
    };
    pod::template(model, names, Workload::Backup, annotations, spec)
}

fn environment(model: &Model, recovery: &Recovery, schedule: &str) -> Vec<EnvVar> {
    let backup = &recovery.backup;
    let keep = &backup.volume.keep;
    let mut environment = upstream::connection(model, ROLE);
    environment.extend(identity(model));
    if model.neon().is_some() {
        // Nobody there may dump the roles.
        environment.push(pod::variable("GLOBALS", "false"));
    }
    environment.push(pod::variable("SCHEDULE", schedule));
    if schedule == FIRST {
        environment.push(pod::variable("YOUNG_SECONDS", &young(backup).to_string()));
    }
    environment.extend([
        pod::variable("VERIFY", verify(backup.verify)),
        pod::variable("DATABASES", &databases(model)),
        pod::variable(
            "EXCLUDE",
            &lines(backup.exclude.iter().map(|name| json!(name.to_string()))),
        ),
        pod::variable("JOBS", JOBS),
        pod::variable(
            "KEEP",
            // In this order, which a map of JSON would not keep.
            &format!(
                "{{\"last\": {}, \"daily\": {}, \"weekly\": {}, \"monthly\": {}, \"yearly\": {}, \"minimum\": {}}}",
                keep.last, keep.daily, keep.weekly, keep.monthly, keep.yearly, keep.minimum
            ),
        ),
    ]);
    environment.extend(rehearsal::environment(
        model,
        recovery,
        backup.rehearsal.as_ref(),
    ));
    environment.extend([
        // `all` makes older backups of this name, which another server made, this server's own.
        pod::variable("ADOPT", ""),
        pod::variable("DEADLINE_SECONDS", &backup.deadline.seconds().to_string()),
        pod::variable("HOME", "/tmp"),
    ]);
    environment
}

/// So young is a backup beside which none is made at a deploy, seconds: a day, or what the schedules leave between two.
fn young(backup: &Backup) -> u64 {
    let intervals = backup.schedules.iter();
    let shortest = intervals.filter_map(schedule::shortest_interval).min();
    shortest.map_or(DAY, |seconds| seconds.max(DAY))
}

/// The databases that a backup must hold.
fn databases(model: &Model) -> String {
    match &model.engine {
        Engine::Postgres(server) => lines(
            server
                .databases
                .iter()
                .map(|database| json!(database.name.to_string())),
        ),
        Engine::Neon(neon) => lines([json!(neon.database.to_string())].into_iter()),
    }
}

fn verify(verify: Verify) -> &'static str {
    match verify {
        Verify::Decode => "decode",
        Verify::Rows => "rows",
        Verify::Content => "content",
    }
}

/// Whose backups they are, and who is at work.
pub fn identity(model: &Model) -> Vec<EnvVar> {
    vec![
        pod::variable("NAME", &model.name.to_string()),
        pod::field_variable("NAMESPACE", "metadata.namespace"),
        pod::field_variable("POD", "metadata.name"),
    ]
}

fn list(model: &Model, backup: &Backup, names: &Names<'_>) -> JobSpec {
    let mut environment = identity(model);
    environment.extend([
        // `latest`, `all` or an id: every file of it is read and decoded.
        pod::variable("VERIFY", ""),
        // A file of a backup, in the place of the list: `latest/RESTORE.md`.
        pod::variable("SHOW", ""),
        pod::variable("DEADLINE_SECONDS", &LIST_DEADLINE.to_string()),
        pod::variable("HOME", "/tmp"),
    ]);
    let container = pod::container(
        model,
        Container {
            name: "backups".into(),
            command: Some(vec!["/scripts/backups.sh".into()]),
            env: Some(environment),
            resources: Some(resources(&backup.resources)),
            volume_mounts: Some(vec![
                pod::mount("tmp", "/tmp"),
                pod::read_only("scripts", "/scripts"),
                pod::read_only("backups", "/backups"),
            ]),
            ..Container::default()
        },
    );
    let spec = PodSpec {
        restart_policy: Some("Never".into()),
        termination_grace_period_seconds: Some(30),
        affinity: together(backup, names).map(|pod_affinity| Affinity {
            pod_affinity: Some(pod_affinity),
            ..Affinity::default()
        }),
        containers: vec![container],
        volumes: Some(vec![
            tmp(),
            pod::shared_scripts_volume(
                names,
                names.scripts(Workload::Backup),
                &scripts::BACKUPS_JOB,
            ),
            volume(names),
        ]),
        ..PodSpec::default()
    };
    let annotations = BTreeMap::from([hash(&scripts::BACKUPS_JOB)]);
    let template = pod::template(model, names, Workload::Backups, annotations, spec);
    job::spec(
        &template,
        Runs {
            container: "backups",
            retries: 0,
            deadline: Some(LIST_DEADLINE),
        },
    )
}

/// The annotation that tells one version of the scripts from another.
pub fn hash(scripts: &[Script]) -> (String, String) {
    let scripts: String = scripts.iter().map(|script| script.text).collect();
    (SCRIPTS.to_owned(), letters(scripts.as_bytes()))
}

/// Where a pod with the backup volume runs: where the volume already is, and rather not beside the
/// server, whose disk it should outlive.
pub fn affinity(model: &Model, backup: &Backup, names: &Names<'_>) -> Option<Affinity> {
    let apart = model.server().map(|_| PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: Some(vec![WeightedPodAffinityTerm {
            weight: 100,
            pod_affinity_term: PodAffinityTerm {
                label_selector: Some(names.label_selector(Workload::Server)),
                topology_key: NODE.into(),
                ..PodAffinityTerm::default()
            },
        }]),
        ..PodAntiAffinity::default()
    });
    let together = together(backup, names);
    (apart.is_some() || together.is_some()).then(|| Affinity {
        pod_affinity: together,
        pod_anti_affinity: apart,
        ..Affinity::default()
    })
}

/// A volume that is attached to one node at a time: its pods run on that node, or wait for ever.
/// The first of them runs anywhere, since a pod that its own rule selects needs no other.
fn together(backup: &Backup, names: &Names<'_>) -> Option<PodAffinity> {
    match backup.volume.access_mode {
        BackupAccessMode::ReadWriteMany | BackupAccessMode::ReadWriteOncePod => None,
        BackupAccessMode::ReadWriteOnce => Some(PodAffinity {
            required_during_scheduling_ignored_during_execution: Some(vec![PodAffinityTerm {
                label_selector: Some(names.any_of(&[
                    Workload::Backup,
                    Workload::Backups,
                    Workload::Restore,
                    Workload::Drill,
                ])),
                topology_key: NODE.into(),
                ..PodAffinityTerm::default()
            }]),
            ..PodAffinity::default()
        }),
    }
}

/// What a pod gets, and a little room for /tmp.
pub fn resources(resources: &Resources) -> ResourceRequirements {
    pod::resources_of(resources, ("256Mi", "1Gi"))
}

/// For lists of tables and proofs, which are some hundred bytes a table.
pub fn tmp() -> Volume {
    pod::disk_volume("tmp", "512Mi")
}

/// The backups' volume. Who only reads says so where it is mounted: attached for reading alone, it
/// could not be attached for writing to the same node.
pub fn volume(names: &Names<'_>) -> Volume {
    Volume {
        name: "backups".into(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: names.claim(Disk::Backup),
            read_only: None,
        }),
        ..Volume::default()
    }
}

fn password(model: &Model) -> Volume {
    let key = upstream::password_key(model);
    pod::secret_volume("secrets", &model.secret, &[(key, "backup")])
}
