//! What a backup holds runs when it is restored: it has its own database's owners' rights, and no others.

use crate::backup::deployed::Deployed;
use crate::backup::deployed::pasted;
use crate::backup::faults::expect_refused;
use crate::bootstrap::shop::{fingerprint, sql};
use crate::fixture;
use crate::kubelet::Pod;

const TWO: &str = "databases = [{ name = 'orders' }, { name = 'stock' }]
    backup.rehearsal = false";

/// What the owner of `orders` tries wherever it is not himself who loads the rows; what came of each is a large object.
const DEEDS: &str = r"set role orders;
    create function public.tried() returns boolean language plpgsql as $$
    declare
        deed text;
        came text;
    begin
        if session_user = 'orders' or session_user = 'postgres' then return true; end if;
        foreach deed in array array[
            'alter database stock owner to orders',
            'alter database stock rename to mine',
            'alter database stock allow_connections false',
            'comment on database stock is ''underpin: restored''',
            'grant connect on database underpin to public',
            'drop schema underpin cascade',
            'alter role underpin_restore password ''x''',
            'alter role underpin_backup password ''x''',
            'alter role stock password ''x''',
            'alter role stock set search_path = evil',
            'grant stock to orders',
            'grant underpin_restore to orders',
            'set role stock',
            'set role underpin_restore',
            'set role underpin_backup',
            'set role postgres',
            'set session authorization stock',
            'create role mine',
            'alter role orders createdb',
            'alter role orders superuser',
            'alter system set work_mem = ''1GB''',
            'copy (select 1) to program ''id''',
            'copy (select 1) to ''/tmp/x''',
            'select pg_read_file(''PG_VERSION'')',
            'select lo_export(1, ''/tmp/x'')',
            'load ''auto_explain''',
            'select count(*) from pg_authid',
            'select 1 / (pg_terminate_backend(pid)::int - 1) from pg_stat_activity where usename = ''stock''',
            'create event trigger mine on ddl_command_start execute function public.tried()',
            'create publication mine for all tables',
            'create extension file_fdw'
        ] loop
            begin
                execute deed;
                came := 'done';
            exception when others then
                came := sqlstate;
            end;
            execute format('alter large object %s owner to orders', lo_from_bytea(0, convert_to(deed || ': ' || came, 'UTF8')));
        end loop;
        execute format('alter role %I password null', session_user);
        return true;
    end $$;
    create domain public.trap as int check (public.tried());
    create table public.t (id int, n public.trap);
    insert into public.t values (1, 1);";

#[track_caller]
fn restored(image: &str) {
    let deployed = Deployed::with(image, TWO, |server: &Pod| {
        fixture::run(server, "orders", DEEDS);
        fixture::run(
            server,
            "stock",
            "set role stock; create table public.mine (n int)",
        );
    });
    // Somebody of the other database is there meanwhile.
    let client = deployed.shop.client();
    client.exec(&["bash", "-c", "PGHOST=orders PGUSER=stock PGDATABASE=stock PGPASSWORD='of stock' psql -X -q -c 'select pg_sleep(600)' >/dev/null 2>&1 &"]);
    deployed.back_up("backup-1");
    let before = fingerprint(&deployed.server);
    for (job, values) in [
        ("beside", [("INTO", "again")]),
        ("in-place", [("REPLACE", "true")]),
    ] {
        let result = deployed.restore(job, &values);
        assert_eq!(result.code(), Some(3), "{}", result.log());
        let log = result.log();
        assert!(
            log.contains("event=loader owners=\"[\\\"orders\\\"]\" result=opened"),
            "{log}"
        );
        // He changed the password of who loads: that is told as what it is.
        assert!(
            result
                .message()
                .contains("only what was restored can have changed it"),
            "{}",
            result.message()
        );
        assert_eq!(fingerprint(&deployed.server), before, "{log}");
    }
    let sessions =
        "select count(*) from pg_stat_activity where usename = 'stock' and query ~ 'pg_sleep'";
    assert_eq!(sql(&deployed.server, "postgres", sessions), "1");

    // Without the last of them the rows are loaded, and what came of each is told by the database that is kept aside.
    fixture::run(
        &deployed.server,
        "orders",
        DEEDS
            .replace(
                "execute format('alter role %I password null', session_user);",
                "",
            )
            .replace("create function", "create or replace function")
            .split("create domain")
            .next()
            .unwrap(),
    );
    deployed.back_up("backup-2");
    let before = fingerprint(&deployed.server);
    let result = deployed.restore("kept", &[("INTO", "again")]);
    assert_eq!(result.code(), Some(3), "{}", result.log());
    assert!(
        result.message().contains("It is kept aside"),
        "{}",
        result.message()
    );
    let kept = "select datname from pg_database where datname ~ '_differs_'";
    let kept = sql(&deployed.server, "postgres", kept);
    sql(
        &deployed.server,
        "underpin",
        &format!("alter database {kept} allow_connections true"),
    );
    let through = "select convert_from(lo_get(oid), 'UTF8') as deed from pg_largeobject_metadata where convert_from(lo_get(oid), 'UTF8') ~ ': (done|0A000)$'";
    let tried = "select count(*) from pg_largeobject_metadata";
    assert_eq!(sql(&deployed.server, &kept, tried), "31");
    assert_eq!(sql(&deployed.server, &kept, through), "");
    sql(
        &deployed.server,
        "postgres",
        &format!("drop database {kept}"),
    );
    assert_eq!(fingerprint(&deployed.server), before);
}

#[test]
fn it_has_the_rights_of_its_owners_alone_15() {
    restored("15.20-bookworm");
}

#[test]
fn it_has_the_rights_of_its_owners_alone_18() {
    restored("18.7-bookworm");
}

/// A backup from another server, of which a role owns something that no one here knows as an owner of that database.
#[test]
fn no_backup_says_whose_rights_it_gets() {
    let deployed = Deployed::with("17.12-bookworm", TWO, |server: &Pod| {
        fixture::run(
            server,
            "orders",
            "grant create on schema public to stock; set role stock; create table public.lent (n int); insert into public.lent values (7)",
        );
    });
    deployed.back_up("backup-1");
    // It is known by what is there; then the server is as a new one.
    deployed
        .restore("known", &[("INTO", "again")])
        .expect_success();
    deployed.sql("orders", "drop table public.lent");
    let words = [
        "another role than the database's owner owns something in it",
        "role \"stock\" (it owns something in it)",
        "OWNERS='[\"stock\"]'",
    ];
    let result = deployed.restore("unknown", &[("INTO", "unknown")]);
    expect_refused(&result, &words);
    let values = pasted(&result.message());
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    deployed.restore("said", &values).expect_success();
    let owner = "select relowner::regrole || ' ' || (select n from public.lent) from pg_class where relname = 'lent'";
    assert_eq!(deployed.sql("unknown", owner), "stock 7");

    // Who reads everything lends his rights to no one else's code, unless a person says so.
    deployed.sql("orders", "grant create on schema public to stock; grant pg_read_all_data to stock; set role stock; create table public.lent (n int)");
    deployed.back_up("backup-2");
    let result = deployed.restore("reaches", &[("INTO", "reaches")]);
    expect_refused(&result, &words);
    deployed
        .restore(
            "reaches-said",
            &[("INTO", "reaches"), ("OWNERS", "[\"stock\"]")],
        )
        .expect_success();
    // A superuser's are lent to none.
    deployed.sql("orders", "alter role stock superuser");
    let result = deployed.restore(
        "superuser",
        &[("INTO", "superuser"), ("OWNERS", "[\"stock\"]")],
    );
    expect_refused(&result, &["superuser"]);
}
