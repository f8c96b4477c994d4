//! The role that the exporter logs in as: it may look at everything that it must, on every major, and
//! do nothing else.

use super::{SECRET, SOON, SPEC, Stack};
use crate::bootstrap::IMAGE;
use crate::bootstrap::shop::{Hold, Shop, ask, expect_refused, fingerprint, log_in, sql};

const ROLE: &str = "underpin_monitoring";
const ATTRIBUTES: &str =
    "select rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolreplication,
    rolbypassrls, rolconnlimit, array_remove(rolconfig, 'event_triggers=off'),
    (select string_agg(roleid::regrole::text, ' ') from pg_auth_members
     where member = pg_roles.oid and roleid::regrole::text <> 'pg_use_reserved_connections')
    from pg_roles where rolname = 'underpin_monitoring'";
const AS_IT_SHALL_BE: &str =
    "t|t|f|f|f|f|f|4|{default_transaction_read_only=on,statement_timeout=30s}|pg_monitor";
/// What it may turn off by itself, and gains nothing by.
const ON: &str = "set transaction_read_only = off";

#[expect(clippy::too_many_lines, reason = "one list of what it may and may not")]
fn rights(image: &str) {
    let image = format!("docker.io/library/postgres:{image}");
    let shop = Shop::of_image(&image, SPEC, &SECRET);
    let server = shop.start_server();
    server.wait_ready(SOON);
    sql(
        &server,
        "postgres",
        "revoke connect on database postgres from public",
    );
    let log = shop.cluster.run_job(&shop.job).expect_success().log();
    for line in [
        "event=role name=\"underpin_monitoring\" result=created",
        "event=membership name=\"underpin_monitoring\" role=\"pg_monitor\" result=granted",
        "event=password name=\"underpin_monitoring\" result=set",
        "event=role name=\"underpin_monitoring\" result=may-log-in",
        "event=access database=\"postgres\" role=\"underpin_monitoring\" result=granted",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(!log.contains("underpin_monitoring\" result=beyond-spec"));
    assert_eq!(sql(&server, "postgres", ATTRIBUTES), AS_IT_SHALL_BE);
    let once = fingerprint(&server);
    shop.again("again").expect_success();
    assert_eq!(fingerprint(&server), once);

    // An application's table, in `postgres` too, where the role may connect.
    sql(
        &server,
        "postgres",
        "create schema app; create table app.t (n int); insert into app.t values (1); create table public.t (n int)",
    );
    let stack = Stack::of(shop, server);
    let scrape = stack.scrape();
    super::scrape::expect_all(&scrape);
    let hold = Hold::new(&stack.server, "orders", "select 1");
    let says = |statement: &str| {
        let text = format!("{ON}; {statement}");
        ask(&stack.client, ROLE, "of monitoring", "postgres", &text)
    };
    for (statement, why) in [
        ("select * from app.t", "permission denied for schema app"),
        ("select * from public.t", "permission denied for table t"),
        (
            "insert into public.t values (1)",
            "permission denied for table t",
        ),
        (
            "create table public.u ()",
            "permission denied for schema public",
        ),
        ("create schema s", "permission denied for database postgres"),
        ("create role x", "permission denied to create role"),
        (
            "select * from pg_authid",
            "permission denied for table pg_authid",
        ),
        (
            "select pg_read_file('PG_VERSION')",
            "permission denied for function",
        ),
        ("select pg_reload_conf()", "permission denied for function"),
        ("select pg_switch_wal()", "permission denied for function"),
        ("select pg_stat_reset()", "permission denied for function"),
        (
            "set session_preload_libraries = 'x'",
            "permission denied to set parameter",
        ),
        ("set role orders", "permission denied to set role"),
        (
            "copy (select 1) to program 'id'",
            "permission denied to COPY|must be superuser",
        ),
        (
            "alter role underpin_monitoring superuser",
            "ermission denied|must be superuser",
        ),
        (
            "select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and usename = 'postgres'",
            "permission denied to terminate|must be a superuser",
        ),
    ] {
        let output = says(statement);
        assert!(
            !output.success() && why.split('|').any(|why| output.stderr.contains(why)),
            "{statement}: {output:#?}"
        );
    }
    hold.release();
    // Without what it turned off, it would fail at the first of them.
    let written = ask(
        &stack.client,
        ROLE,
        "of monitoring",
        "postgres",
        "create temporary table t ()",
    );
    assert!(
        written.stderr.contains("read-only transaction"),
        "{written:#?}"
    );
    assert_eq!(
        log_in(&stack.client, ROLE, "of monitoring", "orders").expect_success(),
        ROLE
    );
    expect_refused(&log_in(&stack.client, ROLE, "of another", "postgres"));
}

#[test]
fn it_may_look_and_no_more_15() {
    rights("15.20-bookworm");
}

#[test]
fn it_may_look_and_no_more_16() {
    rights("16.16-trixie");
}

#[test]
fn it_may_look_and_no_more_17() {
    rights("17.12-alpine3.22");
}

#[test]
fn it_may_look_and_no_more_18() {
    rights("18.7-bookworm");
}

#[test]
fn it_is_held_to_what_it_needs() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    sql(
        &server,
        "postgres",
        "alter role underpin_monitoring superuser createdb connection limit -1;
         alter role underpin_monitoring set statement_timeout = 0;
         grant pg_read_all_data to underpin_monitoring;
         revoke pg_monitor from underpin_monitoring",
    );
    let log = shop.again("mend").expect_success().log();
    for line in [
        "event=role name=\"underpin_monitoring\" result=changed",
        "event=membership name=\"underpin_monitoring\" role=\"pg_read_all_data\" result=revoked",
        "event=membership name=\"underpin_monitoring\" role=\"pg_monitor\" result=granted",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert_eq!(sql(&server, "postgres", ATTRIBUTES), AS_IT_SHALL_BE);
    // The restore role is a member of every application's role, and not of this one.
    let members =
        "select count(*) from pg_auth_members where roleid = 'underpin_monitoring'::regrole";
    assert_eq!(sql(&server, "postgres", members), "0");
}

#[test]
fn without_an_exporter_there_is_none_and_one_that_was_is_shut_out() {
    let without = "databases = [{ name = 'orders' }]";
    let mut shop = Shop::new(without, &SECRET);
    let server = shop.bootstrapped();
    assert_eq!(sql(&server, "postgres", ATTRIBUTES), "");
    shop.apply(IMAGE, SPEC);
    shop.cluster.run_job(&shop.job).expect_success();
    let client = shop.client();
    let works = || log_in(&client, ROLE, "of monitoring", "postgres");
    assert_eq!(works().expect_success(), ROLE);
    shop.apply(IMAGE, without);
    let log = shop.again("without").expect_success().log();
    let line = "event=role name=\"underpin_monitoring\" result=may-not-log-in";
    assert!(log.contains(line), "{log}");
    expect_refused(&works());
}
