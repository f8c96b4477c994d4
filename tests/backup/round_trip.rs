//! Backed up and restored, data that stresses dumps is the same as before.

use super::deployed::Deployed;
use super::oracle::Content;
use crate::fixture;
use crate::kubelet::Pod;

const REHEARSED: &str = "backup.rehearsal = true";

#[test]
fn on_15() {
    comes_back("15.20-bookworm");
}

#[test]
fn on_18() {
    comes_back("18.7-bookworm");
}

/// Backed up, restored beside, and backed up and restored once more.
pub(crate) fn comes_back(image: &str) {
    let deployed = Deployed::new(image, REHEARSED, |server: &Pod| {
        fixture::load(server, "orders");
    });
    let before = Content::of(&deployed.server, "orders");
    let backup = deployed.back_up("backup-1");
    assert_eq!(backup.manifest["id"], backup.id.as_str());
    assert_eq!(backup.manifest["format"], 1);

    let result = deployed.restore("restore-1", &[("INTO", "again")]);
    result.expect_success();
    Content::of(&deployed.server, "again").expect_equal(&before);
    Content::of(&deployed.server, "orders").expect_equal(&before);

    deployed.back_up("backup-2");
    let result = deployed.restore("restore-2", &[("INTO", "once more")]);
    result.expect_success();
    Content::of(&deployed.server, "once more").expect_equal(&before);
}

/// What holds a password is in no backup, and is listed as not proven.
const SECRETS: [&str; 2] = [
    "SUBSCRIPTION nowhere",
    "USER MAPPING FOR public SERVER away",
];

/// What needs a superuser is refused by name, and comes back with one.
#[test]
fn what_only_a_superuser_makes() {
    let load = |server: &Pod| {
        fixture::load_files(server, "orders", &["roles.sql"]);
        fixture::load_for_superuser(server, "orders");
    };
    let mut deployed = Deployed::new("17.12-bookworm", REHEARSED, load);
    let before = Content::of(&deployed.server, "orders").without(&SECRETS);
    let backup = deployed.back_up("backup-1");
    let databases = backup.manifest["databases"].as_array().unwrap();
    let orders = databases
        .iter()
        .find(|database| database["name"] == "orders");
    let told = &orders.unwrap()["needs_superuser"];
    assert!(told.as_u64().unwrap() > 10, "{told}");

    let left_out = &orders.unwrap()["not_proven"];
    assert!(left_out.as_u64().unwrap() >= 2, "{left_out}");

    let result = deployed.restore("restore-1", &[("INTO", "again")]);
    assert_eq!((result.succeeded, result.code()), (false, Some(3)));
    let log = result.log();
    for named in [
        "pageinspect",
        "file_fdw",
        "away",
        "everything",
        "of_schema",
        "watch",
        "asleep",
        "definer",
        "leakproof",
        "in_c",
        "with_setting",
        "of_superuser",
        "other_order",
        "base",
        "other_heap",
        "passed_on",
    ] {
        assert!(log.contains(named), "{named} is not named:\n{log}");
    }
    assert!(
        result.message().contains("as_superuser"),
        "{}",
        result.message()
    );
    let databases = "select datname from pg_database where oid >= 16384 order by 1";
    assert_eq!(deployed.sql("postgres", databases), "orders");

    let spec = "databases = [{ name = 'orders' }]\nrestore.as_superuser = true";
    deployed
        .shop
        .apply("docker.io/library/postgres:17.12-bookworm", spec);
    let result = deployed.restore("restore-2", &[("INTO", "again")]);
    result.expect_success();
    Content::of(&deployed.server, "again")
        .without(&SECRETS)
        .expect_equal(&before);
}

/// Names that break out, prefixes, other encodings: each database comes back as itself.
#[test]
fn of_every_database_there_is() {
    let load = |server: &Pod| {
        fixture::load_files(server, "orders", &["roles.sql"]);
        fixture::load_databases(server);
        for (number, name) in fixture::NAMES.iter().enumerate() {
            let mine = format!(
                "create table public.own_name (name text, n int); insert into public.own_name values (current_database(), {number}); alter table public.own_name owner to orders"
            );
            fixture::run(server, name, &mine);
        }
    };
    let deployed = Deployed::new("17.12-bookworm", "", load);
    let backup = deployed.back_up("backup-1");
    let held: Vec<&str> = backup.manifest["databases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|database| database["name"].as_str().unwrap())
        .collect();
    let others = ["orders", "latin1", "bytes", "a_template", "postgres"];
    for name in fixture::NAMES.iter().chain(&others) {
        assert!(held.contains(name), "{name:?}: {held:?}");
    }
    let left_out = backup.manifest["left_out"].to_string();
    assert!(left_out.contains("closed"), "{left_out}");
    for (number, name) in fixture::NAMES
        .iter()
        .chain(&["latin1", "bytes"])
        .enumerate()
    {
        let before = Content::of(&deployed.server, name);
        let values = [("DATABASE", *name), ("INTO", "it's \"again\" $(id) =")];
        let result = deployed.restore(&format!("restore-{number}"), &values);
        result.expect_success();
        Content::of(&deployed.server, values[1].1).expect_equal(&before);
        deployed.sql("postgres", "drop database \"it's \"\"again\"\" $(id) =\"");
    }
}

/// A lock on each table, twice, is more than a small lock table has room for.
#[test]
fn of_more_tables_than_there_are_locks() {
    let few = "postgres.settings = { max_locks_per_transaction = 10, max_connections = 40, max_worker_processes = 2, max_wal_senders = 0 }";
    let load = |server: &Pod| fixture::load_many(server, "orders", 300);
    let deployed = Deployed::new("17.12-bookworm", few, load);
    let backup = deployed.back_up("one-process");
    let dump = "db=\"orders\" folder=1 result=started jobs=1";
    assert!(backup.log.contains(dump), "{}", backup.log);

    deployed.sql("postgres", "create database more owner orders");
    fixture::load_many(&deployed.server, "more", 4000);
    deployed.shop.again("bootstrap-more").expect_success();
    let result = deployed.start_backup("too-many", &[]).wait();
    // Its own backup it costs, and no other's.
    let end = (result.succeeded, result.code());
    assert_eq!(end, (false, Some(4)), "{}", result.log());
    let message = result.message();
    assert!(message.contains("max_locks_per_transaction"), "{message}");
    assert!(deployed.ids().contains(&backup.id));
    assert_eq!(deployed.ids().len(), 2);
}

/// So many tables, in the lock table that the emitted settings make.
#[test]
fn of_a_thousand_tables() {
    of_many_tables(1000);
}

pub(crate) fn of_many_tables(tables: u32) {
    let load = |server: &Pod| fixture::load_many(server, "orders", tables);
    let deployed = Deployed::new("17.12-bookworm", "", load);
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");
    let result = deployed.restore("restore-1", &[("INTO", "again")]);
    result.expect_success();
    Content::of(&deployed.server, "again").expect_equal(&before);
}
