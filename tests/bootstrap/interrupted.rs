//! SIGKILL at each step: the next pod of the same Job goes on from there.

use super::shop::{Hold, fingerprint, log_in, sql, wait_for};
use super::{SOON, Shop};

/// What bootstrap is about to change when it is struck: the database, what keeps it from that, and
/// the beginning of its last line by then.
const STRIKES: [(&str, &str, &str); 6] = [
    (
        "postgres",
        "lock table pg_authid in exclusive mode",
        "event=lock name=server result=held",
    ),
    (
        "postgres",
        "grant keeper to report",
        "event=role name=\"keeper\" result=may-log-in",
    ),
    (
        "postgres",
        "lock table pg_authid in exclusive mode",
        "event=membership name=\"report\" role=\"keeper\" result=granted",
    ),
    (
        "postgres",
        "lock table pg_database in exclusive mode",
        "event=password name=\"keeper\" result=set",
    ),
    (
        "underpin",
        UNMARKED,
        "event=password name=\"keeper\" result=present",
    ),
    (
        "stock",
        "lock table pg_extension in exclusive mode",
        "event=extension database=\"orders\" name=\"pg_trgm\" result=created",
    ),
];
/// The database is made, its mark is not.
const UNMARKED: &str = "lock table underpin.marks in exclusive mode";

#[test]
fn killed_at_each_step_it_heals() {
    let shop = Shop::new(
        "databases = [
           { name = 'orders', extensions = ['pg_trgm'] },
           { name = 'stock', owner = 'keeper', extensions = ['citext'] },
         ]
         [[roles]]
         name = 'report'
         member_of = ['keeper']",
        &[
            ("superuser", "x"),
            ("role.orders", "of orders"),
            ("role.keeper", "of keeper"),
            ("role.report", "of report"),
        ],
    );
    let server = shop.start_server();
    server.wait_ready(SOON);

    sql(
        &server,
        "postgres",
        "create role report; create role keeper; create database stock",
    );
    let mut hold = Hold::new(&server, STRIKES[0].0, STRIKES[0].1);
    let job = shop.cluster.start_job(&shop.job);
    for (index, (_, statement, before)) in STRIKES.into_iter().enumerate() {
        let session = hold.wait_until_hit();
        let pod = job.pod();
        pod.wait_for_log(before, SOON);
        pod.kill9();
        pod.wait_until("the kill", SOON, |pod| pod.termination().is_some());
        assert_eq!(pod.termination().unwrap().code, 137);
        if statement == UNMARKED {
            let open = "select datallowconn or datconnlimit <> 0 from pg_database where datname = 'orders'";
            assert_eq!(
                sql(&server, "postgres", open),
                "f",
                "made, closed and unmarked"
            );
        }
        let end = format!("select pg_terminate_backend({session}, 30000)");
        sql(&server, "postgres", &end);
        // Until the next place is held, nobody gets past this one.
        if let Some((database, statement, _)) = STRIKES.get(index + 1) {
            let next = Hold::new(&server, database, statement);
            std::mem::replace(&mut hold, next).release();
        }
    }
    hold.release();
    let result = job.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 1 + STRIKES.len());

    let databases = "select datname, pg_get_userbyid(datdba), datallowconn, datconnlimit, underpin.mark(oid, 'pg_database')
        from pg_database where oid >= 16384 and datname <> 'underpin' order by 1";
    assert_eq!(
        sql(&server, "underpin", databases),
        "orders|orders|t|-1|underpin: made by bootstrap\nstock|keeper|t|-1|"
    );
    let client = shop.client();
    for role in ["orders", "keeper", "report"] {
        let output = log_in(&client, role, &format!("of {role}"), "stock");
        assert_eq!(output.expect_success(), role);
    }
    let healed = fingerprint(&server);
    shop.again("again").expect_success();
    assert_eq!(fingerprint(&server), healed);
    wait_for("no session is left behind", || {
        let left =
            "select count(*) from pg_stat_activity where application_name = 'underpin bootstrap'";
        sql(&server, "postgres", left) == "0"
    });
}
