//! An owner whose code runs in a rehearsal, and one who may write the backup volume: neither makes a verdict
//! of another database, nor of his own, nor stops a backup.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::IMAGE;
use crate::backup::deployed::{Backup, Deployed};
use crate::backup::faults::{SCRIPTS, wait_for_line};
use crate::bootstrap::shop::{ask, wait_for};
use crate::fixture;
use crate::kubelet::{JobResult, Pod};
use crate::tools;

const TWO: &str = "databases = [{ name = 'orders' }, { name = 'stock' }]\nbackup.rehearsal = true\nbackup.volume.keep = { last = 50 }\n";

/// What no restore brings back.
const BROKEN: &str = "set role stock; create schema web; set search_path = web;
    create function plain(text) returns text language sql immutable as 'select lower($1)';
    create function slug(text) returns text language sql immutable as 'select plain($1)';
    create table pages (title text, check (slug(title) <> ''));
    insert into pages values ('Page')";

fn two(orders: &str, stock: &str) -> Deployed {
    Deployed::with(IMAGE, TWO, |server: &Pod| {
        fixture::run(server, "orders", orders);
        fixture::run(server, "stock", stock);
    })
}

impl Deployed {
    /// The verdicts of the newest backup.
    #[track_caller]
    fn verdict(&self, result: &JobResult, database: &str) -> Value {
        let backup: Backup = self.newest(result.log());
        self.rehearsal(&backup, database)
    }
}

/// Lines of a name that psql would take for its own commands, in every kind of name.
#[test]
fn no_name_is_run() {
    let orders = "set role orders;
create schema \"NAME\"; set search_path = \"NAME\";
create function \"NAME\"(int) returns boolean language sql immutable set search_path = \"NAME\" as 'select true';
create domain \"d NAME\" as int not null constraint \"NAME\" check (\"NAME\"(value));
create type \"e NAME\" as enum ('NAME');
create sequence \"s NAME\";
create table \"NAME\" (id \"d NAME\" primary key constraint \"c NAME\" check (\"NAME\"(id)), \"x
COPY (select 1)TO stdout;-- FROM stdin;
\" int, \"y NAME\" \"e NAME\" default 'NAME', constraint \"f NAME\" foreign key (id) references \"NAME\");
insert into \"NAME\" values (1, 2);
create index \"i NAME\" on \"NAME\" ((\"NAME\"(id)));
create view \"v NAME\" as select * from \"NAME\";
create materialized view \"m NAME\" as select * from \"NAME\";
create function \"t NAME\"() returns trigger language plpgsql as 'begin return new; end';
create trigger \"NAME\" before insert on \"NAME\" for each row execute function \"t NAME\"();
create policy \"NAME\" on \"NAME\" using (\"NAME\"(id));
alter table \"NAME\" enable row level security;
comment on table \"NAME\" is 'NAME'; grant select on \"NAME\" to public;
create table plain (id int check (\"NAME\"(id))); insert into plain values (1);
create function missing(int) returns boolean language plpgsql as 'begin return 1 = 1; end';
create table \"r NAME\" (id int check (missing(id)), \"NAME\" text default E'\\n'); insert into \"r NAME\" values (1, 'one'), (2, 'two');
create or replace function missing(int) returns boolean language plpgsql as 'begin perform none.of_it(); return true; end'"
        .replace("NAME", "\n\\! touch /*s/RUN /tmp/RUN #\n");
    let deployed = two(&orders, BROKEN);
    let line = "event=publish id=";
    deployed.shop.cluster.hold_at(SCRIPTS, &[line]);
    let running = deployed.start_backup("backup-1", &[]);
    let pod = running.pod();
    wait_for_line(&pod, line, 1);
    for volume in ["questions", "answers", "rehearsal-tmp", "tmp"] {
        assert!(!pod.volume(volume).join("RUN").exists(), "{volume}");
    }
    pod.go_on();
    let result = running.wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    // The rows of such tables are tried, too.
    let verdict = deployed.verdict(&result, "orders");
    let findings = verdict["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "{verdict}");
    assert_eq!(findings[0]["detail"], "schema \"none\" does not exist");
    assert_eq!(deployed.verdict(&result, "stock")["result"], "fails");
}

/// What an owner's code leaves in the server of a rehearsal is gone before the next database.
#[test]
fn no_database_meets_the_code_of_another() {
    let orders = "set role orders; create function public.ok(int) returns boolean language plpgsql as $$ begin
        if inet_server_addr() is null and current_database() = 'underpin_restoring' then
            execute format('alter role %I set array_nulls = off', session_user);
            execute format('alter role %I set statement_timeout = ''1ms''', session_user);
            execute format('alter role %I password ''mine''', session_user);
        end if;
        return true; end $$;
        create table public.t(id int check (public.ok(id))); insert into public.t values (1)";
    let stock = "set role stock; create function public.fine(int[]) returns boolean language sql immutable as 'select true';
        create table public.t(id int[] check (public.fine(id))); insert into public.t values ('{1,NULL}')";
    let deployed = two(orders, stock);
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(
        deployed.verdict(&result, "stock")["result"],
        "restores",
        "{}",
        result.log()
    );
}

/// Each of the two containers writes where the other one only reads.
#[test]
fn the_two_containers_share_nothing_that_both_write() {
    let deployed = two("select", "select");
    let mut job = Value::Null;
    let cluster = &deployed.shop.cluster;
    cluster.edit("CronJob", "orders-backup-nightly", |found| {
        job = found.clone();
    });
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let written = |container: &Value| -> Vec<String> {
        let mounts = container["volumeMounts"].as_array().unwrap();
        let writes = mounts.iter().filter(|mount| mount["readOnly"] != true);
        writes
            .map(|mount| mount["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let sidecar = &pod["initContainers"][0];
    assert_eq!(sidecar["name"], "rehearsal");
    let ours = written(&pod["containers"][0]);
    let theirs = written(sidecar);
    assert!(
        theirs.iter().all(|name| !ours.contains(name)),
        "{ours:?} {theirs:?}"
    );
    let secrets = sidecar["volumeMounts"].to_string();
    assert!(
        !secrets.contains("/secrets") && !secrets.contains("/backups"),
        "{secrets}"
    );
}

/// A verdict and its line in the list of sums are changed, the manifest is not; a verdict that a clock
/// of another time has made; a list that is a pipe: none is taken over, and no backup waits.
#[test]
fn no_verdict_of_the_volume_is_taken_over() {
    let deployed = two("select", BROKEN);
    let first = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(first.code(), Some(4), "{}", first.log());
    let script = r#"cd "$1" && f=$2/rehearsal.json && old=$(sha256sum <$f) && old=${old%% *} &&
        sed -i -e 's/"result": "fails"/"result": "restores"/' -e '/^    {"kind"/d' $f && new=$(sha256sum <$f) && new=${new%% *} && sed -i "s/$old/$new/" SHA256SUMS"#;
    let backup = deployed.newest(first.log());
    let folder = deployed.directory().join(&backup.id);
    bash(script, &folder, &backup.folder("stock"));
    let second = deployed.start_backup("backup-2", &[]).wait();
    assert_eq!(second.code(), Some(4), "{}", second.log());
    assert_eq!(deployed.verdict(&second, "stock")["result"], "fails");

    for folder in deployed.ids() {
        let folder = deployed.directory().join(folder);
        bash(
            r#"cd "$1" && rm SHA256SUMS && mkfifo -m 666 SHA256SUMS"#,
            &folder,
            "",
        );
    }
    let third = deployed.start_backup("backup-3", &[]).wait();
    assert_eq!(third.code(), Some(4), "{}", third.log());
    assert!(!third.log().contains("result=known"), "{}", third.log());
}

#[test]
fn a_verdict_of_the_future_is_not_taken_over() {
    let mut deployed = two(
        "set role orders; create table public.t as select 1 as a",
        "select",
    );
    deployed.shift_clocks("+300d");
    deployed.back_up("ahead");
    deployed.shift_clocks("+1d");
    let result = deployed
        .start("orders-backup-nightly", "backup-1", &[])
        .wait();
    let log = result.expect_success().log();
    assert!(log.contains("db=\"orders\" folder=1 result=asked"), "{log}");
}

/// A long sentence ends before a character, not in it.
#[test]
fn what_is_cut_stays_text() {
    let orders = "set role orders; create function public.ok(int) returns boolean language plpgsql as $$ begin return true; end $$;
        create table public.t(id int check (public.ok(id))); insert into public.t values (1);
        create or replace function public.ok(int) returns boolean language plpgsql as $$ begin raise exception '%', 'x' || repeat('é', 900) || repeat('日', 900); end $$;";
    let deployed = two(orders, "select");
    let result = deployed.start_backup("backup-1", &[]).wait();
    let verdict = deployed.verdict(&result, "orders");
    let detail = verdict["findings"][0]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("xé") && detail.ends_with('é'),
        "{detail}"
    );
    assert!(detail.len() >= 997, "{detail}");
}

/// Settings of a database that would have each of our queries wait for an owner's transaction.
#[test]
fn no_session_waits_for_a_safe_snapshot() {
    let deployed = two(
        "alter database orders set default_transaction_isolation = serializable; alter database orders set default_transaction_deferrable = on; set role orders; create table public.t as select 1 as a",
        "select",
    );
    let client = deployed.shop.client();
    let open = "begin isolation level serializable read write; select count(*) from pg_class; select pg_sleep(300)";
    let owner = std::thread::spawn(move || ask(&client, "orders", "of orders", "orders", open));
    wait_for("the open transaction", || {
        let seen = "select count(*) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()";
        deployed.sql("postgres", seen) == "1"
    });
    let result = deployed
        .start_backup("backup-1", &[])
        .wait_within(Duration::from_mins(2));
    result.expect_success();
    deployed.sql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid()");
    owner.join().unwrap();
}

#[track_caller]
fn bash(script: &str, folder: &Path, argument: &str) {
    let mut command = Command::new("bash");
    command
        .args(["-ec", script, "bash"])
        .arg(folder)
        .arg(argument);
    tools::stdout(&mut command);
    assert!(fs::metadata(folder).is_ok());
}
