//! What cannot be done: it is named, the rest is done, and the exit code says whether to try again.

use super::shop::{log_in, sql};
use super::{SOON, Shop, expect_lines};

const EXTENSIONS: &str =
    "select string_agg(extname, ' ' order by extname) from pg_extension where extname <> 'plpgsql'";

#[test]
fn an_extension_that_the_image_lacks_is_named_and_the_rest_is_done() {
    let shop = Shop::new(
        "databases = [{ name = 'orders', extensions = ['no\"where', 'pg_trgm'] }, { name = 'stock', extensions = ['citext'] }]",
        &[
            ("superuser", "x"),
            ("role.orders", "of orders"),
            ("role.stock", "of stock"),
        ],
    );
    let scripts = "orders-bootstrap-scripts";
    shop.hurry(
        scripts,
        "bootstrap.sh",
        "extension_patience=60",
        "extension_patience=5",
    );
    shop.hurry(scripts, "bootstrap.sh", "pause 10", "pause 1");
    let server = shop.start_server();
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!(
        (result.code(), result.reason, result.pods.len()),
        (Some(3), "PodFailurePolicy", 1),
        "{}",
        result.log()
    );
    assert_eq!(
        result.message(),
        "all but this was done: extension database=\"orders\" name=\"no\\\"where\": the image does not have \
         this extension: use an image that has it, or take it out of the spec\n"
    );
    expect_lines(
        &result.log(),
        &[
            "event=extension database=\"orders\" name=\"no\\\"where\" result=missing",
            "event=extension result=waiting",
            "event=settings result=current",
            "event=bootstrap result=incomplete",
        ],
    );
    assert_eq!(sql(&server, "orders", EXTENSIONS), "pg_trgm");
    assert_eq!(sql(&server, "stock", EXTENSIONS), "citext");
}

#[test]
fn an_extension_that_fails_is_tried_again() {
    let shop = Shop::new(
        "databases = [{ name = 'orders', extensions = ['citext', 'pg_trgm'] }]",
        &[("superuser", "x"), ("role.orders", "of orders")],
    );
    shop.cluster.edit("Job", &shop.job, |job| {
        job["spec"]["backoffLimit"] = 1.into();
    });
    let server = shop.start_server();
    server.wait_ready(SOON);
    sql(&server, "postgres", "create database orders");
    sql(&server, "orders", "create domain public.citext as text");
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!(
        (result.code(), result.reason, result.pods.len()),
        (Some(1), "BackoffLimitExceeded", 2)
    );
    assert_eq!(
        result.message(),
        "all but this was done: extension database=\"orders\" name=\"citext\": create extension failed, its \
         error stands in the log\n"
    );
    let error = "ERROR:  type \\\"citext\\\" already exists";
    assert!(result.log().contains(error), "{}", result.log());
    assert_eq!(sql(&server, "orders", EXTENSIONS), "pg_trgm");
    sql(&server, "orders", "drop domain public.citext");
    shop.again("then").expect_success();
    assert_eq!(sql(&server, "orders", EXTENSIONS), "citext pg_trgm");
}

#[test]
fn a_password_that_is_none_is_named_and_the_rest_is_done() {
    let spec =
        "databases = [{ name = 'orders' }]\n[[roles]]\nname = 'report'\nmember_of = ['orders']";
    let with = |report| {
        [
            ("superuser", "x"),
            ("role.orders", "of orders"),
            ("role.report", report),
        ]
    };
    let shop = Shop::new(spec, &with(""));
    let server = shop.start_server();
    let file = "all but this was done: role \"report\": the password file /secrets/role.report (a key of the Secret)";
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!(
        (result.code(), result.reason, result.pods.len()),
        (Some(3), "PodFailurePolicy", 1),
        "{}",
        result.log()
    );
    assert_eq!(
        result.message(),
        format!("{file} is empty: put a password there, then run bootstrap again\n")
    );
    expect_lines(
        &result.log(),
        &["event=password name=\"report\" result=missing"],
    );
    let client = shop.client();
    let output = log_in(&client, "orders", "of orders", "orders");
    assert_eq!(output.expect_success(), "orders");
    let verifier = "select rolpassword is null from pg_authid where rolname = 'report'";
    assert_eq!(sql(&server, "postgres", verifier), "t");

    shop.secret(&with("two\nlines\n"));
    let result = shop.again("lines");
    assert_eq!(result.code(), Some(3));
    let wanted = format!("{file} must hold exactly one line");
    assert!(
        result.message().starts_with(&wanted),
        "{}",
        result.message()
    );

    shop.secret(&with("of report"));
    shop.again("then").expect_success();
    let output = log_in(&client, "report", "of report", "orders");
    assert_eq!(output.expect_success(), "report");
}

#[test]
fn without_the_superusers_password_nothing_is_tried() {
    let shop = Shop::new(
        "databases = [{ name = 'orders' }]",
        &[("superuser", ""), ("role.orders", "of orders")],
    );
    let result = shop.cluster.run_job(&shop.job);
    assert_eq!((result.code(), result.pods.len()), (Some(3), 1));
    assert_eq!(
        result.message(),
        "the password file /secrets/superuser (a key of the Secret) is empty: put a password there\n"
    );
}

#[test]
fn a_pod_waits_for_a_key_that_the_secret_lacks() {
    let shop = Shop::new("databases = [{ name = 'orders' }]", &[("superuser", "x")]);
    let _server = shop.start_server();
    let job = shop.cluster.start_job(&shop.job);
    job.pod()
        .wait_for_event("references non-existent secret key: role.orders", SOON);
    shop.secret(&[("superuser", "x"), ("role.orders", "of orders")]);
    let result = job.wait();
    result.expect_success();
    assert_eq!(result.pods.len(), 1);
}
