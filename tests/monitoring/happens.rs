//! What alarms are for, made to happen on the real server: the exporter tells it, and the rules, given
//! what it tells for a day, say so; and what RUNBOOK.md says to do ends it.

use super::exposition::Scrape;
use super::{SPEC, Stack};
use crate::alerts::metrics::{is_told, panels, rules, selectors};
use crate::bootstrap::IMAGE;
use crate::bootstrap::shop::{Hold, psql, spec, sql, wait_for};
use crate::load::Login;
use crate::pooler::{go, is_there, stay};
use crate::runbook::live::{block, paste};
use crate::{alerts as files, generate, tools};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::thread;
use underpin::alerts::{self, Rule};
use underpin::model::Model;

fn model(rest: &str) -> Model {
    let source = generate::source(spec(IMAGE, &format!("{SPEC}{rest}")));
    generate::compiled(&source).model
}

impl Stack {
    /// The alarms that there were after a day of this.
    #[track_caller]
    fn alarms(&self, rest: &str) -> BTreeSet<String> {
        alarms(&model(rest), &self.scrape())
    }
}

/// promtool, which expects none, names those that it gets.
#[track_caller]
pub(crate) fn alarms(model: &Model, scrape: &Scrape) -> BTreeSet<String> {
    let place = tempfile::tempdir().unwrap();
    let rules = alerts::text(&alerts::groups(model));
    std::fs::write(place.path().join("rules.yaml"), rules).unwrap();
    let mut test = String::from(
        "rule_files: [rules.yaml]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    input_series:\n",
    );
    for (metric, series) in scrape.metrics.iter().filter(|(name, _)| is_told(name)) {
        for (labels, value) in series {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            let series = serde_json::Value::from(format!("{metric}{{{}}}", labels.join(", ")));
            let _ = writeln!(
                test,
                "      - {{ series: {series}, values: '{value}x1500' }}"
            );
        }
    }
    test.push_str("    alert_rule_test:\n");
    let told: BTreeSet<&str> = alerts::groups(model)
        .iter()
        .flat_map(|group| &group.rules)
        .filter_map(|rule| match rule {
            Rule::Alert(alert) if selectors(&alert.expr).iter().all(|(name, _)| is_told(name)) => {
                Some(alert.guide.name)
            }
            _ => None,
        })
        .collect();
    for name in &told {
        let _ = writeln!(
            test,
            "      - {{ eval_time: 1445m, alertname: {name}, exp_alerts: [] }}"
        );
    }
    std::fs::write(place.path().join("test.yaml"), test).unwrap();
    let mut command = tools::promtool();
    command
        .current_dir(place.path())
        .args(["test", "rules", "test.yaml"]);
    let output = tools::run(&mut command);
    let said = String::from_utf8_lossy(&output.stderr);
    let named = |name: &&&str| said.contains(&format!("alertname: {name}, time: "));
    let found: BTreeSet<String> = told.iter().filter(named).map(ToString::to_string).collect();
    assert_eq!(found.is_empty(), output.status.success(), "{output:?}");
    found
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

const ORDERS: Login = Login {
    host: "orders",
    database: "orders",
    role: "orders",
    password: "of orders",
};

/// Of every metric that a rule or a panel reads, with the labels that it selects and gathers by.
#[test]
fn every_metric_and_label_that_is_asked_for_is_told() {
    let stack = Stack::new("");
    sql(
        &stack.server,
        "postgres",
        "select pg_create_physical_replication_slot('s1', true)",
    );
    let scrape = stack.scrape();
    let mut seen = BTreeSet::new();
    for model in files::models().values() {
        for expr in rules(model).chain(panels(model)) {
            let by = expr.split(" by (").skip(1);
            let by: Vec<&str> = by
                .flat_map(|rest| rest.split(')').next().unwrap().split(", "))
                .collect();
            for (metric, labels) in selectors(&expr).iter().filter(|(name, _)| is_told(name)) {
                let series = scrape.series(metric);
                assert!(!series.is_empty(), "{metric} is told by no exporter");
                for (has, _) in series {
                    for label in labels.iter().chain(&by) {
                        assert!(has.contains_key(*label), "{metric} has no label {label}");
                    }
                }
                seen.insert((*metric).to_owned());
            }
        }
    }
    assert!(seen.len() > 15, "{seen:?}");
}

#[test]
fn sessions_that_keep_others_waiting_are_seen() {
    let prepared = "postgres.settings.max_prepared_transactions = 3";
    let stack = Stack::new(prepared);
    assert_eq!(stack.alarms(prepared), set(&[]));
    sql(&stack.server, "orders", "create table t (n int)");

    let hold = Hold::table(&stack.server, "orders", "t");
    let server = stack.server.clone();
    let waits = thread::spawn(move || psql(&server, "orders", "insert into t values (1)"));
    stack.wait("underpin_locks_waiting", |waiting| waiting == 1.0);
    stack.wait("underpin_locks_longest_wait_seconds", |seconds| {
        seconds > 1.0
    });
    stack.wait("underpin_transactions_longest_seconds", |seconds| {
        seconds > 1.0
    });
    let scrape = stack.scrape();
    assert_eq!(
        scrape.value("underpin_transactions_longest_idle_seconds"),
        Some(0.0)
    );
    hold.release();
    waits.join().unwrap().expect_success();
    stack.wait("underpin_locks_waiting", |waiting| waiting == 0.0);

    // An advisory lock is waited for by design.
    let hold = Hold::new(&stack.server, "orders", "select pg_advisory_xact_lock(1)");
    let server = stack.server.clone();
    let waits = thread::spawn(move || psql(&server, "orders", "select pg_advisory_xact_lock(1)"));
    let queued = "select count(*) from pg_locks where not granted";
    wait_for("it waits", || sql(&stack.server, "postgres", queued) == "1");
    assert_eq!(stack.scrape().value("underpin_locks_waiting"), Some(0.0));
    hold.release();
    waits.join().unwrap().expect_success();

    let idle = stay(&stack.client, &ORDERS, "begin; select 1", "commit");
    wait_for("it is there", || is_there(&stack.client));
    stack.wait("underpin_transactions_longest_idle_seconds", |seconds| {
        seconds > 1.0
    });
    let state = "idle in transaction";
    assert_eq!(
        stack.scrape().of("underpin_sessions_count", "state", state),
        Some(1.0)
    );
    go(&stack.client, idle);

    // Ours do not count: a backup's transactions last as long as it does.
    stack
        .client
        .exec(&["rm", "/tmp/go", "/tmp/there"])
        .expect_success();
    let backup = Login {
        role: "underpin_backup",
        password: crate::bootstrap::shop::BACKUP_PASSWORD,
        ..ORDERS
    };
    let ours = stay(&stack.client, &backup, "begin; select 1", "commit");
    wait_for("it is there", || is_there(&stack.client));
    let since = "select extract(epoch from now() - xact_start) > 2 from pg_stat_activity where usename = 'underpin_backup'";
    wait_for("it is old", || sql(&stack.server, "postgres", since) == "t");
    assert!(
        stack
            .scrape()
            .value("underpin_transactions_longest_seconds")
            < Some(1.0)
    );
    go(&stack.client, ours);

    sql(
        &stack.server,
        "orders",
        "begin; insert into t values (2); prepare transaction 'p 1'",
    );
    stack.wait(
        "underpin_prepared_transactions_longest_seconds",
        |seconds| seconds > 1.0,
    );
    assert_eq!(
        stack.scrape().value("underpin_prepared_transactions_count"),
        Some(1.0)
    );
    let spec = spec(IMAGE, SPEC);
    let listed = paste(
        &stack.server,
        &block(
            &spec,
            "What stays behind",
            "pg_prepared_xacts order by prepared",
        ),
    );
    assert!(listed.expect_success().contains("p 1"), "{listed:#?}");
    let keeps = paste(
        &stack.server,
        &block(&spec, "What stays behind", "datfrozenxid"),
    );
    assert!(
        keeps.expect_success().contains("prepared p 1"),
        "{keeps:#?}"
    );
}

#[test]
fn connections_that_are_used_up_are_seen() {
    let few = "postgres.settings.max_connections = 20";
    let stack = Stack::new(few);
    assert_eq!(stack.alarms(few), set(&[]));
    let line = "IFS= read -r PGPASSWORD; export PGPASSWORD; for i in $(seq $1); do
        until psql -XAtqc 'select 1' -c '\\! until test -e /tmp/over; do sleep 0.2; done' >/dev/null 2>&1; do
            sleep 0.2; done & done; wait";
    let mut threads = Vec::new();
    let mut open = |count: &'static str| {
        let client = stack.client.clone();
        threads.push(thread::spawn(move || {
            let words = [
                "env",
                "PGHOST=orders",
                "PGUSER=orders",
                "PGDATABASE=orders",
                "bash",
                "-c",
                line,
                "bash",
                count,
            ];
            client.exec_within(&words, "of orders\n", super::SOON)
        }));
    };
    // 17 of the 20 are for others than superusers; one is the exporter's own, which for a moment of
    // each scrape has two.
    let there = "select count(*) from pg_stat_activity where usename = 'orders'";
    let opened = |count: &str| {
        wait_for(&format!("{count} connections"), || {
            sql(&stack.server, "postgres", there) == count
        });
    };
    open("13");
    opened("13");
    assert_eq!(stack.alarms(few), set(&["PostgresConnectionsRunningOut"]));
    open("3");
    opened("16");
    let both = set(&[
        "PostgresConnectionsExhausted",
        "PostgresConnectionsRunningOut",
    ]);
    assert_eq!(stack.alarms(few), both);
    stack.client.exec(&["touch", "/tmp/over"]).expect_success();
    for thread in threads {
        thread.join().unwrap().expect_success();
    }
    stack.wait("underpin_connections_used", |used| used == 1.0);
    assert_eq!(stack.alarms(few), set(&[]));
}

#[test]
fn a_slot_that_nobody_reads_is_seen() {
    let stack = Stack::new("");
    sql(
        &stack.server,
        "postgres",
        "select pg_create_physical_replication_slot('s1', true)",
    );
    assert_eq!(stack.alarms(""), set(&["PostgresSlotUnused"]));
    for _ in 0..15 {
        let segment = "select pg_logical_emit_message(false, 'x', 'y'), pg_switch_wal()";
        sql(&stack.server, "postgres", segment);
    }
    assert_eq!(
        stack.alarms(""),
        set(&["PostgresSlotRetainsLog", "PostgresSlotUnused"])
    );
    assert!(stack.scrape().value("underpin_wal_directory_bytes") > Some(2e8));
    let drop = block(
        &spec(IMAGE, SPEC),
        "What stays behind",
        "pg_drop_replication_slot",
    );
    paste(&stack.server, &drop.replace("name_of_slot", "s1")).expect_success();
    assert_eq!(stack.alarms(""), set(&[]));
}

#[test]
fn another_collation_and_a_setting_that_waits_are_seen() {
    let Stack {
        mut shop,
        server,
        exporter,
        client,
    } = Stack::new("");
    // As another C library leaves it.
    let changed = "update pg_database set datcollversion = '0' where datname = 'orders'";
    sql(&server, "postgres", changed);
    let restart = format!("{SPEC}postgres.settings.max_connections = 90");
    shop.apply(IMAGE, &restart);
    shop.cluster.run_job(&shop.job).expect_success();
    let stack = Stack {
        shop,
        server,
        exporter,
        client,
    };
    assert_eq!(
        stack.alarms(""),
        set(&["PostgresCollationChanged", "PostgresSettingsPendingRestart"])
    );
    let spec = spec(IMAGE, SPEC);
    let paste = |chapter, words| {
        let block = block(&spec, chapter, words).replace("one_of_them", "orders");
        paste(&stack.server, &block).expect_success().to_owned()
    };
    assert!(paste("What stays behind", "pending_restart").contains("max_connections"));
    assert!(paste("Checksums and collations", "datcollversion <>").contains("orders"));
    paste("Checksums and collations", "refresh collation version");
    assert_eq!(stack.alarms(""), set(&["PostgresSettingsPendingRestart"]));
    stack.server.delete();
    let stack = Stack {
        server: stack.shop.start_server(),
        ..stack
    };
    // The first scrape finds its connection gone.
    stack.wait("pg_up", |up| up == 1.0);
    assert_eq!(stack.alarms(""), set(&[]));
}

#[test]
fn a_damaged_block_and_a_server_that_is_down_are_seen() {
    let stack = Stack::new("");
    let file = sql(
        &stack.server,
        "orders",
        "create table t as select 1 as n; checkpoint; select pg_relation_filepath('t')",
    );
    stack.server.delete();
    assert_eq!(stack.alarms(""), set(&["PostgresExporterFailing"]));
    let server = stack.shop.start_server();
    server.wait_ready(super::SOON);
    let line = format!(
        "printf damaged | dd of=\"$PGDATA/{file}\" bs=1 seek=8100 conv=notrunc status=none"
    );
    server.exec(&["bash", "-c", &line]).expect_success();
    let read = psql(&server, "orders", "select * from t");
    assert!(read.stderr.contains("invalid page"), "{read:#?}");
    let stack = Stack { server, ..stack };
    wait_for("it is counted", || {
        let scrape = stack.scrape();
        scrape.of("underpin_database_checksum_failures", "datname", "orders") == Some(1.0)
    });
    assert_eq!(stack.alarms(""), set(&["PostgresChecksumFailures"]));
    let spec = spec(IMAGE, SPEC);
    let reset = block(&spec, "Checksums and collations", "pg_stat_reset");
    paste(&stack.server, &reset).expect_success();
    assert_eq!(stack.alarms(""), set(&[]));
}
