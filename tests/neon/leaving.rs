//! Neon is lost, or left: by the lines of the runbook, from the state that its text describes.

use std::fs;

use super::door::expect_refused;
use super::endpoint::{Endpoint, HOST, IMAGE, at_neon};
use crate::backup::deployed::{CLAIM, Deployed};
use crate::backup::oracle::Content;
use crate::bootstrap::shop::{Shop, log_in, spec};
use crate::kubelet::{JobResult, Output};
use crate::runbook::live::{block, values};

/// What a managed server gives to a database by itself.
const SERVERS_OWN: [&str; 1] = ["FOR ROLE cloud_admin"];
const OWN_SERVER: &str = "
databases = [
  { name = 'neondb', owner = 'neondb_owner', extensions = ['pg_trgm', 'pgcrypto'] },
  { name = 'analytics', owner = 'app' },
]
backup.volume.keep = { last = 50 }
";
const KEYS: [(&str, &str); 3] = [
    ("superuser", "of superuser"),
    ("role.neondb_owner", "of neondb_owner"),
    ("role.app", "of app"),
];

/// What is all that is left.
#[track_caller]
fn inherit(shop: &Shop, lost: &Deployed) {
    let claim = shop.cluster.claim(CLAIM);
    fs::rename(lost.directory(), claim.path("orders")).unwrap();
}

/// A Job of these values, and what differs from them.
#[track_caller]
fn restore(
    deployed: &Deployed,
    name: &str,
    line: &[(String, String)],
    other: &[(&str, &str)],
) -> JobResult {
    let mut all: Vec<(&str, &str)> = Vec::new();
    for (key, value) in line {
        let other = other.iter().find(|(name, _)| name == key);
        all.push((key, other.map_or(value.as_str(), |(_, value)| value)));
    }
    deployed.restore(name, &all)
}

#[test]
fn at_neon_again() {
    let old = Endpoint::new();
    let before = ["neondb", "analytics"]
        .map(|name| Content::of(&old.deployed.server, name).without(&SERVERS_OWN));
    let backup = old.deployed.back_up("backup-1");

    let new = Endpoint::of_a_new_project();
    let deployed = &new.deployed;
    inherit(&deployed.shop, &old.deployed);
    drop(old);
    let first = deployed.start_backup("first", &[]).wait();
    let words = ["older backups of this name exist", &backup.id, "RUNBOOK"];
    expect_refused(&first, &words);

    let runbook = at_neon(IMAGE, "");
    let line = values(&block(&runbook, "Neon is lost", "DATABASE="));
    restore(deployed, "restore-1", &line, &[]).expect_success();
    let now = Content::of(&deployed.server, "neondb").without(&SERVERS_OWN);
    now.expect_equal(&before[0]);
    let other = [("DATABASE", "analytics")];
    restore(deployed, "restore-2", &line, &other).expect_success();
    let now = Content::of(&deployed.server, "analytics").without(&SERVERS_OWN);
    now.expect_equal(&before[1]);
    // Nothing stands in the way of the next backup, or of the next restore.
    deployed.back_up("backup-2");
    let kept = new.databases();
    let kept = kept
        .split(' ')
        .find_map(|name| name.strip_prefix("neondb_replaced_"))
        .unwrap();
    assert!(!kept.is_empty());

    // Past the pooler, as the owner: what was done is undone, and what nobody wants is dropped.
    let undo = block(&runbook, "Undo a restore", "NAME_FROM_ABOVE");
    let listed = past_the_pooler(&new, &block(&runbook, "Undo a restore", "_replaced"));
    assert!(listed.expect_success().contains(kept), "{listed:#?}");
    let undo = undo.replace("NAME_FROM_ABOVE", &format!("neondb_replaced_{kept}"));
    let undone = past_the_pooler(&new, &undo);
    assert!(undone.expect_success().contains("COMMIT"), "{undone:#?}");
    let tables = "select count(*) from pg_tables where schemaname = 'shop'";
    assert_eq!(new.sql("neondb", tables), "0");
    let aside = new.databases();
    let aside = aside
        .split(' ')
        .find(|name| name.starts_with("undone_"))
        .unwrap();
    let drop = block(&runbook, "Restore", "NOT_WANTED=").replace("one_table", aside);
    assert_eq!(
        past_the_pooler(&new, &drop).expect_success(),
        "DROP DATABASE"
    );
    assert!(!new.databases().contains(aside));
}

/// The old one's backups become the new one's own.
#[test]
fn at_neon_again_with_what_is_there() {
    let old = Endpoint::new();
    old.deployed.back_up("backup-1");
    let new = Endpoint::of_a_new_project();
    inherit(&new.deployed.shop, &old.deployed);
    drop(old);
    let line = values(&block(&at_neon(IMAGE, ""), "Adopt older backups", "ADOPT"));
    let line: Vec<(&str, &str)> = line
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let adopted = new.deployed.start_backup("adopt", &line).wait();
    adopted.expect_success();
    new.deployed.back_up("backup-2");
    assert_eq!(new.deployed.ids().len(), 3);
}

/// On the terminal of a person who has the password.
#[track_caller]
fn past_the_pooler(endpoint: &Endpoint, block: &str) -> Output {
    let client = endpoint.deployed.shop.client();
    client
        .exec_with_input(&["tee", "/tmp/root.crt"], endpoint.root())
        .expect_success();
    assert!(block.contains(HOST), "{block}");
    // A machine whose own authorities these are.
    let block = block.replace("PGSSLROOTCERT=system", "PGSSLROOTCERT=/tmp/root.crt");
    let script = format!("read -rs PGPASSWORD; export PGPASSWORD\n{block}");
    let password = format!("{}\n", super::endpoint::PASSWORD);
    client.exec_with_input(&["bash", "-eu", "-c", &script], &password)
}

/// What Neon's own roles have is not there; all else is.
#[test]
fn for_a_server_of_ones_own() {
    let old = Endpoint::new();
    old.sql(
        "neondb",
        "set session authorization neondb_owner;
         create table shop.granted (n int);
         grant all on shop.granted to neon_superuser with grant option;
         create table shop.\"to neon_superuser;\n\" (n int, \"x TO neon_superuser;\" int);
         grant select on shop.\"to neon_superuser;\n\" to app, neon_superuser;
         grant select (\"x TO neon_superuser;\") on shop.\"to neon_superuser;\n\" to neon_superuser;
         grant usage on schema shop to neon_superuser;
         grant create on schema public to neon_superuser;
         alter default privileges in schema shop grant select on tables to neon_superuser;
         reset session authorization;
         alter role neon_superuser in database neondb set work_mem = '5MB';",
    );
    old.deployed.back_up("backup-1");
    // The same, without what is left out.
    old.sql(
        "neondb",
        "revoke all on shop.granted, shop.\"to neon_superuser;\n\", shop.items from neon_superuser;
         revoke all (\"x TO neon_superuser;\") on shop.\"to neon_superuser;\n\" from neon_superuser;
         revoke all on schema shop, public from neon_superuser;
         alter default privileges for role neondb_owner in schema shop revoke all on tables from neon_superuser;
         revoke all on database neondb, analytics from neon_superuser;
         alter role neon_superuser in database neondb reset all;",
    );
    let before = ["neondb", "analytics"]
        .map(|name| Content::of(&old.deployed.server, name).without(&SERVERS_OWN));

    let image = format!("docker.io/library/postgres:{IMAGE}");
    let shop = Shop::of_image(&image, OWN_SERVER, &KEYS);
    let secret = [("password", "of restore")];
    shop.cluster.secret("orders-restore", &secret);
    inherit(&shop, &old.deployed);
    drop(old);
    let server = shop.bootstrapped();
    let new = Deployed { shop, server };
    let runbook = spec(&image, OWN_SERVER);
    for (name, content) in ["neondb", "analytics"].iter().zip(&before) {
        let words = format!("DATABASE={name} ");
        let lines = block(&runbook, "The cluster is lost", &words);
        let line = values(lines.lines().find(|line| line.contains(&words)).unwrap());
        let result = restore(&new, &format!("restore-{name}"), &line, &[]);
        let log = result.expect_success().log();
        let left_out = "event=need kind=\"role\" name=\"neon_superuser\" result=left-out";
        assert!(log.contains(left_out), "{log}");
        Content::of(&new.server, name)
            .without(&SERVERS_OWN)
            .expect_equal(content);
    }
    let made = "select count(*) from pg_roles where rolname in ('neon_superuser', 'cloud_admin')";
    assert_eq!(new.sql("postgres", made), "0");
    log_in(&new.shop.client(), "app", "of app", "neondb").expect_success();
}
