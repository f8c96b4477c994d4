//! `pooler/`: the Deployment of PgBouncer, what it reads, and the Service that applications dial.
//!
//! The one emitter for every engine. All that it must know of what is behind the pooler is an
//! [`Upstream`].

use super::bootstrap::{password_path, passwords, projected};
use super::names::{SCRIPTS, SERVER, SETTINGS, Workload};
use super::{Names, Object, branch, pod, upstream};
use crate::audit::hash::letters;
use crate::model::{Engine, Model, Place, Pooler};
use crate::scripts::{self, Script};
use crate::spec::types::PoolMode;
use k8s_openapi::api::apps::v1::{
    Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment,
};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, EnvVar, ExecAction, Lifecycle,
    LifecycleHandler, PodDNSConfig, PodSpec, PodTemplateSpec, Probe, ResourceRequirements, Service,
    ServicePort, ServiceSpec, TCPSocketAction, TopologySpreadConstraint, Volume, VolumeMount,
    VolumeProjection,
};
use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use std::collections::BTreeMap;

/// The user of the pods. PgBouncer runs as any: 70 is what the image calls `postgres`.
const USER: i64 = 70;
/// What is written before PgBouncer starts, and where that is mounted.
pub const VOLUME: &str = "rendered";
/// The same as a path.
pub const RENDERED: &str = "/run/pgbouncer";
/// Where pgbouncer.ini is mounted.
const CONFIGURATION: &str = "/etc/pgbouncer";
/// For how long a transaction may run on in a pooler that is stopped, with what comes before.
const GRACE: i64 = 60;

/// What is behind the pooler: all in which one engine differs from another.
struct Upstream {
    /// Where its connections go; none where a container before says it.
    host: Option<EnvVar>,
    /// The annotations that `host` reads.
    annotations: BTreeMap<String, String>,
    /// Who may log in: the file below `/secrets` that holds the password, and the role. PgBouncer
    /// logs in to the server as the same role.
    logins: Vec<(String, String)>,
    /// The Secrets that hold those files.
    secrets: Vec<VolumeProjection>,
    /// Lines of pgbouncer.ini on TLS to the server.
    tls: String,
    /// The certificates that these name, and where they are mounted.
    authorities: (Option<Volume>, Option<VolumeMount>),
    /// How names are looked up.
    dns: Option<PodDNSConfig>,
    /// What runs before all else, and the volume that it needs.
    first: Option<(Container, Volume)>,
    /// What the pod runs of ours.
    scripts: &'static [Script],
    /// What the head of pgbouncer.ini says of who writes, and of how one logs in at the server.
    notes: [&'static str; 2],
}

/// The notes where nothing is said before.
const NOTES: [&str; 2] = [
    "\
; PgBouncer reads this at its start. Where the server is and who may log in is written by render.sh
; into a volume in memory, and included here.",
    "; Every role logs in with its own password, here and then at the server.",
];

impl Upstream {
    /// The server of the same folder, or Neon.
    fn of(model: &Model, names: &Names<'_>) -> Self {
        let logins = model.roles.iter();
        let logins = logins
            .map(|role| (password_path(role), role.name.to_string()))
            .collect();
        let secrets = passwords(model, BTreeMap::new());
        match &model.engine {
            Engine::Postgres(_) => Self {
                host: Some(pod::annotation_variable("PGHOST", SERVER)),
                annotations: BTreeMap::from([(SERVER.to_owned(), names.direct())]),
                logins,
                secrets,
                // As every other pod of ours reaches it.
                tls: "server_tls_sslmode = disable\n".into(),
                authorities: (None, None),
                dns: None,
                first: None,
                scripts: &scripts::POOLER,
                notes: NOTES,
            },
            Engine::Neon(neon) => {
                let (file, volume, mount) = upstream::of_pooler(neon);
                let (host, first, scripts, notes): (_, _, &[Script], _) = match &neon.place {
                    Place::Endpoint { host, .. } => {
                        let host = pod::variable("PGHOST", &host.to_string());
                        (Some(host), None, &scripts::POOLER, NOTES)
                    }
                    Place::Branch(branch) => {
                        let first = branch::first(model, neon, branch);
                        (None, Some(first), &scripts::POOLER_OF_BRANCH, branch::NOTES)
                    }
                };
                Self {
                    host,
                    annotations: upstream::foreign(neon),
                    logins,
                    secrets,
                    tls: format!(
                        "
; The certificate is looked at and its name too: only so does PgBouncer say which host it wants
; (SNI), without which Neon does not know where to lead it.
server_tls_sslmode = verify-full
server_tls_ca_file = {file}
"
                    ),
                    authorities: (volume, mount),
                    dns: upstream::dns(model),
                    first,
                    scripts,
                    notes,
                }
            }
        }
    }
}

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
    let ini = ini(pooler, &upstream);
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
    if pooler.replicas > 1 {
        objects.push(
            Object::new(
                "pooler/pod-disruption-budget.yaml",
                &disruption_budget(names),
            )
            .comment("/spec/maxUnavailable", "one drain of a node at a time"),
        );
    }
    objects
}

/// pgbouncer.ini: what differs from PgBouncer's own defaults, and what a reader would look for.
fn ini(pooler: &Pooler, upstream: &Upstream) -> String {
    let mode = match pooler.mode {
        PoolMode::Transaction => "transaction",
        PoolMode::Session => "session",
    };
    let Upstream {
        tls,
        notes: [written, login],
        ..
    } = upstream;
    let Pooler {
        pool_size,
        max_clients,
        ..
    } = pooler;
    format!(
        "\
{written}

[databases]
%include {RENDERED}/databases.ini

[pgbouncer]
listen_addr = *
listen_port = 5432
unix_socket_dir =

{login}
auth_type = scram-sha-256
auth_file = {RENDERED}/userlist.txt
; Nobody gets into the console, the database `pgbouncer`.
admin_users =
stats_users =

pool_mode = {mode}
; Connections to the server, for each database and role.
default_pool_size = {pool_size}
; None is opened before a client needs it.
min_pool_size = 0
max_client_conn = {max_clients}
; Prepared statements of the protocol survive a change of the connection.
max_prepared_statements = 200
; JDBC sends it at every start; since PostgreSQL 12 the server's default means the same.
ignore_startup_parameters = extra_float_digits

; A client that waits longer for a connection gets an error in place of silence.
query_wait_timeout = 30
; A server that was away is tried again every second.
server_login_retry = 1
server_idle_timeout = 120
server_lifetime = 1800
tcp_keepalive = 1
tcp_keepidle = 60
tcp_keepintvl = 10
tcp_keepcnt = 3
{tls}
; To standard error, where `kubectl logs` has it: errors, and not every client that comes and goes.
logfile =
pidfile =
log_connections = 0
log_disconnections = 0
log_stats = 0
"
    )
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
        containers: vec![container(pooler, upstream)],
        dns_config: upstream.dns.clone(),
        volumes: Some(volumes(names, upstream)),
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
    pod::container_of(
        &pooler.image,
        Container {
            name: "render".into(),
            command: Some(vec!["/scripts/render.sh".into()]),
            env: Some(vec![
                upstream
                    .host
                    .clone()
                    .unwrap_or_else(|| pod::variable("PGHOST", "")),
                pod::variable("PGPORT", "5432"),
                pod::variable("ROLES", &roles.concat()),
            ]),
            resources: Some(resources(pooler)),
            volume_mounts: Some(vec![
                pod::mount(VOLUME, RENDERED),
                pod::read_only("scripts", "/scripts"),
                pod::read_only("secrets", "/secrets"),
            ]),
            ..Container::default()
        },
    )
}

fn volumes(names: &Names<'_>, upstream: &Upstream) -> Vec<Volume> {
    let mut volumes = vec![
        pod::memory_volume(VOLUME, "4Mi"),
        settings_volume(names),
        pod::scripts_volume(names, Workload::Pooler, upstream.scripts),
        projected(upstream.secrets.clone()),
    ];
    volumes.extend(upstream.first.iter().map(|(_, volume)| volume.clone()));
    volumes.extend(upstream.authorities.0.clone());
    volumes
}

fn container(pooler: &Pooler, upstream: &Upstream) -> Container {
    let mut mounts = vec![
        pod::read_only(VOLUME, RENDERED),
        pod::read_only("settings", CONFIGURATION),
        pod::read_only("scripts", "/scripts"),
    ];
    mounts.extend(upstream.authorities.1.clone());
    pod::container_of(
        &pooler.image,
        Container {
            name: "pgbouncer".into(),
            // Not the image's entrypoint, which writes a configuration of its own from variables.
            command: Some(vec![
                "/usr/bin/pgbouncer".into(),
                format!("{CONFIGURATION}/pgbouncer.ini"),
            ]),
            ports: Some(vec![ContainerPort {
                name: Some("postgresql".into()),
                container_port: 5432,
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]),
            resources: Some(resources(pooler)),
            startup_probe: Some(probe(1, 60)),
            liveness_probe: Some(probe(10, 6)),
            readiness_probe: Some(probe(5, 2)),
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

/// That it takes connections, and no more: what is behind it is not its fault.
fn probe(period: i32, failures: i32) -> Probe {
    Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::Int(5432),
            ..TCPSocketAction::default()
        }),
        period_seconds: Some(period),
        failure_threshold: Some(failures),
        timeout_seconds: Some(3),
        ..Probe::default()
    }
}

fn resources(pooler: &Pooler) -> ResourceRequirements {
    let resources = &pooler.resources;
    pod::resources(
        &resources.cpu.to_string(),
        &resources.memory.to_string(),
        resources.cpu_limit.as_ref().map(ToString::to_string),
        ("64Mi", "256Mi"),
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
            ports: Some(vec![ServicePort {
                name: Some("postgresql".into()),
                port: 5432,
                protocol: Some("TCP".into()),
                target_port: Some(IntOrString::String("postgresql".into())),
                ..ServicePort::default()
            }]),
            ..ServiceSpec::default()
        }),
        ..Service::default()
    }
}

fn disruption_budget(names: &Names<'_>) -> PodDisruptionBudget {
    PodDisruptionBudget {
        metadata: names.metadata(names.workload(Workload::Pooler)),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(1)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
            selector: Some(names.label_selector(Workload::Pooler)),
            ..PodDisruptionBudgetSpec::default()
        }),
        ..PodDisruptionBudget::default()
    }
}
