//! An application dials the Service, and is at Neon; nobody else than Neon is told anything.

use std::fmt::Write as _;

use super::endpoint::{Certificate, Endpoint, HOST, IMAGE, PASSWORD, SOON, at_neon};
use super::pooled::Stack;
use crate::bootstrap::shop::{ask, log_in};
use crate::compiled;
use crate::kubelet::Pod;

/// So that a client which waits for nothing is told so soon.
pub(super) const IMPATIENT: (&str, &str) = ("query_wait_timeout = 30", "query_wait_timeout = 3");
const NO_ENDPOINT: &str = "Endpoint ID is not specified. Either please upgrade the postgres client library (libpq) for SNI support";

#[test]
fn an_application_reads_its_data() {
    let stack = Stack::with("roles = [{ name = 'app' }]", &[("role.app", "of app")], &[]);
    stack
        .endpoint
        .sql("postgres", "alter role app password 'of app'");
    assert_eq!(stack.poolers.len(), 2);
    let counts = "select (select count(*) from shop.items), (select count(*) from events)";
    assert_eq!(stack.said(counts), "2000|301");
    // As the role itself, into each database that it may enter.
    let role = |database| {
        let sql = "select current_user, current_database(), count(*) from visits";
        ask(&stack.client, "app", "of app", database, sql)
    };
    assert_eq!(role("analytics").expect_success(), "app|analytics|77");
    assert!(role("neondb").stderr.contains("\"visits\" does not exist"));
    for address in stack.endpoint.diallers() {
        assert!(stack.is_poolers(&address), "{address}");
    }
    // Who is not of the spec has to dial Neon.
    stack
        .endpoint
        .sql("postgres", "alter role stranger login password 'of app'");
    let output = log_in(&stack.client, "stranger", "of app", "neondb");
    assert!(output.stderr.contains("SASL authentication failed"));
}

#[test]
fn hostile_passwords_and_names_get_through_as_they_are() {
    let roles = [
        (r#"sm"ith"#, r#"dou"ble ""quotes"""#),
        ("o'hara", "it's %s %d %%"),
        ("two  words", " spaces  in and around "),
        ("$(id)", "$HOME $(id) `id` ${x}"),
        (r"back\slash", r"back\slash\\n\"),
        ("é", "é ß 日本 🐘"),
        ("; comment", "; # = '"),
    ];
    let mut rest = String::from("pooler.pool_size = 5\n");
    let mut keys = Vec::new();
    let names: Vec<String> = (0..roles.len())
        .map(|index| format!("key-{index}"))
        .collect();
    for ((name, password), key) in roles.iter().zip(&names) {
        let name = toml::Value::from(*name);
        let _ = writeln!(
            rest,
            "[[roles]]\nname = {name}\npassword = {{ secret = 'orders-postgres', key = '{key}' }}"
        );
        keys.push((key.as_str(), *password));
    }
    let stack = Stack::with(&rest, &keys, &[]);
    for (name, password) in roles {
        let made = format!(
            "create role \"{}\" login password '{}'",
            name.replace('"', "\"\""),
            password.replace('\'', "''")
        );
        stack.endpoint.sql("postgres", &made);
        let output = log_in(&stack.client, name, password, "neondb");
        assert_eq!(output.expect_success(), name);
    }
    assert_eq!(stack.said("select current_user"), "neondb_owner");
    let logs = stack.logs();
    for (_, password) in roles {
        assert!(!logs.contains(password), "{logs}");
    }
    assert!(!logs.contains(PASSWORD), "{logs}");
}

/// Neon leads by the name that is asked for; `PgBouncer` says it only where it verifies it.
#[test]
fn without_the_name_neon_leads_nowhere() {
    let stack = Stack::new("pooler.replicas = 1", &[IMPATIENT]);
    let dial = |sni: &str| {
        let line = format!(
            "IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql -XAtqw 'host={HOST} user=neondb_owner dbname=neondb sslmode=require sslsni={sni}' -c 'select 1'"
        );
        let password = format!("{PASSWORD}\n");
        stack
            .client
            .exec_with_input(&["bash", "-c", &line], &password)
    };
    assert_eq!(dial("1").expect_success(), "1");
    assert!(dial("0").stderr.contains(NO_ENDPOINT));

    // What the spec comes to has it; any other mode has not.
    assert_eq!(stack.said("select 1"), "1");
    for mode in ["require", "verify-ca"] {
        let shop = &stack.endpoint.deployed.shop;
        let (is, other) = if mode == "require" {
            ("verify-full", mode)
        } else {
            ("require", mode)
        };
        shop.hurry(
            "orders-pooler-settings",
            "pgbouncer.ini",
            &format!("server_tls_sslmode = {is}"),
            &format!("server_tls_sslmode = {other}"),
        );
        stack.poolers[0].delete();
        let pooler = shop.cluster.start_deployment_pod("orders-pooler");
        pooler.wait_ready(SOON);
        let output = stack.ask("select 1");
        assert!(output.stderr.contains(NO_ENDPOINT), "{mode}: {output:#?}");
        assert!(pooler.log().contains(NO_ENDPOINT), "{}", pooler.log());
        expect_told("Endpoint ID is not specified", &output.stderr);
        pooler.delete();
    }
}

/// Past the pooler, a setting that is not among the options is lost without a word.
#[test]
fn what_a_client_sets_as_it_connects() {
    let stack = Stack::new("pooler.replicas = 1", &[]);
    let shown = |setting: &str| {
        let line = format!(
            "IFS= read -r PGPASSWORD; export PGPASSWORD; {setting} exec psql -XAtqw 'host={HOST} user=neondb_owner dbname=neondb sslmode=require' -c 'show timezone'"
        );
        let password = format!("{PASSWORD}\n");
        let said = stack
            .client
            .exec_with_input(&["bash", "-c", &line], &password);
        said.expect_success().to_owned()
    };
    let plain = shown("");
    assert_ne!(plain, "Asia/Tokyo");
    assert_eq!(shown("PGTZ=Asia/Tokyo"), plain);
    assert_eq!(shown("PGOPTIONS='-c TimeZone=Asia/Tokyo'"), "Asia/Tokyo");
    let runbook = &compiled::tree(&at_neon(IMAGE, "")).files["RUNBOOK.md"];
    let row = runbook
        .lines()
        .find(|line| line.starts_with("| `unsupported startup parameter` |"));
    let row = row.unwrap();
    assert!(row.contains("`alter role … set`") && row.contains("`options=-c search_path=…`"));
}

/// Who is not Neon is told nothing; the client's wait has an end, and the pooler's log says why.
#[test]
fn somebody_else_under_the_name() {
    let stack = Stack::new("pooler.replicas = 1", &[IMPATIENT]);
    let pooler = &stack.poolers[0];
    let other = "ep-other-darkness-a1b2c3d4.us-east-2.aws.neon.tech";
    let name = stack.endpoint.certificate(other);
    let authority = Certificate::authority().sign(HOST);
    for (certificate, words) in [
        (name, "name … not present in server certificate"),
        (authority, "certificate verify failed"),
    ] {
        stack.endpoint.show(&certificate);
        let output = stack.ask("select 1");
        assert!(!output.success(), "{output:#?}");
        expect_told("query_wait_timeout", &output.stderr);
        expect_told(words, &pooler.log());
        expect_told("TLS handshake error", &pooler.log());
    }
    stack.endpoint.show(&stack.endpoint.certificate(HOST));
    assert_eq!(stack.said("select 1"), "1");
    assert!(pooler.is_ready() && pooler.restarts() == 0);
}

/// The authorities may be those of a `ConfigMap`; nobody's image has to know them.
#[test]
fn authorities_of_ones_own() {
    let ca = "neon.ca = { config_map = 'our-root', key = 'root.pem' }";
    let endpoint = Endpoint::with(IMAGE, ca, &[]);
    endpoint.know_by("our-root", "root.pem");
    let stack = Stack::of(endpoint, &[]);
    assert_eq!(stack.said("select count(*) from shop.items"), "2000");
    let deployed = &stack.endpoint.deployed;
    deployed.back_up("backup");
    deployed.restore("restore", &[]).expect_success();
}

/// Jobs hold locks and snapshots, which no pooler can: they dial Neon themselves.
#[test]
fn backups_and_restores_go_past_the_poolers() {
    let stack = Stack::new("", &[]);
    assert_eq!(stack.said("select count(*) from shop.items"), "2000");
    let cluster = &stack.endpoint.deployed.shop.cluster;
    let before = stack.endpoint.diallers().len();
    let pods = |result: crate::kubelet::JobResult| -> Vec<Pod> {
        result.expect_success();
        result.pods.clone()
    };
    // As deployed, and by its CronJob.
    let mut ours = pods(cluster.run_job(&stack.endpoint.deployed.shop.job));
    stack.endpoint.sql("neondb", "truncate shop.items");
    let deployed = &stack.endpoint.deployed;
    ours.extend(pods(deployed.restore("in-place", &[("REPLACE", "true")])));
    let all = stack.endpoint.diallers();
    let of_jobs = &all[before..];
    assert!(of_jobs.len() > 10, "{of_jobs:?}");
    for address in of_jobs {
        assert!(ours.iter().any(|pod| pod.address() == address), "{address}");
    }
    // The poolers' clients find what was restored.
    assert_eq!(stack.said("select count(*) from shop.items"), "2000");
    let last = stack.endpoint.diallers();
    assert!(stack.is_poolers(last.last().unwrap()), "{last:?}");
}

/// A person searches the runbook for the words on the screen; `…` stands for a name.
#[track_caller]
pub(super) fn expect_told(message: &str, heard: &str) {
    for words in message.split('…') {
        assert!(heard.contains(words.trim()), "`{words}` in {heard}");
    }
    let tree = compiled::tree(&at_neon(IMAGE, ""));
    let (_, chapter) = tree.files["RUNBOOK.md"]
        .split_once("\n## What a message means\n")
        .unwrap();
    let (chapter, _) = chapter.split_once("\n## ").unwrap();
    let mut messages = chapter.lines().filter_map(|line| line.split('|').nth(1));
    let span = format!("`{message}`");
    assert!(messages.any(|cell| cell.contains(&span)), "{span}");
}
