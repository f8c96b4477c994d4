//! What the end of a pooler cuts: no transaction.

use std::thread;
use std::time::{Duration, Instant};

use super::{PASSWORDS, SOON, SPEC, Stack};
use crate::bootstrap::shop::sql;
use crate::kubelet::Pod;

/// Clients that reconnect when their connection ends between transactions, each to one of the
/// addresses in /tmp/endpoints, as kube-proxy would choose it. They say what began and what was
/// committed.
const LOAD: &str = r#"
IFS= read -r PGPASSWORD; export PGPASSWORD PGUSER=orders PGDATABASE=orders PGCONNECT_TIMEOUT=5
one() {
  local client=$1 id=0 hosts last
  until [[ -e /tmp/stop ]]; do
    mapfile -t hosts </tmp/endpoints
    last=$((id + 10))
    while ((id++ < last)); do
      printf 'begin;\n\\echo began %s\ninsert into done values (%s);\nselect pg_sleep(0.05) as slept \\gset\ncommit;\n\\echo committed %s\n' \
        "$client.$id" "$client$(printf %06d "$id")" "$client.$id"
    done | PGHOST=${hosts[RANDOM % ${#hosts[@]}]} psql -XAtq -v ON_ERROR_STOP=1 -f - 2>>/tmp/errors || true
    id=$last
  done
}
for client in {1..20}; do one "$client" & done
wait
"#;

/// Where new connections go now.
fn tell_endpoints(stack: &Stack, addresses: &[String]) {
    let text = addresses.join("\n") + "\n";
    stack
        .client
        .exec_with_input(
            &["sh", "-c", "cat >/tmp/next && mv /tmp/next /tmp/endpoints"],
            &text,
        )
        .expect_success();
}

#[test]
fn a_rolling_restart_cuts_no_transaction() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    sql(
        &stack.server,
        "orders",
        "create table done (id bigint primary key); grant insert on done to orders",
    );
    tell_endpoints(&stack, &stack.shop.cluster.endpoints("orders"));
    let client = stack.client.clone();
    let load = thread::spawn(move || {
        client.exec_within(&["bash", "-c", LOAD], "of orders\n", Duration::from_mins(3))
    });
    // A transaction that begins before the first pooler is stopped, and ends long after.
    let long = long_transaction(&stack, &stack.poolers[0], Duration::from_secs(9));
    thread::sleep(Duration::from_secs(1));

    // As `kubectl rollout restart` has it: a new one is ready, then an old one goes.
    for old in &stack.poolers {
        let new = stack.shop.cluster.start_deployment_pod("orders-pooler");
        new.wait_ready(SOON);
        tell_endpoints(&stack, &stack.shop.cluster.endpoints("orders"));
        let stopped = old.clone();
        let begin = Instant::now();
        let stop = thread::spawn(move || stopped.delete());
        // Nodes learn of it late.
        thread::sleep(Duration::from_secs(2));
        let left = stack.shop.cluster.endpoints("orders");
        assert!(!left.contains(&old.address().to_owned()), "{left:?}");
        tell_endpoints(&stack, &left);
        stop.join().unwrap();
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(55), "{took:?}: it was killed");
        assert_eq!(old.termination().unwrap().code, 0);
        let said = old.log();
        assert!(said.contains("got SIGINT, shutting down"), "{said}");
        assert!(!said.contains("fast exit"), "{said}");
    }
    thread::sleep(Duration::from_secs(1));
    stack.client.exec(&["touch", "/tmp/stop"]).expect_success();
    let said = load.join().unwrap();
    let said = said.expect_success();
    assert_eq!(long.join().unwrap(), "done");

    let ids = |what: &str| -> Vec<&str> {
        said.lines()
            .filter_map(|line| line.strip_prefix(what))
            .collect()
    };
    let (began, committed) = (ids("began "), ids("committed "));
    let errors = stack.client.exec(&["cat", "/tmp/errors"]).stdout;
    let cut: Vec<_> = began.iter().filter(|id| !committed.contains(id)).collect();
    assert!(cut.is_empty(), "cut: {cut:?}\n{errors}");
    assert!(committed.len() > 500, "{} transactions", committed.len());
    assert_eq!(
        sql(&stack.server, "orders", "select count(*) from done"),
        committed.len().to_string()
    );
    assert!(!errors.contains("refused"), "{errors}");
}

/// Runs so long in one transaction, by one pooler.
fn long_transaction(stack: &Stack, pooler: &Pod, time: Duration) -> thread::JoinHandle<String> {
    let (client, address) = (stack.client.clone(), pooler.address().to_owned());
    thread::spawn(move || {
        let line = format!(
            "IFS= read -r PGPASSWORD; export PGPASSWORD; psql -XAtq -h {address} -U orders -d orders -v ON_ERROR_STOP=1 -c begin -c 'select pg_sleep({}) is null' -c commit -c \"\\echo done\" | tail -1",
            time.as_secs()
        );
        let output = client.exec_within(&["bash", "-c", &line], "of orders\n", SOON);
        output.expect_success().to_owned()
    })
}
