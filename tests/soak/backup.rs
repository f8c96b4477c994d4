//! Backups and restores of more than the tests have time for.

use std::time::{Duration, Instant};

use crate::backup::deployed::Deployed;
use crate::backup::round_trip::of_many_tables;
use crate::fixture;
use crate::kubelet::{Pod, RunningJob};

const IMAGE: &str = "17.12-bookworm";
const LONG: Duration = Duration::from_hours(2);
/// The restore's own reckoning is with the spec's volume; this machine has another.
const ROOM: (&str, &str) = ("STORAGE_BYTES", "1099511627776");
#[test]
fn of_ten_thousand_tables() {
    of_many_tables(10_000);
}

#[test]
fn of_a_table_of_a_gigabyte() {
    let load = |server: &Pod| fixture::load_megabytes(server, "orders", 1024, 1);
    let deployed = Deployed::new(IMAGE, "", load);
    let before = sums(&deployed, "orders");
    timed(deployed.start_backup("backup-1", &[]));
    timed(deployed.start_restore("restore-1", &[("INTO", "again"), ROOM]));
    assert_eq!(sums(&deployed, "again"), before);
}

/// A lost database, because two of this size are more than a developer's disk may hold: 15 GB free
/// are enough. `GIGABYTES` (10) is its size.
#[test]
fn of_ten_gigabytes() {
    let size = std::env::var("GIGABYTES").map_or(10, |size| size.parse().expect("a number"));
    let load = |server: &Pod| fixture::load_megabytes(server, "orders", size * 1024, 4);
    let deployed = Deployed::new(IMAGE, "", load);
    let before = sums(&deployed, "orders");
    let backup = timed(deployed.start_backup("backup-1", &[]));
    deployed.sql("postgres", "drop database orders");
    deployed.shop.again("bootstrap-lost").expect_success();
    let restore = timed(deployed.start_restore("restore-1", &[("INTO", "orders"), ROOM]));
    assert_eq!(sums(&deployed, "orders"), before);
    show(&format!(
        "{size} GB: backed up in {backup:.0} s, restored in {restore:.0} s"
    ));
}

fn sums(deployed: &Deployed, database: &str) -> Vec<String> {
    let names = "select oid::regclass from pg_class where relnamespace = 'big'::regnamespace and relkind = 'r' order by oid";
    let names = deployed.sql(database, names);
    let sums = names.lines().map(|name| {
        deployed.sql(database, &format!("select '{name}', count(*), sum(id), sum(customer), sum(amount), min(note), max(note) from {name}"))
    });
    sums.collect()
}

fn timed(job: RunningJob) -> f64 {
    let begin = Instant::now();
    job.wait_within(LONG).expect_success();
    begin.elapsed().as_secs_f64()
}

#[expect(clippy::print_stdout, reason = "how long it takes is what is asked")]
fn show(text: &str) {
    println!("{text}");
}
