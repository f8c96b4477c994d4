//! The exporter beside PgBouncer, which reads its console and tells Prometheus.
//!
//! It logs in as a user that may look and nothing else, with a password that render.sh makes for this
//! pod alone. It reads nothing of what is behind: a compute that sleeps goes on sleeping.

use super::super::pod;
use crate::model::PoolerExporter;
use k8s_openapi::api::core::v1::{
    Container, ContainerPort, EnvVar, Probe, ResourceRequirements, TCPSocketAction, Volume,
    VolumeMount,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Whom it logs in as; render.sh and pgbouncer.ini know the name.
pub const USER: &str = "underpin_stats";
/// Where Prometheus reads.
pub const PORT: i32 = 9127;
/// The volume with its password, and where that is mounted.
const PASSFILE: (&str, &str) = ("exporter", "/run/exporter");

/// What render.sh is told.
pub fn variable() -> EnvVar {
    pod::variable("STATS_USER", USER)
}

/// Where render.sh writes the password.
pub fn mount() -> VolumeMount {
    pod::mount(PASSFILE.0, PASSFILE.1)
}

/// What it shares with render.sh, and not with PgBouncer.
pub fn volume() -> Volume {
    pod::memory_volume(PASSFILE.0, "1Mi")
}

/// The container.
pub fn container(exporter: &PoolerExporter, tls: bool) -> Container {
    // Within the pod nobody stands between.
    let sslmode = if tls { "require" } else { "disable" };
    pod::container_of(
        &exporter.image,
        Container {
            name: "exporter".into(),
            command: Some(vec![
                "/bin/pgbouncer_exporter".into(),
                format!(
                    "--pgBouncer.connectionString=postgres://{USER}@127.0.0.1:5432/pgbouncer?sslmode={sslmode}&connect_timeout=5"
                ),
                format!("--web.listen-address=:{PORT}"),
            ]),
            env: Some(vec![pod::variable(
                "PGPASSFILE",
                &format!("{}/pgpass", PASSFILE.1),
            )]),
            ports: Some(vec![ContainerPort {
                name: Some("metrics".into()),
                container_port: PORT,
                protocol: Some("TCP".into()),
                ..ContainerPort::default()
            }]),
            resources: Some(resources(exporter)),
            startup_probe: Some(probe(1, 60)),
            liveness_probe: Some(probe(10, 6)),
            readiness_probe: Some(probe(10, 6)),
            volume_mounts: Some(vec![pod::read_only(PASSFILE.0, PASSFILE.1)]),
            ..Container::default()
        },
    )
}

/// That it takes connections, and no more.
fn probe(period: i32, failures: i32) -> Probe {
    Probe {
        tcp_socket: Some(TCPSocketAction {
            port: IntOrString::Int(PORT),
            ..TCPSocketAction::default()
        }),
        period_seconds: Some(period),
        failure_threshold: Some(failures),
        timeout_seconds: Some(3),
        ..Probe::default()
    }
}

fn resources(exporter: &PoolerExporter) -> ResourceRequirements {
    let resources = &exporter.resources;
    pod::resources(
        &resources.cpu.to_string(),
        &resources.memory.to_string(),
        resources.cpu_limit.as_ref().map(ToString::to_string),
        ("16Mi", "64Mi"),
    )
}
