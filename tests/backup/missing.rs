//! Databases that are not in a backup and should be: gone, closed, broken or held by another. All others
//! are backed up, what lacks is named, and the last backup that holds it stays.

use super::deployed::Deployed;
use super::faults::{IMAGE, LAST};
use crate::bootstrap::shop::Hold;
use crate::fixture;
use crate::kubelet::{JobResult, Pod};

/// Of the bases that the spec names, and one that it does not.
fn deployed() -> Deployed {
    Deployed::with(
        IMAGE,
        "databases = [{ name = 'orders' }, { name = 'stock' }]\nbackup.volume.keep = { last = 50 }",
        |server: &Pod| {
            let table = "create table public.wares as select n from generate_series(1, 1000) n";
            for owner in ["orders", "stock"] {
                fixture::run(server, owner, &format!("set role {owner}; {table}"));
            }
        },
    )
}

/// Published without these: the Job ends at once, since another try would be no better.
#[track_caller]
fn expect_lacking(result: &JobResult, words: &[&str]) {
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (false, Some(4), 1), "{}", result.log());
    assert!(
        result.log().contains("result=published"),
        "{}",
        result.log()
    );
    let message = result.message();
    for words in words {
        assert!(message.contains(words), "`{words}` in {message}");
    }
}

#[test]
fn one_that_is_gone_is_named_and_its_last_backup_stays() {
    let deployed = deployed();
    let whole = deployed.back_up("whole").id;
    deployed.sql("postgres", "alter database stock allow_connections false");
    let least = [("KEEP", LAST)];
    let result = deployed.start_backup("closed", &least).wait();
    expect_lacking(&result, &["\"stock\" (it allows no connections)"]);
    assert!(deployed.ids().contains(&whole), "{}", result.log());
    deployed.sql("postgres", "drop database stock");
    for job in ["dropped-1", "dropped-2"] {
        let result = deployed.start_backup(job, &least).wait();
        let words = ["\"stock\" (the spec names it, and the server has no such database)"];
        expect_lacking(&result, &words);
        let ids = deployed.ids();
        assert_eq!((ids.len(), &ids[0]), (2, &whole), "{}", result.log());
    }
    let left = [
        ("KEEP", LAST),
        ("EXCLUDE", r#"["orders", "stock", "postgres"]"#),
    ];
    let result = deployed.start_backup("nothing", &left).wait();
    assert_eq!(result.code(), Some(3), "{}", result.log());
    assert_eq!(deployed.ids().len(), 2);
}

#[test]
fn one_that_cannot_be_read_costs_no_other_its_backup() {
    let deployed = deployed();
    let directory = deployed.directory();
    deployed.shop.hurry(
        super::faults::SCRIPTS,
        "snapshot.sh",
        "lock_patience=60",
        "lock_patience=4",
    );
    let statement = "lock table public.wares in access exclusive mode";
    let hold = Hold::new(&deployed.server, "stock", statement);
    let result = deployed.start_backup("held", &[]).wait();
    hold.release();
    expect_lacking(&result, &["\"stock\" (", "could not be locked for reading"]);
    let id = deployed.ids().remove(0);
    let manifest = std::fs::read_to_string(directory.join(&id).join("manifest.json")).unwrap();
    assert!(manifest.contains(r#""name": "orders""#), "{manifest}");
    assert!(manifest.contains(r#""wanted": true"#), "{manifest}");

    deployed.sql(
        "postgres",
        "revoke connect on database stock from public, underpin_backup",
    );
    let result = deployed.start_backup("revoked", &[]).wait();
    expect_lacking(&result, &["\"stock\" (", "permission denied for database"]);
}

/// A function that is called without its schema, and one that reads what only a superuser may:
/// no table of an owner is ever planned with the rights of a backup.
#[test]
fn nothing_of_an_owners_runs_in_a_backup() {
    let deployed = Deployed::new(IMAGE, "", |server: &Pod| {
        let trap = "set role orders; set check_function_bodies = off;
            create function public.plain(text) returns text immutable language sql as 'select lower($1)';
            create function public.deep(t text) returns text immutable language sql as 'select plain(t)';
            create table public.people as select n, n::text as name from generate_series(1, 1000) n;
            set search_path = public;
            create statistics public.deeply on (deep(name)) from public.people;
            create table public.trap (id int);
            insert into public.trap select generate_series(1, 100);
            create function public.peek() returns int volatile language plpgsql as $$
            begin perform pg_advisory_lock(4711); return 0; end $$;
            create function public.calm() returns int immutable language plpgsql as $$
            begin if session_user = 'underpin_backup' then return public.peek(); end if; return 0; end $$;
            create index on public.trap (id) where id > public.calm();
            select pg_advisory_unlock_all()";
        fixture::run(server, "orders", trap);
    });
    let cluster = &deployed.shop.cluster;
    cluster.hold_at(super::faults::SCRIPTS, &["event=proof id="]);
    let running = deployed.start_backup("trapped", &[]);
    let pod = running.pod();
    for number in 1..=4 {
        super::faults::wait_for_line(&pod, "event=proof id=", number);
        let held = "select count(*) from pg_locks where locktype = 'advisory' and objid = 4711";
        assert_eq!(deployed.sql("postgres", held).trim(), "0", "{number}");
        pod.go_on();
    }
    running.wait().expect_success();
    cluster.hold_at(super::faults::SCRIPTS, &[]);
}

/// The numbers of roles belong to a server and to no database.
#[test]
fn the_order_of_roles_is_no_difference() {
    let set = "alter role b in database orders set work_mem = '8MB';
        alter role a in database orders set work_mem = '9MB'";
    let deployed = Deployed::new(IMAGE, "", |server: &Pod| {
        fixture::run(
            server,
            "orders",
            &format!("create role b; create role a; {set}"),
        );
    });
    deployed.back_up("round");
    // As on another server, whose bootstrap made them in another order.
    let again = format!("drop role a; drop role b; create role a; create role b; {set}");
    deployed.sql("orders", &again);
    deployed.shop.again("bootstrap-again").expect_success();
    deployed.restore("again", &[]).expect_success();
}
