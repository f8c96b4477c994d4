//! What is good passes, on every major and both userlands, when nothing is left but the backups.

use super::{DRILL, IMAGE, small};
use crate::backup::deployed::Deployed;
use crate::fixture;
use crate::kubelet::Pod;
use crate::neon::endpoint::{Endpoint, PASSWORD};

#[test]
fn on_18() {
    passes("18.7-bookworm");
}

#[test]
fn on_alpine() {
    passes("17.12-alpine3.22");
}

/// Every kind of object, with the production server stopped and its volume gone.
#[track_caller]
pub(crate) fn passes(image: &str) {
    let more = format!(
        "{DRILL}backup.drill.asserts = [{{ database = 'orders', sql = 'select pg_catalog.count(*) > 0 from pg_catalog.pg_class -- ; )' }}]"
    );
    let deployed = Deployed::new(image, &more, |server: &Pod| fixture::load(server, "orders"));
    let backup = deployed.back_up("backup-1");
    deployed.server.delete();
    let data = deployed.shop.cluster.claim("orders-data").path("");
    std::fs::rename(&data, data.with_extension("gone")).unwrap();
    let result = deployed.drill("drill-1", &[]);
    let log = result.expect_success().log();
    let id = &backup.id;
    for told in [
        format!("event=choice id={id} result=newest"),
        "event=role name=\"report\" result=not-in-spec".to_owned(),
        "event=assert database=\"orders\" number=1 result=true".to_owned(),
        format!("event=drill result=proven id={id} databases=2 asserts=1"),
    ] {
        assert!(log.contains(&told), "{told}\n{log}");
    }
}

/// Names that break out, prefixes, other encodings: each database is restored and proven.
#[test]
fn every_database_there_is() {
    let load = |server: &Pod| {
        fixture::load_files(server, "orders", &["roles.sql"]);
        fixture::load_databases(server);
    };
    // By the environment: a spec asserts of its own databases alone.
    let asserts: Vec<serde_json::Value> = fixture::NAMES
        .iter()
        .map(|name| serde_json::json!({ "database": name, "sql": "true" }))
        .collect();
    let deployed = Deployed::new(IMAGE, DRILL, load);
    let backup = deployed.back_up("backup-1");
    let held = backup.manifest["databases"].as_array().unwrap().len();
    let asserts = serde_json::to_string(&asserts).unwrap().replace('$', "$$");
    let result = deployed.drill("drill-1", &[("ASSERTS", &asserts)]);
    let log = result.expect_success().log();
    let proven = format!(
        "event=drill result=proven id={} databases={held} asserts={}",
        backup.id,
        fixture::NAMES.len()
    );
    assert!(log.contains(&proven), "{proven}\n{log}");
    assert!(held > fixture::NAMES.len(), "{held}");
}

/// Which one: the newest by the one CronJob, any of the others by the other.
#[test]
fn an_older_one_by_chance() {
    let deployed = small(DRILL);
    let first = deployed.back_up("backup-1").id;
    let drill_older = |job: &str| {
        let cluster = &deployed.shop.cluster;
        cluster.create_job_from_cron_job(job, "orders-drill-old");
        let log = cluster.start_job(job).wait().expect_success().log();
        let line = log.lines().find(|line| line.contains("event=choice"));
        line.unwrap().to_owned()
    };
    let only = format!("event=choice id={first} result=only");
    assert_eq!(drill_older("older-0"), only);
    let second = deployed.back_up("backup-2").id;
    let newest = deployed.back_up("backup-3").id;
    let older = [first, second].map(|id| format!("event=choice id={id} result=older"));
    let mut seen = std::collections::BTreeSet::new();
    // That one of two is never taken in 40 runs happens once in 10^12.
    for number in 1..=40 {
        let line = drill_older(&format!("older-{number}"));
        assert!(older.contains(&line), "{line}");
        seen.insert(line);
        if seen.len() == older.len() {
            break;
        }
    }
    assert_eq!(seen.len(), older.len());
    let log = deployed.drill("newest", &[]).expect_success().log();
    assert!(
        log.contains(&format!("event=choice id={newest} result=newest")),
        "{log}"
    );
}

/// Of a managed server: the role that owns the databases restores, and no password is needed.
#[test]
fn at_neon() {
    let endpoint = Endpoint::with(
        IMAGE,
        "backup.drill.asserts = [{ database = 'neondb', sql = 'select count(*) = 2000 from items' }]",
        &[],
    );
    let deployed = &endpoint.deployed;
    let backup = deployed.back_up("backup-1");
    let before = endpoint.diallers().len();
    let result = deployed.drill("drill-1", &[]);
    let log = result.expect_success().log();
    let proven = format!(
        "event=drill result=proven id={} databases=2 asserts=1",
        backup.id
    );
    assert!(log.contains(&proven), "{proven}\n{log}");
    assert!(!log.contains(PASSWORD));
    assert_eq!(endpoint.diallers().len(), before, "nobody was dialled");
}
