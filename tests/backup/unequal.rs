//! A restore whose proof does not hold: somebody changes the new database behind its back, and the
//! restore says what differs, keeps it aside, and has touched nothing that serves.

use super::changes::{AGAIN, ALONE, SCHEMA, TOGETHER};
use super::deployed::{Backup, Deployed};
use super::faults::{IMAGE, SCRIPTS, expect_refused, wait_for_line};
use crate::fixture;
use crate::kubelet::Pod;

impl Deployed {
    /// Restores, with a change just before the proof; gives the log and the last line. What is kept aside
    /// goes at the end.
    #[track_caller]
    pub(super) fn restore_changed(
        &self,
        job: &str,
        backup: &Backup,
        change: &str,
    ) -> (String, String) {
        let names = "select string_agg(datname, ' ' order by datname) from pg_database";
        let before = self.sql("postgres", names);
        let running = self.start_restore_held(job, "proof", &[("INTO", "changed")]);
        let pod = running.pod();
        self.sql("underpin_restoring", change);
        pod.go_on();
        let result = running.wait();
        let kept = self.kept_aside();
        let words = [
            &backup.id,
            "is not what was backed up",
            &*format!("It is kept aside, closed, as the database \"{kept}\""),
            "To accept exactly this list: kubectl -n shop create job orders-restore-",
        ];
        expect_refused(&result, &words);
        self.sql("postgres", &format!("drop database \"{kept}\""));
        assert_eq!(self.sql("postgres", names), before, "{}", result.log());
        (result.log(), result.message())
    }
}

#[track_caller]
fn deployed() -> (Deployed, Backup) {
    let deployed = Deployed::new(IMAGE, "", |server: &Pod| {
        fixture::run(server, "orders", SCHEMA);
    });
    let backup = deployed.back_up("backup-1");
    (deployed, backup)
}

#[test]
fn one_change_is_named() {
    let (deployed, backup) = deployed();
    let rows = "select count(*), sum(price) from public.wares";
    let before = deployed.sql("orders", rows);
    for (number, (change, words)) in ALONE.iter().enumerate() {
        let (log, message) = deployed.restore_changed(&format!("alone-{number}"), &backup, change);
        assert!(message.contains(words), "`{words}` in {message}\n{log}");
    }
    // The serving one serves, and what nobody changed is restored.
    assert_eq!(deployed.sql("orders", rows), before);
    let result = deployed.restore("unchanged", &[("INTO", "changed")]);
    let log = result.expect_success().log();
    assert!(log.contains("event=proof result=equal objects="), "{log}");
    assert_eq!(deployed.sql("changed", rows), before);
}

#[test]
fn many_changes_are_all_named() {
    let (deployed, backup) = deployed();
    let changes: Vec<&str> = TOGETHER.iter().map(|(change, _)| *change).collect();
    let (log, message) = deployed.restore_changed("together", &backup, &changes.join(";\n"));
    let missing: Vec<_> = TOGETHER
        .iter()
        .filter(|(_, line)| !log.lines().any(|told| told.starts_with(line)))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}\n{log}");
    assert!(message.contains("more: the log names them"), "{log}");
    for (number, (change, words)) in AGAIN.iter().enumerate() {
        let (log, message) = deployed.restore_changed(&format!("again-{number}"), &backup, change);
        assert!(message.contains(words), "`{words}` in {message}\n{log}");
    }
}

/// A sequence that is used, set back or goes round while the dump runs: what the archive holds counts.
#[test]
fn a_sequence_that_moves_is_no_difference() {
    let deployed = Deployed::new(IMAGE, "", |server: &Pod| {
        let used = "set role orders; create sequence public.used; select setval('public.used', 10);
            create sequence public.round maxvalue 3 cycle; select setval('public.round', 2)";
        fixture::run(server, "orders", used);
    });
    let cluster = &deployed.shop.cluster;
    let line = "event=dump id=";
    cluster.hold_at(SCRIPTS, &[line]);
    let running = deployed.start_backup("backup-1", &[]);
    let pod = running.pod();
    // Each database's dump begins and ends with such a line.
    for number in 1..=4 {
        wait_for_line(&pod, line, number);
        let moves =
            "select setval('public.used', 4), nextval('public.round'), nextval('public.round')";
        deployed.sql("orders", moves);
        pod.go_on();
    }
    running.wait().expect_success();
    cluster.hold_at(SCRIPTS, &[]);
    let result = deployed.restore("restore-1", &[]);
    let log = result.expect_success().log();
    assert!(!log.contains("kind=sequence"), "{log}");
    let value = "select last_value from public.used";
    let value = deployed.sql("orders_restored", value);
    assert!(["10", "4"].contains(&value.trim()), "{value}\n{log}");
}

/// What a backup was not asked to prove, a restore does not; what it was, it does.
#[test]
fn with_less_to_prove_it_proves_that() {
    let (deployed, _) = deployed();
    let update = "update public.wares set price = price + 1 where n = 250";
    let delete = "delete from public.wares where n = 250";
    let ways = [
        (
            "rows",
            delete,
            "kind=table name=\"public.wares\" result=differs expected=\"500 rows\" found=\"499 rows\"",
            update,
        ),
        (
            "decode",
            "drop table public.dropped",
            "kind=table name=\"public.dropped\" field=* result=missing",
            delete,
        ),
    ];
    for (verify, seen, words, unseen) in ways {
        let result = deployed.start_backup(&format!("backup-{verify}"), &[("VERIFY", verify)]);
        result.wait().expect_success();
        let id = deployed.ids().pop().unwrap();
        let backup = Backup {
            id,
            manifest: serde_json::Value::Null,
            log: String::new(),
        };
        let (log, message) = deployed.restore_changed(&format!("seen-{verify}"), &backup, seen);
        assert!(message.contains(words), "`{words}` in {message}\n{log}");
        let values = [("INTO", verify)];
        let running = deployed.start_restore_held(&format!("unseen-{verify}"), "proof", &values);
        deployed.sql("underpin_restoring", unseen);
        running.pod().go_on();
        let log = running.wait().expect_success().log();
        assert!(log.contains("event=proof result=equal objects="), "{log}");
    }
}
