//! What the exporter tells: every metric that its queries name, little of it, and quickly.

use super::Stack;
use super::exposition::Scrape;
use crate::bootstrap::shop::sql;
use std::collections::BTreeSet;
use std::time::Instant;
use underpin::lower::QUERIES;

/// Every metric of the queries, which is `name_column`.
fn asked() -> BTreeSet<String> {
    let queries: serde_json::Value = serde_yaml::from_str(QUERIES).unwrap();
    let mut metrics = BTreeSet::new();
    for (name, query) in queries.as_object().unwrap() {
        let columns = query["metrics"].as_array().unwrap().iter();
        for (column, how) in columns.flat_map(|column| column.as_object().unwrap()) {
            if how["usage"] != "LABEL" {
                metrics.insert(format!("{name}_{column}"));
            }
        }
    }
    metrics
}

/// Everything is there but for what there is only with a slot.
#[track_caller]
pub(crate) fn expect_all(scrape: &Scrape) {
    assert_eq!(scrape.value("pg_up"), Some(1.0));
    assert_eq!(scrape.value("pg_exporter_last_scrape_error"), Some(0.0));
    for metric in asked() {
        let series = scrape.series(&metric);
        let of_slot = metric.starts_with("underpin_replication_slot_");
        assert!(of_slot || !series.is_empty(), "{metric} is missing");
        for (labels, value) in series {
            assert!(value.is_finite(), "{metric} {labels:?}");
            assert_eq!(labels["namespace"], "shop", "{metric}");
            assert_eq!(labels["database"], "orders", "{metric}");
        }
    }
    let others = scrape.metrics.keys().filter(|name| {
        let exporter = [
            "go_",
            "process_",
            "promhttp_",
            "postgres_exporter_",
            "pg_exporter_",
        ];
        !exporter.iter().any(|prefix| name.starts_with(prefix))
    });
    let others: BTreeSet<String> = others.filter(|name| *name != "pg_up").cloned().collect();
    assert!(others.is_subset(&asked()), "{others:#?}");
}

#[test]
fn hostile_names_are_labels_and_no_more() {
    let stack = Stack::new("");
    let names = [
        "it's \"$(id)\" \\ {x=\"y\"} 1",
        "a\nb",
        "bücher 📚",
        "(shared)",
    ];
    for name in names {
        let made = format!(
            "select format('create database %I', '{}') \\gexec",
            name.replace('\'', "''")
        );
        sql(&stack.server, "postgres", &made);
    }
    // One that is no UTF-8: made from a database of another encoding.
    sql(
        &stack.server,
        "postgres",
        "create database latin encoding 'LATIN1' locale 'C' locale_provider libc template template0",
    );
    sql(
        &stack.server,
        "latin",
        "select format('create database %I template template0', 'gru' || chr(223) || 'e') \\gexec",
    );
    let scrape = stack.scrape();
    expect_all(&scrape);
    for name in [names[0], names[1], names[2], "gru\\337e", "latin", "orders"] {
        let size = scrape.of("underpin_database_size_bytes", "datname", name);
        assert!(size.is_some_and(|bytes| bytes > 1e6), "{name}");
        let commits = scrape.of("underpin_database_commits", "datname", name);
        assert!(commits.is_some(), "{name}");
    }
}

/// Tables, sessions and databases in great number make it hardly larger.
#[test]
#[expect(
    clippy::print_stdout,
    reason = "how large and how slow it is is worth knowing"
)]
fn it_is_small_and_stays_so() {
    let stack = Stack::new("");
    let empty = stack.scrape();
    for batch in 0..10 {
        let tables = format!(
            "do $$ begin for i in 1..300 loop execute format('create table t_{batch}_%s (n int)', i); end loop; end $$"
        );
        sql(&stack.server, "orders", &tables);
    }
    let began = Instant::now();
    let many = stack.scrape();
    let seconds = many
        .value("pg_exporter_last_scrape_duration_seconds")
        .unwrap();
    println!(
        "{} series, {} bytes, {:?} with the connection, {seconds} s in the exporter",
        many.count(),
        many.bytes,
        began.elapsed()
    );
    assert_eq!(many.count(), empty.count());
    for number in 0..130 {
        sql(
            &stack.server,
            "postgres",
            &format!("create database d{number} template template0 strategy file_copy"),
        );
    }
    let databases = stack.scrape();
    expect_all(&databases);
    // A hundred, what is in none, and all others together.
    assert_eq!(databases.series("underpin_database_commits").len(), 102);
    assert!(
        databases
            .of("underpin_database_commits", "datname", "(others)")
            .is_some()
    );
    assert!(
        databases.count() < 1000 && databases.bytes < 200_000,
        "{databases:?}"
    );
}

/// A query of a client, or a value in it, is nowhere.
#[test]
fn no_statement_is_told() {
    let stack = Stack::new("");
    let hold =
        crate::bootstrap::shop::Hold::new(&stack.server, "orders", "select 4711 as Zq7secret");
    let text = super::scraped(&stack.client, &stack.exporter);
    assert!(
        !text.contains("4711") && !text.contains("Zq7secret"),
        "{text}"
    );
    hold.release();
}
