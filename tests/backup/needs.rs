//! What a database needs for its restore, and what only looks like a need.

use super::deployed::{Backup, CLAIM, Deployed};
use crate::bootstrap::shop::Shop;

const IMAGE: &str = "17.12-bookworm";

/// A database says for each session of it which role it is: ours are who logged in all the same.
#[test]
fn the_role_that_a_database_sets() {
    let spec = "databases = [{ name = 'orders', extensions = ['pg_stat_statements'] }]";
    let deployed = Deployed::with(IMAGE, spec, |server| {
        let sql = "drop extension pg_stat_statements;
            create role app_owner nologin;
            grant app_owner to orders;
            create schema app authorization app_owner;
            create table app.t (n int);
            alter table app.t owner to app_owner;
            insert into app.t values (1), (2);
            alter role postgres set role = 'orders';
            alter database orders set role = 'app_owner';
            alter role orders in database orders set role = 'app_owner'";
        crate::fixture::run(server, "orders", sql);
    });
    // Bootstrap ran after it, and only a superuser can make this one.
    let owner = "set role none; select pg_get_userbyid(extowner) from pg_extension where extname = 'pg_stat_statements'";
    assert_eq!(deployed.sql("orders", owner).trim(), "postgres");
    deployed.sql("orders", "set role none; drop extension pg_stat_statements");

    let backup = deployed.back_up("backup-1");
    let databases = backup.manifest["databases"].as_array().unwrap();
    let orders = databases.iter().find(|one| one["name"] == "orders");
    assert_eq!(orders.unwrap()["needs_superuser"], 0, "{databases:?}");
    deployed.restore("restore-1", &[]).expect_success();
    let settings = "set role none; select string_agg(array_to_string(setconfig, ','), ' ') from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = 'orders_restored')";
    assert_eq!(
        deployed.sql("postgres", settings).trim(),
        "role=app_owner role=app_owner"
    );
    let rows = "set role none; select count(*) from app.t";
    assert_eq!(deployed.sql("orders_restored", rows).trim(), "2");
}

/// An extension that looks for what it requires by the path to which RESET goes back, and writes that
/// path down for the database, as postgis_topology does; and one schema is part of it, as in orafce.
const FINDS: (&str, &str) = (
    "schema = 'finding'\nrelocatable = false\nrequires = 'citext'",
    "do $$
    declare path text;
    begin
        select reset_val into strict path from pg_catalog.pg_settings where name = 'search_path';
        execute 'set local search_path = ' || path;
        create table finding.words (word citext);
        execute pg_catalog.format('alter database %I set search_path = %s, finding', pg_catalog.current_database(), path);
    end $$;
    create schema parts_of_it;
    create function parts_of_it.one() returns int language sql return 1;",
);

#[test]
fn an_extension_that_reads_the_path_of_the_session() {
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let spec = |extensions: &str| {
        format!(
            "databases = [{{ name = 'orders', extensions = [{extensions}] }}]\nrestore.as_superuser = true\nbackup.drill.size = '1Gi'"
        )
    };
    let secret = [("superuser", "of superuser"), ("role.orders", "of orders")];
    let shop = Shop::of_image(&image, &spec("'citext'"), &secret);
    shop.cluster.add_extension(17, "finds", FINDS.0, FINDS.1);
    let server = shop.bootstrapped();
    let mut deployed = Deployed { shop, server };
    // Of the owner's: no session of a superuser may follow it.
    deployed.sql(
        "orders",
        "create schema evil authorization orders;
        create domain evil.citext as text;
        alter domain evil.citext owner to orders;
        alter database orders set search_path = evil;
        alter role postgres in database orders set search_path = evil",
    );
    deployed.shop.apply(&image, &spec("'citext', 'finds'"));
    let job = deployed.shop.job.clone();
    let log = deployed.shop.cluster.run_job(&job).expect_success().log();
    assert!(log.contains("name=\"finds\" result=created"), "{log}");
    let found = "select atttypid::regtype from pg_attribute where attrelid = 'finding.words'::regclass and attname = 'word'";
    let citext = |database: &str| deployed.sql(database, &format!("set search_path = ''; {found}"));
    assert_eq!(citext("orders").trim(), "public.citext");

    deployed.back_up("backup-1");
    deployed.restore("restore-1", &[]).expect_success();
    assert_eq!(citext("orders_restored").trim(), "public.citext");
    let cluster = &deployed.shop.cluster;
    cluster.create_job_from_cron_job("drill-1", "orders-drill");
    cluster.run_job("drill-1").expect_success();
}

/// Of an extension's kind that only one database can hold, and only with its library: what is known of
/// it is told by restore and drill in the same words.
#[test]
fn an_extension_that_the_server_must_load() {
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let spec = "databases = [{ name = 'orders', extensions = ['pg_cron'] }]\nrestore.as_superuser = true\nbackup.drill.size = '1Gi'";
    let secret = [("superuser", "of superuser"), ("role.orders", "of orders")];
    let shop = Shop::of_image(&image, spec, &secret);
    shop.cluster.add_extension(
        17,
        "pg_cron",
        "schema = public",
        "create table cron_job ();",
    );
    let server = shop.bootstrapped();
    let deployed = Deployed { shop, server };
    let id = deployed.back_up("backup-1").id;
    let manual = std::fs::read_to_string(deployed.directory().join(id).join("RESTORE.md")).unwrap();
    assert!(manual.contains("grep -v -w -e pg_cron -e cron"), "{manual}");
    let log = deployed.list("list-1", &[]).expect_success().log();
    let told = "result=one-database message=\"only one database of a server can hold extension";
    assert!(log.contains(told), "{log}");
    let cluster = &deployed.shop.cluster;
    cluster.create_job_from_cron_job("drill-1", "orders-drill");
    for result in [
        deployed.restore("restore-1", &[]),
        cluster.run_job("drill-1"),
    ] {
        assert_eq!(result.code(), Some(3), "{}", result.log());
        for words in [
            "loads no library for extension \"pg_cron\" (it works only with its library",
            "shared_preload_libraries under [postgres.settings]",
            "(and 1 more, see the log)",
        ] {
            let message = result.message();
            assert!(message.contains(words), "`{words}` in {message}");
        }
        let one = "event=need kind=\"extension\" name=\"pg_cron\" result=one-database why=\"cron.database_name says which\"";
        assert!(result.log().contains(one), "{}", result.log());
    }
}

/// The list says of each backup what a restore of it needs, in the words of the restore.
#[test]
fn the_list_names_what_needs_a_superuser() {
    let deployed = Deployed::new(IMAGE, "backup.drill.size = '1Gi'", |server| {
        crate::fixture::run(
            server,
            "orders",
            "create extension pageinspect schema public",
        );
    });
    // A restore would be refused: that is no success.
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    let Backup { id, .. } = deployed.newest(result.log());
    let said = format!(
        "backup {id} is published, but a restore of database \"orders\" is refused: a superuser is needed for extension \"pageinspect\" (the extension is not trusted): write as_superuser = true"
    );
    assert!(result.message().starts_with(&said), "{}", result.message());
    let log = deployed.list("list-1", &[]).expect_success().log();
    let words = "write as_superuser = true under [restore] in the spec and apply it: restores and drills then run what a backup holds as superuser";
    let line = format!(
        "event=need id={id} database=\"orders\" result=superuser message=\"a superuser is needed for extension \\\"pageinspect\\\" (the extension is not trusted): {words}"
    );
    assert!(log.contains(&line), "{log}");
    assert!(log.contains("\"orders\" (a restore is refused)"), "{log}");
    let cluster = &deployed.shop.cluster;
    cluster.create_job_from_cron_job("drill-1", "orders-drill");
    for result in [
        deployed.restore("restore-1", &[]),
        cluster.run_job("drill-1"),
    ] {
        assert_eq!(result.code(), Some(3), "{}", result.log());
        let sentence = format!(
            "a superuser is needed for extension \"pageinspect\" (the extension is not trusted): {words}"
        );
        let message = result.message();
        assert!(message.contains(&sentence), "{message}");
    }
    shows_its_files(&deployed, &id);
}

/// No one can look into the volume with kubectl.
#[track_caller]
fn shows_its_files(deployed: &Deployed, id: &str) {
    let show = |job: &str, file: &str| deployed.list(job, &[("SHOW", file)]);
    let log = show("show-1", "latest/RESTORE.md").expect_success().log();
    let words = [
        format!("event=show id={id} file=RESTORE.md bytes="),
        "\n# How to restore this backup with nothing but PostgreSQL\n".into(),
        "result=shown".into(),
    ];
    assert!(words.iter().all(|words| log.contains(words)), "{log}");
    assert!(!log.contains("event=backups"), "{log}");
    let log = show("show-2", &format!("{id}/1/rehearsal.json"))
        .expect_success()
        .log();
    assert!(
        log.contains("\n  \"result\": \"needs-superuser\",\n"),
        "{log}"
    );

    // What was put there is no way out of the folder, and no order to a terminal.
    let folder = deployed
        .shop
        .cluster
        .claim(CLAIM)
        .path(&format!("orders/{id}"));
    let file = folder.join("RESTORE.md");
    std::fs::write(&file, "\u{1b}[2J\u{7}seen\n").unwrap();
    let log = show("show-3", "latest/RESTORE.md").expect_success().log();
    assert!(
        log.contains("\n[2Jseen\n") && !log.contains('\u{1b}'),
        "{log}"
    );
    std::fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("manifest.json", &file).unwrap();
    let result = show("show-4", "latest/RESTORE.md");
    assert_eq!(result.code(), Some(3), "{}", result.log());
    assert!(
        result
            .message()
            .contains("there is no file RESTORE.md in the backup")
    );
    std::fs::remove_file(&file).unwrap();
}

/// What a dump leaves out is listed where a restore could be thought to bring it back.
#[test]
fn what_a_dump_leaves_out_is_listed() {
    let deployed = Deployed::new(IMAGE, "", |server| {
        let sql = "create extension citext schema public;
            create extension pg_trgm schema public;
            comment on function public.similarity(text, text) is 'ours';
            comment on database orders is 'main';
            comment on extension plpgsql is 'ours too';
            create materialized view public.counted as select 1 as n;
            alter role orders createdb connection limit 77 valid until '2031-01-01';
            alter role orders set work_mem = '9MB';
            grant set on parameter log_statement to orders";
        crate::fixture::run(server, "orders", sql);
        let member = "alter function public.citext_eq(public.citext, public.citext) cost 7";
        crate::fixture::run(server, "orders", member);
    });
    // One belongs to a superuser.
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    let backup = deployed.newest(result.log());
    let folder = deployed
        .directory()
        .join(&backup.id)
        .join(backup.folder("orders"));
    let described = std::fs::read(folder.join("database.json")).unwrap();
    let described: serde_json::Value = serde_json::from_slice(&described).unwrap();
    let listed: Vec<String> = described["not_proven"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one["kind"].as_str().unwrap(),
                one["name"].as_str().unwrap()
            )
        })
        .collect();
    for wanted in [
        "comment database orders",
        "comment extension plpgsql",
        "comment public.similarity(pg_catalog.text,pg_catalog.text)",
        "extension member public.citext_eq(public.citext,public.citext)",
        "materialized view public.counted",
        "parameter grant set on log_statement to orders",
        "role orders",
    ] {
        assert!(
            listed.iter().any(|one| one == wanted),
            "{wanted}: {listed:?}"
        );
    }
    // Of what nobody changed nothing is listed.
    assert_eq!(listed.len(), 7, "{listed:?}");
    let why = described["not_proven"].as_array().unwrap().last().unwrap()["why"].to_string();
    for attribute in [
        "createdb",
        "connection limit 77",
        "valid until 2031-01-01",
        "settings work_mem",
    ] {
        assert!(why.contains(attribute), "{why}");
    }
}
