//! What a rehearsal says, and that a restore and a drill then do just that.

use super::{IMAGE, deployed};

/// A function that names another without its schema: by pg_restore's empty path it finds nothing.
const UNQUALIFIED: &str = "set role orders; set search_path = public;
    create function public.plain(text) returns text language sql immutable as 'select lower($1)';
    create function public.slug(text) returns text language sql immutable as 'select plain($1)';
    create table public.pages (title text, check (public.slug(title) <> ''));
    insert into public.pages select 'Page ' || n from generate_series(1, 500) n";

/// The same, of an application that says its path when it connects, so that no one else knows it.
const UNKNOWN_PATH: &str = "set role orders; create schema web; set search_path = web;
    create function plain(text) returns text language sql immutable as 'select lower($1)';
    create function slug(text) returns text language sql immutable as 'select plain($1)';
    create table pages (title text, check (slug(title) <> ''));
    insert into pages select 'Page ' || n from generate_series(1, 500) n";

/// Two columns that a view joins by an operator of an extension, whose schema is on no path of a restore:
/// the text stays the same, and another operator is meant.
const OTHER_MEANING: &str = "set role orders;
    create schema extensions;
    create extension citext schema extensions;
    set search_path = public, extensions;
    create table people (id int primary key, mail citext);
    create table logins (mail citext, at date);
    insert into people values (1, 'A@example.org');
    insert into logins values ('a@EXAMPLE.org', '2026-01-02');
    create view seen as select id, at from people join logins using (mail)";

#[cfg(feature = "soak")]
#[test]
fn what_comes_back_by_its_own_path_is_restored_by_it() {
    let deployed = deployed(IMAGE, "", UNQUALIFIED);
    let backup = deployed.back_up("backup-1");
    let verdict = deployed.rehearsal(&backup, "orders");
    assert_eq!(verdict["result"], "restores", "{verdict:#}\n{}", backup.log);
    assert_eq!(verdict["path"], "own", "{verdict:#}\n{}", backup.log);
    let result = deployed.restore("restore-1", &[]);
    result.expect_success();
    let rows = "select count(*), min(title) from public.pages";
    let restored = deployed.sql("orders_restored", rows);
    assert_eq!(restored, deployed.sql("orders", rows));
    // Nothing has changed: the verdict stands.
    let again = deployed.back_up("backup-2");
    let line = "db=\"orders\" folder=1 result=known";
    assert!(again.log.contains(line), "{}", again.log);
    assert_eq!(deployed.rehearsal(&again, "orders"), verdict);
    deployed.sql(
        "orders",
        "set role orders; create view public.more as select 1 as one",
    );
    let changed = deployed.back_up("backup-3");
    let line = "db=\"orders\" folder=1 result=asked";
    assert!(changed.log.contains(line), "{}", changed.log);
}

#[test]
fn what_does_not_come_back_is_told_with_the_statement_that_fixes_it() {
    let deployed = deployed(IMAGE, "", UNKNOWN_PATH);
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(
        (result.succeeded, result.code()),
        (false, Some(4)),
        "{}",
        result.log()
    );
    let message = result.message();
    for words in [
        "is published, but a restore does not bring everything in it back",
        "function plain(text) does not exist",
        "alter function web.slug(text) set search_path = \"$user\", public, web",
    ] {
        assert!(message.contains(words), "`{words}` in {message}");
    }
    assert_eq!(deployed.ids().len(), 1, "{}", result.log());
    let list = deployed.list("list-1", &[]).log();
    assert!(
        list.contains("\"orders\" (a restore fails or differs)"),
        "{list}"
    );
    deployed.sql(
        "orders",
        "alter function web.slug(text) set search_path = \"$user\", public, web",
    );
    let backup = deployed.back_up("backup-2");
    assert_eq!(deployed.rehearsal(&backup, "orders")["result"], "restores");
    deployed.restore("restore-1", &[]).expect_success();
}

#[cfg(feature = "soak")]
#[test]
fn another_meaning_behind_the_same_text_is_told() {
    let deployed = deployed(IMAGE, "", OTHER_MEANING);
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(
        (result.succeeded, result.code()),
        (false, Some(4)),
        "{}",
        result.log()
    );
    let message = result.message();
    assert!(
        message.contains("view public.seen: it comes back with another meaning. Run the fix in database \"orders\""),
        "{message}\n{}",
        result.log()
    );
    let fix = "alter database orders set search_path = \"$user\", public, extensions";
    assert!(message.contains(fix), "{message}\n{}", result.log());
    deployed.sql("orders", fix);
    let backup = deployed.back_up("backup-2");
    let verdict = deployed.rehearsal(&backup, "orders");
    assert_eq!(
        (&verdict["result"], &verdict["path"]),
        (&"restores".into(), &"own".into()),
        "{verdict:#}"
    );
    deployed.restore("restore-1", &[]).expect_success();
    let seen = deployed.sql("orders_restored", "select count(*) from public.seen");
    assert_eq!(seen.trim(), "1");
}

/// The function of a check reads rows of another table, which a rehearsal has not: nothing may be wrong. A drill tells,
/// where the spec has one; else no one ever knows, and no backup of any day succeeds.
#[test]
fn what_a_function_reads_elsewhere_a_drill_tells() {
    let rates = "set role orders;
        create table public.rates (code text primary key, rate numeric);
        insert into public.rates values ('eur', 2);
        create function public.rate(text) returns numeric language plpgsql immutable as $$ begin return (select 1 / coalesce(sum(rate), 0) from public.rates where code = $1); end $$;
        create table public.bills (id int primary key, code text check (public.rate(code) > 0));
        insert into public.bills values (1, 'eur');
        create index on public.bills (public.rate(code));";
    let mut deployed = deployed(IMAGE, "", rates);
    let values = [("DRILLS", "true")];
    let result = deployed.start_backup("backup-1", &values).wait();
    result.expect_success();
    let message = result.message();
    for (number, clock) in ["+0d", "+8d"].into_iter().enumerate() {
        deployed.shift_clocks(clock);
        let job = format!("without-drills-{number}");
        let result = deployed.start_backup(&job, &[]).wait();
        assert_eq!(result.code(), Some(4), "{}", result.log());
        let said = result.message();
        for words in [
            "was rehearsed in part",
            "No backup of the last 7 days says whether it can be restored: set backup.drill in the spec",
        ] {
            assert!(said.contains(words), "`{words}` in {said}");
        }
    }
    for words in [
        "was rehearsed in part",
        "public.bills",
        "division by zero",
        "a drill tells",
    ] {
        assert!(message.contains(words), "`{words}` in {message}");
    }
    deployed
        .restore("restore-1", &[("INTO", "again")])
        .expect_success();
    let rows = "select count(*) from public.bills";
    assert_eq!(deployed.sql("again", rows), "1");
}

/// A partition's foreign key of its own name, and a partition whose detaching was interrupted.
#[cfg(feature = "soak")]
#[test]
fn parts_have_fixes_of_their_own() {
    let parts = "set role orders; set search_path = public;
        create table towns (town int primary key); insert into towns values (1);
        create table houses (town int, at int, constraint in_town foreign key (town) references towns) partition by list (at);
        create table houses_2 (at int, town int, constraint a_own_name foreign key (town) references towns);
        alter table houses attach partition houses_2 for values in (2);
        create table houses_3 (at int, town int, constraint z_own_name foreign key (town) references towns);
        alter table houses attach partition houses_3 for values in (3);
        insert into houses values (1, 2), (1, 3);
        create table days (day int) partition by list (day);
        create table days_1 partition of days for values in (1); insert into days values (1);
        reset role; update pg_inherits set inhdetachpending = true where inhrelid = 'days_1'::regclass;";
    let fixes = [
        "alter table public.houses_2 rename constraint a_own_name to in_town",
        "alter table public.houses_3 rename constraint z_own_name to in_town",
        "alter table public.days detach partition public.days_1 finalize",
    ];
    let deployed = deployed(IMAGE, "", parts);
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    let log = result.log();
    let findings: Vec<&str> = log
        .lines()
        .filter(|line| line.starts_with("event=finding id="))
        .collect();
    assert_eq!(findings.len(), 3, "{log}");
    for fix in fixes {
        let line = format!("fix=\"{fix}\"");
        assert!(
            findings.iter().any(|one| one.ends_with(&line)),
            "{line}: {log}"
        );
        deployed.sql("orders", fix);
    }
    deployed.back_up("backup-2");
    deployed.restore("restore-1", &[]).expect_success();
}

/// Whether a child keeps what its parent loses is told, in words, and refuses no restore.
#[test]
fn what_a_child_has_beside_its_parent_is_told() {
    let sql = "set role orders; set search_path = public;
        create table whole (n int); insert into whole values (null);
        alter table whole add constraint has_n not null n not valid;
        create table part () inherits (whole);";
    let deployed = deployed("18.7-bookworm", "", sql);
    let result = deployed.start_backup("backup-1", &[]).wait();
    result.expect_success();
    let message = result.message();
    assert!(
        message.contains("constraint has_n on public.part: no dump carries this (whether it is the child's own, beside its parent's"),
        "{message}"
    );
    deployed.restore("restore-1", &[]).expect_success();
}

/// A dump by a role that is no superuser has none, and says so in a warning alone.
#[cfg(feature = "soak")]
#[test]
fn a_subscription_is_named() {
    for beside in [
        "",
        "set role orders; create table public.changes (n int primary key); reset role;",
    ] {
        let subscribed = format!(
            "{beside}
            create subscription changes_of_others connection 'host=nowhere password=of_another' publication p
                with (connect = false, enabled = false, slot_name = none);"
        );
        let deployed = deployed(IMAGE, "", &subscribed);
        let result = deployed.start_backup("backup-1", &[]).wait();
        let message = result.message();
        result.expect_success();
        assert!(
            message.contains(
                "what no dump carries: database \"orders\": subscription changes_of_others: "
            ) && !result.log().contains("of_another"),
            "{message}\n{}",
            result.log()
        );
        deployed.restore("restore-1", &[]).expect_success();
    }
}
