//! The other majors, and Alpine's userland, in short.

use super::shop::{expect_refused, fingerprint, log_in, sql};
use super::{OF_OUR_OWN, Shop, expect_lines};

fn in_short(image: &str) {
    let shop = Shop::of_image(
        &format!("docker.io/library/postgres:{image}"),
        "databases = [{ name = 'a=b \"$(id)', owner = 'orders', extensions = ['pgcrypto'] }]
         [[roles]]
         name = 'report'
         member_of = ['orders', 'pg_monitor']",
        &[
            ("superuser", "x"),
            ("role.orders", " it's \\ $(id) "),
            ("role.report", "of report"),
        ],
    );
    let server = shop.bootstrapped();
    let version = sql(&server, "postgres", "show server_version");
    assert_eq!(version.split('.').next(), image.split('.').next());
    let before = fingerprint(&server);

    let client = shop.client();
    let database = "a=b \"$(id)";
    let output = log_in(&client, "orders", " it's \\ $(id) ", database);
    assert_eq!(output.expect_success(), "orders");
    expect_refused(&log_in(&client, "orders", "of report", database));

    let again = shop.again("again");
    let log = again.expect_success().log();
    let lacking = if image.starts_with("15.") { 2 } else { 0 };
    assert_eq!(
        log.matches(" result=present").count(),
        (2 + 2 + 1 + 1) + OF_OUR_OWN + 2 + 1 - lacking,
        "{log}"
    );
    expect_lines(&log, &["event=settings result=current"]);
    assert_eq!(fingerprint(&server), before);
}

#[test]
fn postgresql_15() {
    in_short("15.20-bookworm");
}

#[test]
fn postgresql_16() {
    in_short("16.16-trixie");
}

#[test]
fn postgresql_18() {
    in_short("18.7-bookworm");
}

#[test]
fn alpine() {
    in_short("17.12-alpine3.22");
}
