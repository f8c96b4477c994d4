//! The cluster is lost: all that is left is the repository, the Secrets and what lay on the backup
//! volume. A new cluster comes up, buries nothing, and serves again what was backed up.

use std::fs;

use super::deployed::{Backup, CLAIM, Deployed};
use super::faults::{IMAGE, LAST, expect_refused};
use super::oracle::Content;
use crate::bootstrap::shop::{Shop, ask, fingerprint, log_in, spec};
use crate::compiled;
use crate::runbook::live::{block, values};

const SPEC: &str = "
databases = [
  { name = 'orders', extensions = ['pg_trgm'] },
  { name = 'stock', owner = 'stock' },
]
roles = [{ name = 'report' }]
backup.volume.keep = { last = 50 }
";
const SECRET: [(&str, &str); 4] = [
    ("superuser", "of superuser"),
    ("role.orders", "of orders"),
    ("role.stock", "of stock"),
    ("role.report", "of report"),
];
const ORDERS: &str = "
set role orders;
create schema shop;
create table shop.items (id int generated always as identity primary key, name text not null, price numeric);
insert into shop.items (name, price) select md5(n::text), n / 7.0 from generate_series(1, 2000) n;
create index on shop.items using gin (name public.gin_trgm_ops);
create table shop.orders (item int references shop.items, at timestamptz default now());
insert into shop.orders select id from shop.items limit 300;
create materialized view shop.sold as select count(*) from shop.orders;
grant usage on schema shop to report;
grant select on shop.items to report;
select lo_from_bytea(4711, 'large');
reset role;
revoke all on database orders from public;
grant connect on database orders to report;
alter database orders set search_path = shop, public;
alter role report in database orders set statement_timeout = '7s';
";
const STOCK: &str = "
set role stock;
create table public.shelves (n int primary key, what text);
insert into public.shelves select n, 'shelf ' || n from generate_series(1, 50) n;
";

/// The tree of the spec in a cluster, and the name of its first backup's Job.
#[track_caller]
fn deploy() -> (Shop, String) {
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let shop = Shop::of_image(&image, SPEC, &SECRET);
    let files = compiled::tree(&spec(&image, SPEC)).files;
    let (_, first) = files
        .iter()
        .find(|(path, _)| path.ends_with("backup/job-first.yaml"))
        .expect("the Job of the first backup");
    let name = first.lines().find_map(|line| line.strip_prefix("  name: "));
    (shop, name.unwrap().to_owned())
}

#[track_caller]
fn bootstrapped(shop: Shop) -> Deployed {
    let server = shop.bootstrapped();
    Deployed { shop, server }
}

impl Deployed {
    /// The backups of a cluster that is gone.
    #[track_caller]
    fn inherit(shop: &Shop, lost: Deployed) {
        let claim = shop.cluster.claim(CLAIM);
        fs::rename(lost.directory(), claim.path("orders")).unwrap();
        drop(lost);
    }

    #[track_caller]
    fn expect_mark(&self, database: &str, backup: &Backup) {
        let asked = format!(
            "select split_part(underpin.mark(oid, 'pg_database'), ' by ', 1), pg_get_userbyid(datdba), datallowconn, has_database_privilege('underpin_backup', oid, 'connect')
             from pg_database where datname = '{database}'"
        );
        let system = backup.manifest["system_identifier"].as_str().unwrap();
        let mark = format!(
            "underpin: restored {} of server {system} in shop|{database}|t|t",
            backup.id
        );
        assert_eq!(self.sql("underpin", &asked), mark);
    }

    /// What there is, in order, but for PostgreSQL's own.
    fn names(&self) -> String {
        let names = "select string_agg(datname, ' ' order by datname) from pg_database where not datistemplate and datname not in ('postgres', 'underpin')";
        self.sql("postgres", names)
    }
}

#[test]
fn all_but_the_backup_volume() {
    let (shop, first_backup) = deploy();
    let old = bootstrapped(shop);
    old.sql("orders", ORDERS);
    old.sql("stock", STOCK);
    old.shop.cluster.run_job(&first_backup).expect_success();
    let backup = old.back_up("backup-1");
    let before = ["orders", "stock"].map(|name| Content::of(&old.server, name));
    let ids = old.ids();
    assert_eq!(ids.len(), 2);

    let (shop, first_backup) = deploy();
    Deployed::inherit(&shop, old);
    // As in a cluster, it is there before the roles are.
    let first = shop.cluster.start_job(&first_backup);
    let new = bootstrapped(shop);
    let (shop, cluster) = (&new.shop, &new.shop.cluster);
    let result = first.wait();
    expect_refused(
        &result,
        &["older backups of this name exist", &backup.id, "RUNBOOK"],
    );
    assert!(new.ids() == ids && new.unfinished().is_empty());

    // The restore role logs in once its Secret is there.
    cluster.secret("orders-restore", &[("password", "of restore")]);
    shop.again("bootstrap-1").expect_success();
    // What the schedule makes in between holds the second still empty.
    let all = [
        ("orders", &before[0], "latest"),
        ("stock", &before[1], &backup.id),
    ];
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let runbook = spec(&image, SPEC);
    for (name, content, wanted) in all {
        // By the line of the runbook, which says when the id must be written there.
        let words = format!("DATABASE={name} ");
        let lines = block(&runbook, "The cluster is lost", &words);
        let line = lines.lines().find(|line| line.contains(&words)).unwrap();
        let line = values(&line.replace("BACKUP=latest", &format!("BACKUP={wanted}")));
        let values: Vec<(&str, &str)> = line
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let result = new.restore(&format!("restore-{name}"), &values);
        let log = result.expect_success().log();
        assert!(
            log.contains(&format!("event=choice id={} ", backup.id)),
            "{log}"
        );
        new.expect_mark(name, &backup);
        Content::of(&new.server, name).expect_equal(content);
        if wanted == "latest" {
            new.back_up("between");
        }
    }
    assert_eq!(new.names(), "orders stock", "the empty ones are gone");

    // The application, with its old password.
    let client = shop.client();
    let count = "insert into shop.items (name, price) values ('new', 1) returning id";
    let id = ask(&client, "orders", "of orders", "orders", count);
    assert_eq!(id.expect_success().trim(), "2001");
    let shelf = "update public.shelves set what = 'moved' where n = 7 returning what";
    let shelf = ask(&client, "stock", "of stock", "stock", shelf);
    assert_eq!(shelf.expect_success().trim(), "moved");
    log_in(&client, "report", "of report", "orders").expect_success();
    let denied = ask(&client, "stock", "of stock", "orders", "select 1");
    assert!(denied.stderr.contains("permission denied"), "{denied:?}");

    let server = fingerprint(&new.server);
    let log = shop.again("bootstrap-2").expect_success().log();
    assert!(!log.contains("result=created"), "{log}");
    assert_eq!(fingerprint(&new.server), server);

    // The Job of the tree, which had failed and is not needed now, and then the rules, for the old ones too.
    let log = cluster.run_job(&first_backup).expect_success().log();
    assert!(log.contains("result=not-needed"), "{log}");
    assert_eq!(new.ids().len(), 3);
    new.list("verify", &[("VERIFY", "all")]).expect_success();
    new.start_backup("last", &[("KEEP", LAST)])
        .wait()
        .expect_success();
    assert_eq!(new.ids().len(), 1);
    let own = new.restore(
        "restore-own",
        &[("DATABASE", "stock"), ("INTO", "stock_restored")],
    );
    own.expect_success();
    assert_eq!(
        new.sql(
            "stock_restored",
            "select what from public.shelves where n = 7"
        ),
        "moved"
    );
}

/// Who writes into an empty database while its content is being restored loses nothing.
#[test]
fn what_is_no_longer_empty_stays() {
    let (shop, _) = deploy();
    shop.cluster
        .secret("orders-restore", &[("password", "of restore")]);
    let deployed = bootstrapped(shop);
    deployed.sql("orders", ORDERS);
    deployed.back_up("backup-1");
    let values = [("DATABASE", "orders"), ("INTO", "stock")];
    let running = deployed.start_restore_held("restore-1", "analyze", &values);
    deployed.sql("stock", STOCK);
    running.pod().go_on();
    let words = [
        "\"stock\" is there and holds something",
        "choose another name",
    ];
    expect_refused(&running.wait(), &words);
    assert_eq!(deployed.names(), "orders stock");
    let count = "select count(*) from public.shelves";
    assert_eq!(deployed.sql("stock", count), "50");
}
