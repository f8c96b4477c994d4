//! A backup while clients work: no transaction fails, nobody waits for a connection.

use std::thread;
use std::time::Duration;

use super::deployed::Deployed;
use crate::fixture;
use crate::kubelet::Pod;
use crate::load::{Load, Login, prepare};

const IMAGE: &str = "17.12-bookworm";

#[test]
fn nobody_notices_a_backup() {
    let load = |server: &Pod| fixture::load_megabytes(server, "orders", 100, 2);
    let deployed = Deployed::new(IMAGE, "", load);
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let cluster = &deployed.shop.cluster;
    let client = cluster.start_client("client", &image);
    let prober = cluster.start_client("prober", &image);
    let login = Login {
        host: "orders",
        database: "orders",
        role: "orders",
        password: "of orders",
    };
    prepare(&client, &login, 5);
    let load = Load::start(&client, &prober, &login, 4);
    thread::sleep(Duration::from_secs(6));
    let begin = load.elapsed();
    let log = deployed.back_up("backup-1").log;
    let end = load.elapsed();
    thread::sleep(Duration::from_secs(2));
    let report = load.stop();
    report.expect_undisturbed();
    let (alone, meanwhile) = (
        report.rate(Duration::from_secs(1), begin),
        report.rate(begin, end),
    );
    let took = end.saturating_sub(begin).as_secs_f64();
    show(&format!(
        "{alone:.0} transactions a second, {meanwhile:.0} during a backup of {took:.1} s: {:.0} %\n{log}",
        meanwhile / alone * 100.0
    ));
}

#[expect(clippy::print_stdout, reason = "how much slower is worth knowing")]
fn show(text: &str) {
    println!("{text}");
}
