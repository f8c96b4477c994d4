//! A restore that takes the place of a database under the pooler's clients.

use std::thread;
use std::time::Duration;

use super::{ORDERS, PASSWORDS, SPEC, Stack, is_there, said, stay};
use crate::bootstrap::shop::{ask, wait_for};

#[test]
fn clients_of_the_pooler_find_the_restored_database() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    let (cluster, client) = (&stack.shop.cluster, &stack.client);
    cluster.secret("orders-restore", &[("password", "of restore")]);
    stack.shop.again("again").expect_success();
    said(client, "create table things as select 'then' as what");
    cluster.create_job_from_cron_job("backup", "orders-backup-nightly");
    cluster.run_job("backup").expect_success();
    said(client, "update things set what = 'now'");

    let waits = stay(
        client,
        &ORDERS,
        "select what from things where false",
        "select what from things",
    );
    wait_for("it has asked", || is_there(client));
    cluster.create_job_from_cron_job_with("restore", "orders-restore", &[("REPLACE", "true")]);
    let restore = cluster.start_job("restore");
    let done = thread::spawn(move || {
        restore.wait().expect_success();
    });
    let mut answers = Vec::new();
    while !done.is_finished() {
        let answer = ask(
            client,
            "orders",
            "of orders",
            "orders",
            "select what from things",
        );
        answers.push(answer.stdout.trim_end().to_owned());
        thread::sleep(Duration::from_millis(50));
    }
    done.join().unwrap();
    // The one that stayed connected to the pooler finds it without connecting again; but who asks in
    // the moment of the rename is told by PostgreSQL that the database is not there, and PgBouncer says
    // so for a second more.
    client.exec(&["touch", "/tmp/go"]).expect_success();
    let answer = waits.join().unwrap();
    if answer.code == Some(0) {
        assert_eq!(answer.stdout.trim(), "then");
    } else {
        assert!(answer.stderr.contains("server_login_retry"), "{answer:?}");
    }
    wait_for("the restored one is found", || {
        let sql = "select what from things";
        ask(client, "orders", "of orders", "orders", sql).stdout == "then\n"
    });
    // One database, then the other; who is cut off between the two is answered nothing.
    answers.retain(|answer| !answer.is_empty());
    assert!(
        answers.is_sorted_by_key(|answer| *answer == "then"),
        "{answers:?}"
    );
}
