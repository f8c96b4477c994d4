//! Who gets through, with which passwords.

use std::fmt::Write as _;
use std::time::Duration;

use super::{PASSWORDS, SOON, SPEC, Stack};
use crate::bootstrap::shop::{Shop, ask, log_in};
use crate::kubelet::{Output, Pod};

/// `PgBouncer` has words of its own for it.
#[track_caller]
fn expect_refused(output: &Output) {
    assert!(
        output.code == Some(2) && output.stderr.contains("SASL authentication failed"),
        "{output:#?}"
    );
}

#[test]
fn an_application_reads_its_data_through_the_pooler() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    assert_eq!(stack.poolers.len(), 2);
    let ask = |sql: &str| {
        let output = ask(&stack.client, "orders", "of orders", "orders", sql);
        output.expect_success().to_owned()
    };
    ask("create table things as select generate_series(1, 3) as thing");
    assert_eq!(ask("select sum(thing) from things"), "6");
    // The server sees the pooler's address, not the client's.
    let from = ask("select host(inet_client_addr())");
    assert!(
        stack.poolers.iter().any(|pooler| pooler.address() == from),
        "{from}"
    );
}

#[test]
fn a_wrong_password_and_an_unknown_role_are_refused() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    let client = &stack.client;
    log_in(client, "orders", "of orders", "orders").expect_success();
    expect_refused(&log_in(client, "orders", "of Orders", "orders"));
    // Not in the spec, or not for applications: the pooler does not know them.
    for (role, password) in [
        ("stranger", "of orders"),
        ("postgres", "of the superuser"),
        ("underpin_backup", "of backup"),
    ] {
        expect_refused(&log_in(client, role, password, "orders"));
    }
    let console = log_in(client, "orders", "of orders", "pgbouncer");
    assert!(!console.success(), "{console:#?}");
    // A database that is not there is the server's to say.
    let none = log_in(client, "orders", "of orders", "nowhere");
    assert!(none.stderr.contains("does not exist"), "{none:#?}");
}

#[test]
fn hostile_names_and_passwords_get_through_as_they_are() {
    let roles = [
        (r#"sm"ith"#, r#"dou"ble ""quotes"""#),
        ("o'hara", "it's %s %d %%"),
        ("two  words", " spaces  in and around "),
        ("$(id)", "$HOME $(id) `id` ${x}"),
        (r"back\slash", r"back\slash\\n\"),
        ("é", "é ß 日本 🐘"),
        ("; comment", "; # = '"),
        ("*", "*"),
    ];
    let mut spec = String::from("databases = [{ name = 'orders' }]\npooler = {}\n");
    let mut secret = PASSWORDS.to_vec();
    let keys: Vec<String> = (0..roles.len())
        .map(|index| format!("key-{index}"))
        .collect();
    for ((name, password), key) in roles.iter().zip(&keys) {
        let name = toml::Value::from(*name);
        let _ = writeln!(
            spec,
            "[[roles]]\nname = {name}\npassword = {{ secret = 'orders-postgres', key = '{key}' }}"
        );
        secret.push((key, password));
    }
    let stack = Stack::new(&spec, &secret);
    let all_log_in = || {
        for (name, password) in roles {
            let output = log_in(&stack.client, name, password, "orders");
            assert_eq!(output.expect_success(), name);
        }
    };
    all_log_in();
    // Rendered by dash, as an image of Debian's would, it is the same text.
    let users = |pooler: &Pod| {
        let output = pooler.exec(&["cat", "/run/pgbouncer/userlist.txt"]);
        output.expect_success().to_owned()
    };
    let by_busybox = users(&stack.poolers[0]);
    let cluster = &stack.shop.cluster;
    cluster.edit("Deployment", "orders-pooler", |deployment| {
        deployment["spec"]["template"]["spec"]["initContainers"][0]["image"] =
            "docker.io/library/postgres:17.12-bookworm".into();
    });
    let by_dash = cluster.start_deployment_pod("orders-pooler");
    by_dash.wait_ready(SOON);
    assert_eq!(users(&by_dash), by_busybox);
    all_log_in();
}

/// The poolers that run are left alone: a rollout waits for a pod that never gets ready.
#[test]
fn a_password_that_cannot_be_used_stops_the_new_pooler_with_advice() {
    let shop = Shop::new(SPEC, &PASSWORDS);
    for (password, advice) in [
        ("Zq7two\nlines", "must be exactly one line"),
        ("Zq7carriage\r\n", "must be exactly one line"),
        ("\n", "is empty"),
        ("SCRAM-SHA-256$4096:abc", "looks like a hash"),
        ("md5900150983cd24fb0d6963f7d28e17f72", "looks like a hash"),
    ] {
        shop.secret(&[("superuser", "of the superuser"), ("role.orders", password)]);
        let pooler = shop.cluster.start_deployment_pod("orders-pooler");
        pooler.wait_until("it was refused", SOON, |pooler| {
            pooler.termination_of("render").is_some()
        });
        let end = pooler.termination_of("render").unwrap();
        assert_eq!(end.code, 3, "{end:#?}");
        assert_eq!(end.message.lines().count(), 1, "{end:#?}");
        assert!(
            end.message.contains(advice) && end.message.contains("role \"orders\""),
            "{end:#?}"
        );
        assert!(!end.message.contains("Zq7"), "{end:#?}");
        pooler.delete();
    }
}

/// As the runbook has it: the Secret, bootstrap, then new poolers.
#[test]
fn a_changed_password_is_known_to_new_poolers() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    let log_in = |password| log_in(&stack.client, "orders", password, "orders");
    log_in("of orders").expect_success();
    let after = [
        ("superuser", "of the superuser"),
        ("role.orders", "another"),
    ];
    stack.shop.secret(&after);
    stack.shop.again("again").expect_success();
    expect_refused(&log_in("another"));
    for old in &stack.poolers {
        let new = stack.shop.cluster.start_deployment_pod("orders-pooler");
        new.wait_ready(SOON);
        old.delete_within(Duration::ZERO);
    }
    log_in("another").expect_success();
    expect_refused(&log_in("of orders"));
}
