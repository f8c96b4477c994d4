//! What a managed server does not let its owner do: it says so, and what serves goes on serving.

use super::door::expect_refused;
use super::endpoint::Endpoint;
use crate::backup::deployed::Backup;
use crate::backup::oracle::Content;

impl Endpoint {
    /// A backup that counts, and says of what it holds that it does not come back here.
    #[track_caller]
    fn published_but(&self, job: &str, words: &[&str]) -> Backup {
        let result = self.deployed.start_backup(job, &[]).wait();
        let end = (result.succeeded, result.code(), result.pods.len());
        assert_eq!(end, (false, Some(4), 1), "{}", result.log());
        let message = result.message();
        for words in words {
            assert!(message.contains(words), "`{words}` in {message}");
        }
        self.deployed.newest(result.log())
    }
}

#[test]
fn what_belongs_to_others() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    endpoint.sql(
        "neondb",
        "create table public.of_admin (n int); alter table public.of_admin owner to cloud_admin;
         create table public.of_stranger (n int); alter table public.of_stranger owner to stranger;",
    );
    let first = [
        "is published",
        "of_admin",
        "result=superuser",
        "(and 1 more, see the log)",
        "on a server of your own",
    ];
    let backup = endpoint.published_but("backup-1", &first);
    let databases = backup.manifest["databases"].as_array().unwrap();
    assert_eq!(databases[1]["needs_superuser"], 1, "{databases:?}");
    let words = [
        "a superuser is needed",
        "of_admin",
        "a managed server has none for us",
    ];
    expect_refused(&deployed.restore("of-superuser", &[]), &words);
    endpoint.sql("neondb", "drop table public.of_admin");
    // He who has made the role may let us restore for it.
    let words = [
        "of_stranger",
        "result=ungoverned",
        "do=\"console: grant stranger to neondb_owner with inherit true, set true\"",
    ];
    endpoint.published_but("backup-2", &words);
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

/// Whose roles nobody may give out: it is told with the backup, and what is told there helps.
#[test]
fn what_belongs_to_roles_of_the_console() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    endpoint.sql(
        "neondb",
        "set session authorization neondb_owner;
         grant create on database neondb to console; grant create, usage on schema shop to console;
         set session authorization console;
         create schema \"of Console\";
         create table \"of Console\".\"its items\" (n serial primary key, what text);
         insert into \"of Console\".\"its items\" (what) values ('one'), ('two');
         create function shop.of_console(int) returns int language sql as 'select $1';
         create view shop.seen_by_console as select 1 as one;
         create type shop.of_console as enum ('a');",
    );
    let words = [
        "\"of Console\\\"",
        "result=ungoverned",
        "it belongs to console",
        "(and 4 more, see the log)",
    ];
    let backup = endpoint.published_but("backup-1", &words);
    let words = [
        "may not restore for an owner",
        "\"console\"",
        "was made in Neon's console",
        "as do=",
    ];
    expect_refused(&deployed.restore("too-soon", &[]), &words);

    let done: Vec<String> = backup
        .log
        .lines()
        .filter(|line| line.starts_with("event=need ") && line.contains(" result=ungoverned "))
        .map(|line| serde_json::from_str(line.split_once(" do=").unwrap().1).unwrap())
        .collect();
    assert_eq!(done.len(), 5, "{done:#?}");
    for statement in done.iter().flat_map(|all| all.split("; ")) {
        let (role, statement) = statement.split_once(": ").unwrap();
        endpoint.sql(
            "neondb",
            &format!("set session authorization {role}; {statement}"),
        );
    }
    deployed.back_up("backup-2");
    deployed.restore("now", &[]).expect_success();
    let count = "select count(*) from \"of Console\".\"its items\"";
    assert_eq!(endpoint.sql("neondb_restored", count), "2");
    let before = Content::of(&deployed.server, "neondb").without(&["FOR ROLE cloud_admin"]);
    Content::of(&deployed.server, "neondb_restored")
        .without(&["FOR ROLE cloud_admin"])
        .expect_equal(&before);
}

/// A managed server may let its owner make what takes a superuser elsewhere: only it can tell.
#[test]
fn what_its_owner_could_make_is_tried() {
    let endpoint = Endpoint::new();
    let deployed = &endpoint.deployed;
    endpoint.sql(
        "neondb",
        "set allow_system_table_mods = on;
         create function public.nothing() returns event_trigger language plpgsql as 'begin end';
         create publication everything for all tables;
         create event trigger on_drop on sql_drop execute function public.nothing();
         alter function public.nothing owner to neondb_owner;
         create extension pg_stat_statements schema public;
         update pg_extension set extowner = 'neondb_owner'::regrole where extname = 'pg_stat_statements';
         update pg_publication set pubowner = 'neondb_owner'::regrole;
         update pg_event_trigger set evtowner = 'neondb_owner'::regrole;",
    );
    let backup = deployed.back_up("backup-1");
    let databases = backup.manifest["databases"].as_array().unwrap();
    assert_eq!(databases[1]["needs_superuser"], 3, "{databases:?}");
    let result = deployed.restore("refused", &[]);
    let words = [
        "a superuser is needed for what the log names as result=tried",
        "permission denied to create extension \"pg_stat_statements\"",
    ];
    expect_refused(&result, &words);
    for name in ["everything", "on_drop", "pg_stat_statements"] {
        let line = format!("name=\"{name}\" result=tried");
        assert!(result.log().contains(&line), "{}", result.log());
    }
    // One that lets him.
    endpoint.sql("postgres", "alter role neondb_owner superuser");
    deployed.restore("let", &[]).expect_success();
    let names =
        "select (select pubname from pg_publication), (select evtname from pg_event_trigger)";
    assert_eq!(endpoint.sql("neondb_restored", names), "everything|on_drop");
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
