//! The pooler as emitted, on a real `PgBouncer`, in front of a real server: who gets through, what is
//! shared, what a stop cuts, and what nobody sees.

#[cfg(feature = "soak")]
mod exporter;
mod login;
mod modes;
#[cfg(feature = "soak")]
mod restore;
mod secrecy;
#[cfg(feature = "soak")]
pub(crate) mod sharing;
pub(crate) mod stop;

use std::thread;
use std::time::Duration;

use crate::bootstrap::shop::{Shop, ask, sql};
use crate::kubelet::{Cluster, Output, Pod};
use crate::load::Login;

const SOON: Duration = Duration::from_mins(1);

/// One database with its owner, behind two poolers.
const SPEC: &str = "
    databases = [{ name = 'orders' }]
    pooler = {}";
const PASSWORDS: [(&str, &str); 2] = [
    ("superuser", "of the superuser"),
    ("role.orders", "of orders"),
];

/// The application of that spec.
const ORDERS: Login = Login {
    host: "orders",
    database: "orders",
    role: "orders",
    password: "of orders",
};

/// Poolers, who asks through them, and the server that is asked, wherever that is.
pub(crate) struct Pooled<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) server: &'a Pod,
    pub(crate) poolers: &'a [Pod],
    pub(crate) client: &'a Pod,
    pub(crate) login: Login,
}

impl Pooled<'_> {
    /// Connections of the poolers to the server.
    #[track_caller]
    pub(crate) fn connections(&self) -> usize {
        let role = self.login.role;
        let count = format!("select count(*) from pg_stat_activity where usename = '{role}'");
        sql(self.server, "postgres", &count).parse().unwrap()
    }

    /// SQL in the database, past the poolers.
    #[track_caller]
    fn sql(&self, text: &str) -> String {
        sql(self.server, self.login.database, text)
    }
}

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

    fn pooled(&self) -> Pooled<'_> {
        Pooled {
            cluster: &self.shop.cluster,
            server: &self.server,
            poolers: &self.poolers,
            client: &self.client,
            login: ORDERS,
        }
    }

    /// Connections of the pooler to the server, of the role of the spec.
    #[track_caller]
    fn connections(&self) -> usize {
        self.pooled().connections()
    }
}

/// Asks through the pooler, by a connection of its own.
#[track_caller]
fn said(client: &Pod, sql: &str) -> String {
    let output = ask(client, "orders", "of orders", "orders", sql);
    output.expect_success().to_owned()
}

/// A client that stays after its statements, until it is told to go; then it says one more.
pub(crate) fn stay(
    client: &Pod,
    login: &Login,
    statements: &str,
    at_last: &str,
) -> thread::JoinHandle<Output> {
    let (client, login) = (client.clone(), login.clone());
    let line = format!(
        "psql -XAtq -c {statements:?} -c '\\! touch /tmp/there; until test -e /tmp/go; do sleep 0.1; done' -c {at_last:?}"
    );
    thread::spawn(move || run(&client, &login, &line, SOON))
}

/// Runs a program of PostgreSQL in a client's pod, as an application's role.
fn run(client: &Pod, login: &Login, line: &str, time: Duration) -> Output {
    let line = format!("IFS= read -r PGPASSWORD; export PGPASSWORD; exec {line}");
    let variables = [
        format!("PGHOST={}", login.host),
        format!("PGUSER={}", login.role),
        format!("PGDATABASE={}", login.database),
    ];
    let mut words = vec!["env"];
    words.extend(variables.iter().map(String::as_str));
    words.extend(["bash", "-c", &line]);
    client.exec_within(&words, &format!("{}\n", login.password), time)
}

pub(crate) fn is_there(client: &Pod) -> bool {
    client.exec(&["test", "-e", "/tmp/there"]).success()
}

#[track_caller]
pub(crate) fn go(client: &Pod, waits: thread::JoinHandle<Output>) -> String {
    client.exec(&["touch", "/tmp/go"]).expect_success();
    waits.join().unwrap().expect_success().to_owned()
}
