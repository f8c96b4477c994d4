//! Where a restore may go: into a new name, an empty database of ours, the place of an earlier
//! restore; whatever else has the name is refused, and stays as it is.

use std::thread;

use super::deployed::{Backup, Deployed};
use super::faults::{IMAGE, expect_refused};
use crate::bootstrap::shop::{Hold, ask, wait_for};
use crate::fixture;
use crate::kubelet::Pod;

const SPEC: &str = "databases = [
  { name = 'orders' },
  { name = 'spare', owner = 'stock' },
  { name = 'taken', owner = 'orders' },
]";
const STRAYS: &str = "
create database stray owner orders;
create database stray_empty owner orders;
create database of_superuser;
create database a_template owner orders is_template true;
create database shut owner orders allow_connections false;
";
const TABLE: &str = "set role orders; create schema wares; create table wares.all as select n from generate_series(1, 100) n";

#[track_caller]
fn deployed() -> Deployed {
    let load = |server: &Pod| {
        fixture::run(server, "postgres", STRAYS);
        for database in ["orders", "taken", "stray", "of_superuser"] {
            fixture::run(
                server,
                "postgres",
                &format!("grant create on database {database} to orders"),
            );
            fixture::run(server, database, TABLE);
        }
    };
    Deployed::with(IMAGE, SPEC, load)
}

/// Without the one that only a superuser restores.
#[track_caller]
fn back_up(deployed: &Deployed, job: &str) -> Backup {
    let others = [("EXCLUDE", "[\"of_superuser\"]")];
    let result = deployed.start_backup(job, &others).wait();
    deployed.newest(result.expect_success().log())
}

#[test]
fn what_is_not_ours_or_not_empty_stays() {
    let deployed = deployed();
    back_up(&deployed, "backup-1");
    let long = "é".repeat(32);
    let into = [
        (
            "taken",
            // REPLACE would have the place of the database that is restored, not of this one.
            &["\"taken\" is there and holds something: choose another name for INTO"][..],
        ),
        (
            "stray",
            &[
                "\"stray\" is there that Underpin did not make",
                "choose another name",
            ],
        ),
        (
            "stray_empty",
            &["\"stray_empty\" is there that Underpin did not make"],
        ),
        (
            "of_superuser",
            &["\"of_superuser\" is there that Underpin did not make"],
        ),
        (
            "a_template",
            &["\"a_template\" is there, and it is a template"],
        ),
        ("shut", &["\"shut\" is there", "choose another name"]),
        (
            "orders",
            &["\"orders\" is there and holds something", "REPLACE=true"],
        ),
        ("postgres", &["a restore into \"postgres\" is never done"]),
        ("template1", &["a restore into \"template1\" is never done"]),
        (
            "underpin_restoring",
            &["a restore into \"underpin_restoring\" is never done"],
        ),
        (&long, &["longer than 63 bytes", &long]),
    ];
    for (number, (name, words)) in into.into_iter().enumerate() {
        deployed.refuse(&format!("into-{number}"), &[("INTO", name)], words);
    }
    for (number, (name, words)) in [
        (
            "stray",
            &[
                "\"stray\" is there that is neither in the spec nor made by Underpin",
                "not renamed",
            ][..],
        ),
        (
            "a_template",
            &["\"a_template\" is there, and it is a template"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let values = [("DATABASE", name), ("REPLACE", "true")];
        deployed.refuse(&format!("replace-{number}"), &values, words);
    }

    // Somebody's, by the name that is ours.
    deployed.sql(
        "postgres",
        "create database underpin_restoring owner orders",
    );
    let words = [
        "a database underpin_restoring is there that has no mark of a restore",
        "drop or rename it",
    ];
    deployed.refuse("in-the-way", &[], &words);
    // Its owner says that it is ours.
    let forged =
        "comment on database underpin_restoring is 'underpin: restoring 20260102T030405Z-dying'";
    deployed.sql("postgres", forged);
    deployed.refuse("forged", &[], &words);
    deployed.mark(
        "underpin_restoring",
        "underpin: restoring 20260102T030405Z-dying",
    );
    deployed.sql(
        "underpin_restoring",
        "create table public.left_over (n int)",
    );
    deployed.restore("after-a-killed-one", &[]).expect_success();
    let tables = "select count(*) from pg_class where relname in ('left_over', 'all')";
    assert_eq!(deployed.sql("orders_restored", tables), "1");
}

impl Deployed {
    /// What an earlier restore made of that name is closed, under a name that the restore has told; opens it.
    #[track_caller]
    fn expect_kept(&self, name: &str, log: &str) -> String {
        let kept = format!(
            "select datname from pg_database where datname ~ '^{name}_replaced_' and not datallowconn"
        );
        let kept = self.sql("postgres", &kept);
        let told = format!("into=\"{name}\" kept=\"{kept}\"");
        assert!(log.contains(&told), "{kept}\n{log}");
        self.sql(
            "postgres",
            &format!("alter database {kept} allow_connections true"),
        );
        kept
    }
}

#[test]
fn what_a_restore_made_it_takes_the_place_of() {
    let deployed = deployed();
    let first = back_up(&deployed, "backup-1").id;
    let oid = |name: &str| {
        deployed.sql(
            "postgres",
            &format!("select oid from pg_database where datname = '{name}'"),
        )
    };
    let mark = |name: &str| {
        let text = format!(
            "select underpin.mark(oid, 'pg_database') from pg_database where datname = '{name}'"
        );
        deployed.sql("underpin", &text)
    };
    // Empty and ours, in the spec.
    let spare = oid("spare");
    let into_spare = [("INTO", "spare")];
    deployed.restore("spare", &into_spare).expect_success();
    assert_ne!(oid("spare"), spare);
    let count = "select count(*) from wares.all";
    assert_eq!(deployed.sql("spare", count), "100");
    deployed.refuse(
        "spare-again",
        &into_spare,
        &["\"spare\" is there and holds something"],
    );

    let again = [("INTO", "again")];
    deployed.restore("again-1", &again).expect_success();
    let before = oid("again");
    // People write into what was restored.
    deployed.sql("again", "insert into wares.all values (101)");
    deployed.sql("orders", "delete from wares.all where n > 50");
    let second = back_up(&deployed, "backup-2").id;
    let hold = Hold::new(
        &deployed.server,
        "again",
        "lock table wares.all in share mode",
    );
    let words = [
        "\"again\" of an earlier restore is in use by 1 sessions",
        "end them",
    ];
    deployed.refuse("in-use", &again, &words);
    hold.release();
    let result = deployed.restore("again-2", &again);
    assert_ne!(oid("again"), before);
    let kept = deployed.expect_kept("again", &result.expect_success().log());
    assert_eq!(
        (&*oid(&kept), &*deployed.sql(&kept, count)),
        (&*before, "101")
    );
    deployed.sql("postgres", &format!("drop database {kept}"));
    assert_eq!(deployed.sql("again", count), "50");
    assert!(mark("again").contains(&second), "{}", mark("again"));

    // Somebody has found it meanwhile: then it stays.
    let used = oid("again");
    let running = deployed.start_restore_held("again-3", "analyze", &again);
    let client = deployed.shop.client();
    let session = thread::spawn(move || {
        ask(
            &client,
            "orders",
            "of orders",
            "again",
            "select pg_sleep(600)",
        )
    });
    wait_for("a session", || {
        let sessions =
            "select count(*) from pg_stat_activity where datname = 'again' and usename = 'orders'";
        deployed.sql("postgres", sessions) == "1"
    });
    running.pod().go_on();
    let words = ["\"again\" of an earlier restore is in use by 1 sessions"];
    expect_refused(&running.wait(), &words);
    assert_eq!(oid("again"), used);
    let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'again'";
    deployed.sql("postgres", end);
    let ended = session.join().unwrap().stderr;
    assert!(ended.contains("terminating connection"), "{ended}");

    // A serving one that somebody has closed is replaced like any other.
    deployed.sql("postgres", "alter database orders allow_connections false");

    // In place of the serving one, which stays beside; the one put aside is nobody's to drop.
    let serving = oid("orders");
    let values = [("REPLACE", "true"), ("BACKUP", &first)];
    deployed.restore("replace", &values).expect_success();
    assert_eq!(deployed.sql("orders", count), "100");
    let kept = "select datname from pg_database where datname like 'orders_replaced_%' and not datallowconn";
    let kept = deployed.sql("postgres", kept);
    assert_eq!(oid(&kept), serving);
    deployed.refuse("kept", &[("INTO", &kept)], &[&kept, "choose another name"]);
    // And that one was made by a restore.
    deployed.restore("replace-2", &values).expect_success();
    let kept = "select datname from pg_database where datname like 'orders_replaced_%' and underpin.mark(oid, 'pg_database') like 'underpin: restored%'";
    let kept = deployed.sql("underpin", kept);
    assert!(!kept.is_empty() && !kept.contains('\n'), "{kept}");
    deployed.refuse(
        "kept-2",
        &[("INTO", &kept)],
        &[&kept, "choose another name"],
    );
    let left = "select count(*) from pg_database where datname like '%replaced%' or datname = 'underpin_restoring'";
    assert_eq!(deployed.sql("postgres", left), "2");
}
