//! Which backup is the newest, and whose it is, is told by the server: no clock and no copy of it says otherwise.

use std::process::Command;

use crate::backup::deployed::{Deployed, pasted};
use crate::backup::faults::expect_refused;
use crate::backup::mutant::Mutant;
use crate::kubelet::Pod;
use crate::server::SOON;

const IMAGE: &str = "17.12-bookworm";

fn deployed() -> Deployed {
    Deployed::new(
        IMAGE,
        "backup.volume.keep = { last = 1, minimum = 1 }",
        |_: &Pod| {},
    )
}

impl Deployed {
    /// Stops the server, does something with its volume, and starts it.
    #[track_caller]
    fn restart(&mut self, meanwhile: &str) {
        self.server.delete();
        let data = self.shop.cluster.claim("orders-data").path("");
        let done = Command::new("bash")
            .args(["-euc", meanwhile])
            .current_dir(data)
            .status();
        assert!(done.unwrap().success());
        self.server = self.shop.start_server();
        self.server.wait_ready(SOON);
    }
}

#[test]
fn a_clock_that_is_wrong_publishes_nothing() {
    let deployed = deployed();
    for (number, by) in ["+2h", "-30d"].into_iter().enumerate() {
        deployed.shop.cluster.shift_clock(by);
        let result = deployed
            .start("orders-backup-nightly", &format!("wrong-{number}"), &[])
            .wait();
        expect_refused(
            &result,
            &[
                "differs from that of the server's node by",
                "set the clock that is wrong",
            ],
        );
        assert!(deployed.ids().is_empty());
    }
    deployed.shop.cluster.shift_clock("");
    deployed.back_up("right");
}

/// One that was made when both clocks were ahead.
#[test]
fn a_time_that_is_to_come_makes_no_backup_the_newest() {
    let deployed = deployed();
    deployed.sql(
        "orders",
        "set role orders; create table public.t as select 'old' as what",
    );
    let first = deployed.back_up("backup-1");
    let ahead = Mutant::of(&deployed, &first, "20360102T030405Z-ahead");
    std::fs::remove_dir_all(deployed.directory().join(&first.id)).unwrap();
    deployed.sql("orders", "update public.t set what = 'new'");
    let log = deployed
        .start_backup("backup-2", &[])
        .wait()
        .expect_success()
        .log();
    assert!(
        log.contains(&format!("event=prune id={} result=removed", ahead.id)),
        "{log}"
    );

    let second = deployed.newest(String::new());
    let again = Mutant::of(&deployed, &second, "20360102T030405Z-again");
    again.say("number", "1");
    deployed
        .restore("latest", &[("INTO", "again")])
        .expect_success();
    let list = deployed.list("list", &[]).log();
    let place = |id: &str| list.find(id).unwrap();
    assert!(place(&second.id) < place(&again.id), "{list}");
}

/// A snapshot of the volume is put back, or a copy of it runs elsewhere: it has the same name and identifier.
#[test]
fn what_a_copy_has_made_is_not_this_servers_own() {
    let mut deployed = deployed();
    deployed.sql(
        "orders",
        "set role orders; create table public.t as select 1 as n",
    );
    deployed.back_up("backup-1");
    deployed.restart("cp -a pgdata ../copy");
    let log = deployed.back_up("backup-2").log;
    // It may be a copy itself: once, it removes nothing.
    assert!(log.contains("event=prune result=postponed"), "{log}");
    assert_eq!(deployed.ids().len(), 2);
    let made = deployed.back_up("backup-3");
    assert_eq!(deployed.ids(), [made.id.as_str()]);

    deployed.restart("rm -rf pgdata; mv ../copy pgdata");
    let ids = deployed.ids();
    let words = [
        "a copy of this server has backed up under this name",
        &made.id,
        "ADOPT=all",
    ];
    let result = deployed.start_backup("backup-4", &[]).wait();
    expect_refused(&result, &words);
    assert_eq!(deployed.ids(), ids, "nothing is published or removed");
    let result = deployed.restore("latest", &[("INTO", "again")]);
    expect_refused(
        &result,
        &[
            "was made by a copy of this server",
            "it has made none of them",
        ],
    );
    let values = pasted(&result.message());
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    deployed.restore("said", &values).expect_success();

    let result = deployed
        .start_backup("backup-5", &[("ADOPT", "all")])
        .wait();
    let log = result.expect_success().log();
    assert!(
        log.contains(&format!("event=adopted id={}", made.id)),
        "{log}"
    );
    let last = deployed.newest(log);
    assert_eq!(last.manifest["number"], 4);
    deployed.back_up("backup-6");
}

#[test]
fn nobody_else_reads_a_backup() {
    let deployed = deployed();
    let backup = deployed.back_up("backup-1");
    let open = Command::new("find")
        .args([
            &deployed.directory(),
            &deployed.directory().join(&backup.id),
        ])
        .args(["-perm", "/077", "-print"])
        .output()
        .unwrap();
    let open = String::from_utf8(open.stdout).unwrap();
    assert_eq!(open, "");
}
