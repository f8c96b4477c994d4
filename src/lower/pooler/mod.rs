//! `pooler/`: the Deployment of PgBouncer, what it reads, and the Service that applications dial.
//!
//! The one emitter for every engine. All that it must know of what is behind the pooler is an
//! [`Upstream`].

mod exporter;
mod ini;
mod upstream;

use super::bootstrap::projected;
use super::names::{SCRIPTS, SETTINGS, Workload};
use super::{Names, Object, pod, scrape, service, tls};
use crate::audit::hash::letters;
use crate::model::{Model, Pooler};
pub use exporter::PORT as METRICS;
use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, ExecAction, Lifecycle,
    LifecycleHandler, PodSpec, PodTemplateSpec, Service, ServiceSpec, TopologySpreadConstraint,
    Volume,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;
use upstream::Upstream;

/// The user of the pods. PgBouncer runs as any: 70 is what the image calls `postgres`.
const USER: i64 = 70;
/// What is written before PgBouncer starts, and where that is mounted.
pub const VOLUME: &str = "rendered";
/// The same as a path.
pub const RENDERED: &str = "/run/pgbouncer";
/// Where pgbouncer.ini is mounted.
const CONFIGURATION: &str = "/etc/pgbouncer";
/// What each container may write to the node's disk: its log.
const ROOM: (&str, &str) = ("64Mi", "256Mi");
/// For how long a transaction may run on in a pooler that is stopped, with what comes before.
const GRACE: i64 = 60;

/// The pooler's objects; none without one.
pub fn objects(model: &Model, names: &Names<'_>) -> Vec<Object> {
    let Some(pooler) = &model.pooler else {
        return Vec::new();
    };
    let upstream = Upstream::of(model, names);
    let secrets = if upstream.first.is_none() {
        "/spec/template/spec/initContainers/0/volumeMounts"
    } else {
        "/spec/template/spec/initContainers/1/volumeMounts"
    };
    let ini = ini::ini(pooler, &upstream, model.access.tls.is_some());
    let mut objects = vec![
        Object::new(
            "pooler/deployment.yaml",
            &deployment(model, names, pooler, &upstream, &ini),
        )
        .comment(
            "/spec/strategy",
            "a new pooler is ready before an old one is stopped",
        )
        .comment(
            "/spec/template/metadata/annotations/underpin~1settings",
            "poolers are replaced one by one when pgbouncer.ini changes; not when a Secret does",
        )
        .comment(
            "/spec/template/spec/terminationGracePeriodSeconds",
            "for transactions that run when a pooler is stopped",
        )
        .comment(
            secrets,
            "the Secrets are seen here alone; what is written of them is in memory",
        )
        .comment(
            "/spec/template/spec/containers/0/livenessProbe",
            "no probe reaches through to the server: its outage must not restart poolers",
        ),
        Object::new(
            "pooler/config-map-settings.yaml",
            &ConfigMap {
                metadata: names.metadata(names.pooler_settings()),
                data: Some(BTreeMap::from([("pgbouncer.ini".to_owned(), ini)])),
                ..ConfigMap::default()
            },
        ),
        Object::new(
            "pooler/config-map-scripts.yaml",
            &pod::scripts(names, Workload::Pooler, upstream.scripts),
        ),
        Object::new("pooler/service.yaml", &service(names)).comment(
            "/spec/selector",
            "the poolers, and of them those that are ready",
        ),
        Object::new(
            "pooler/service-account.yaml",
            &pod::service_account(names, Workload::Pooler),
        ),
    ];
    if pooler.exporter.is_some() {
        objects.extend(scrape::pod_monitor(model, names, Workload::Pooler));
    }
    if pooler.replicas > 1 {
        objects.push(
            Object::new(
                "pooler/pod-disruption-budget.yaml",
                &service::disruption_budget(
                    names,
                    names.workload(Workload::Pooler),
                    Workload::Pooler,
                ),
            )
            .comment("/spec/maxUnavailable", "one drain of a node at a time"),
        );
    }
    objects
}

fn deployment(
    model: &Model,
    names: &Names<'_>,
    pooler: &Pooler,
    upstream: &Upstream,
    ini: &str,
) -> Deployment {
    Deployment {
        metadata: names.metadata(names.workload(Workload::Pooler)),
        spec: Some(DeploymentSpec {
            replicas: Some(pooler.replicas.into()),
            strategy: Some(DeploymentStrategy {
                type_: Some("RollingUpdate".into()),
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::Int(1)),
                    max_unavailable: Some(IntOrString::Int(0)),
                }),
            }),
            selector: names.label_selector(Workload::Pooler),
            template: template(model, names, pooler, upstream, ini),
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}

fn template(
    model: &Model,
    names: &Names<'_>,
    pooler: &Pooler,
    upstream: &Upstream,
    ini: &str,
) -> PodTemplateSpec {
    let texts: String = upstream.scripts.iter().map(|script| script.text).collect();
    let mut annotations = upstream.annotations.clone();
    annotations.insert(SCRIPTS.to_owned(), letters(texts.as_bytes()));
    annotations.insert(SETTINGS.to_owned(), letters(ini.as_bytes()));
    if pooler.exporter.is_some() {
        annotations.extend(scrape::annotations(model, METRICS));
    }
    let spec = PodSpec {
        termination_grace_period_seconds: Some(GRACE),
        topology_spread_constraints: Some(vec![TopologySpreadConstraint {
            max_skew: 1,
            topology_key: "kubernetes.io/hostname".into(),
            when_unsatisfiable: "ScheduleAnyway".into(),
            label_selector: Some(names.label_selector(Workload::Pooler)),
            // Of one revision: a rollout would otherwise count those that are about to go.
            match_label_keys: Some(vec!["pod-template-hash".into()]),
            ..TopologySpreadConstraint::default()
        }]),
        init_containers: Some(before(pooler, upstream)),
        containers: containers(model, pooler, upstream),
        dns_config: upstream.dns.clone(),
        volumes: Some(volumes(model, names, pooler, upstream)),
        ..PodSpec::default()
    };
    pod::template_as(USER, model, names, Workload::Pooler, annotations, spec)
}

/// What runs one after another, before PgBouncer.
fn before(pooler: &Pooler, upstream: &Upstream) -> Vec<Container> {
    let first = upstream
        .first
        .iter()
        .map(|(container, _)| container.clone());
    first.chain([render(pooler, upstream)]).collect()
}

/// Writes what PgBouncer reads.
fn render(pooler: &Pooler, upstream: &Upstream) -> Container {
    let logins = upstream.logins.iter();
    let roles: Vec<String> = logins
        .map(|(file, role)| format!("{file} {role}\n"))
        .collect();
    let mut environment = vec![
        upstream
            .host
            .clone()
            .unwrap_or_else(|| pod::variable("PGHOST", "")),
        pod::variable("PGPORT", "5432"),
        pod::variable("ROLES", &roles.concat()),
    ];
    environment.extend(pooler.exporter.as_ref().map(|_| exporter::variable()));
    let mut mounts = vec![
        pod::mount(VOLUME, RENDERED),
        pod::read_only("scripts", "/scripts"),
        pod::read_only("secrets", "/secrets"),
    ];
    mounts.extend(pooler.exporter.as_ref().map(|_| exporter::mount()));
    pod::container_of(
        &pooler.image,
        Container {
            name: "render".into(),
            command: Some(vec!["/scripts/render.sh".into()]),
            env: Some(environment),
            resources: Some(pod::resources_of(&pooler.resources, ROOM)),
            volume_mounts: Some(mounts),
            ..Container::default()
        },
    )
}

fn volumes(model: &Model, names: &Names<'_>, pooler: &Pooler, upstream: &Upstream) -> Vec<Volume> {
    let mut volumes = vec![
        pod::memory_volume(VOLUME, "4Mi"),
        settings_volume(names),
        pod::scripts_volume(names, Workload::Pooler, upstream.scripts),
        projected(upstream.secrets.clone()),
    ];
    volumes.extend(upstream.first.iter().map(|(_, volume)| volume.clone()));
    volumes.extend(upstream.authorities.0.clone());
    volumes.extend(model.access.tls.as_ref().map(|tls| tls::pair(tls).0));
    volumes.extend(pooler.exporter.as_ref().map(|_| exporter::volume()));
    volumes
}

fn containers(model: &Model, pooler: &Pooler, upstream: &Upstream) -> Vec<Container> {
    let tls = model.access.tls.is_some();
    let exporter = pooler.exporter.as_ref();
    std::iter::once(container(model, pooler, upstream))
        .chain(exporter.map(|exporter| exporter::container(exporter, tls)))
        .collect()
}

fn container(model: &Model, pooler: &Pooler, upstream: &Upstream) -> Container {
    let mut mounts = vec![
        pod::read_only(VOLUME, RENDERED),
        pod::read_only("settings", CONFIGURATION),
        pod::read_only("scripts", "/scripts"),
    ];
    mounts.extend(upstream.authorities.1.clone());
    mounts.extend(model.access.tls.as_ref().map(|tls| tls::pair(tls).1));
    let program = match model.access.tls {
        None => "/usr/bin/pgbouncer",
        Some(_) => "/scripts/serve.sh",
    };
    pod::container_of(
        &pooler.image,
        Container {
            name: "pgbouncer".into(),
            // Not the image's entrypoint, which writes a configuration of its own from variables.
            command: Some(vec![
                program.into(),
                format!("{CONFIGURATION}/pgbouncer.ini"),
            ]),
            ports: Some(vec![ContainerPort {
                name: Some("postgresql".into()),
                container_port: 5432,
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]),
            resources: Some(pod::resources_of(&pooler.resources, ROOM)),
            startup_probe: Some(pod::takes_connections(5432, 1, 60)),
            liveness_probe: Some(pod::takes_connections(5432, 10, 6)),
            readiness_probe: Some(pod::takes_connections(5432, 5, 2)),
            lifecycle: Some(Lifecycle {
                pre_stop: Some(LifecycleHandler {
                    exec: Some(ExecAction {
                        command: Some(vec!["/scripts/drain.sh".into()]),
                    }),
                    ..LifecycleHandler::default()
                }),
                ..Lifecycle::default()
            }),
            volume_mounts: Some(mounts),
            ..Container::default()
        },
    )
}

fn settings_volume(names: &Names<'_>) -> Volume {
    Volume {
        name: "settings".into(),
        config_map: Some(ConfigMapVolumeSource {
            name: names.pooler_settings(),
            default_mode: Some(0o444),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }
}

/// What applications dial.
fn service(names: &Names<'_>) -> Service {
    Service {
        metadata: names.metadata(names.name()),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".into()),
            selector: Some(names.selector(Workload::Pooler)),
            ports: Some(vec![service::port()]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
