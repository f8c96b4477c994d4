//! A backup of an older major is restored on a newer one; the other way round it is refused.

use std::fs;

use super::deployed::{Backup, CLAIM, Deployed};
use crate::fixture;
use crate::kubelet::Pod;

/// Backed up on one, and its volume given to the other.
#[track_caller]
fn moved(from: &str, to: &str) -> (Deployed, Deployed, Backup) {
    let old = Deployed::new(from, "", |server: &Pod| fixture::load(server, "orders"));
    let backup = old.back_up("backup-1");
    let roles = |server: &Pod| fixture::load_files(server, "orders", &["roles.sql"]);
    let new = Deployed::new(to, "", roles);
    let claim = new.shop.cluster.claim(CLAIM);
    fs::rename(old.directory(), claim.path("orders")).unwrap();
    (old, new, backup)
}

/// What both majors tell in the same words.
const TOLD: [&str; 3] = [
    "select count(*), md5(string_agg(e::text, ',' order by at, id)) from parts.events e",
    "select count(*), md5(string_agg(o::text, ',' order by o::text)) from rows.forced o",
    "select string_agg(format('%s %s %s %s', relkind, nspname, relname, pg_get_userbyid(relowner)), ',' order by nspname, relname)
     from pg_class c join pg_namespace n on n.oid = relnamespace where relkind <> 't' and nspname not in ('pg_catalog', 'pg_toast', 'information_schema')",
];

#[track_caller]
pub(crate) fn comes_over(from: &str, to: &str) {
    let (old, new, backup) = moved(from, to);
    let result = new.restore("restore-1", &[]);
    let log = result.expect_success().log();
    assert!(log.contains("event=proof result=equal objects="), "{log}");
    assert!(log.contains(" result=other-words"), "{log}");
    for question in TOLD {
        let answer = old.sql("orders", question);
        assert_eq!(new.sql("orders_restored", question), answer, "{question}");
    }
    for (number, (change, words)) in [
        (
            "drop index parts.\"by what\"",
            "object=\"Name: by what; Type: INDEX; Schema: parts; Owner: orders\" result=missing",
        ),
        (
            "revoke select on shared.of_orders from public",
            "Type: ACL; Schema: shared; Owner: orders\" result=",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let (log, message) = new.restore_changed(&format!("changed-{number}"), &backup, change);
        assert!(message.contains(words), "`{words}` in {message}\n{log}");
    }
}

#[test]
fn from_15_to_18() {
    comes_over("15.20-bookworm", "18.7-bookworm");
}

#[test]
fn not_from_18_to_17() {
    let (_, new, backup) = moved("18.7-bookworm", "17.12-bookworm");
    let words = [
        &backup.id,
        "is of PostgreSQL 18, a newer major version than the server's 17",
    ];
    new.refuse("restore-1", &[], &words);
}
