//! The backup at deploy, whose Job runs again with each change of its pod.

use super::deployed::Deployed;
use super::faults::IMAGE;

const SPEC: &str =
    "databases = [{ name = 'orders' }, { name = 'stock' }]\nbackup.volume.keep = { last = 50 }";

impl Deployed {
    /// One more with these values: how many backups there are then, and what it logs.
    #[track_caller]
    fn at_deploy(&self, job: &str, values: &[(&str, &str)]) -> (usize, String) {
        let mut all = vec![("SCHEDULE", "first"), ("YOUNG_SECONDS", "86400")];
        all.extend(values);
        let log = self.start_backup(job, &all).wait().expect_success().log();
        (self.ids().len(), log)
    }
}

#[test]
fn it_makes_none_beside_a_young_one() {
    let mut deployed = Deployed::with(IMAGE, SPEC, |_| ());
    let only_orders = [("DATABASES", "[\"orders\"]"), ("EXCLUDE", "[\"stock\"]")];
    assert_eq!(deployed.at_deploy("first", &only_orders).0, 1);
    let (count, log) = deployed.at_deploy("same-again", &only_orders);
    assert_eq!(count, 1, "{log}");
    let id = &deployed.ids()[0];
    assert!(
        log.contains(&format!("event=first id={id} result=not-needed")),
        "{log}"
    );
    assert!(
        log.contains(&format!("backup {id} is whole and proven, and 0 hours old")),
        "{log}"
    );

    // It lacks a database of the spec.
    assert_eq!(deployed.at_deploy("one-more-database", &[]).0, 2);
    assert_eq!(deployed.at_deploy("the-same", &[]).0, 2);
    // It is proven otherwise.
    assert_eq!(
        deployed.at_deploy("other-proof", &[("VERIFY", "rows")]).0,
        3
    );
    // It is damaged.
    for id in deployed.ids() {
        let file = deployed.directory().join(id).join("manifest.sha256");
        std::fs::write(file, "none").unwrap();
    }
    assert_eq!(deployed.at_deploy("after-damage", &[]).0, 4);
    deployed.shift_clocks("+25h");
    assert_eq!(deployed.at_deploy("a-day-later", &[]).0, 5);
}
