//! `server/`: the StatefulSet of one pod, what it reads, and the Services that lead to it.

use super::names::{BOOTSTRAP, Disk, RESTART_SETTINGS, Workload};
use super::postgresql_conf::Configuration;
use super::{Names, Object, pod, service, tls};
use crate::model::{Model, Server};
use crate::scripts;
use crate::spec::types::TaintEffect;
use crate::validate::settings::CONFIGURATION;
use k8s_openapi::api::apps::v1::{StatefulSet, StatefulSetSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, EnvVar, ExecAction,
    PersistentVolumeClaimVolumeSource, PodSpec, Probe, Service, ServiceSpec, Toleration, Volume,
    VolumeMount,
};
use std::collections::BTreeMap;

/// The server's objects.
pub fn objects(
    model: &Model,
    server: &Server,
    names: &Names<'_>,
    configuration: &Configuration,
) -> Vec<Object> {
    let open =
        "one server: taking it out of the Service while it is not ready would only cut clients off";
    let mut objects = vec![
        Object::new(
            "server/stateful-set.yaml",
            &stateful_set(model, server, names, configuration),
        )
        .comment(
            "/spec/podManagementPolicy",
            "a revision that cannot start is replaced by the next one without a hand",
        )
        .comment(
            "/spec/template/metadata/annotations/underpin~1restart-settings",
            "the server restarts when one of these settings changes; the others are reloaded",
        )
        .comment(
            "/spec/template/spec/terminationGracePeriodSeconds",
            "for the checkpoint of an orderly stop",
        ),
        Object::new(
            "server/config-map-settings.yaml",
            &settings(names, configuration),
        ),
        Object::new(
            "server/config-map-scripts.yaml",
            &pod::scripts(names, Workload::Server, &scripts::SERVER),
        ),
        Object::new(
            "server/service-direct.yaml",
            &service(names, &names.direct(), Some("ClusterIP")),
        )
        .comment("/spec/publishNotReadyAddresses", open),
        Object::new(
            "server/service-headless.yaml",
            &service(names, &names.headless(), None),
        )
        .comment("/spec/clusterIP", "gives the pod its host name"),
        Object::new(
            "server/service-account.yaml",
            &pod::service_account(names, Workload::Server),
        ),
        Object::new(
            "server/pod-disruption-budget.yaml",
            &service::disruption_budget(names, names.name(), Workload::Server),
        )
        .comment(
            "/spec/maxUnavailable",
            "a drain may move the server: less would block every upgrade of a node",
        ),
    ];
    // With a pooler, applications dial that.
    if model.pooler.is_none() {
        let service = service(names, names.name(), Some("ClusterIP"));
        objects.push(
            Object::new("server/service.yaml", &service)
                .comment("/spec/publishNotReadyAddresses", open),
        );
    }
    objects
}

/// Where the claim is mounted: over the image's own VOLUME, which would otherwise be a directory
/// that dies with the container. It moved with PostgreSQL 18
/// (<https://github.com/docker-library/postgres/pull/1259>).
pub fn volume_path(major: u8) -> &'static str {
    if major >= 18 {
        "/var/lib/postgresql"
    } else {
        "/var/lib/postgresql/data"
    }
}

fn stateful_set(
    model: &Model,
    server: &Server,
    names: &Names<'_>,
    configuration: &Configuration,
) -> StatefulSet {
    let annotations = BTreeMap::from([
        (RESTART_SETTINGS.to_owned(), configuration.restart.clone()),
        (BOOTSTRAP.to_owned(), names.workload(Workload::Bootstrap)),
    ]);
    StatefulSet {
        metadata: names.metadata(names.name()),
        spec: Some(StatefulSetSpec {
            replicas: Some(1),
            service_name: Some(names.headless()),
            pod_management_policy: Some("Parallel".into()),
            selector: names.label_selector(Workload::Server),
            template: pod::template(
                model,
                names,
                Workload::Server,
                annotations,
                pod_spec(model, server, names),
            ),
            ..StatefulSetSpec::default()
        }),
        ..StatefulSet::default()
    }
}

fn pod_spec(model: &Model, server: &Server, names: &Names<'_>) -> PodSpec {
    let placement = &server.placement;
    PodSpec {
        node_selector: (!placement.node.is_empty()).then(|| {
            placement
                .node
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect()
        }),
        tolerations: pod::list(placement.tolerations.iter().map(toleration).collect()),
        priority_class_name: placement.priority_class.as_ref().map(ToString::to_string),
        termination_grace_period_seconds: Some(300),
        containers: vec![container(model, server)],
        volumes: Some(volumes(model, server, names)),
        ..PodSpec::default()
    }
}

fn toleration(toleration: &crate::model::Toleration) -> Toleration {
    Toleration {
        key: Some(toleration.key.to_string()),
        operator: Some(
            if toleration.value.is_some() {
                "Equal"
            } else {
                "Exists"
            }
            .into(),
        ),
        value: toleration.value.as_ref().map(ToString::to_string),
        effect: toleration.effect.map(|effect| {
            match effect {
                TaintEffect::NoSchedule => "NoSchedule",
                TaintEffect::PreferNoSchedule => "PreferNoSchedule",
                TaintEffect::NoExecute => "NoExecute",
            }
            .into()
        }),
        toleration_seconds: toleration.seconds,
    }
}

fn container(model: &Model, server: &Server) -> Container {
    let postgres = &server.postgres;
    pod::container(
        model,
        Container {
            name: "postgresql".into(),
            command: Some(vec!["/scripts/start.sh".into()]),
            env: Some(environment(server)),
            ports: Some(vec![ContainerPort {
                name: Some("postgresql".into()),
                container_port: 5432,
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]),
            resources: Some(pod::resources(
                &postgres.cpu.to_string(),
                &postgres.memory.to_string(),
                postgres.cpu_limit.as_ref().map(ToString::to_string),
                ("256Mi", "2Gi"),
            )),
            // An hour: recovery after a crash may take long, and a kill would start it anew.
            startup_probe: Some(probe(ALIVE, 2, 1800, 5)),
            liveness_probe: Some(probe(ALIVE, 10, 12, 10)),
            readiness_probe: Some(probe(READY, 5, 3, 5)),
            volume_mounts: Some(mounts(model, postgres.major)),
            ..Container::default()
        },
    )
}

fn environment(server: &Server) -> Vec<EnvVar> {
    let volume = volume_path(server.postgres.major);
    let locale = server.postgres.locale;
    vec![
        pod::variable("VOLUME", volume),
        pod::variable("PGDATA", &format!("{volume}/pgdata")),
        pod::variable("LOCALE_PROVIDER", locale.provider),
        pod::variable("LOCALE", locale.name),
        pod::variable("LC_COLLATE_NAME", locale.collate),
        pod::variable("LC_CTYPE_NAME", locale.ctype),
        pod::variable("RESERVE", &reserve(server)),
        pod::annotation_variable("RESTART_SETTINGS", RESTART_SETTINGS),
        pod::annotation_variable("BOOTSTRAP_CRONJOB", BOOTSTRAP),
        // For `kubectl exec`: psql writes its history there, and a pager would swallow the answer.
        pod::variable("HOME", "/tmp"),
        pod::variable("PAGER", "cat"),
    ]
}

fn reserve(server: &Server) -> String {
    use crate::value::Reserve;
    match &server.storage.reserve {
        Reserve::None => "0".into(),
        Reserve::Percent(percent) => format!("{percent}%"),
        Reserve::Bytes(size) => size.bytes().to_string(),
    }
}

/// `pg_isready` ends with 0 when the server accepts connections and with 1 when it refuses them
/// for now: starting, in recovery, out of connections. Both are a server that lives.
const ALIVE: &[&str] = &[
    "bash",
    "-c",
    "pg_isready --host=/var/run/postgresql --port=5432 --timeout=4; (( $? <= 1 ))",
];
const READY: &[&str] = &[
    "pg_isready",
    "--host=/var/run/postgresql",
    "--port=5432",
    "--timeout=4",
];

fn probe(command: &[&str], period: i32, failures: i32, timeout: i32) -> Probe {
    Probe {
        exec: Some(ExecAction {
            command: Some(command.iter().map(|&word| word.to_owned()).collect()),
        }),
        period_seconds: Some(period),
        failure_threshold: Some(failures),
        timeout_seconds: Some(timeout),
        ..Probe::default()
    }
}

fn mounts(model: &Model, major: u8) -> Vec<VolumeMount> {
    let mut mounts = vec![
        pod::mount("data", volume_path(major)),
        pod::mount("run", "/var/run/postgresql"),
        pod::mount("tmp", "/tmp"),
        pod::mount("shm", "/dev/shm"),
        pod::read_only("settings", CONFIGURATION),
        pod::read_only("scripts", "/scripts"),
        pod::read_only("secrets", "/secrets"),
    ];
    mounts.extend(model.access.tls.as_ref().map(|tls| tls::pair(tls).1));
    mounts
}

fn volumes(model: &Model, server: &Server, names: &Names<'_>) -> Vec<Volume> {
    let mut volumes = vec![
        Volume {
            name: "data".into(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: names.claim(Disk::Data),
                read_only: None,
            }),
            ..Volume::default()
        },
        pod::memory_volume("run", "16Mi"),
        pod::disk_volume("tmp", "1Gi"),
        pod::memory_volume("shm", &server.postgres.shm.to_string()),
        Volume {
            name: "settings".into(),
            config_map: Some(ConfigMapVolumeSource {
                name: names.settings(),
                default_mode: Some(0o444),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        },
        pod::scripts_volume(names, Workload::Server, &scripts::SERVER),
        pod::secret_volume("secrets", &model.secret, &[("superuser", "superuser")]),
    ];
    volumes.extend(model.access.tls.as_ref().map(|tls| tls::pair(tls).0));
    volumes
}

fn settings(names: &Names<'_>, configuration: &Configuration) -> ConfigMap {
    ConfigMap {
        metadata: names.metadata(names.settings()),
        data: Some(BTreeMap::from([
            (
                "postgresql.conf".to_owned(),
                configuration.postgresql.clone(),
            ),
            ("pg_hba.conf".to_owned(), configuration.hba.clone()),
            ("pg_ident.conf".to_owned(), configuration.ident.clone()),
        ])),
        ..ConfigMap::default()
    }
}

/// A Service of the server; headless without a type.
fn service(names: &Names<'_>, name: &str, kind: Option<&str>) -> Service {
    Service {
        metadata: names.metadata(name),
        spec: Some(ServiceSpec {
            type_: kind.map(Into::into),
            cluster_ip: kind.is_none().then(|| "None".into()),
            publish_not_ready_addresses: Some(true),
            selector: Some(names.selector(Workload::Server)),
            ports: Some(vec![service::port()]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}
