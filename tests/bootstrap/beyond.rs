//! What the server has that the spec does not say: left as it is, and logged.

use super::shop::{fingerprint, log_in, sql};
use super::{IMAGE, SOON, Shop, expect_lines};

#[test]
fn what_is_there_already_is_taken_over() {
    let shop = Shop::new(
        "databases = [{ name = 'orders' }, { name = 'stock' }, { name = 'shut', owner = 'stock' }]
         [[roles]]
         name = 'report'
         member_of = ['orders']",
        &[
            ("superuser", "x"),
            ("role.orders", "of orders"),
            ("role.stock", "of stock"),
            ("role.report", "of report"),
        ],
    );
    let server = shop.start_server();
    server.wait_ready(SOON);
    sql(
        &server,
        "postgres",
        "create role orders nologin;
         create role report login superuser createdb in role pg_monitor;
         create role boss login;
         create database orders;
         comment on database orders is 'made by hand';
         create database shut allow_connections false;
         create database \"x result=invalid\" owner boss;",
    );
    let log = shop.cluster.run_job(&shop.job).expect_success().log();
    expect_lines(
        &log,
        &[
            "event=role name=\"orders\" result=may-log-in",
            "event=role name=\"report\" attribute=superuser result=beyond-spec",
            "event=role name=\"report\" attribute=createdb result=beyond-spec",
            "event=role name=\"boss\" result=beyond-spec",
            "event=membership name=\"report\" role=\"pg_monitor\" result=beyond-spec",
            "event=membership name=\"report\" role=\"orders\" result=granted",
            "event=database name=\"orders\" owner=\"orders\" result=owner-changed",
            "event=database name=\"shut\" owner=\"stock\" result=owner-changed",
            "event=database name=\"stock\" owner=\"stock\" result=created",
            "event=database name=\"x result=invalid\" owner=\"boss\" result=beyond-spec",
        ],
    );
    // Our mark is on what bootstrap made, and on nothing else: what is marked may be dropped once.
    let databases =
        "select datname, pg_get_userbyid(datdba), datallowconn, underpin.mark(oid, 'pg_database')
        from pg_database where oid >= 16384 and datname <> 'underpin' order by 1";
    assert_eq!(
        sql(&server, "underpin", databases),
        "orders|orders|t|\nshut|stock|f|\nstock|stock|t|underpin: made by bootstrap\nx result=invalid|boss|t|"
    );
    let roles =
        "select rolname from pg_roles where rolsuper and rolcreatedb and rolcanlogin order by 1";
    assert_eq!(sql(&server, "postgres", roles), "postgres\nreport");
    let client = shop.client();
    let output = log_in(&client, "orders", "of orders", "orders");
    assert_eq!(output.expect_success(), "orders");
}

#[test]
fn a_spec_that_shrinks_takes_nothing_away() {
    let mut shop = Shop::new(
        "databases = [
           { name = 'orders', extensions = ['pg_trgm', 'citext'] },
           { name = 'stock', owner = 'keeper', extensions = ['pg_trgm'] },
         ]
         [[roles]]
         name = 'report'
         member_of = ['keeper']
         [[roles]]
         name = 'old'",
        &[
            ("superuser", "x"),
            ("role.orders", "of orders"),
            ("role.keeper", "of keeper"),
            ("role.report", "of report"),
            ("role.old", "of old"),
        ],
    );
    let server = shop.bootstrapped();
    let before = fingerprint(&server);
    let first = shop.job.clone();
    shop.apply(
        IMAGE,
        "databases = [{ name = 'orders', extensions = ['pg_trgm'] }]\n[[roles]]\nname = 'report'",
    );
    assert_ne!(shop.job, first, "another pod, another Job");
    let log = shop.cluster.run_job(&shop.job).expect_success().log();
    expect_lines(
        &log,
        &[
            "event=role name=\"keeper\" result=beyond-spec",
            "event=role name=\"old\" result=beyond-spec",
            "event=membership name=\"report\" role=\"keeper\" result=beyond-spec",
            "event=database name=\"stock\" owner=\"keeper\" result=beyond-spec",
            "event=bootstrap result=done",
        ],
    );
    assert_eq!(fingerprint(&server), before);
}
