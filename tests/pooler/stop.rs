//! What the end of a pooler cuts: no transaction.

use std::thread;
use std::time::{Duration, Instant};

use super::{PASSWORDS, Pooled, SOON, SPEC, Stack, run};
use crate::kubelet::Pod;

/// Clients that reconnect when their connection ends between transactions, each to one of the
/// addresses in /tmp/endpoints, as kube-proxy would choose it. They say what began and what was
/// committed.
const LOAD: &str = r#"
export PGCONNECT_TIMEOUT=5
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
fn tell_endpoints(client: &Pod, addresses: &[String]) {
    let text = addresses.join("\n") + "\n";
    client
        .exec_with_input(
            &["sh", "-c", "cat >/tmp/next && mv /tmp/next /tmp/endpoints"],
            &text,
        )
        .expect_success();
}

#[test]
fn a_rolling_restart_cuts_no_transaction() {
    let stack = Stack::new(SPEC, &PASSWORDS);
    expect_no_cut(&stack.pooled());
}

/// Replaces every pooler under load, as `kubectl rollout restart` has it.
#[track_caller]
pub(crate) fn expect_no_cut(pooled: &Pooled<'_>) {
    let (cluster, host) = (pooled.cluster, pooled.login.host);
    let tell = |addresses: &[String]| tell_endpoints(pooled.client, addresses);
    let role = pooled.login.role;
    pooled.sql(&format!(
        "create table done (id bigint primary key); grant insert on done to {role}"
    ));
    tell(&cluster.endpoints(host));
    let (client, login) = (pooled.client.clone(), pooled.login.clone());
    let line = format!("bash -c '{}'", LOAD.replace('\'', "'\\''"));
    let load = thread::spawn(move || run(&client, &login, &line, Duration::from_mins(3)));
    // A transaction that begins before the first pooler is stopped, and ends long after.
    let long = long_transaction(pooled, &pooled.poolers[0], Duration::from_secs(9));
    thread::sleep(Duration::from_secs(1));

    // A new one is ready, then an old one goes.
    for old in pooled.poolers {
        let new = cluster.start_deployment_pod("orders-pooler");
        new.wait_ready(SOON);
        tell(&cluster.endpoints(host));
        let stopped = old.clone();
        let begin = Instant::now();
        let stop = thread::spawn(move || stopped.delete());
        // Nodes learn of it late.
        thread::sleep(Duration::from_secs(2));
        let left = cluster.endpoints(host);
        assert!(!left.contains(&old.address().to_owned()), "{left:?}");
        tell(&left);
        stop.join().unwrap();
        let took = begin.elapsed();
        assert!(took < Duration::from_secs(55), "{took:?}: it was killed");
        assert_eq!(old.termination().unwrap().code, 0);
        let said = old.log();
        assert!(said.contains("got SIGINT, shutting down"), "{said}");
        assert!(!said.contains("fast exit"), "{said}");
    }
    thread::sleep(Duration::from_secs(1));
    pooled.client.exec(&["touch", "/tmp/stop"]).expect_success();
    let said = load.join().unwrap();
    let said = said.expect_success();
    assert_eq!(long.join().unwrap(), "done");

    let ids = |what: &str| -> Vec<&str> {
        said.lines()
            .filter_map(|line| line.strip_prefix(what))
            .collect()
    };
    let (began, committed) = (ids("began "), ids("committed "));
    let errors = pooled.client.exec(&["cat", "/tmp/errors"]).stdout;
    let cut: Vec<_> = began.iter().filter(|id| !committed.contains(id)).collect();
    assert!(cut.is_empty(), "cut: {cut:?}\n{errors}");
    assert!(committed.len() > 500, "{} transactions", committed.len());
    assert_eq!(
        pooled.sql("select count(*) from done"),
        committed.len().to_string()
    );
    assert!(!errors.contains("refused"), "{errors}");
}

/// Runs so long in one transaction, by one pooler.
fn long_transaction(
    pooled: &Pooled<'_>,
    through: &Pod,
    time: Duration,
) -> thread::JoinHandle<String> {
    let (client, login) = (pooled.client.clone(), pooled.login.clone());
    let line = format!(
        "psql -XAtq -h {} -v ON_ERROR_STOP=1 -c begin -c 'select pg_sleep({}) is null' -c commit -c '\\echo done'",
        through.address(),
        time.as_secs()
    );
    thread::spawn(move || {
        let output = run(&client, &login, &line, SOON);
        let said = output.expect_success().lines();
        said.last().unwrap_or_default().to_owned()
    })
}
