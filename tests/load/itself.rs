//! Load that nothing disturbs is undisturbed; a server that goes away is seen.

use std::thread;
use std::time::Duration;

use super::{Load, Login, prepare};
use crate::fixture::run;
use crate::server::{DEBIAN_17, deploy, spec, start};

#[test]
fn a_restart_of_the_server_is_seen_and_quiet_is_not() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let server = start(&cluster);
    run(
        &server,
        "postgres",
        "create role app login password 'of app'; create database app owner app",
    );
    let image = format!("docker.io/library/postgres:{DEBIAN_17}");
    let client = cluster.start_client("client", &image);
    let prober = cluster.start_client("prober", &image);
    let login = Login {
        host: "orders",
        database: "app",
        role: "app",
        password: "of app",
    };
    prepare(&client, &login, 1);

    let load = Load::start(&client, &prober, &login, 2);
    thread::sleep(Duration::from_secs(4));
    let to = load.elapsed();
    let report = load.stop();
    report.expect_undisturbed();
    assert!(report.rate(Duration::ZERO, to) > 1.0, "{report:?}");

    let load = Load::start(&client, &prober, &login, 2);
    thread::sleep(Duration::from_secs(2));
    server.kill9();
    thread::sleep(Duration::from_secs(2));
    let report = load.stop();
    assert!(!report.complaints.is_empty(), "{report:?}");
    let failed = std::panic::catch_unwind(|| report.expect_undisturbed());
    assert!(failed.is_err());
}
