//! `monitoring/`: the exporter, which asks the server for what it knows and tells Prometheus, and how
//! Prometheus finds it.
//!
//! It dials the server itself and never a pooler, with one connection that stays, as a role that may
//! look and do nothing else. Its series carry the namespace and the database as labels of their own:
//! the alerts find them whatever Prometheus adds to what it scrapes.

use super::bootstrap::{item, projected, source};
use super::names::{SCRIPTS, SERVER, SETTINGS, Workload};
use super::{Names, Object, pod, reload, scrape, upstream};
use crate::audit::hash::letters;
use crate::model::{Exporter, MONITORING_KEY, Model};
use crate::scripts;
use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, EnvVar, PodSpec, PodTemplateSpec,
    Volume,
};
use std::collections::BTreeMap;

/// What it asks the server: as constant as the scripts are.
pub const QUERIES: &str = include_str!("queries.yaml");
/// Whom it logs in as.
pub const ROLE: &str = "underpin_monitoring";
/// Where Prometheus reads.
pub const PORT: i32 = 9187;
/// The user that the image names: nobody.
const USER: i64 = 65_534;
/// What is written before it starts, and where that is mounted.
const RENDERED: (&str, &str) = ("rendered", "/run/exporter");
/// What it asks, and where that is mounted.
const ASKED: (&str, &str) = ("queries", "/etc/exporter");
/// A file that it looks for, and that has nothing to say.
const CONFIGURATION: &str = "exporter.yml";
/// Collectors of its own that are on by themselves.
const COLLECTORS: [&str; 10] = [
    "database",
    "locks",
    "replication",
    "replication_slot",
    "roles",
    "stat_bgwriter",
    "stat_database",
    "stat_user_tables",
    "statio_user_tables",
    "wal",
];

/// Its objects; none where nothing asks the server.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let Some(exporter) = &model.monitoring.exporter else {
        return Vec::new();
    };
    let mut objects = vec![
        Object::new(
            "monitoring/deployment-exporter.yaml",
            &deployment(model, names, exporter),
        )
        .comment("/spec/strategy", "two at once would tell everything twice")
        .comment(
            "/spec/template/metadata/annotations/underpin~1settings",
            "it is replaced when its queries change; not when the Secret does",
        )
        .comment(
            "/spec/template/spec/initContainers/0/volumeMounts",
            "the Secret is seen here alone; what is written of it is in memory",
        )
        .comment(
            "/spec/template/spec/containers/0/command",
            "what it asks stands in the ConfigMap; its own collectors are off",
        )
        .comment(
            "/spec/template/spec/containers/0/livenessProbe",
            "no probe reaches through to the server: its outage is told, and no reason to restart",
        ),
        Object::new(
            "monitoring/config-map-exporter-queries.yaml",
            &ConfigMap {
                metadata: names.metadata(names.exporter_queries()),
                data: Some(BTreeMap::from([
                    ("queries.yaml".to_owned(), QUERIES.to_owned()),
                    (CONFIGURATION.to_owned(), "{}\n".to_owned()),
                ])),
                ..ConfigMap::default()
            },
        ),
        Object::new(
            "monitoring/config-map-exporter-scripts.yaml",
            &pod::scripts(names, Workload::Exporter, &scripts::EXPORTER),
        ),
        Object::new(
            "monitoring/service-account-exporter.yaml",
            &pod::service_account(names, Workload::Exporter),
        ),
    ];
    objects.extend(scrape::pod_monitor(model, names, Workload::Exporter));
    objects
}

fn deployment(model: &Model, names: &Names<'_>, exporter: &Exporter) -> Deployment {
    Deployment {
        metadata: names.metadata(names.workload(Workload::Exporter)),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            strategy: Some(DeploymentStrategy {
                type_: Some("Recreate".into()),
                ..DeploymentStrategy::default()
            }),
            selector: names.label_selector(Workload::Exporter),
            template: template(model, names, exporter),
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}

fn template(model: &Model, names: &Names<'_>, exporter: &Exporter) -> PodTemplateSpec {
    let texts: String = scripts::EXPORTER.iter().map(|script| script.text).collect();
    let mut annotations = BTreeMap::from([
        (SERVER.to_owned(), names.direct()),
        (SCRIPTS.to_owned(), letters(texts.as_bytes())),
        (SETTINGS.to_owned(), letters(QUERIES.as_bytes())),
    ]);
    annotations.extend(upstream::server_tls(model).and_then(reload::foreign));
    annotations.extend(scrape::annotations(model, PORT));
    let spec = PodSpec {
        termination_grace_period_seconds: Some(10),
        init_containers: Some(vec![passfile(exporter)]),
        containers: vec![container(model, names, exporter)],
        volumes: Some(upstream::with_bundle(
            model,
            vec![
                pod::memory_volume(RENDERED.0, "1Mi"),
                queries(names),
                pod::scripts_volume(names, Workload::Exporter, &scripts::EXPORTER),
                projected(vec![source(
                    model.secret.to_string(),
                    vec![item(MONITORING_KEY, MONITORING_KEY.into())],
                    None,
                )]),
            ],
        )),
        ..PodSpec::default()
    };
    pod::template_as(USER, model, names, Workload::Exporter, annotations, spec)
}

fn queries(names: &Names<'_>) -> Volume {
    Volume {
        name: ASKED.0.into(),
        config_map: Some(ConfigMapVolumeSource {
            name: names.exporter_queries(),
            default_mode: Some(0o444),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// Writes the file with the password.
fn passfile(exporter: &Exporter) -> Container {
    pod::container_of(
        &exporter.image,
        Container {
            name: "passfile".into(),
            command: Some(vec!["/scripts/passfile.sh".into()]),
            env: Some(vec![pod::variable("ROLE", ROLE)]),
            resources: Some(pod::resources_of(&exporter.resources, ("16Mi", "64Mi"))),
            volume_mounts: Some(vec![
                pod::mount(RENDERED.0, RENDERED.1),
                pod::read_only("scripts", "/scripts"),
                pod::read_only("secrets", "/secrets"),
            ]),
            ..Container::default()
        },
    )
}

fn container(model: &Model, names: &Names<'_>, exporter: &Exporter) -> Container {
    let mut command = vec![
        "/bin/postgres_exporter".to_owned(),
        format!("--config.file={}/{CONFIGURATION}", ASKED.1),
        format!("--extend.query-path={}/queries.yaml", ASKED.1),
        format!("--web.listen-address=:{PORT}"),
        "--disable-default-metrics".to_owned(),
        "--disable-settings-metrics".to_owned(),
    ];
    command.extend(COLLECTORS.map(|name| format!("--no-collector.{name}")));
    pod::container_of(
        &exporter.image,
        Container {
            name: "exporter".into(),
            command: Some(command),
            env: Some(environment(model, names)),
            ports: Some(vec![ContainerPort {
                name: Some("metrics".into()),
                container_port: PORT,
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]),
            resources: Some(pod::resources_of(&exporter.resources, ("16Mi", "64Mi"))),
            startup_probe: Some(pod::takes_connections(PORT, 1, 60)),
            liveness_probe: Some(pod::takes_connections(PORT, 10, 6)),
            readiness_probe: Some(pod::takes_connections(PORT, 10, 2)),
            volume_mounts: Some(upstream::with_authorities(
                model,
                vec![
                    pod::read_only(RENDERED.0, RENDERED.1),
                    pod::read_only(ASKED.0, ASKED.1),
                ],
            )),
            ..Container::default()
        },
    )
}

fn environment(model: &Model, names: &Names<'_>) -> Vec<EnvVar> {
    let encrypted = match upstream::server_tls(model) {
        None => "sslmode=disable".to_owned(),
        Some(_) => format!("sslmode=verify-full&sslrootcert={}", upstream::MOUNTED),
    };
    vec![
        pod::annotation_variable("SERVER", SERVER),
        pod::field_variable("NAMESPACE", "metadata.namespace"),
        pod::variable("PGPASSFILE", &format!("{}/pgpass", RENDERED.1)),
        pod::variable_of_others(
            "DATA_SOURCE_NAME",
            &format!(
                "postgresql://{ROLE}@$(SERVER):5432/postgres?{encrypted}&connect_timeout=5&application_name=underpin-exporter"
            ),
        ),
        pod::variable_of_others(
            "PG_EXPORTER_CONSTANT_LABELS",
            &format!("namespace=$(NAMESPACE),database={}", names.name()),
        ),
    ]
}
