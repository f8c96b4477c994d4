//! A volume or a Secret that the server cannot use: it says so in one sentence, makes nothing, and
//! changes nothing.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use super::{
    DEBIAN_17, MEBIBYTE, SOON, apply, deploy, deploy_on, give_secret, listing, log_in, query, spec,
    start,
};
use crate::kubelet::{Cluster, Phase};

/// What a volume holds: a path that ends with `/`, or a file; its owner, its mode, its content.
type Entry = (&'static str, u32, u32, &'static str);

/// What is on the volume, and what the server then says.
const VOLUMES: [(&str, &[Entry], &str); 9] = [
    (
        "another major",
        &[
            ("pgdata/", 999, 0o700, ""),
            ("pgdata/PG_VERSION", 999, 0o600, "14\n"),
        ],
        "the database in PGDATA is of PostgreSQL 14, and this image is PostgreSQL MAJOR: go back to an image of 14; for a new major, restore a backup into a new volume",
    ),
    (
        "an empty version",
        &[
            ("pgdata/", 999, 0o700, ""),
            ("pgdata/PG_VERSION", 999, 0o600, ""),
        ],
        "the database in PGDATA is of PostgreSQL ?, and this image is PostgreSQL MAJOR: go back to an image of the old major; for a new major, restore a backup into a new volume",
    ),
    (
        "another user's",
        &[
            ("pgdata/", 26, 0o755, ""),
            ("pgdata/PG_VERSION", 26, 0o644, "17\n"),
        ],
        "PGDATA belongs to uid 26, and this server runs as uid UID (Debian images use 999, Alpine images 70): go back to the image that made it, or restore a backup into a new volume",
    ),
    (
        "the stock image's own layout",
        &[("PG_VERSION", 999, 0o600, "17\n")],
        "there is no database in PGDATA, but VOLUME on the same volume is one: move it to PGDATA, or use an empty volume; no empty database is made beside it",
    ),
    (
        "the stock image's layout below a folder",
        &[
            ("data/", 999, 0o755, ""),
            ("data/PG_VERSION", 999, 0o644, "17\n"),
        ],
        "there is no database in PGDATA, but VOLUME/data on the same volume is one: move it to PGDATA, or use an empty volume; no empty database is made beside it",
    ),
    (
        "the layout of the stock image of 18",
        &[
            ("18/", 999, 0o755, ""),
            ("18/docker/", 999, 0o755, ""),
            ("18/docker/PG_VERSION", 999, 0o644, "18\n"),
        ],
        "there is no database in PGDATA, but VOLUME/18/docker on the same volume is one: move it to PGDATA, or use an empty volume; no empty database is made beside it",
    ),
    (
        "a folder that may hide one",
        &[
            ("old/", 26, 0o700, ""),
            ("old/PG_VERSION", 26, 0o600, "17\n"),
        ],
        "there is no database in PGDATA, and uid UID may not look into VOLUME/old (owner and mode: 26:26 700), which may hold one: move it away, or use an empty volume",
    ),
    (
        "something else in the place of a database",
        &[
            ("pgdata/", 999, 0o700, ""),
            ("pgdata/notes", 999, 0o600, ""),
        ],
        "PGDATA is not empty and is no database (it has no PG_VERSION): move what is in it away, or restore the volume it came from",
    ),
    (
        "a file in the place of a database",
        &[("pgdata", 999, 0o600, "")],
        "PGDATA is not a directory: move it away",
    ),
];

#[test]
fn a_volume_of_something_else_is_refused_and_left_alone() {
    refuses_volumes(DEBIAN_17, "/var/lib/postgresql/data");
}

#[test]
fn an_18_makes_no_database_beside_that_of_a_17() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let old = start(&cluster);
    query(&old, "create table t as select 1 as a");
    old.delete();
    let before = listing(&cluster);

    apply(&cluster, &spec("18.1-bookworm", ""));
    assert_eq!(
        refusal(&cluster),
        "the database in /var/lib/postgresql/pgdata is of PostgreSQL 17, and this image is PostgreSQL 18: \
         go back to an image of 17; for a new major, restore a backup into a new volume\n"
    );
    assert_eq!(listing(&cluster), before);

    // What it advises.
    apply(&cluster, &spec(DEBIAN_17, ""));
    assert_eq!(query(&start(&cluster), "select a from t"), "1");
}

#[test]
fn a_volume_that_cannot_be_written_is_refused() {
    let cluster = deploy_on(&spec(DEBIAN_17, ""), 64 * MEBIBYTE);
    give_secret(&cluster);
    // What a driver does that knows no groups.
    cluster.edit("StatefulSet", "orders", |set| {
        set["spec"]["template"]["spec"]["securityContext"]["fsGroup"] = serde_json::Value::Null;
    });
    assert_eq!(
        refusal(&cluster),
        "the volume at /var/lib/postgresql/data is not writable for uid 999 (owner and mode: 0:0 755): on \
         the storage side, chown its top directory to 999:999, or mount it read-write\n"
    );
}

#[test]
fn a_pod_waits_for_its_secret_and_for_the_key() {
    let cluster = deploy_on(&spec(DEBIAN_17, ""), 512 * MEBIBYTE);
    let pod = cluster.start_stateful_set("orders");
    pod.wait_for_event("secret \"orders-postgres\" not found", SOON);
    cluster.secret("orders-postgres", &[("superusr", "typo")]);
    pod.wait_for_event("references non-existent secret key: superuser", SOON);
    assert_eq!((pod.phase(), pod.log().as_str()), (Phase::Pending, ""));
    give_secret(&cluster);
    pod.wait_ready(SOON);
}

#[test]
fn a_secret_without_a_password_is_refused() {
    refuses_passwords(DEBIAN_17);
}

/// Every password that is none.
pub(crate) fn refuses_passwords(image: &str) {
    let missing = "is empty: put a password there";
    let blank = "holds no password but an empty line: put a password there";
    let lines = "must hold exactly one line, without carriage returns and NUL bytes: write it with printf '%s', not with an editor";
    let cluster = deploy_on(&spec(image, ""), 512 * MEBIBYTE);
    for (password, why) in [
        ("", missing),
        ("\n", blank),
        ("one\ntwo\n", lines),
        ("one\n\n", lines),
        ("one\r\n", lines),
    ] {
        cluster.secret("orders-postgres", &[("superuser", password)]);
        let said = refusal(&cluster);
        let expected = format!(
            "the password file /secrets/superuser (a key of the Secret) {why}; the first start needs the \
             superuser's password\n"
        );
        assert_eq!(said, expected, "{password:?}");
        assert!(!cluster.claim("orders-data").path("pgdata").exists());
    }
    // What an editor leaves at the end is no part of it.
    cluster.secret("orders-postgres", &[("superuser", "it's $(PGDATA)\n")]);
    log_in(&start(&cluster)).expect_success();
}

/// Every volume of the table, on an image whose claim is mounted there.
pub(crate) fn refuses_volumes(image: &str, mounted: &str) {
    let alpine = image.contains("alpine");
    let owner = if alpine { 70 } else { 999 };
    for (what, entries, said) in VOLUMES {
        let cluster = deploy_on(&spec(image, ""), 64 * MEBIBYTE);
        give_secret(&cluster);
        let top = cluster.claim("orders-data").path("");
        make(&top, entries, owner);
        let before = everything(&top);
        let said = said
            .replace("PGDATA", &format!("{mounted}/pgdata"))
            .replace("VOLUME", mounted)
            .replace("MAJOR", image.split('.').next().unwrap())
            .replace("UID", &owner.to_string());
        assert_eq!(refusal(&cluster), format!("{said}\n"), "{what}");
        assert_eq!(everything(&top), before, "{what}");
    }
}

/// Makes what a volume holds; the server's own user is written as Debian's.
fn make(top: &Path, entries: &[Entry], server: u32) {
    // As kubelet leaves it after it was mounted once: the group is the pod's, and is not given again.
    chown(top, None, Some(server)).unwrap();
    fs::set_permissions(top, fs::Permissions::from_mode(0o2775)).unwrap();
    for (path, owner, mode, content) in entries {
        let owner = if *owner == 999 { server } else { *owner };
        let target = top.join(path);
        if path.ends_with('/') {
            fs::create_dir(&target).unwrap();
        } else {
            fs::write(&target, content).unwrap();
        }
        chown(&target, Some(owner), Some(owner)).unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(*mode)).unwrap();
    }
}

/// How the server's container ends, again and again: always with 3, and always with this message.
fn refusal(cluster: &Cluster) -> String {
    let pod = cluster.start_stateful_set("orders");
    pod.wait_for_restarts(2, SOON);
    let end = pod.termination().unwrap();
    assert_eq!(end.code, 3, "{}", pod.story());
    pod.kill_all();
    // The log's end, for want of a message: the last line is what matters.
    let line = end.message.lines().next_back().unwrap_or_default();
    format!("{line}\n")
}

/// Every path of a volume with its owner, mode and length, but the lock.
fn everything(top: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let entries = walkdir::WalkDir::new(top).min_depth(1).sort_by_file_name();
    entries
        .into_iter()
        .map(|entry| {
            let entry = entry.unwrap();
            let found = entry.metadata().unwrap();
            format!(
                "{} {}:{} {:o} {}",
                entry.path().display(),
                found.uid(),
                found.gid(),
                found.mode(),
                if found.is_file() { found.len() } else { 0 }
            )
        })
        .filter(|line| !line.contains("/.underpin-lock "))
        .collect()
}
