//! What a pooler costs and saves: the emitted pods on one server, dialled by turns as `orders` and as
//! `orders-direct`, as Markdown. It prints and never judges; `just bench-pooler` runs it.
//!
//! `SECONDS` (10) is how long each is measured, `RUNS` (5) how often.

#![allow(clippy::unwrap_used, reason = "a measurement that panics has failed")]

#[path = "../tests/bootstrap/mod.rs"]
mod bootstrap;
#[path = "../tests/compiled/mod.rs"]
mod compiled;
#[path = "../tests/fixture/mod.rs"]
mod fixture;
#[expect(dead_code, reason = "the tests of Neon use more of it")]
#[path = "../tests/kubelet/mod.rs"]
mod kubelet;
#[path = "../tests/server/mod.rs"]
mod server;
#[expect(dead_code, reason = "kubectl alone is asked for here")]
#[path = "../tests/tools/mod.rs"]
mod tools;

use std::fmt::Write as _;
use std::time::Duration;

use bootstrap::shop::Shop;
use kubelet::Pod;

const SPEC: &str = "databases = [{ name = 'orders' }]\npooler = { replicas = 1 }\npostgres.settings = { max_connections = 300 }";
const PASSWORDS: [(&str, &str); 2] = [("superuser", "of superuser"), ("role.orders", "of orders")];
const LONG: Duration = Duration::from_mins(10);

/// What pgbench is told, and what that is in words. Of each only reads: what a disk can do is not
/// asked.
const LOADS: [(&str, &str); 3] = [
    (
        "a connection for each transaction, 16 clients",
        "-C -c 16 -j 2",
    ),
    ("connections that stay, 16 clients", "-c 16 -j 2"),
    ("connections that stay, 200 clients", "-c 200 -j 2"),
];
const WAYS: [(&str, &str); 2] = [("orders-direct", "the server"), ("orders", "the pooler")];

#[test]
fn throughput() {
    let (seconds, runs) = (number("SECONDS", 10), number("RUNS", 5));
    let shop = Shop::new(SPEC, &PASSWORDS);
    let server = shop.bootstrapped();
    for pooler in shop.cluster.start_deployment("orders-pooler") {
        pooler.wait_ready(LONG);
    }
    let client = shop.client();
    pgbench(&client, "orders-direct", "-i -q -s 10");
    fixture::run(&server, "postgres", "checkpoint");
    let mut table = format!(
        "\n| transactions a second, median of {runs} | {} | {} | ratio |\n|---|---|---|---|\n",
        WAYS[0].1, WAYS[1].1
    );
    for (words, options) in LOADS {
        let mut rates = [Vec::new(), Vec::new()];
        for run in 1..=runs {
            for ((host, way), rates) in WAYS.iter().zip(&mut rates) {
                let said = pgbench(&client, host, &format!("-n -S {options} -T {seconds}"));
                let rate = rate(&said);
                show(&format!("{run}/{runs} {words}, {way}: {rate:.0}"));
                rates.push(rate);
            }
        }
        let [direct, pooled] = rates.map(median);
        let _ = writeln!(
            table,
            "| {words} | {direct:.0} | {pooled:.0} | {:.2} |",
            pooled / direct
        );
    }
    show(&table);
}

fn pgbench(client: &Pod, host: &str, options: &str) -> String {
    let line = format!(
        "IFS= read -r PGPASSWORD; export PGPASSWORD; exec pgbench -h {host} -U orders {options} orders"
    );
    let output = client.exec_within(&["bash", "-c", &line], "of orders\n", LONG);
    output.expect_success().to_owned()
}

/// With what connecting takes: of connections that stay it is nothing.
fn rate(said: &str) -> f64 {
    let line = said.lines().find_map(|line| line.strip_prefix("tps = "));
    let number = line.and_then(|line| line.split(' ').next());
    number.unwrap().parse().unwrap()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

#[expect(clippy::print_stdout, reason = "it is what this is for")]
fn show(text: &str) {
    println!("{text}");
}
