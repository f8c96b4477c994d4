//! An endpoint: its host, its certificate, the roles and databases behind it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::backup::deployed::{Deployed, rehearsing};
use crate::bootstrap::shop::{SECRET, Shop, spec, wait_for};
use crate::compiled;
use crate::fixture;
use crate::kubelet::{Cluster, Pod};

pub(super) const HOST: &str = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech";
pub(crate) const PASSWORD: &str = "it's \"neon\" $(id) %s \\";
pub(super) const SOON: Duration = Duration::from_mins(2);
pub(super) const SCRIPTS: &str = "orders-backup-scripts";
/// The same of a restore.
pub(super) const RESTORE_SCRIPTS: &str = "orders-restore-scripts";
pub(crate) const IMAGE: &str = "17.12-bookworm";
const FRONT: &str = include_str!("front.py");

/// As Neon makes them: its own superuser, what its roles have by way of a role without login, a default
/// database; nobody but its superuser owns `postgres`. What is made in its console (`neondb_owner`, `console`)
/// its superuser has made, and so nobody else governs it; what they make by SQL is governed by who made it.
const ROLES: &str = "
create role cloud_admin superuser login;
create role neon_superuser nologin createdb createrole bypassrls;
grant pg_read_all_data, pg_write_all_data, pg_signal_backend to neon_superuser;
set role cloud_admin;
create role neondb_owner login inherit createdb createrole bypassrls replication in role neon_superuser;
create role console login inherit createdb createrole bypassrls replication in role neon_superuser;
set role console;
create role stranger;
set role neondb_owner;
create role app login;
grant app to neondb_owner with inherit true, set true;
reset role;
alter database postgres owner to cloud_admin;
create database neondb owner neondb_owner;
create database analytics owner app;
create database foreign_one owner stranger;
grant all on database neondb, analytics to neon_superuser;
";
const DEFAULTS: &str = "
alter default privileges for role cloud_admin in schema public grant all on tables to neon_superuser with grant option;
alter default privileges for role cloud_admin in schema public grant all on sequences to neon_superuser with grant option;
";
const CONTENT: &str = "
set session authorization neondb_owner;
create extension pg_trgm schema public;
create extension pgcrypto schema public;
create schema shop;
create type shop.state as enum ('open', 'paid');
create table shop.items (id int generated always as identity primary key, name text not null, price numeric, state shop.state default 'open');
insert into shop.items (name, price) select md5(n::text), n / 7.0 from generate_series(1, 2000) n;
create index on shop.items using gin (name public.gin_trgm_ops);
create table public.events (at date not null, what jsonb, secret bytea default public.digest('x', 'sha256')) partition by range (at);
create table public.events_1 partition of public.events for values from ('2026-01-01') to ('2026-07-01');
create table public.events_2 partition of public.events for values from ('2026-07-01') to ('2027-01-01');
insert into public.events select date '2026-01-01' + n, jsonb_build_object('n', n) from generate_series(0, 300) n;
create materialized view shop.sum as select count(*), sum(price) from shop.items;
create function shop.total() returns numeric language sql as 'select sum(price) from shop.items';
create table shop.hidden (n int);
insert into shop.hidden values (1), (2);
alter table shop.hidden enable row level security, force row level security;
select lo_from_bytea(4711, 'large');
create table public.of_app (n serial primary key, what text);
grant create on schema public to app;
alter table public.of_app owner to app;
insert into public.of_app (what) select 'thing ' || n from generate_series(1, 50) n;
grant usage on schema shop to app;
grant select on shop.items to app;
alter database neondb set search_path = shop, public;
alter default privileges in schema shop grant select on tables to app;
";

/// A server, what answers for it under its host, and pods that go there.
pub(crate) struct Endpoint {
    pub(crate) deployed: Deployed,
    pub(super) front: Pod,
    authority: Certificate,
}

/// A certificate and its key, as PEM.
pub(super) struct Certificate {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl Endpoint {
    #[track_caller]
    pub(super) fn new() -> Endpoint {
        Endpoint::of(IMAGE)
    }

    #[track_caller]
    pub(super) fn of(image: &str) -> Endpoint {
        Endpoint::with(image, "", &[])
    }

    /// With more in the spec, and more keys in its Secret.
    #[track_caller]
    pub(crate) fn with(image: &str, rest: &str, keys: &[(&str, &str)]) -> Endpoint {
        Endpoint::filled(image, rest, keys, fill)
    }

    /// A new project: the roles, and the database, empty.
    #[track_caller]
    pub(super) fn of_a_new_project() -> Endpoint {
        Endpoint::filled(IMAGE, "", &[], |server, image| {
            make_roles(server, image);
            fixture::run(server, "postgres", "drop database analytics");
        })
    }

    #[track_caller]
    fn filled(
        image: &str,
        rest: &str,
        keys: &[(&str, &str)],
        fill: impl FnOnce(&Pod, &str),
    ) -> Endpoint {
        let mut shop = Shop {
            cluster: Cluster::new(),
            job: String::new(),
        };
        let secret = [&[("superuser", "of superuser"), ("neon", PASSWORD)], keys].concat();
        shop.cluster.secret(SECRET, &secret);
        apply_compute(&shop.cluster, image);
        for yaml in compiled::database(&at_neon(image, rest)) {
            shop.cluster.apply_yaml(&yaml);
            if yaml.contains("\nkind: Job\n") {
                let names = yaml
                    .lines()
                    .filter_map(|line| line.strip_prefix("  name: "));
                for name in names.filter(|name| name.starts_with("orders-backup-")) {
                    name.clone_into(&mut shop.job);
                }
            }
        }
        let server = shop.start_server();
        server.wait_ready(Duration::from_mins(2));
        fill(&server, image);
        let authority = Certificate::authority();
        shop.cluster.trust(&authority.certificate);
        let front = front(&shop, &authority.sign(HOST));
        Endpoint {
            deployed: Deployed { shop, server },
            front,
            authority,
        }
    }

    /// The certificate of the authority, as PEM.
    pub(super) fn root(&self) -> &str {
        &self.authority.certificate
    }

    /// Lets the authority be known by a `ConfigMap` alone, and no more by the images.
    pub(super) fn know_by(&self, config_map: &str, key: &str) {
        let cluster = &self.deployed.shop.cluster;
        cluster.config_map(config_map, &[(key, &self.authority.certificate)]);
        cluster.trust(&Certificate::authority().certificate);
    }

    /// From which addresses the front was dialled, in their order.
    pub(crate) fn diallers(&self) -> Vec<String> {
        let log = self.front.log();
        let addresses = log
            .lines()
            .filter_map(|line| line.strip_prefix("connection from "));
        addresses.map(str::to_owned).collect()
    }

    /// How many sessions were refused by a sentence of `mode`.
    pub(super) fn refused(&self) -> usize {
        let log = self.front.log();
        log.lines().filter(|line| *line == "refused").count()
    }

    /// What the front does from the next session on.
    pub(super) fn mode(&self, mode: &str) {
        behave(&self.deployed.shop, HOST, mode);
    }

    /// The only name that the front knows from the next session on.
    pub(super) fn name(&self, host: &str) {
        behave(&self.deployed.shop, host, "plain");
    }

    /// Shows another certificate from the next session on.
    pub(super) fn show(&self, certificate: &Certificate) {
        certificate.give(&self.deployed.shop);
    }

    /// The same of any authority.
    pub(super) fn show_pair(&self, certificate: &str, key: &str) {
        self.show(&Certificate {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        });
    }

    /// The right one, or with another name of the same authority.
    pub(super) fn certificate(&self, host: &str) -> Certificate {
        self.authority.sign(host)
    }

    #[track_caller]
    pub(super) fn sql(&self, database: &str, text: &str) -> String {
        self.deployed.sql(database, text)
    }

    /// Whatever of ours is still connected.
    #[track_caller]
    pub(super) fn sessions(&self) -> String {
        let all = "select string_agg(format('%s in %s: %s', application_name, datname, query), ', ') from pg_stat_activity where usename = 'neondb_owner' or application_name ~ '^underpin'";
        self.sql("postgres", all)
    }

    /// Nothing keeps the compute awake once a Job has ended: each end of a session has arrived.
    #[track_caller]
    pub(super) fn expect_nobody(&self) {
        wait_for("nobody is connected", || self.sessions().is_empty());
    }

    #[track_caller]
    pub(super) fn databases(&self) -> String {
        let names = "select string_agg(datname || case when datallowconn then '' else ' (closed)' end, ' ' order by datname) from pg_database where not datistemplate and datname not in ('postgres', 'foreign_one')";
        self.sql("postgres", names)
    }
}

impl Certificate {
    /// A certificate authority that nobody knows yet.
    pub(super) fn authority() -> Certificate {
        make(&["-subj", "/CN=authority"])
    }

    /// A certificate for a name.
    pub(super) fn sign(&self, host: &str) -> Certificate {
        let directory = directory();
        let file = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (certificate, key) = (file("ca.crt", &self.certificate), file("ca.key", &self.key));
        let name = format!("subjectAltName=DNS:{host}");
        let more = [
            "-CA",
            &certificate,
            "-CAkey",
            &key,
            "-addext",
            &name,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        let made = make(&[&more[..], &["-subj", "/CN=endpoint"]].concat());
        fs::remove_dir_all(directory).unwrap();
        made
    }

    fn give(&self, shop: &Shop) {
        let pair = [
            ("tls.crt", self.certificate.as_str()),
            ("tls.key", &self.key),
        ];
        shop.cluster.secret("front", &pair);
    }
}

/// What runs at Neon: of the spec of a server of one's own, the server alone.
#[track_caller]
pub(super) fn apply_compute(cluster: &Cluster, image: &str) {
    let image = format!("docker.io/library/postgres:{image}");
    let tree = compiled::tree(&spec(&image, "databases = [{ name = 'orders' }]"));
    for (path, yaml) in tree.files {
        if path.starts_with("server/") || path.starts_with("storage/") {
            cluster.apply_yaml(&yaml);
        }
    }
}

/// The spec that all else is of.
pub(crate) fn at_neon(image: &str, rest: &str) -> String {
    let (major, _) = image.split_once('.').unwrap();
    let rest = rehearsing(rest);
    format!(
        "name = 'orders'\nnamespace = 'shop'\nneon.host = '{HOST}'\nneon.database = 'neondb'\nneon.role = 'neondb_owner'\nneon.postgres = {major}\nneon.min_compute = 8\nbackup.volume.keep = {{ last = 50 }}\n{rest}"
    )
}

/// Makes what there is at Neon.
#[track_caller]
pub(super) fn fill(server: &Pod, image: &str) {
    make_roles(server, image);
    fixture::run(server, "neondb", CONTENT);
    let table =
        "set role app; create table public.visits as select n from generate_series(1, 77) n";
    fixture::run(server, "analytics", table);
}

#[track_caller]
fn make_roles(server: &Pod, image: &str) {
    let roles = if image.starts_with("15.") {
        ROLES.replace(" with inherit true, set true", "")
    } else {
        ROLES.to_owned()
    };
    fixture::run(server, "postgres", &roles);
    let quoted = PASSWORD.replace('\'', "''");
    let login = format!("alter role neondb_owner password '{quoted}'");
    fixture::run(server, "postgres", &login);
    for (database, owner) in [("neondb", "neondb_owner"), ("analytics", "app")] {
        let owned = format!("alter schema public owner to {owner};");
        fixture::run(server, database, &(owned + DEFAULTS));
    }
}

fn directory() -> std::path::PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!(
        "underpin-certificate-{}-{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let directory = std::env::temp_dir().join(name);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn make(more: &[&str]) -> Certificate {
    let directory = directory();
    let (certificate, key) = (directory.join("crt"), directory.join("key"));
    let output = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-noenc", "-days", "2", "-out"])
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .args(more)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let read = |path| fs::read_to_string(path).unwrap();
    let made = Certificate {
        certificate: read(certificate),
        key: read(key),
    };
    fs::remove_dir_all(directory).unwrap();
    made
}

fn behave(shop: &Shop, host: &str, mode: &str) {
    let files = [("host", host), ("mode", mode), ("front.py", FRONT)];
    shop.cluster.config_map("front", &files);
}

/// A pod that answers at the host, whose name the pods find as they find every Service's.
#[track_caller]
pub(super) fn front(shop: &Shop, certificate: &Certificate) -> Pod {
    let cluster = &shop.cluster;
    certificate.give(shop);
    behave(shop, HOST, "plain");
    cluster.apply(json!({
        "kind": "Service",
        "metadata": { "name": HOST, "namespace": "shop" },
        "spec": { "selector": { "app": "front" }, "publishNotReadyAddresses": true, "ports": [{ "port": 5432 }] },
    }));
    cluster.apply(json!({
        "kind": "Pod",
        "metadata": { "name": "front", "namespace": "shop", "labels": { "app": "front" } },
        "spec": {
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "terminationGracePeriodSeconds": 0,
            "securityContext": { "runAsUser": 65534, "runAsGroup": 65534 },
            "containers": [{
                "name": "front",
                "image": format!("docker.io/library/postgres:{IMAGE}"),
                "command": ["/.kubelet/bin/python3", "/front/front.py"],
                "env": [{ "name": "PYTHONHOME", "value": "/usr" }],
                "securityContext": { "capabilities": { "drop": ["ALL"] } },
                "volumeMounts": [{ "name": "front", "mountPath": "/front", "readOnly": true }],
            }],
            "volumes": [{ "name": "front", "projected": { "sources": [
                { "configMap": { "name": "front" } }, { "secret": { "name": "front" } },
            ] } }],
        },
    }));
    let pod = cluster.start_pod("front");
    pod.wait_for_log("listening", Duration::from_secs(30));
    pod
}
