//! Which backup a restore takes, and what it says when there is none such.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

use super::deployed::pasted;
use super::faults::{IMAGE, expect_refused};
use super::mutant::Mutant;
use super::refused::small;

/// Which backup is chosen: a database that no backup holds ends it right after that.
#[test]
fn backups_that_are_not_there() {
    let deployed = small(IMAGE);
    deployed.refuse("none", &[], &["there are no backups of orders"]);
    let backup = deployed.back_up("backup-1");
    let directory = deployed.directory();
    let owner = fs::metadata(&directory).unwrap();
    chown(&directory, Some(0), Some(0)).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let words = ["the backup volume cannot be read by uid 999"];
    deployed.refuse("unreadable", &[], &words);
    chown(&directory, Some(owner.uid()), Some(owner.gid())).unwrap();
    fs::set_permissions(&directory, owner.permissions()).unwrap();
    let old = Mutant::of(&deployed, &backup, "20260102T030405Z-olden");
    old.say("finished", "\"2026-01-02T03:10:00Z\"");
    let choose = |job: &str, values: &[(&str, &str)], id: &str| {
        let values = [values, &[("DATABASE", "nowhere")]].concat();
        let log = deployed.refuse(job, &values, &["does not hold a database \"nowhere\""]);
        let chosen = log.lines().find(|line| line.ends_with("result=chosen"));
        let chosen = chosen.unwrap_or_else(|| panic!("{log}"));
        assert!(chosen.contains(&format!("id={id} ")), "{id}\n{log}");
    };
    choose("latest", &[], &backup.id);
    choose("by-id", &[("BACKUP", &old.id)], &old.id);
    choose("far", &[("BEFORE", "2040-01-01T00:00:00Z")], &backup.id);
    // Its very second counts, wherever the clock hangs.
    choose(
        "by-then",
        &[("BEFORE", "2026-01-02T04:40:00+01:30")],
        &old.id,
    );
    let words = [
        "no backup had ended by 2026-01-02T03:09:59Z",
        "the oldest is",
        &old.id,
    ];
    deployed.refuse("early", &[("BEFORE", "2026-01-02T03:09:59Z")], &words);
    let words = ["BEFORE is \"yesterday\": write a time of the calendar with its offset"];
    deployed.refuse("yesterday", &[("BEFORE", "yesterday")], &words);
    let id = "20260102T030405Z-other";
    let words = [&*format!("there is no backup {id}"), &backup.id, &old.id];
    deployed.refuse("unknown", &[("BACKUP", id)], &words);
    deployed.refuse(
        "no-id",
        &[("BACKUP", "../orders")],
        &["BACKUP is \"../orders\": write latest"],
    );

    // Of another name, though newest: `latest` is not it.
    let other = Mutant::of(&deployed, &backup, "20400102T030405Z-other");
    other.say("name", "\"other\"");
    choose("not-other", &[], &backup.id);
    // Of another server, though newest: one's own comes first.
    other
        .say("name", "\"orders\"")
        .say("system_identifier", "\"1111\"");
    choose("own-first", &[], &backup.id);
    // With none of one's own, those of the one other server; of two, whose it shall be is to be said.
    let hidden = deployed.directory().join(".hidden");
    fs::rename(deployed.directory().join(&backup.id), &hidden).unwrap();
    old.say("system_identifier", "\"1111\"");
    choose("foreign", &[], &other.id);
    old.say("system_identifier", "\"2222\"");
    let words = [
        "more than one other server",
        "choose one by its id",
        &old.id,
        &other.id,
        "1111",
        "2222",
    ];
    let log = deployed.refuse("several", &[], &words);
    for (id, server) in [(&old.id, "2222"), (&other.id, "1111")] {
        let line = format!("event=choice id={id} server={server} result=possible");
        assert!(log.contains(&line), "{log}");
    }
    choose("of-several", &[("BACKUP", &old.id)], &old.id);
    fs::remove_dir_all(old.path("")).unwrap();
    fs::remove_dir_all(other.path("")).unwrap();
    deployed.refuse("no-more", &[], &["there is no whole backup of orders"]);
}

/// A backup may be published without a database: then an older one is taken only if a person says so.
#[test]
fn the_newest_that_holds_it_is_named() {
    let deployed = small(IMAGE);
    let first = deployed.back_up("backup-1").id;
    let without = [("EXCLUDE", "[\"orders\"]")];
    let excluded = deployed.start_backup("backup-2", &without).wait();
    excluded.expect_success();
    let newest = deployed.ids().pop().unwrap();
    let words = [
        &*format!("the newest backup, {newest}, does not hold a database \"orders\""),
        "which was left out of it (\"the spec excludes it\")",
        "it holds \"postgres\"",
        &*format!("The newest that does is {first}: kubectl"),
    ];
    let result = deployed.restore("latest", &[]);
    expect_refused(&result, &words);
    let values = pasted(&result.message());
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    let result = deployed.restore("pasted", &values);
    let log = result.expect_success().log();
    assert!(
        log.contains(&format!("event=choice id={first} finished=")),
        "{log}"
    );
    // By its id, that one alone is meant.
    let words = [&*format!(
        "backup {newest} does not hold a database \"orders\""
    )];
    deployed.refuse("by-id", &[("BACKUP", &newest)], &words);
    // Nor is it named where a newer one is damaged.
    let damaged = deployed.back_up("backup-3");
    let folder = deployed.directory().join(&damaged.id);
    fs::remove_file(folder.join("manifest.json")).unwrap();
    let words = [
        &*format!(
            "the newest backup is {}, and it cannot be restored",
            damaged.id
        ),
        &*format!("The newest that can be is {first}: kubectl"),
    ];
    deployed.refuse("damaged", &[], &words);
}
