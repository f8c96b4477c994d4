//! Bootstrap, killed at many moments on each major; and its waits at their full length.

use std::thread;
use std::time::{Duration, Instant};

use crate::bootstrap::shop::{Shop, log_in, psql, sql};
use crate::kubelet::Pod;

const SOON: Duration = Duration::from_mins(2);
const SPEC: &str = "
databases = [
  { name = 'orders', extensions = ['pg_trgm', 'citext'] },
  { name = 'stock', owner = 'keeper', extensions = ['pgcrypto'] },
]
[[roles]]
name = 'report'
member_of = ['keeper', 'pg_monitor']
";
const SECRET: [(&str, &str); 4] = [
    ("superuser", "x"),
    ("role.orders", "of orders"),
    ("role.keeper", "of keeper"),
    ("role.report", "of report"),
];
const MADE: &str =
    "select datname, pg_get_userbyid(datdba), datallowconn, datconnlimit, underpin.mark(oid, 'pg_database')
     from pg_database where oid >= 16384 and datname <> 'underpin' order by 1";

/// Strikes a bootstrap of a bare server at moments that are 40 ms apart, and lets another heal it.
fn killed_at_any_moment(image: &str, moments: u32) {
    let shop = Shop::of_image(
        &format!("docker.io/library/postgres:{image}"),
        SPEC,
        &SECRET,
    );
    let server = shop.bootstrapped();
    let client = shop.client();
    for moment in 0..moments {
        make_bare(&server);
        let struck = shop.start_again(&format!("struck-{moment}"));
        let pod = struck.pod();
        pod.wait_for_log("event=lock name=server result=held", SOON);
        // Where this lands is chance, and the same is to hold wherever it lands.
        thread::sleep(Duration::from_millis(40) * moment);
        if pod.termination().is_none() {
            pod.kill9();
        }
        // Its own next try may meet what its last statement is still doing.
        struck.wait().expect_success();
        shop.again(&format!("after-{moment}")).expect_success();
        assert_eq!(
            sql(&server, "postgres", MADE),
            "orders|orders|t|-1|underpin: made by bootstrap\nstock|keeper|t|-1|underpin: made by bootstrap"
        );
        for role in ["orders", "keeper", "report"] {
            let output = log_in(&client, role, &format!("of {role}"), "stock");
            assert_eq!(output.expect_success(), role);
        }
    }
}

fn make_bare(server: &Pod) {
    for statement in [
        "drop database if exists orders with (force)",
        "drop database if exists stock with (force)",
        "drop role if exists orders, keeper, report",
    ] {
        psql(server, "postgres", statement).expect_success();
    }
}

#[test]
fn killed_at_any_moment_on_15() {
    killed_at_any_moment("15.20-bookworm", 15);
}

#[test]
fn killed_at_any_moment_on_16() {
    killed_at_any_moment("16.16-trixie", 15);
}

#[test]
fn killed_at_any_moment_on_17() {
    killed_at_any_moment("17.12-alpine3.22", 15);
}

#[test]
fn killed_at_any_moment_on_18() {
    killed_at_any_moment("18.7-bookworm", 15);
}

#[test]
fn a_missing_extension_is_waited_for_a_minute() {
    let spec = "databases = [{ name = 'orders', extensions = ['nowhere'] }]";
    let shop = Shop::new(spec, &SECRET[..2]);
    let _server = shop.start_server();
    let begin = Instant::now();
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!(result.code(), Some(3), "{}", result.log());
    assert!(begin.elapsed() >= Duration::from_mins(1));
}

#[test]
fn settings_that_do_not_come_are_waited_for_three_minutes() {
    let shop = Shop::new(SPEC, &SECRET);
    shop.cluster.edit("ConfigMap", "orders-settings", |map| {
        let text = map["data"]["postgresql.conf"].as_str().unwrap();
        let text = text.replace("underpin.settings = '", "underpin.settings = 'other");
        map["data"]["postgresql.conf"] = text.into();
    });
    let _server = shop.start_server();
    shop.cluster.edit("Job", &shop.job, |job| {
        job["spec"]["backoffLimit"] = 0.into();
    });
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!(result.code(), Some(1), "{}", result.log());
    assert_eq!(
        result.message(),
        "after 180 s the server's pod still has another postgresql.conf than this bootstrap was made for: \
         were both applied? A retry may help\n"
    );
}

#[test]
fn an_unchanged_secret_is_looked_at_for_three_minutes() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    let line = "/scripts/set-superuser-password >/tmp/said 2>&1; echo $? >/tmp/code";
    // In the background: an exec of the kubelet in small has two minutes.
    let line = format!("({line}) </dev/null >/dev/null 2>&1 &");
    server.exec(&["bash", "-c", &line]).expect_success();
    server.wait_until("its end", Duration::from_mins(5), |pod| {
        pod.exec(&["cat", "/tmp/code"]).success()
    });
    assert_eq!(server.exec(&["cat", "/tmp/code"]).stdout, "1\n");
    let said = server.exec(&["cat", "/tmp/said"]).stdout;
    assert!(
        said.contains("after 180 s the mounted Secret still holds the password that is in force"),
        "{said}"
    );
}
