//! Backups and restores of more than the tests have time for.

use std::fs;
use std::time::{Duration, Instant};

use crate::backup::deployed::{CLAIM, Deployed};
use crate::backup::faults::{SCRIPTS, expect_refused};
use crate::backup::round_trip::of_many_tables;
use crate::bootstrap::shop::{ask, wait_for};
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

/// Said as such wherever it befalls a backup, and no older one pays for it.
#[test]
fn a_volume_that_is_full_at_any_step() {
    let deployed = Deployed::new(IMAGE, "", |server: &Pod| {
        fixture::load_many(server, "orders", 100);
    });
    let claim = deployed.shop.cluster.claim(CLAIM);
    claim.limit(64 << 20);
    let first = deployed.back_up("first").id;
    let steps = ["begin", "snapshot", "dump", "decode", "globals", "sums"];
    for step in steps {
        let line = format!("event={step} id=");
        let running = deployed.start_held(step, &line);
        claim.leave_free(0);
        deployed.shop.cluster.hold_at(SCRIPTS, &[]);
        // It waits again at each further line of that kind.
        let pod = running.pod();
        wait_for("its end", || {
            drop(fs::write(pod.volume("tmp").join(".go-on"), ""));
            pod.termination().is_some()
        });
        let result = running.wait();
        expect_refused(
            &result,
            &["The backup volume is full", "No older backup was touched"],
        );
        claim.grow(64 << 20);
        assert_eq!(deployed.ids(), [first.as_str()], "{step}");
    }
    deployed.back_up("last");
    deployed.expect_whole("verify");
}

/// An owner may rewrite catalogs of his database, and keep whoever reads them waiting.
#[test]
fn no_lock_of_an_owner_stops_the_others() {
    let spec = "databases = [{ name = 'orders' }, { name = 'stock' }]\n";
    let deployed = Deployed::with(IMAGE, spec, |server: &Pod| {
        fixture::run(
            server,
            "stock",
            "set role stock; create table public.kept as select 1 as n",
        );
    });
    let sessions = [
        "begin; select count(*) from pg_aggregate; select pg_sleep(3000)",
        "vacuum full pg_aggregate",
    ];
    let owners = sessions.map(|statement| {
        let client = deployed.shop.client();
        let owner = std::thread::spawn(move || {
            ask(&client, "orders", "of orders", "orders", statement)
        });
        wait_for(statement, || {
            let seen = format!("select count(*) from pg_stat_activity where usename = 'orders' and (query ~ 'pg_sleep' or wait_event_type = 'Lock') and query ~ '{}'", &statement[..6]);
            deployed.sql("postgres", &seen) == "1"
        });
        owner
    });
    let result = deployed.start_backup("backup-1", &[]).wait_within(LONG);
    assert_eq!(result.code(), Some(4), "{}", result.log());
    let message = result.message();
    assert!(
        message.contains("it lacks: \"orders\"") && message.contains("\"pg_aggregate\" by process"),
        "{message}"
    );
    deployed.sql(
        "postgres",
        "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'orders'",
    );
    for owner in owners {
        drop(owner.join());
    }
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
