//! Passwords that change, with the lines that the runbook gives.

use std::thread;

use super::shop::{expect_refused, log_in, wait_for};
use super::{SOON, Shop, expect_lines};
use crate::kubelet::Pod;

const SPEC: &str = "databases = [{ name = 'orders' }]";
const SET: &str = "/scripts/set-superuser-password";

fn shop() -> Shop {
    Shop::new(
        SPEC,
        &[("superuser", "first"), ("role.orders", "first of orders")],
    )
}

/// A session that stays open until it is told to ask once more.
fn open_session(client: &Pod, role: &str, password: &str) -> thread::JoinHandle<String> {
    let script = format!(
        "export PGHOST=orders PGUSER={role} PGDATABASE=postgres PGPASSWORD; IFS= read -r PGPASSWORD
         {{ echo '\\! touch /tmp/{role}.open'; until [[ -e /tmp/go ]]; do sleep 0.05; done
            echo 'select $$still $$ || current_user'; }} | psql -XAtqw"
    );
    let session = client.clone();
    let password = format!("{password}\n");
    let thread = thread::spawn(move || {
        let output = session.exec_with_input(&["bash", "-c", &script], &password);
        output.stdout + &output.stderr
    });
    let open = format!("/tmp/{role}.open");
    wait_for("the session is open", || {
        client.exec(&["test", "-e", &open]).success()
    });
    thread
}

#[test]
fn a_role_gets_its_new_password_and_nobody_is_disconnected() {
    let shop = shop();
    let _server = shop.bootstrapped();
    let client = shop.client();
    let session = open_session(&client, "orders", "first of orders");

    shop.secret(&[("superuser", "first"), ("role.orders", "second of orders")]);
    let rotation = shop.again("rotate-1");
    let log = rotation.expect_success().log();
    expect_lines(&log, &["event=password name=\"orders\" result=set"]);
    assert_eq!(log.matches("result=set").count(), 1);

    let output = log_in(&client, "orders", "second of orders", "orders");
    assert_eq!(output.expect_success(), "orders");
    expect_refused(&log_in(&client, "orders", "first of orders", "orders"));
    client.exec(&["touch", "/tmp/go"]).expect_success();
    assert_eq!(session.join().unwrap(), "still orders\n");
}

#[test]
fn the_superuser_gets_its_new_password_even_when_asked_before_the_secret_arrives() {
    let shop = shop();
    let server = shop.bootstrapped();
    let client = shop.client();
    let session = open_session(&client, "postgres", "first");

    // kubelet takes a minute to bring a Secret into a pod that runs; the person does not wait.
    let setting = {
        let server = server.clone();
        let line = format!("{SET} 2>&1 | tee /tmp/said; exit \"${{PIPESTATUS[0]}}\"");
        thread::spawn(move || server.exec(&["bash", "-c", &line]))
    };
    wait_for("it waits for the Secret", || {
        let said = server.exec(&["cat", "/tmp/said"]).stdout;
        said.contains("event=superuser-password result=waiting")
    });
    let second = " se'cond $(id) \\ ";
    shop.secret(&[("superuser", second), ("role.orders", "first of orders")]);
    let output = setting.join().unwrap();
    let said = output.expect_success();
    assert!(
        said.contains("event=superuser-password result=set")
            && said.contains(
                "kubectl create job orders-bootstrap-$(date +%s) --from=cronjob/orders-bootstrap"
            ),
        "{said}"
    );

    let output = log_in(&client, "postgres", second, "postgres");
    assert_eq!(output.expect_success(), "postgres");
    expect_refused(&log_in(&client, "postgres", "first", "postgres"));
    client.exec(&["touch", "/tmp/go"]).expect_success();
    assert_eq!(session.join().unwrap(), "still postgres\n");
    shop.again("bootstrap-after-rotation").expect_success();
}

#[test]
fn a_bootstrap_before_the_superusers_turn_says_what_to_do() {
    let shop = shop();
    let server = shop.bootstrapped();
    shop.secret(&[("superuser", "second"), ("role.orders", "second of orders")]);
    let early = shop.again("early");
    assert_eq!(
        (early.code(), early.reason, early.pods.len()),
        (Some(3), "PodFailurePolicy", 1)
    );
    let advice = "password authentication failed for user \"postgres\"): either the Secret is the new one, \
                  then run kubectl -n shop exec orders-0 -- /scripts/set-superuser-password; or put the password that is \
                  in force back into the Secret; then run bootstrap again\n";
    let message = early.message();
    assert!(
        message.starts_with("the server refuses role postgres (") && message.ends_with(advice),
        "{message}"
    );
    assert!(early.log().ends_with(advice));

    server.exec(&[SET]).expect_success();
    let log = shop.again("then").expect_success().log();
    expect_lines(&log, &["event=password name=\"orders\" result=set"]);
}

#[test]
fn an_unchanged_secret_is_no_rotation() {
    let shop = shop();
    shop.hurry(
        "orders-server-scripts",
        "set-superuser",
        "patience=180",
        "patience=2",
    );
    let server = shop.bootstrapped();
    let output = server.exec(&[SET]);
    assert_eq!(output.code, Some(1));
    assert_eq!(
        output.stderr,
        "nothing was changed: after 2 s the mounted Secret still holds the password that is in force; \
         change the Secret first, and run this again\n"
    );

    shop.secret(&[("superuser", "\n"), ("role.orders", "x")]);
    let output = server.exec(&[SET]);
    assert_eq!(output.code, Some(3));
    assert!(
        output.stderr.ends_with(
            "holds no password but an empty line: put a password there; nothing was changed\n"
        ),
        "{output:?}"
    );
    let client = shop.client();
    let output = log_in(&client, "postgres", "first", "postgres");
    assert_eq!(output.expect_success(), "postgres");
    server.wait_ready(SOON);
}
