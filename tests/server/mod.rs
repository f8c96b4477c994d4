//! The server's pod, as compiled, run by the kubelet in small: what it survives, what it refuses,
//! what it says.
//!
//! Every test states its spec and compiles it. Claims are limited, so that the reserve is a share of
//! the volume and not of this machine's disk.

pub(crate) mod first_start;
pub(crate) mod full;
pub(crate) mod kill;
mod life;
pub(crate) mod lock;
pub(crate) mod refusals;
pub(crate) mod settings;

use std::time::Duration;

use crate::compiled;
use crate::kubelet::{Cluster, Output, Pod};

/// Generous: the machine may be busy.
pub(crate) const SOON: Duration = Duration::from_mins(3);
pub(crate) const DEBIAN_17: &str = "17.12-bookworm";
pub(crate) const MEBIBYTE: u64 = 1 << 20;

/// The smallest spec, on an image, and more lines of it.
pub(crate) fn spec(image: &str, more: &str) -> String {
    format!(
        "name = 'orders'\n\
         namespace = 'shop'\n\
         postgres.image = 'docker.io/library/postgres:{image}'\n\
         storage.size = '1Gi'\n\
         databases = [{{ name = 'orders' }}]\n\
         {more}\n"
    )
}

/// A cluster that a spec was applied to, with its Secret, and a volume of half a gibibyte.
#[track_caller]
pub(crate) fn deploy(spec: &str) -> Cluster {
    let cluster = deploy_on(spec, 512 * MEBIBYTE);
    give_secret(&cluster);
    cluster
}

/// A cluster that a spec was applied to, and a volume that holds so many bytes.
#[track_caller]
pub(crate) fn deploy_on(spec: &str, bytes: u64) -> Cluster {
    let cluster = Cluster::new();
    apply(&cluster, spec);
    cluster.claim("orders-data").limit(bytes);
    cluster
}

pub(crate) fn give_secret(cluster: &Cluster) {
    let passwords = [
        ("superuser", "it's $(PGDATA)"),
        ("backup", "of backup"),
        ("role.orders", "o\"rd\\ers"),
        ("backup", "of backup"),
    ];
    cluster.secret("orders-postgres", &passwords);
}

/// `underpin build`, then `kubectl apply`.
#[track_caller]
pub(crate) fn apply(cluster: &Cluster, spec: &str) {
    for yaml in compiled::database(spec) {
        cluster.apply_yaml(&yaml);
    }
}

/// Starts the server and waits until it is ready.
#[track_caller]
pub(crate) fn start(cluster: &Cluster) -> Pod {
    let pod = cluster.start_stateful_set("orders");
    pod.wait_ready(SOON);
    pod
}

/// What the server's own user may ask without a password.
#[track_caller]
pub(crate) fn query(pod: &Pod, sql: &str) -> String {
    let output = pod.exec(&[
        "psql",
        "-X",
        "-A",
        "-t",
        "-h",
        "/var/run/postgresql",
        "-U",
        "postgres",
        "-c",
        sql,
    ]);
    output.expect_success().to_owned()
}

/// Logs in over TCP, with the password of the Secret that the first start found.
pub(crate) fn log_in(pod: &Pod) -> Output {
    let line =
        "PGPASSWORD=\"it's \\$(PGDATA)\" psql -X -A -t -h 127.0.0.1 -U postgres -c 'select 1'";
    pod.exec(&["bash", "-c", line])
}

/// The script's own lines, by their first two fields.
pub(crate) fn steps(pod: &Pod) -> Vec<String> {
    let log = pod.log();
    let ours = log.lines().filter(|line| line.starts_with("event="));
    ours.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect()
}

/// What stands at the top of the volume.
pub(crate) fn listing(cluster: &Cluster) -> Vec<String> {
    let entries = cluster.claim("orders-data").path("").read_dir().unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
