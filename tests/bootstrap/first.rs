//! The first run, on a fresh server, and every run after it.

use super::shop::{SOCKET, ask, expect_refused, fingerprint, log_in, sql};
use super::{Hold, OF_OUR_OWN, SOON, Shop, expect_lines};

const SPEC: &str = "
databases = [
  { name = 'orders', extensions = ['pgcrypto', 'earthdistance'] },
  { name = 'stock', owner = 'keeper', extensions = ['pg_trgm'] },
]
[[roles]]
name = 'report'
member_of = ['pg_read_all_data', 'keeper']
";
const SECRET: [(&str, &str); 4] = [
    ("superuser", "super secret"),
    ("role.orders", "of orders"),
    ("role.keeper", "of keeper"),
    ("role.report", "of report\n"),
];

#[test]
fn the_first_run_makes_what_the_spec_says() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.start_server();
    let result = shop.cluster.run_job(&shop.job);
    result.expect_success();
    assert_eq!((result.pods.len(), result.message().as_str()), (1, ""));
    expect_lines(
        &result.log(),
        &[
            "event=server result=ready version=17.",
            "event=lock name=server result=held",
            "event=role name=\"keeper\" result=created",
            "event=membership name=\"report\" role=\"pg_read_all_data\" result=granted",
            "event=membership name=\"report\" role=\"keeper\" result=granted",
            "event=password name=\"report\" result=set",
            "event=database name=\"orders\" owner=\"orders\" result=created",
            "event=database name=\"stock\" owner=\"keeper\" result=created",
            "event=extension database=\"orders\" name=\"pgcrypto\" result=created",
            "event=extension database=\"orders\" name=\"earthdistance\" result=created",
            "event=extension database=\"stock\" name=\"pg_trgm\" result=created",
            "event=settings result=current",
            "event=bootstrap result=done",
        ],
    );
    let databases = "select datname, pg_get_userbyid(datdba), datallowconn, datconnlimit, underpin.mark(oid, 'pg_database')
        from pg_database where oid >= 16384 and datname <> 'underpin' order by 1";
    assert_eq!(
        sql(&server, "underpin", databases),
        "orders|orders|t|-1|underpin: made by bootstrap\nstock|keeper|t|-1|underpin: made by bootstrap"
    );
    let roles = "select rolname, rolcanlogin, rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls
        from pg_roles where oid >= 16384 and rolname !~ '^underpin_' order by 1";
    assert_eq!(
        sql(&server, "postgres", roles),
        "keeper|t|f\norders|t|f\nreport|t|f"
    );
    let members = "select roleid::regrole, member::regrole from pg_auth_members where member >= 16384 and member::regrole::text !~ '^underpin_' order by 1::text";
    assert_eq!(
        sql(&server, "postgres", members),
        "keeper|report\npg_read_all_data|report"
    );
    // Those that an extension needs come with it, and all are where a session finds them.
    let extensions = "select extname, extnamespace::regnamespace from pg_extension where extname <> 'plpgsql' order by 1";
    assert_eq!(
        sql(&server, "orders", extensions),
        "cube|public\nearthdistance|public\npgcrypto|public"
    );
    assert_eq!(sql(&server, "stock", extensions), "pg_trgm|public");
    assert_eq!(sql(&server, "postgres", extensions), "");
}

#[test]
fn a_role_logs_in_with_its_password_and_nobody_without() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    let client = shop.client();
    for (role, password, database) in [
        ("orders", "of orders", "orders"),
        ("keeper", "of keeper", "stock"),
        // A newline at the end of the Secret's value is no part of the password.
        ("report", "of report", "stock"),
        ("postgres", "super secret", "postgres"),
    ] {
        let output = log_in(&client, role, password, database);
        assert_eq!(output.expect_success(), role);
    }
    let made = ask(
        &client,
        "orders",
        "of orders",
        "orders",
        "create table public.t (); select gen_salt('md5') is not null",
    );
    assert_eq!(made.code, Some(0), "its owner may make tables: {made:#?}");

    for (role, password) in [
        ("orders", "wrong"),
        ("orders", "of keeper"),
        ("orders", "of orders "),
        ("orders", "super secret"),
        ("postgres", "of orders"),
        ("nobody", "of orders"),
    ] {
        expect_refused(&log_in(&client, role, password, "orders"));
    }
    for role in ["orders", "report", "postgres"] {
        let output = log_in(&client, role, "", "orders");
        assert!(
            output.stderr.contains("no password supplied"),
            "{role}: {output:#?}"
        );
    }
    // In the server's pod too: its own user is the superuser over the socket, and nobody else is.
    assert_eq!(sql(&server, "postgres", "select current_user"), "postgres");
    for command in [
        ["env", SOCKET, "psql", "-wXU", "orders"],
        ["env", "PGHOST=127.0.0.1", "psql", "-wXU", "postgres"],
    ] {
        let output = server.exec(&command);
        assert!(
            output.stderr.contains("no password supplied"),
            "{output:#?}"
        );
    }
}

#[test]
fn twice_is_the_same_as_once() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    let once = fingerprint(&server);
    let second = shop.again("second");
    second.expect_success();
    assert_eq!(fingerprint(&server), once);
    let log = second.log();
    for line in log.lines() {
        let step = line.contains(" name=\"");
        assert!(!step || line.ends_with(" result=present"), "{log}");
    }
    assert_eq!(
        log.matches(" result=present").count(),
        (3 + 2 + 3 + 2) + OF_OUR_OWN + 3 + 2
    );
}

#[test]
fn three_at_once_wait_for_each_other() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.start_server();
    server.wait_ready(SOON);
    // The first to come gets stuck with the lock in its hands; the others may not come further.
    let hold = Hold::table(&server, "postgres", "pg_authid");
    let first = shop.cluster.start_job(&shop.job);
    hold.wait_until_hit();
    let others = ["b", "c"].map(|name| shop.start_again(name));
    for other in &others {
        other
            .pod()
            .wait_for_log("event=lock name=server result=waiting", SOON);
    }
    for other in &others {
        assert!(!other.pod().log().contains("result=held"));
    }
    hold.release();
    let first = first.wait();
    assert_eq!(first.expect_success().log().matches("=created").count(), 11);
    for other in others.map(crate::kubelet::RunningJob::wait) {
        other.expect_success();
        assert_eq!(other.pods.len(), 1);
        let log = other.log();
        let made = ["result=created", "result=granted", "result=set"];
        assert!(!made.iter().any(|made| log.contains(made)), "{log}");
    }
}
