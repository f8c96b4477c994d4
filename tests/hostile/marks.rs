//! What tells our Jobs whose a database is, and the locks that they take: no owner writes the one or takes the other.

use crate::backup::deployed::Deployed;
use crate::backup::faults::{expect_refused, wait_for_line};
use crate::backup::mutant::Mutant;
use crate::bootstrap::shop::{Hold, ask};
use crate::kubelet::Pod;

const IMAGE: &str = "17.12-bookworm";

/// Somebody who may log in holds all locks by whose names Jobs wait for each other.
const LOCKS: &str = "select pg_advisory_lock(hashtextextended('underpin ' || what, 0)) from unnest(array['backup', 'restore', 'bootstrap']) as what; select pg_sleep(600)";

#[test]
fn no_one_else_takes_the_locks_of_jobs() {
    let deployed = Deployed::new(IMAGE, "", |_: &Pod| {});
    let client = deployed.shop.client();
    for database in ["postgres", "orders"] {
        let lock = format!(
            "PGHOST=orders PGUSER=orders PGDATABASE={database} PGPASSWORD='of orders' psql -X -q -c \"{LOCKS}\" >/dev/null 2>&1 &"
        );
        client.exec(&["bash", "-c", &lock]).expect_success();
    }
    let there = ask(&client, "orders", "of orders", "underpin", "select 1");
    assert!(
        there
            .stderr
            .contains("permission denied for database \"underpin\""),
        "{there:#?}"
    );
    deployed.back_up("backup-1");
    deployed
        .restore("restore-1", &[("INTO", "again")])
        .expect_success();
    deployed.shop.again("bootstrap-again").expect_success();

    // Who waits is told for whom.
    let key = deployed.sql("underpin", "select hashtextextended('underpin backup', 0)");
    let lock = format!("select pg_advisory_lock({key})");
    let hold = Hold::new(&deployed.server, "underpin", &lock);
    let waiting = deployed.start_backup("backup-2", &[]);
    let line = "event=lock name=server result=waiting seconds=0 message=\"another underpin backup runs, and this waits for its end: process ";
    wait_for_line(&waiting.pod(), line, 1);
    let log = waiting.pod().log();
    assert!(
        log.contains("of role \\\"postgres\\\" from the server itself, since 20"),
        "{log}"
    );
    hold.release();
    waiting.wait().expect_success();
}

/// The backups of a server that is lost are nobody's until a person has said so.
#[test]
fn a_comment_makes_no_backup_ours() {
    let deployed = Deployed::new(IMAGE, "backup.volume.keep = { last = 1 }", |_: &Pod| {});
    let first = deployed.back_up("backup-1");
    let foreign = "7000000000000000001";
    let lost = Mutant::of(&deployed, &first, "20260102T030405Z-other");
    lost.say("system_identifier", &format!("\"{foreign}\""));
    let ids = deployed.ids();
    let client = deployed.shop.client();
    let comment = format!(
        "comment on database orders is 'underpin: restored {} of server {foreign} in shop'",
        lost.id
    );
    ask(&client, "orders", "of orders", "orders", &comment).expect_success();
    let result = deployed.start_backup("forged", &[]).wait();
    expect_refused(&result, &["older backups of this name exist", foreign]);
    assert_eq!(deployed.ids(), ids, "nothing is published or removed");
}
