//! The pooler as emitted, on a real `PgBouncer`, in front of a real server: who gets through, what is
//! shared, what a stop cuts, and what nobody sees.

mod login;
mod modes;
mod restore;
mod secrecy;
mod sharing;
mod stop;

use std::thread;
use std::time::Duration;

use crate::bootstrap::shop::{Shop, ask, sql};
use crate::kubelet::{Output, Pod};

const SOON: Duration = Duration::from_mins(1);

/// One database with its owner, behind two poolers.
const SPEC: &str = "
    databases = [{ name = 'orders' }]
    pooler = {}";
const PASSWORDS: [(&str, &str); 2] = [
    ("superuser", "of the superuser"),
    ("role.orders", "of orders"),
];

/// A server with its databases and roles, and poolers before it.
struct Stack {
    shop: Shop,
    server: Pod,
    poolers: Vec<Pod>,
    client: Pod,
}

impl Stack {
    #[track_caller]
    fn new(rest: &str, secret: &[(&str, &str)]) -> Stack {
        Stack::with(rest, secret, &[])
    }

    /// With lines of pgbouncer.ini replaced: minutes become seconds.
    #[track_caller]
    fn with(rest: &str, secret: &[(&str, &str)], settings: &[(&str, &str)]) -> Stack {
        let shop = Shop::new(rest, secret);
        for (from, to) in settings {
            shop.hurry("orders-pooler-settings", "pgbouncer.ini", from, to);
        }
        let server = shop.bootstrapped();
        let poolers = shop.cluster.start_deployment("orders-pooler");
        for pooler in &poolers {
            pooler.wait_ready(SOON);
        }
        let client = shop.client();
        Stack {
            shop,
            server,
            poolers,
            client,
        }
    }

    /// Connections of the pooler to the server, of the role of the spec.
    #[track_caller]
    fn connections(&self) -> usize {
        let count = "select count(*) from pg_stat_activity where usename = 'orders'";
        sql(&self.server, "postgres", count).parse().unwrap()
    }
}

/// Asks through the pooler, by a connection of its own.
#[track_caller]
fn said(client: &Pod, sql: &str) -> String {
    let output = ask(client, "orders", "of orders", "orders", sql);
    output.expect_success().to_owned()
}

/// A client that stays after its statements, until it is told to go; then it says one more.
fn stay(client: &Pod, statements: &str, at_last: &str) -> thread::JoinHandle<Output> {
    let client = client.clone();
    let line = format!(
        "IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql -XAtq -h orders -U orders -d orders -c {statements:?} -c '\\! touch /tmp/there; until test -e /tmp/go; do sleep 0.1; done' -c {at_last:?}"
    );
    thread::spawn(move || client.exec_within(&["bash", "-c", &line], "of orders\n", SOON))
}

fn is_there(client: &Pod) -> bool {
    client.exec(&["test", "-e", "/tmp/there"]).success()
}

#[track_caller]
fn go(client: &Pod, waits: thread::JoinHandle<Output>) -> String {
    client.exec(&["touch", "/tmp/go"]).expect_success();
    waits.join().unwrap().expect_success().to_owned()
}
