//! The exporter beside PgBouncer, which reads its console and tells Prometheus.
//!
//! It logs in as a user that may look and nothing else, with a password that render.sh makes for this
//! pod alone. It reads nothing of what is behind: a compute that sleeps goes on sleeping.

use super::super::pod;
use crate::model::PoolerExporter;
use k8s_openapi::api::core::v1::{Container, ContainerPort, EnvVar, Volume, VolumeMount};

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
            resources: Some(pod::resources_of(&exporter.resources, ("16Mi", "64Mi"))),
            startup_probe: Some(pod::takes_connections(PORT, 1, 60)),
            liveness_probe: Some(pod::takes_connections(PORT, 10, 6)),
            readiness_probe: Some(pod::takes_connections(PORT, 10, 6)),
            volume_mounts: Some(vec![pod::read_only(PASSFILE.0, PASSFILE.1)]),
            ..Container::default()
        },
    )
}
