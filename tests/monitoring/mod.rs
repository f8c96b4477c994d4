//! The exporter's pod as emitted, the real one, beside a real server: what it tells, whom it logs in
//! as, and what it never says.

#![expect(clippy::float_cmp, reason = "counts and states are whole numbers")]

mod dashboard;
pub(crate) mod exposition;
#[cfg(feature = "soak")]
mod happens;
mod outage;
mod role;
mod scrape;
mod secrecy;

use crate::bootstrap::shop::{Shop, wait_for};
use crate::kubelet::Pod;
use exposition::Scrape;
use std::time::Duration;

const SOON: Duration = Duration::from_mins(1);

/// One database, and an exporter.
const SPEC: &str = "
databases = [{ name = 'orders' }]
monitoring.exporter = true
";
const SECRET: [(&str, &str); 3] = [
    ("superuser", "x"),
    ("monitoring", "of monitoring"),
    ("role.orders", "of orders"),
];

/// A server, its exporter, and a pod from which Prometheus reads.
struct Stack {
    shop: Shop,
    server: Pod,
    exporter: Pod,
    client: Pod,
}

impl Stack {
    #[track_caller]
    fn new(rest: &str) -> Stack {
        let shop = Shop::new(&format!("{SPEC}{rest}"), &SECRET);
        let server = shop.bootstrapped();
        Stack::of(shop, server)
    }

    #[track_caller]
    fn of(shop: Shop, server: Pod) -> Stack {
        let exporter = shop.cluster.start_deployment_pod("orders-exporter");
        exporter.wait_ready(SOON);
        let client = shop.client();
        Stack {
            shop,
            server,
            exporter,
            client,
        }
    }

    /// What Prometheus would read now.
    #[track_caller]
    fn scrape(&self) -> Scrape {
        Scrape::read(&scraped(&self.client, &self.exporter))
    }

    /// Waits until a series of this metric is so.
    #[track_caller]
    fn wait(&self, metric: &str, holds: impl Fn(f64) -> bool) {
        wait_for(metric, || self.scrape().value(metric).is_some_and(&holds));
    }
}

/// What the exporter answers.
#[track_caller]
fn scraped(client: &Pod, exporter: &Pod) -> String {
    read(client, exporter, 9187)
}

/// The answer's body, read from another pod.
#[track_caller]
pub(crate) fn read(client: &Pod, exporter: &Pod, port: u16) -> String {
    let line = format!(
        "exec 3<>/dev/tcp/{}/{port}; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3",
        exporter.address()
    );
    let output = client.exec(&["bash", "-c", &line]);
    let answer = output.expect_success();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}\n{body}");
    body.to_owned()
}
