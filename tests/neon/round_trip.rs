//! What lies at Neon comes back, beside and in place, by nobody but its owner.

use std::fs;
use std::thread;
use std::time::Duration;

use super::endpoint::{Endpoint, RESTORE_SCRIPTS, SOON};
use crate::backup::oracle::Content;
use crate::kubelet::Pod;

/// What a managed server gives to a database by itself.
const SERVERS_OWN: [&str; 1] = ["FOR ROLE cloud_admin"];

#[track_caller]
fn content(server: &Pod, database: &str) -> Content {
    Content::of(server, database).without(&SERVERS_OWN)
}

#[test]
fn on_18() {
    comes_back("18.7-bookworm");
}

/// Beside and in place.
#[track_caller]
pub(crate) fn comes_back(image: &str) {
    let endpoint = Endpoint::of(image);
    let deployed = &endpoint.deployed;
    let server = &deployed.server;
    let before = ["neondb", "analytics"].map(|name| content(server, name));

    let backup = deployed.back_up("backup-1");
    endpoint.expect_nobody();
    let databases = backup.manifest["databases"].as_array().unwrap();
    let names: Vec<&str> = databases
        .iter()
        .map(|database| database["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["analytics", "neondb"]);
    for database in databases {
        assert_eq!(database["needs_superuser"], 0, "{database}");
        // Default privileges that are the server's own; in one a materialized view, filled anew.
        let not_proven = if database["name"] == "neondb" { 2 } else { 1 };
        assert_eq!(database["not_proven"], not_proven, "{database}");
    }
    let left_out = backup.manifest["left_out"].as_array().unwrap();
    for (name, why) in [
        (
            "postgres",
            "it belongs to cloud_admin, whose rights neondb_owner has not",
        ),
        (
            "foreign_one",
            "it belongs to stranger, whose rights neondb_owner has not",
        ),
        ("template0", "a template of PostgreSQL"),
    ] {
        let found = left_out.iter().find(|left| left["name"] == name).unwrap();
        assert_eq!(found["why"], why);
    }
    assert_eq!(backup.manifest["globals"], false);
    let folder = deployed.directory().join(&backup.id);
    assert!(!folder.join("globals.sql").exists());
    let manual = fs::read_to_string(folder.join("RESTORE.md")).unwrap();
    assert!(manual.contains("Of a managed server"), "{manual}");
    let listed = deployed.list("verify", &[("VERIFY", "all")]);
    listed.expect_success();

    // Beside.
    let result = deployed.restore("beside-1", &[]);
    result.expect_success();
    content(server, "neondb_restored").expect_equal(&before[0]);
    let values = [("DATABASE", "analytics"), ("INTO", "again")];
    deployed.restore("beside-2", &values).expect_success();
    content(server, "again").expect_equal(&before[1]);
    endpoint.expect_nobody();

    let values = [("TABLES", "[\"shop.items\", \"events\"]"), ("INTO", "some")];
    deployed.restore("some", &values).expect_success();
    let counts = "select (select count(*) from shop.items), (select count(*) from public.events), (select count(*) from public.of_app)";
    assert_eq!(endpoint.sql("some", counts), "2000|301|0");

    // In place, of the one that holds the locks. What is there now is another, and is kept.
    endpoint.sql("neondb", "delete from shop.items where id > 1000");
    let changed = content(server, "neondb");
    let in_place = [("REPLACE", "true")];
    let result = deployed.restore("in-place-1", &in_place);
    let log = result.expect_success().log();
    content(server, "neondb").expect_equal(&before[0]);
    let there = endpoint.databases();
    let kept = there
        .split(' ')
        .find(|name| name.starts_with("neondb_replaced_"))
        .unwrap_or_else(|| panic!("{there}\n{log}"));
    endpoint.sql(
        "postgres",
        &format!("alter database {kept} allow_connections true"),
    );
    content(server, kept).expect_equal(&changed);
    endpoint.sql("postgres", &format!("drop database {kept}"));
    endpoint.expect_nobody();

    // And of another.
    let values = [
        ("DATABASE", "analytics"),
        ("DATABASES", "[{\"name\": \"analytics\"}]"),
        ("REPLACE", "true"),
    ];
    endpoint.sql("analytics", "truncate public.visits");
    // Even if the server gives to a new database what the old one had not.
    let more = "update pg_database set datallowconn = true where datname = 'template0'";
    endpoint.sql("postgres", more);
    let more = "alter default privileges for role cloud_admin grant execute on functions to neon_superuser";
    endpoint.sql("template0", more);
    deployed.restore("in-place-2", &values).expect_success();
    content(server, "analytics").expect_equal(&before[1]);

    // The server goes on with its backups.
    let backup = deployed.back_up("backup-2");
    let held = backup.manifest["databases"].to_string();
    assert!(held.contains("\"neondb\""), "{held}");
    endpoint.expect_nobody();
}

/// Where `postgres` is nobody's to enter, the locks are where they were, and the rename comes from another.
#[test]
fn without_the_database_postgres() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    endpoint.sql(
        "postgres",
        "revoke connect on database postgres, foreign_one from public",
    );
    let before = content(&deployed.server, "neondb");
    deployed.back_up("backup-1");
    deployed
        .restore("in-place", &[("REPLACE", "true")])
        .expect_success();
    content(&deployed.server, "neondb").expect_equal(&before);

    // As in a new project: an empty one that is nobody's of ours is kept under a dated name.
    let renew = || {
        let databases = endpoint.databases();
        for name in databases
            .split(' ')
            .filter(|name| *name != "analytics" && !name.starts_with('('))
        {
            endpoint.sql("postgres", &format!("drop database {name}"));
        }
        endpoint.sql("postgres", "create database neondb owner neondb_owner");
    };
    renew();
    let result = deployed.restore("not-ours", &[("INTO", "neondb")]);
    super::door::expect_refused(
        &result,
        &["did not make", "though it is empty", "REPLACE=true"],
    );
    deployed
        .restore("new", &[("REPLACE", "true")])
        .expect_success();
    content(&deployed.server, "neondb").expect_equal(&before);

    // One that was restored here and emptied since goes.
    renew();
    let mark = "comment on database neondb is 'underpin: restored 20260102T030405Z-other of server 1 in shop'";
    endpoint.sql("postgres", mark);
    let result = deployed.restore("empty", &[("INTO", "neondb")]);
    let log = result.expect_success().log();
    content(&deployed.server, "neondb").expect_equal(&before);
    assert_eq!(endpoint.databases(), "analytics neondb", "{log}");
    endpoint.expect_nobody();

    // Alone, it cannot be renamed, and that is said before anything is made.
    endpoint.sql("postgres", "drop database analytics");
    let result = deployed.restore("alone", &[("REPLACE", "true")]);
    let words = ["can only be renamed from another one", "create database"];
    super::door::expect_refused(&result, &words);
    assert_eq!(endpoint.databases(), "neondb");
}

/// Jobs that wait for the locks in the one that is renamed are sent away, and come back.
#[test]
fn while_others_wait() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    let cluster = &deployed.shop.cluster;
    let before = content(&deployed.server, "neondb");
    deployed.back_up("backup-1");
    endpoint.sql("neondb", "truncate shop.items");
    cluster.hold_at(RESTORE_SCRIPTS, &["event=step name=swap"]);
    let swap = deployed.start_restore("in-place", &[("REPLACE", "true")]);
    swap.pod().wait_for_log("event=step name=swap", SOON);
    cluster.hold_at(RESTORE_SCRIPTS, &[]);
    let waiting = [
        deployed.start_backup("backup-2", &[]),
        deployed.start_restore("beside", &[]),
    ];
    for job in &waiting {
        job.pod()
            .wait_for_log("event=lock name=server result=waiting", SOON);
    }
    swap.pod().go_on();
    let result = swap.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 1);
    content(&deployed.server, "neondb").expect_equal(&before);
    for job in waiting {
        let result = job.wait();
        result.expect_success();
        assert_eq!(result.pods.len(), 2);
        let first = result.pods[0].termination().unwrap();
        assert_eq!(first.code, 1, "{}", first.message);
        assert!(
            first.message.contains("a retry may help"),
            "{}",
            first.message
        );
    }
    content(&deployed.server, "neondb_restored").expect_equal(&before);
    assert_eq!(deployed.ids().len(), 2);
    endpoint.expect_nobody();
}

/// Applications that connect again at once find the other one, and do not keep it out.
#[test]
fn under_an_application_that_comes_back_at_once() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    let cluster = &deployed.shop.cluster;
    endpoint.sql("postgres", "alter role app password 'of app'");
    deployed.back_up("backup-1");
    endpoint.sql("neondb", "truncate shop.items");
    let client = cluster.start_client("client", "docker.io/library/postgres:17.12-bookworm");
    let line = "export PGHOST=orders-direct PGUSER=app PGPASSWORD='of app' PGDATABASE=neondb
        ask() { until [[ -e /tmp/stop ]]; do psql -XAtqw -c 'select count(*) from shop.items' -c 'select from pg_sleep(8)'; done; }
        for _ in {1..60}; do ask & done; wait";
    let asking = {
        let client = client.clone();
        thread::spawn(move || client.exec_within(&["bash", "-c", line], "", Duration::from_mins(4)))
    };
    // They are nearer to the server than we are.
    cluster.hold_at(RESTORE_SCRIPTS, &["event=step name=swap"]);
    let swap = deployed.start_restore("in-place", &[("REPLACE", "true")]);
    swap.pod().wait_for_log("event=step name=swap", SOON);
    endpoint.mode("far");
    swap.pod().go_on();
    let result = swap.wait();
    client.exec(&["touch", "/tmp/stop"]).expect_success();
    let answers = asking.join().unwrap();
    result.expect_success();
    assert_eq!(result.pods.len(), 1);
    let counts = answers.stdout.lines();
    assert!(counts.clone().any(|count| count == "0"), "{answers:?}");
    assert_eq!(counts.clone().last(), Some("2000"), "{answers:?}");
    // Who waited for the rename is told of it, and asks again.
    let renamed = "It seems to have just been dropped or renamed";
    let counted = |words| answers.stderr.matches(words).count();
    assert_eq!(counted("does not exist"), counted(renamed), "{answers:?}");
}
