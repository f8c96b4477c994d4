//! SIGKILL at every step of the first start: the next start goes on, and nothing is left over.

use super::{DEBIAN_17, SOON, deploy, listing, log_in, query, spec};
use crate::kubelet::{Cluster, Pod};

/// The script's lines before there is a database, and after.
const BEFORE: [&str; 4] = [
    "event=lock result=held",
    "event=volume ",
    "event=initdb result=started",
    "event=initdb result=done",
];
const AFTER: [&str; 5] = [
    "event=data result=created",
    "event=data result=found",
    "event=reserve result=made",
    "event=settings result=current",
    "event=start ",
];

/// What initdb says on its way, in its order.
const INITDB: [&str; 4] = [
    "creating subdirectories",
    "creating configuration files",
    "running bootstrap script",
    "performing post-bootstrap initialization",
];

#[test]
fn a_server_killed_after_any_step_of_its_first_start_starts() {
    survives_a_kill_at_every_step(DEBIAN_17);
}

#[test]
fn a_server_killed_within_initdb_starts() {
    survives_kills_within_initdb(DEBIAN_17);
}

/// Holds the script after a line, so that the strike comes exactly there; by turns only the first
/// process is killed, and the pod with its node. Each run begins where the last left the volume.
pub(crate) fn survives_a_kill_at_every_step(image: &str) {
    let cluster = deploy(&spec(image, ""));
    hold_at(&cluster, BEFORE[0]);
    let mut pod = cluster.start_stateful_set("orders");
    let mut runs = 0;
    for (number, step) in BEFORE.into_iter().chain(AFTER).enumerate() {
        if number > 0 {
            hold_at(&cluster, step);
            (pod, runs) = strike(&cluster, pod, runs, number % 2 == 0);
        }
        pod.wait_until(step, SOON, |pod| run(pod, runs).contains(step));
        assert_eq!(
            whole_database(&cluster),
            number >= BEFORE.len(),
            "at {step}\n{}",
            pod.story()
        );
    }
    hold_at(&cluster, "nothing");
    (pod, _) = strike(&cluster, pod, runs, false);
    comes_up(&cluster, &pod);
}

/// Strikes when initdb says something; how far it then is differs from time to time.
pub(crate) fn survives_kills_within_initdb(image: &str) {
    let cluster = deploy(&spec(image, ""));
    let mut pod = cluster.start_stateful_set("orders");
    let mut runs = 0;
    // On a busy machine a strike may come when initdb is done; then there is no next one.
    let until = |pod: &Pod, runs, moment: &str| {
        pod.wait_until(moment, SOON, |pod| {
            let run = run(pod, runs);
            run.contains(moment) || run.contains("event=data ")
        });
    };
    for (number, moment) in INITDB.into_iter().enumerate() {
        until(&pod, runs, moment);
        assert!(number > 0 || !whole_database(&cluster));
        (pod, runs) = strike(&cluster, pod, runs, number % 2 == 0);
        whole_database(&cluster);
    }
    // Deleted in time: initdb is stopped too.
    until(&pod, runs, INITDB[0]);
    pod.delete();
    let code = pod.termination().unwrap().code;
    let whole = whole_database(&cluster);
    assert!(code == 143 || code == 0 && whole, "{}", pod.story());
    comes_up(&cluster, &cluster.start_stateful_set("orders"));
}

/// Lets `start.sh` stop and wait right after it has logged a line.
fn hold_at(cluster: &Cluster, line: &str) {
    cluster.edit("ConfigMap", "orders-server-scripts", |map| {
        let script = map["data"]["lib.sh"].as_str().unwrap();
        let (begin, rest) = script.split_once("\nlog() {\n").unwrap();
        let end = rest.split_once("\n}\n").unwrap().1;
        let log = format!("printf '%s\\n' \"$1\"\n[[ $1 != '{line}'* ]] || sleep infinity");
        map["data"]["lib.sh"] = format!("{begin}\nlog() {{\n{log}\n}}\n{end}").into();
    });
}

/// Kills the first process, and the container is started again; or the pod is lost with its node, and
/// another takes its place. Gives the pod, and how many runs of it were before.
pub(crate) fn strike(cluster: &Cluster, pod: Pod, runs: u32, node: bool) -> (Pod, u32) {
    if node {
        pod.kill_all();
        return (cluster.start_stateful_set("orders"), 0);
    }
    pod.wait_running(SOON);
    pod.kill9();
    pod.wait_for_restarts(runs + 1, SOON);
    (pod, runs + 1)
}

/// The log from one run on: each begins with the same line.
fn run(pod: &Pod, number: u32) -> String {
    let log = pod.log();
    let mut runs = log.match_indices(BEFORE[0]);
    let begin = runs
        .nth(number as usize)
        .map_or(log.len(), |(begin, _)| begin);
    log[begin..].to_owned()
}

/// Whether there is a database; what stands in its place is a whole one or nothing.
pub(crate) fn whole_database(cluster: &Cluster) -> bool {
    let data = cluster.claim("orders-data").path("pgdata");
    let parts = [
        "PG_VERSION",
        "global/pg_control",
        "base/1/PG_VERSION",
        "base/5",
    ];
    let there = parts.map(|part| data.join(part).exists());
    assert!(
        there == [data.exists(); 4],
        "a part of a database in the place of one: {there:?}"
    );
    data.exists()
}

#[track_caller]
pub(crate) fn comes_up(cluster: &Cluster, pod: &Pod) {
    pod.wait_ready(SOON);
    log_in(pod).expect_success();
    assert_eq!(query(pod, "select count(*) from pg_database"), "3");
    assert_eq!(
        listing(cluster),
        [
            ".underpin-lock",
            ".underpin-reserve",
            "lost+found",
            "pgdata"
        ]
    );
    pod.delete();
}
