//! What was committed outlives the process, the container, the pod and the node.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{DEBIAN_17, SOON, deploy, query, spec, start};
use crate::kubelet::Pod;

#[test]
fn what_was_acknowledged_survives_kill_and_node_loss() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let mut pod = start(&cluster);
    query(&pod, "create table t (a int primary key)");
    pod.exec(&["touch", "/tmp/seen"]).expect_success();

    let acknowledged = write_until(&pod, Pod::kill9);
    pod.wait_for_restarts(1, SOON);
    pod.wait_ready(SOON);
    assert!(pod.log().contains("automatic recovery in progress"));
    assert_eq!(query(&pod, &up_to(acknowledged)), acknowledged.to_string());

    query(&pod, "truncate t");
    let acknowledged = write_until(&pod, Pod::kill_all);
    pod = start(&cluster);
    assert!(pod.log().contains("automatic recovery in progress"));
    assert_eq!(query(&pod, &up_to(acknowledged)), acknowledged.to_string());
    // A new pod has new directories beside its claim.
    pod.exec(&["test", "!", "-e", "/tmp/seen"]).expect_success();

    // An orderly end, with a session in the middle of something: nothing to recover.
    query(&pod, "truncate t");
    let begin = Instant::now();
    let acknowledged = write_until(&pod, Pod::delete);
    let time = begin.elapsed();
    assert!(
        time < Duration::from_mins(2),
        "within the grace period: {time:?}"
    );
    assert_eq!(pod.termination().unwrap().code, 0, "{}", pod.story());
    pod = start(&cluster);
    assert!(!pod.log().contains("automatic recovery"), "{}", pod.story());
    assert_eq!(query(&pod, &up_to(acknowledged)), acknowledged.to_string());
}

/// A kubelet that is gone makes its pods not ready, and the server runs on: clients must still reach
/// it.
#[test]
fn a_server_that_is_not_ready_is_still_reached() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    cluster.edit("StatefulSet", "orders", |set| {
        let container = &mut set["spec"]["template"]["spec"]["containers"][0];
        container["readinessProbe"]["exec"]["command"] = json!(["false"]);
    });
    let pod = cluster.start_stateful_set("orders");
    pod.wait_for_log("database system is ready to accept connections", SOON);
    let client = cluster.start_client("client", &format!("docker.io/library/postgres:{DEBIAN_17}"));
    for service in ["orders", "orders-direct", "orders-headless"] {
        let line = format!(
            "PGPASSWORD=\"it's \\$(PGDATA)\" psql -X -A -t -h {service} -U postgres -c 'select 1'"
        );
        let answer = client.exec(&["bash", "-c", &line]);
        assert_eq!(answer.expect_success(), "1", "{service}");
    }
    assert!(!pod.is_ready());
}

#[test]
fn a_newer_minor_takes_over_and_gives_back() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    for (number, version) in ["17.9", "17.11", "17.9"].into_iter().enumerate() {
        cluster.use_postgresql(17, version);
        let pod = start(&cluster);
        assert_eq!(query(&pod, "show server_version"), version);
        if number == 0 {
            query(&pod, "create table t as select 1 as a");
        }
        assert_eq!(query(&pod, "select a from t"), "1");
        assert!(!pod.log().contains("automatic recovery"), "{}", pod.story());
        pod.delete();
    }
}

fn up_to(last: u32) -> String {
    format!("select count(*) from t where a <= {last}")
}

/// Commits row after row, strikes in the midst of it, and gives the last that was acknowledged.
fn write_until(pod: &Pod, strike: impl FnOnce(&Pod)) -> u32 {
    let writer = thread::spawn({
        let pod = pod.clone();
        let rows = "for ((n = 1;; n++)); do echo \"insert into t values ($n) returning a;\"; done";
        let line = format!("({rows}) | psql -X -q -A -t -h /var/run/postgresql -U postgres");
        move || pod.exec(&["bash", "-c", &line]).stdout
    });
    pod.wait_until("rows", SOON, |pod| {
        query(pod, "select count(*) > 100 from t") == "t"
    });
    strike(pod);
    let acknowledged = writer.join().unwrap();
    let last = acknowledged.lines().next_back().unwrap().parse().unwrap();
    assert!(last > 100);
    last
}
