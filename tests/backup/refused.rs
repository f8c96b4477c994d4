//! Restores that are refused by name before anything is made: because of the backup, of what it
//! needs, or of who asks.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::applications::SCRIPTS;
use super::deployed::{Backup, Deployed, pasted};
use super::faults::{IMAGE, expect_refused};
use super::mutant::Mutant;
use crate::fixture;
use crate::kubelet::Pod;

impl Deployed {
    /// Refuses all copies of a backup, each changed in its own way.
    #[track_caller]
    fn refuse_all(&self, backup: &Backup, ways: &[Way]) {
        for (number, (change, words)) in ways.iter().enumerate() {
            let id = format!("20260102T0304{number:02}Z-chang");
            let mutant = Mutant::of(self, backup, &id);
            change(&mutant, &backup.folder("orders"));
            let job = format!("changed-{number}");
            let log = self.refuse(&job, &[("BACKUP", &id)], words);
            assert!(log.contains(&id), "{log}");
            fs::remove_dir_all(mutant.path("")).unwrap();
        }
    }
}

/// A change of a copy, whose folder of the database is told, and what is said of it.
type Way = (fn(&Mutant, &str), &'static [&'static str]);

/// Damaged: the sums were right once.
const DAMAGED: [Way; 12] = [
    (
        |mutant, folder| {
            let file = mutant.path(&mutant.rows(folder));
            let mut bytes = fs::read(&file).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(file, bytes).unwrap();
        },
        &[
            "is damaged",
            "/dump/",
            ".dat",
            "is not what was written",
            "orders-backups",
        ],
    ),
    (
        |mutant, folder| {
            let file = fs::File::options();
            let file = file
                .clone()
                .write(true)
                .open(mutant.path(&mutant.rows(folder)));
            let file = file.unwrap();
            file.set_len(file.metadata().unwrap().len() - 1).unwrap();
        },
        &["is damaged", "/dump/", ".dat"],
    ),
    (
        |mutant, folder| fs::remove_file(mutant.path(&mutant.rows(folder))).unwrap(),
        &["is damaged", "/dump/", ".dat"],
    ),
    (
        |mutant, folder| fs::remove_file(mutant.path(&format!("{folder}/proof.jsonl"))).unwrap(),
        &["is damaged", "/proof.jsonl"],
    ),
    (
        |mutant, _| mutant.edit("manifest.json", "\"nightly\"", "\"weekly\""),
        &["is damaged or was never finished", "choose another"],
    ),
    (
        |mutant, folder| mutant.edit("SHA256SUMS", &format!("./{folder}/"), "./9/"),
        &["is damaged: SHA256SUMS"],
    ),
    (
        |mutant, _| fs::remove_file(mutant.path("SHA256SUMS")).unwrap(),
        &["is damaged: SHA256SUMS"],
    ),
    (
        |mutant, _| fs::remove_file(mutant.path("manifest.sha256")).unwrap(),
        &["is damaged or was never finished"],
    ),
    (
        |mutant, _| fs::remove_file(mutant.path("manifest.json")).unwrap(),
        &["is damaged or was never finished"],
    ),
    (
        |mutant, _| {
            fs::remove_file(mutant.path("SHA256SUMS")).unwrap();
            pipe(&mutant.path("SHA256SUMS"));
        },
        &["is damaged: SHA256SUMS is not what was written"],
    ),
    (
        |mutant, folder| {
            let file = mutant.path(&mutant.rows(folder));
            fs::remove_file(&file).unwrap();
            pipe(&file);
        },
        &["is damaged", "/dump/", ".dat"],
    ),
    // Somebody gave a backup another name.
    (
        |mutant, _| {
            mutant.say("id", "\"20260102T030405Z-other\"");
        },
        &["is damaged or was never finished"],
    ),
];

/// Whole, but not for this server or this Underpin.
const UNFIT: [Way; 12] = [
    (
        |mutant, _| {
            mutant.say("format", "2");
        },
        &["has the format 2", "RESTORE.md"],
    ),
    (
        |mutant, _| {
            mutant.say("proof", "9");
        },
        &["has a proof of version 9", "RESTORE.md"],
    ),
    (
        |mutant, _| {
            mutant.say("server_version", "\"19.1\"");
        },
        &[
            "is of PostgreSQL 19, a newer major version than the server's 17",
            "use an image of PostgreSQL 19",
        ],
    ),
    (
        |mutant, _| {
            mutant.say("client_version", "\"19beta1\"");
        },
        &["client of PostgreSQL 19, newer than the 17"],
    ),
    (
        |mutant, _| {
            mutant.say("name", "\"other\"");
        },
        &["is one of \"other\", not of orders"],
    ),
    (
        |mutant, folder| describe(mutant, folder, "\"roles\": [", "\"nobody_here\","),
        &[
            "a role is missing",
            "nobody_here",
            "add it to the roles of the spec",
        ],
    ),
    (
        |mutant, folder| describe(mutant, folder, "\"owners\": [", "\"later\","),
        &[
            "another role than the database's owner owns something in it",
            "later",
            "OWNERS=",
        ],
    ),
    (
        |mutant, folder| {
            let extension = "{\"name\": \"no_such\", \"version\": \"1\", \"schema\": \"public\", \"owner\": \"orders\", \"relocatable\": true}";
            describe(mutant, folder, "\"extensions\": [", extension);
        },
        &[
            "does not have an extension",
            "no_such",
            "use an image that has it",
        ],
    ),
    (
        |mutant, folder| describe(mutant, folder, "\"tablespaces\": [", "\"fast disks\""),
        &["cannot take it", "fast disks", "tablespace"],
    ),
    // The name would say something else.
    (
        |mutant, folder| {
            let hostile =
                "{\"kind\": \"table\", \"name\": \"x result=role\", \"why\": \"it is so\"}";
            describe(mutant, folder, "\"superuser\": [", hostile);
        },
        &[
            "a superuser is needed",
            "x result=role",
            "as_superuser = true under [restore]",
        ],
    ),
    (
        |mutant, folder| {
            let hostile = "{\"name\": \" result=superuser\", \"version\": \"1\", \"schema\": \"public\", \"owner\": \"orders\", \"relocatable\": true}";
            describe(mutant, folder, "\"extensions\": [", hostile);
        },
        &[
            "does not have an extension",
            " result=superuser",
            "use an image that has it",
        ],
    ),
    (
        |mutant, folder| {
            fs::remove_file(mutant.path(&mutant.rows(folder))).unwrap();
            mutant.seal();
        },
        &["/dump/"],
    ),
];

/// Begins a list of what the backup says of the database with something more.
fn describe(mutant: &Mutant, folder: &str, list: &str, more: &str) {
    let file = format!("{folder}/database.json");
    mutant.edit(&file, list, &format!("{list}{more}"));
    mutant.seal();
}

/// A database whose tables belong to its owner, as an application makes them.
#[track_caller]
pub(super) fn small(image: &str) -> Deployed {
    Deployed::new(
        image,
        "backup.volume.keep = { last = 50 }",
        |server: &Pod| {
            let tables = "set role orders;
            create table public.wares as select n, md5(n::text) from generate_series(1, 1000) n;
            create table public.others (n int)";
            fixture::run(server, "orders", tables);
        },
    )
}

#[test]
fn damaged_backups() {
    refuses_what_is_damaged(IMAGE);
}

/// busybox says otherwise what it could not check.
#[test]
fn damaged_backups_on_alpine() {
    refuses_what_is_damaged("17.12-alpine3.22");
}

#[track_caller]
fn refuses_what_is_damaged(image: &str) {
    let deployed = small(image);
    let backup = deployed.back_up("backup-1");
    deployed.refuse_all(&backup, &DAMAGED);
    for (number, (change, why)) in NEWEST.iter().enumerate() {
        let newest = deployed.ids().pop().unwrap();
        let newer = Mutant::of(&deployed, &backup, "20400102T030405Z-newer");
        change(&newer, &backup.folder("orders"));
        let job = format!("latest-{number}");
        let words = [
            &*format!(
                "the newest backup is {}, and it cannot be restored",
                newer.id
            ),
            why[0],
            &*format!("The newest that can be is {newest}: kubectl"),
        ];
        let log = deployed.refuse(&job, &[], &words);
        let line = format!("event=choice id={} result=unfit detail=", newer.id);
        assert!(log.contains(&line), "{log}");
        // By its id it is the one that is begun at that time, and no reason for what had ended before.
        let before = [("BEFORE", "2040-01-01T00:00:00Z"), ("DATABASE", "nowhere")];
        let words = ["does not hold a database \"nowhere\""];
        deployed.refuse(&format!("before-{number}"), &before, &words);
        let before = [("BEFORE", "2040-01-02T03:04:05Z")];
        let words = [&*format!(
            "the newest backup that was begun by 2040-01-02T03:04:05Z is {}",
            newer.id
        )];
        deployed.refuse(&format!("by-then-{number}"), &before, &words);
        // Nor does the list look into another one as the latest. (Of a newer proof it knows nothing.)
        if why[0] != "it has a proof of version 9" {
            let result = deployed.list(&format!("verify-{number}"), &[("VERIFY", "latest")]);
            expect_refused(
                &result,
                &["1 of 1 backups must not be restored from", &newer.id],
            );
        }
        // And it stands in no backup's way.
        deployed.back_up(&format!("beside-{number}"));
        fs::remove_dir_all(newer.path("")).unwrap();
    }
    let backup = deployed.back_up("backup-2");
    // The line that it ends with takes the older one.
    let newer = Mutant::of(&deployed, &backup, "20400102T030405Z-newer");
    fs::remove_file(newer.path("manifest.json")).unwrap();
    let result = deployed.restore("latest", &[("INTO", "it's $(id)")]);
    let values = pasted(&result.message());
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    assert!(values.contains(&("BACKUP", &*backup.id)), "{values:?}");
    let result = deployed.restore("pasted", &values);
    let log = result.expect_success().log();
    assert!(log.contains("into=\"it's $(id)\""), "{log}");
    fs::remove_dir_all(newer.path("")).unwrap();
    // So does that of one whose manifest is right, and a file of which is not.
    let newer = Mutant::of(&deployed, &backup, "20400102T030406Z-newer");
    let rows = newer.path(&newer.rows(&backup.folder("orders")));
    fs::write(rows, "none").unwrap();
    let result = deployed.restore("latest-2", &[("INTO", "again")]);
    let words = "is not what was written; choose another backup";
    expect_refused(
        &result,
        &[
            words,
            &format!(
                "The newest before it that holds the database is {}: ",
                backup.id
            ),
        ],
    );
    let values = pasted(&result.message());
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    deployed.restore("pasted-2", &values).expect_success();
}

/// What makes the newest one of no use, and what is said of it.
const NEWEST: [Way; 5] = [
    (
        |mutant, _| mutant.edit("manifest.json", "\"nightly\"", "\"weekly\""),
        &["is damaged or was never finished"],
    ),
    (
        |mutant, _| fs::remove_file(mutant.path("manifest.json")).unwrap(),
        &["is damaged or was never finished"],
    ),
    (
        |mutant, _| {
            mutant.say("format", "2");
        },
        &["it has the format 2, which this Underpin does not know"],
    ),
    (
        |mutant, _| {
            mutant.say("proof", "9");
        },
        &["it has a proof of version 9"],
    ),
    // Whoever opens such a one waits for ever.
    (
        |mutant, _| {
            let file = mutant.path("manifest.sha256");
            fs::remove_file(&file).unwrap();
            pipe(&file);
        },
        &["is damaged or was never finished"],
    ),
];

/// Makes a named pipe.
fn pipe(path: &Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn backups_that_do_not_fit() {
    let deployed = small(IMAGE);
    let backup = deployed.back_up("backup-1");
    deployed.sql("postgres", "create role later");
    deployed.refuse_all(&backup, &UNFIT);

    let none = [("DATABASE", "no \"such\"\none")];
    let words = [
        "does not hold a database \"no \\\"such\\\"\\none\"",
        "it holds ",
        "\"orders\"",
    ];
    deployed.refuse("no-such", &none, &words);
    let words = ["no room", "grow storage.size"];
    deployed.refuse("no-room", &[("STORAGE_BYTES", "20000000")], &words);
    // The CronJob of this spec does not hold the superuser's password.
    let words = ["/secrets/superuser", "as_superuser = true in the spec"];
    deployed.refuse("superuser", &[("AS_SUPERUSER", "true")], &words);

    deployed.shop.hurry(
        SCRIPTS,
        "restore.sh",
        "wait_for_server 10 ",
        "wait_for_server 2 ",
    );
    let cluster = &deployed.shop.cluster;
    cluster.secret("orders-restore", &[("password", "not that")]);
    let words = ["refuses role underpin_restore", "Secret", "bootstrap"];
    deployed.refuse("wrong", &[], &words);
    cluster.secret("orders-restore", &[("password", "")]);
    deployed.refuse("empty", &[], &["/secrets/restore", "is empty"]);
    cluster.remove("Secret", "orders-restore");
    let words = [
        "/secrets/restore",
        "is missing",
        "Secret orders-restore",
        "run bootstrap",
    ];
    deployed.refuse("missing", &[], &words);
    // So it cannot log in any more; the Secret alone does not let it.
    deployed.shop.again("bootstrap-shut").expect_success();
    cluster.secret("orders-restore", &[("password", "of restore")]);
    let words = [
        "refuses role underpin_restore",
        "kubectl -n shop create job orders-bootstrap-$(date +%s) --from=cronjob/orders-bootstrap",
    ];
    deployed.refuse("shut", &[], &words);
    deployed.shop.again("bootstrap-open").expect_success();
    deployed.restore("open", &[]).expect_success();
}
