//! The Jobs that the runbook makes with other values than the spec's: each line, as it stands there, from
//! the state that its chapter is read in.

use super::live::values;
use super::{runbook, tree};
use crate::backup::deployed::Deployed;
use crate::bootstrap::shop::spec;
use crate::neon::endpoint::{Endpoint, IMAGE, at_neon};

const ITEMS: &str =
    "create table public.items (n int primary key); insert into public.items values (1), (2);";

/// The lines of a chapter that set something, with the `CronJob` of each.
#[track_caller]
fn jobs(spec: &str, chapter: &str) -> Vec<(String, Vec<(String, String)>)> {
    let tree = tree(spec);
    let (_, text) = runbook(&tree)
        .split_once(&format!("\n## {chapter}\n"))
        .unwrap();
    let (text, _) = text.split_once("\n## ").unwrap();
    let mut cron_job = String::new();
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some((_, rest)) = line.split_once("--from=cronjob/") {
            rest.split(' ').next().unwrap().clone_into(&mut cron_job);
        }
        if line.contains(" set env --local ") {
            found.push((cron_job.clone(), values(line)));
        }
    }
    found
}

/// A database with a backup: what each line of these chapters is for.
#[track_caller]
fn expect_all_to_run(deployed: &Deployed, spec: &str, how_many: usize) {
    let id = deployed.back_up("backup-1").id;
    let mut lines = jobs(spec, "List and verify backups");
    lines.extend(jobs(spec, "Restore"));
    assert_eq!(lines.len(), how_many, "{lines:#?}");
    for (number, (cron_job, values)) in lines.iter().enumerate() {
        // What a person puts in the place of an example.
        let values: Vec<(&str, &str)> = values
            .iter()
            .map(|(key, value)| match value.as_str() {
                "20261123T021500Z-x7k2p" => (key.as_str(), id.as_str()),
                "2026-11-20T12:00:00Z" => (key.as_str(), "2999-11-20T12:00:00+01:00"),
                value => (key.as_str(), value),
            })
            .collect();
        let job = format!("line-{number}");
        let cluster = &deployed.shop.cluster;
        cluster.create_job_from_cron_job_with(&job, cron_job, &values);
        cluster.start_job(&job).wait().expect_success();
        if let Some((_, name)) = values.iter().find(|(key, _)| *key == "INTO") {
            let rows = "select count(*) from public.items";
            assert_eq!(deployed.sql(name, rows), "2", "{values:?}");
        }
    }
}

#[test]
fn of_a_server_of_ones_own() {
    let deployed = Deployed::new(IMAGE, "", |server| {
        let owned = format!("set role orders; {ITEMS}");
        crate::fixture::run(server, "orders", &owned);
    });
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let spec = spec(&image, "databases = [{ name = 'orders' }]");
    expect_all_to_run(&deployed, &spec, 7);
}

#[test]
fn of_a_database_at_neon() {
    let endpoint = Endpoint::with(IMAGE, "", &[]);
    let owned = format!("set session authorization neondb_owner; {ITEMS}");
    endpoint.deployed.sql("neondb", &owned);
    let spec = at_neon(IMAGE, "");
    expect_all_to_run(&endpoint.deployed, &spec, 7);
}
