//! The two roles of our own: exactly what they may, on every major, and what they may not; and a
//! restore role that can log in only as long as its Secret is there.

use super::shop::{BACKUP_PASSWORD, ask, expect_refused, fingerprint, log_in, psql, sql};
use super::{IMAGE, SOON, Shop, expect_lines};
use crate::kubelet::{Output, Pod};

const RESTORE_SECRET: &str = "orders-restore";
const SPEC: &str = "
databases = [{ name = 'orders' }, { name = 'stock', owner = 'keeper' }]
[[roles]]
name = 'report'
member_of = ['orders']
";
const SECRET: [(&str, &str); 4] = [
    ("superuser", "x"),
    ("role.orders", "of orders"),
    ("role.keeper", "of keeper"),
    ("role.report", "of report"),
];
const ATTRIBUTES: &str =
    "select rolname, rolcanlogin, rolinherit, rolsuper, rolcreaterole, rolcreatedb, rolreplication,
    rolbypassrls, rolconnlimit, nullif(array_remove(rolconfig, 'event_triggers=off'), '{}'),
    coalesce('event_triggers=off' = any (rolconfig), false) = (current_setting('server_version_num')::int >= 170000)
    from pg_roles where rolname ~ '^underpin_' order by 1";
const NEITHER_LOGS_IN_AS_MORE: &str = "\
underpin_backup|t|t|f|f|f|f|t|10|{default_transaction_read_only=on,lo_compat_privileges=on}|t
underpin_restore|f|t|f|f|t|f|f|-1||t";

fn members(server: &Pod, role: &str) -> String {
    let query = format!(
        "select string_agg(roleid::regrole::text, ' ' order by roleid::regrole::text collate \"C\")
         from pg_auth_members where member = '{role}'::regrole"
    );
    sql(server, "postgres", &query)
}

#[track_caller]
fn expect_denied(output: &Output, why: &str) {
    assert!(
        !output.success() && output.stderr.contains(why),
        "{why}: {output:#?}"
    );
}

#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn rights(image: &str) {
    let image = format!("docker.io/library/postgres:{image}");
    let shop = Shop::of_image(&image, SPEC, &SECRET);
    let server = shop.start_server();
    server.wait_ready(SOON);
    // Somebody else's doings: PUBLIC shut out, roles with more power, a database made by hand.
    sql(
        &server,
        "postgres",
        "create role dba superuser;
         create role files nologin in role pg_read_server_files;
         create role hand nologin;
         create database by_hand owner hand;
         revoke connect on database by_hand from public;
         revoke connect on database postgres from public;
         create database shut allow_connections false;",
    );
    let log = shop.cluster.run_job(&shop.job).expect_success().log();
    expect_lines(
        &log,
        &[
            "event=role name=\"underpin_backup\" result=created",
            "event=role name=\"underpin_restore\" result=created",
            "event=membership name=\"underpin_backup\" role=\"pg_read_all_data\" result=granted",
            "event=password name=\"underpin_backup\" result=set",
            "event=access database=\"by_hand\" role=\"underpin_backup\" result=granted",
            "event=access database=\"template1\" role=\"underpin_backup\" result=granted",
            "event=access database=\"underpin\" role=\"underpin_restore\" result=granted",
        ],
    );
    assert!(!log.contains("name=\"underpin_backup\" result=beyond-spec"));
    assert!(!log.contains("database=\"shut\""));
    assert_eq!(
        sql(&server, "postgres", ATTRIBUTES),
        NEITHER_LOGS_IN_AS_MORE
    );
    let reserved = if image.contains(":15.") {
        ""
    } else {
        " pg_use_reserved_connections"
    };
    assert_eq!(
        members(&server, "underpin_backup"),
        format!("pg_read_all_data pg_read_all_stats{reserved}")
    );
    assert_eq!(
        members(&server, "underpin_restore"),
        format!("pg_read_all_stats pg_signal_backend{reserved}")
    );
    let once = fingerprint(&server);
    shop.again("again").expect_success();
    assert_eq!(fingerprint(&server), once);

    sql(
        &server,
        "orders",
        "create schema private; set role orders; reset role; create table private.t (n int);
         insert into private.t values (1); alter table private.t enable row level security, force row level security;
         select lo_from_bytea(4711, '\\x00')",
    );
    let client = shop.client();
    let backup =
        |database: &str, sql: &str| ask(&client, "underpin_backup", BACKUP_PASSWORD, database, sql);
    for database in ["orders", "stock", "by_hand", "postgres", "template1"] {
        let output = backup(database, "select current_user");
        assert_eq!(output.expect_success(), "underpin_backup");
    }
    // It reads everything, also what holds the verifiers.
    let read =
        "select n, length(lo_get(4711)), (select count(*) > 0 from pg_authid) from private.t";
    assert_eq!(backup("orders", read).expect_success(), "1|1|t");
    for (statement, why) in [
        ("create table public.t ()", "read-only transaction"),
        (WRITE, "permission denied for table t"),
        (
            &format!("{ON}; create table private.u ()"),
            "permission denied for schema",
        ),
        (
            &format!("{ON}; create role x"),
            "permission denied to create role",
        ),
        (
            "create database x",
            "read-only transaction|permission denied to create database",
        ),
        (
            &format!("{ON}; alter role underpin_backup superuser"),
            "ermission denied|must be superuser",
        ),
        (
            &format!("{ON}; set role orders"),
            "permission denied to set role",
        ),
        (
            &format!("{ON}; select pg_read_file('PG_VERSION')"),
            "permission denied for function",
        ),
    ] {
        let output = backup("orders", statement);
        assert!(
            !output.success() && why.split('|').any(|why| output.stderr.contains(why)),
            "{statement}: {output:#?}"
        );
    }

    shop.cluster
        .secret(RESTORE_SECRET, &[("password", "of restore")]);
    let log = shop.again("with").expect_success().log();
    expect_lines(
        &log,
        &[
            "event=password name=\"underpin_restore\" result=set",
            "event=role name=\"underpin_restore\" result=may-log-in",
        ],
    );
    let restore = |sql: &str| ask(&client, "underpin_restore", "of restore", "underpin", sql);
    for statement in [
        "create database made",
        "call underpin.set_mark('made', 'underpin: restored')",
        "call underpin.give('made', 'keeper')",
        "call underpin.rename('made', 'renamed')",
        "call underpin.let_in('renamed', 'false')",
        "call underpin.give('renamed', 'underpin_restore')",
        "drop database renamed",
        "create database taken",
    ] {
        restore(statement).expect_success();
    }
    for (statement, why) in [
        (
            "select count(*) from pg_authid",
            "permission denied for table pg_authid",
        ),
        ("set role keeper", "permission denied to set role"),
        ("set role dba", "permission denied to set role"),
        ("set role files", "permission denied to set role"),
        (
            "call underpin.give('renamed', 'dba')",
            "no restore may touch the database renamed",
        ),
        (
            "call underpin.give('taken', 'dba')",
            "no restore may act for role dba",
        ),
        (
            "call underpin.give('taken', 'files')",
            "no restore may act for role files",
        ),
        (
            "call underpin.give('taken', 'underpin_backup')",
            "no restore may act for role underpin_backup",
        ),
        (
            "call underpin.rename('postgres', 'mine')",
            "no restore may touch the database postgres",
        ),
        (
            "call underpin.rename('underpin', 'mine')",
            "no restore may touch the database underpin",
        ),
        (
            "insert into underpin.marks values (1, 'x')",
            "permission denied for table marks",
        ),
        (
            "create function underpin.mine() returns int language sql as 'select 1'",
            "permission denied for schema underpin",
        ),
        ("set role underpin_backup", "permission denied to set role"),
        ("create role x", "permission denied to create role"),
        ("drop database shut", "must be owner of database"),
    ] {
        expect_denied(&restore(statement), why);
    }
}

/// What the role may turn off by itself, and gains nothing by.
const ON: &str = "set transaction_read_only = off";
const WRITE: &str = "set transaction_read_only = off; insert into private.t values (2)";

#[test]
fn they_may_what_they_need_and_no_more_15() {
    rights("15.20-bookworm");
}

#[test]
fn they_may_what_they_need_and_no_more_16() {
    rights("16.16-trixie");
}

#[test]
fn they_may_what_they_need_and_no_more_17() {
    rights("17.12-alpine3.22");
}

#[test]
fn they_may_what_they_need_and_no_more_18() {
    rights("18.7-bookworm");
}

#[test]
fn they_are_held_to_what_they_need() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    sql(
        &server,
        "postgres",
        "alter role underpin_backup superuser connection limit 3 nobypassrls;
         alter role underpin_backup reset lo_compat_privileges;
         grant pg_write_all_data to underpin_backup;
         grant keeper, orders to underpin_restore;
         alter role report superuser;",
    );
    let log = shop.again("mend").expect_success().log();
    expect_lines(
        &log,
        &[
            "event=role name=\"underpin_backup\" result=changed",
            "event=role name=\"underpin_restore\" result=present",
            "event=membership name=\"underpin_backup\" role=\"pg_write_all_data\" result=revoked",
            // As a member of all owners it was once made, too.
            "event=membership name=\"underpin_restore\" role=\"keeper\" result=revoked",
            "event=membership name=\"underpin_restore\" role=\"orders\" result=revoked",
        ],
    );
    assert_eq!(
        sql(&server, "postgres", ATTRIBUTES),
        NEITHER_LOGS_IN_AS_MORE
    );
    assert_eq!(
        members(&server, "underpin_backup"),
        "pg_read_all_data pg_read_all_stats pg_use_reserved_connections"
    );
    assert_eq!(
        members(&server, "underpin_restore"),
        "pg_read_all_stats pg_signal_backend pg_use_reserved_connections"
    );
    let mended = fingerprint(&server);
    shop.again("again").expect_success();
    assert_eq!(fingerprint(&server), mended);
}

#[test]
fn the_restore_role_logs_in_only_as_long_as_its_secret_is_there() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    let client = shop.client();
    let hostile = "it's \"$(id)\" `id` \\ %s {{x}} $(PGHOST) $$ \\q";
    let restore = |password: &str| log_in(&client, "underpin_restore", password, "underpin");

    // None: not even with the password that is none.
    let log = shop.again("none").expect_success().log();
    assert!(
        !log.contains("event=password name=\"underpin_restore\""),
        "{log}"
    );
    expect_refused(&restore("x"));

    shop.cluster
        .secret(RESTORE_SECRET, &[("password", hostile)]);
    expect_refused(&restore(hostile));
    let log = shop.again("with").expect_success().log();
    expect_lines(
        &log,
        &["event=role name=\"underpin_restore\" result=may-log-in"],
    );
    assert_eq!(restore(hostile).expect_success(), "underpin_restore");
    let with = fingerprint(&server);
    let log = shop.again("with-again").expect_success().log();
    expect_lines(
        &log,
        &["event=password name=\"underpin_restore\" result=present"],
    );
    assert_eq!(fingerprint(&server), with);

    // A new one.
    shop.cluster
        .secret(RESTORE_SECRET, &[("password", "second\n")]);
    shop.again("second").expect_success();
    assert_eq!(restore("second").expect_success(), "underpin_restore");
    expect_refused(&restore(hostile));

    // One that is none ends it, and is named; the rest is done.
    shop.cluster.secret(RESTORE_SECRET, &[("password", "")]);
    let empty = shop.again("empty");
    assert_eq!(empty.code(), Some(3), "{}", empty.log());
    assert_eq!(
        empty.message(),
        "all but this was done: role \"underpin_restore\": the password file /secrets/restore (a key of the \
         Secret) is empty: put a password there, then run bootstrap again\n"
    );
    expect_refused(&restore("second"));

    shop.cluster
        .secret(RESTORE_SECRET, &[("password", "second")]);
    shop.again("third").expect_success();
    assert_eq!(restore("second").expect_success(), "underpin_restore");
    shop.cluster.remove("Secret", RESTORE_SECRET);
    let log = shop.again("gone").expect_success().log();
    expect_lines(
        &log,
        &["event=role name=\"underpin_restore\" result=may-not-log-in"],
    );
    expect_refused(&restore("second"));
    assert_eq!(
        sql(&server, "postgres", ATTRIBUTES),
        NEITHER_LOGS_IN_AS_MORE
    );
    let forgotten = "select rolpassword is null from pg_authid where rolname = 'underpin_restore'";
    assert_eq!(sql(&server, "postgres", forgotten), "t");
}

#[test]
fn the_backup_role_gets_its_new_password() {
    let shop = Shop::new(SPEC, &SECRET);
    let server = shop.bootstrapped();
    let client = shop.client();
    let hostile = "it's \"$(id)\" `id` \\ %s {{x}} $(PGHOST) $$ ü \\q";
    shop.secret(&[&SECRET[..], &[("backup", hostile)]].concat());
    let log = shop.again("rotate").expect_success().log();
    expect_lines(
        &log,
        &["event=password name=\"underpin_backup\" result=set"],
    );
    assert_eq!(log.matches("result=set").count(), 1, "{log}");
    let output = log_in(&client, "underpin_backup", hostile, "orders");
    assert_eq!(output.expect_success(), "underpin_backup");
    expect_refused(&log_in(
        &client,
        "underpin_backup",
        BACKUP_PASSWORD,
        "orders",
    ));
    assert_eq!(psql(&server, "postgres", "select 1").code, Some(0));
}

#[test]
fn a_secret_without_the_backup_key_keeps_the_pod_waiting_and_says_so() {
    let shop = Shop::new(SPEC, &SECRET);
    shop.cluster.secret(super::shop::SECRET, &SECRET);
    let _server = shop.start_server();
    let job = shop.cluster.start_job(&shop.job);
    job.pod()
        .wait_for_event("references non-existent secret key: backup", SOON);
    shop.secret(&SECRET);
    job.wait().expect_success();
}

/// An access that PUBLIC had when bootstrap looked may be gone later.
#[test]
fn access_does_not_depend_on_public() {
    let shop = Shop::of_image(IMAGE, SPEC, &SECRET);
    let server = shop.bootstrapped();
    sql(
        &server,
        "postgres",
        "revoke connect on database orders, stock, postgres, template1 from public",
    );
    let client = shop.client();
    for database in ["orders", "stock", "postgres", "template1"] {
        let output = log_in(&client, "underpin_backup", BACKUP_PASSWORD, database);
        assert_eq!(output.expect_success(), "underpin_backup");
    }
}
