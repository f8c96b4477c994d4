//! The container beside a backup's that rehearses its restore: no Secret, no backup, no rights outside.

use super::bootstrap::roles_without_passwords;
use super::{Names, Object, pod, throwaway};
use crate::model::{Engine, Model, Recovery, Rehearsal};
use crate::scripts;
use crate::value::Size;
use k8s_openapi::api::core::v1::{Container, EnvVar, Volume, VolumeMount};
use serde_json::Value;

/// What the backup asks, on the node's disk: tables of contents and first rows.
const QUESTIONS: &str = "1Gi";
/// What the rehearsal answers.
const ANSWERS: &str = "64Mi";
/// The room of its server, on the node's disk: some 60 KB a table, and 170 MB.
const SCRATCH: &str = "2Gi";
const SCRIPTS: &str = "rehearsal-scripts";
const NAME: &str = "rehearsal";
const BESIDE: &str = "rehearsal runs beside the backup (restartPolicy: Always) and tries its restore; it has no password and no backup volume. In /questions, which it can only read, it finds what a restore needs of a database but its rows; in /answers, which the backup can only read, it writes what came back";

/// Its scripts.
pub fn objects(names: &Names<'_>) -> Object {
    let own = scripts::own(&scripts::REHEARSAL_CONTAINER);
    Object::new(
        "backup/config-map-rehearsal-scripts.yaml",
        &pod::scripts_named(names, names.rehearsal_scripts(), &own),
    )
}

/// What a reviewer would ask of the container, where a pod has it.
pub fn explain(object: &mut Object) {
    let pods = [
        "/spec/template/spec/initContainers",
        "/spec/jobTemplate/spec/template/spec/initContainers",
    ];
    for pointer in pods {
        let containers = object.value.pointer(pointer).and_then(Value::as_array);
        if containers.is_some_and(|all| all.iter().any(|one| one["name"] == NAME)) {
            object.comments.push((pointer, BESIDE));
        }
    }
}

/// The container: it starts before the backup's, runs beside it and ends after it.
pub fn container(model: &Model, recovery: &Recovery, rehearsal: &Rehearsal) -> Container {
    let mut environment = vec![
        pod::variable("NAME", &model.name.to_string()),
        pod::field_variable("POD", "metadata.name"),
    ];
    environment.extend(throwaway::environment(
        model,
        recovery,
        &rehearsal.resources,
    ));
    environment.extend([
        pod::variable(
            "REHEARSAL_SECONDS",
            // One that hangs leaves the others their half.
            &(rehearsal.deadline.seconds() / 2).to_string(),
        ),
        pod::variable(
            "SCRATCH_BYTES",
            &Size::parse(SCRATCH).map_or(0, Size::bytes).to_string(),
        ),
        pod::variable("HOME", "/tmp"),
    ]);
    pod::container(
        model,
        Container {
            name: NAME.into(),
            command: Some(vec!["/scripts/rehearse.sh".into()]),
            restart_policy: Some("Always".into()),
            env: Some(environment),
            resources: Some(pod::resources_of(&rehearsal.resources, ("256Mi", SCRATCH))),
            volume_mounts: Some(vec![
                pod::mount("rehearsal-tmp", "/tmp"),
                pod::read_only(SCRIPTS, "/scripts"),
                pod::read_only("questions", "/questions"),
                pod::mount("answers", "/answers"),
                pod::mount("rehearsal", "/scratch"),
            ]),
            ..Container::default()
        },
    )
}

/// What the backup's own container knows of it.
pub fn environment(
    model: &Model,
    recovery: &Recovery,
    rehearsal: Option<&Rehearsal>,
) -> Vec<EnvVar> {
    let own_roles = match &model.engine {
        Engine::Postgres(_) => roles_without_passwords(model),
        Engine::Neon(_) => "[]".into(),
    };
    let seconds = rehearsal.map_or(0, |rehearsal| rehearsal.deadline.seconds());
    vec![
        pod::variable("REHEARSAL", &rehearsal.is_some().to_string()),
        pod::variable("REHEARSALS_SECONDS", &seconds.to_string()),
        pod::variable("DRILLS", &recovery.drill.is_some().to_string()),
        pod::variable(
            "QUESTIONS_BYTES",
            &Size::parse(QUESTIONS).map_or(0, Size::bytes).to_string(),
        ),
        pod::variable("ROLES", &own_roles),
        pod::variable("AS_SUPERUSER", &recovery.restore.as_superuser.to_string()),
    ]
}

/// Where the backup's own container asks, and finds the answers. Each of the two writes where the other only
/// reads: a link that is put there leads the other one nowhere.
pub fn mounts() -> [VolumeMount; 2] {
    [
        pod::mount("questions", "/questions"),
        pod::read_only("answers", "/answers"),
    ]
}

/// The volumes of both.
pub fn volumes(names: &Names<'_>) -> Vec<Volume> {
    let mut scripts = pod::shared_scripts_volume(
        names,
        names.rehearsal_scripts(),
        &scripts::REHEARSAL_CONTAINER,
    );
    scripts.name = SCRIPTS.into();
    vec![
        scripts,
        pod::disk_volume("rehearsal-tmp", "256Mi"),
        pod::disk_volume("questions", QUESTIONS),
        pod::disk_volume("answers", ANSWERS),
        pod::disk_volume("rehearsal", SCRATCH),
    ]
}
