//! What a managed server does not let its owner do: it says so, and what serves goes on serving.

use super::door::expect_refused;
use super::endpoint::Endpoint;
use crate::backup::oracle::Content;

#[test]
fn what_belongs_to_others() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    endpoint.sql(
        "neondb",
        "create table public.of_admin (n int); alter table public.of_admin owner to cloud_admin;
         create table public.of_stranger (n int); alter table public.of_stranger owner to stranger;",
    );
    let backup = deployed.back_up("backup-1");
    let databases = backup.manifest["databases"].as_array().unwrap();
    assert_eq!(databases[0]["needs_superuser"], 1, "{databases:?}");
    let words = [
        "a superuser is needed",
        "of_admin",
        "a managed server has none for us",
    ];
    expect_refused(&deployed.restore("of-superuser", &[]), &words);
    endpoint.sql("neondb", "drop table public.of_admin");
    deployed.back_up("backup-2");
    let words = [
        "may not restore for an owner",
        "stranger",
        "with inherit true, set true",
    ];
    expect_refused(&deployed.restore("of-stranger", &[]), &words);
    let words = ["AS_SUPERUSER", "no superuser to log in as"];
    expect_refused(
        &deployed.restore("as-superuser", &[("AS_SUPERUSER", "true")]),
        &words,
    );
    endpoint.sql("neondb", "drop table public.of_stranger");
    let before = Content::of(&deployed.server, "neondb");
    deployed.back_up("backup-3");

    // The one that serves is another's by now.
    endpoint.sql("postgres", "alter database neondb owner to stranger");
    let words = [
        "\"neondb\"",
        "its owner is one that neondb_owner is no member of",
        "serves as before",
    ];
    expect_refused(
        &deployed.restore("of-another", &[("REPLACE", "true")]),
        &words,
    );
    endpoint.sql("postgres", "alter database neondb owner to neondb_owner");
    Content::of(&deployed.server, "neondb").expect_equal(&before);
    assert_eq!(endpoint.databases(), "analytics neondb");
    endpoint.expect_nobody();
}

#[test]
fn the_swap() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    let before = Content::of(&deployed.server, "neondb");
    deployed.back_up("backup-1");
    endpoint.sql("neondb", "delete from shop.items where id > 1000");
    let serving = Content::of(&deployed.server, "neondb");

    // The control plane refuses to rename this one: what was made is kept beside it.
    endpoint.mode("refuse alter database neondb rename to");
    let log = deployed.restore("refused-1", &[("REPLACE", "true")]);
    let words = [
        "refuses to rename \"neondb\"",
        "HTTP code 409 from control plane",
        "serves as before",
        "is proven",
        "neondb_restored_",
    ];
    expect_refused(&log, &words);
    endpoint.mode("plain");
    endpoint.expect_nobody();
    Content::of(&deployed.server, "neondb").expect_equal(&serving);
    let there = endpoint.databases();
    let kept = there
        .split(' ')
        .find(|name| name.starts_with("neondb_restored_"));
    let kept = kept.unwrap_or_else(|| panic!("{there}"));
    Content::of(&deployed.server, kept)
        .without(&["FOR ROLE cloud_admin"])
        .expect_equal(&before.without(&["FOR ROLE cloud_admin"]));
    assert_eq!(there, format!("analytics neondb {kept}"));

    // Every rename: it stays where it was made, and no other restore drops it without a word.
    endpoint.mode("refuse rename to");
    let result = deployed.restore("refused-2", &[("REPLACE", "true")]);
    expect_refused(
        &result,
        &[
            "refuses to rename",
            "is proven, is the database \"underpin_restoring\"",
        ],
    );
    endpoint.mode("plain");
    endpoint.expect_nobody();
    Content::of(&deployed.server, "neondb").expect_equal(&serving);
    assert_eq!(endpoint.databases(), format!("{there} underpin_restoring"));
    let result = deployed.restore("kept", &[("REPLACE", "true")]);
    let words = [
        "underpin_restoring is there, which an earlier restore has proven and could not rename",
        "drop database",
    ];
    expect_refused(&result, &words);
    endpoint.sql("neondb", "drop database underpin_restoring");
    deployed
        .restore("again", &[("REPLACE", "true")])
        .expect_success();
    assert!(!endpoint.databases().contains("underpin_restoring"));
    endpoint.expect_nobody();
}
