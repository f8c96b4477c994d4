//! A `PostgreSQL` server on real binaries: what the walls are for.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{SOON, fail, mount, script, start, succeed};
use crate::kubelet::{Cluster, Pod, host};

const ORDERS: &str = include_str!("orders.yaml");
const CLIENT: &str = "docker.io/library/postgres:17.12-bookworm";

fn orders() -> Cluster {
    let cluster = Cluster::new();
    cluster.apply_yaml(ORDERS);
    cluster.secret("orders-postgres", &[("superuser", "it's $(PGDATA)")]);
    cluster
}

fn query(pod: &Pod, sql: &str) -> String {
    let output = pod.exec(&[
        "psql",
        "--no-psqlrc",
        "--tuples-only",
        "--no-align",
        "--command",
        sql,
    ]);
    output.expect_success().to_owned()
}

#[test]
fn a_server_starts_is_ready_and_keeps_its_data() {
    let cluster = orders();
    let begin = Instant::now();
    let first = cluster.start_stateful_set("orders");
    first.wait_ready(Duration::from_mins(1));
    let time = begin.elapsed();
    assert!(
        time < Duration::from_secs(30),
        "first start to ready: {time:?}"
    );
    assert_eq!(first.exec(&["cat", "/proc/1/comm"]).stdout, "postgres\n");
    query(&first, "create table t as select 1 as a");

    let client = cluster.start_client("client", CLIENT);
    let dial = |password: &str| {
        let line =
            format!("PGPASSWORD=\"{password}\" psql -h orders -U postgres -Atc 'select a from t'");
        client.exec(&["bash", "-c", &line])
    };
    assert_eq!(dial("it's \\$(PGDATA)").expect_success(), "1");
    assert!(
        dial("wrong")
            .stderr
            .contains("password authentication failed")
    );

    // Killed as the kernel would: the same pod, its container started again, and recovery.
    first.kill9();
    first.wait_for_restarts(1, SOON);
    first.wait_ready(Duration::from_mins(1));
    assert_eq!(query(&first, "select a from t"), "1");
    assert!(first.log().contains("automatic recovery in progress"));

    // Another setting and HUP: a reload, and the same process goes on.
    cluster.edit("ConfigMap", "orders-settings", |map| {
        let settings = map["data"]["postgresql.conf"].as_str().unwrap();
        map["data"]["postgresql.conf"] = json!(format!("{settings}work_mem = '5MB'\n"));
    });
    first.signal("HUP");
    first.wait_until("the new setting", SOON, |pod| {
        query(pod, "show work_mem") == "5MB"
    });
    assert_eq!(first.restarts(), 1);

    // Stopped by the image's stop signal: a new pod on the same claim has nothing to recover.
    first.delete();
    assert_eq!(first.termination().unwrap().code, 0, "{}", first.story());
    assert!(first.log().contains("received fast shutdown request"));
    let second = cluster.start_stateful_set("orders");
    second.wait_ready(Duration::from_mins(1));
    assert_eq!(query(&second, "select a from t"), "1");
    assert!(!second.log().contains("automatic recovery in progress"));
    assert_eq!(dial("it's \\$(PGDATA)").expect_success(), "1");
}

#[test]
fn a_pod_deleted_by_force_runs_beside_its_successor() {
    let cluster = orders();
    let first = cluster.start_stateful_set("orders");
    first.wait_ready(Duration::from_mins(1));
    first.force_delete();
    let second = cluster.start_stateful_set("orders");
    // Nothing in this template holds the second one back: that is what a lock is for.
    second.wait_for_log(
        "database system is ready to accept connections",
        Duration::from_mins(1),
    );
    assert_eq!(query(&first, "select 1"), "1");
    assert_eq!((first.name(), second.name()), ("orders-0", "orders-0"));
    assert_ne!(first.uid(), second.uid());
}

#[test]
fn a_newer_minor_takes_over_the_volume_of_an_older_one() {
    let cluster = orders();
    cluster.use_postgresql(17, "17.9");
    let older = cluster.start_stateful_set("orders");
    older.wait_ready(Duration::from_mins(1));
    assert_eq!(query(&older, "show server_version"), "17.9");
    query(&older, "create table t as select 1 as a");
    older.delete();
    cluster.use_postgresql(17, "17.11");
    let newer = cluster.start_stateful_set("orders");
    newer.wait_ready(Duration::from_mins(1));
    assert_eq!(query(&newer, "show server_version"), "17.11");
    assert_eq!(query(&newer, "select a from t"), "1");
}

#[test]
fn every_major_and_userland_makes_a_server() {
    for image in [
        "15.19-bookworm",
        "16.15-trixie",
        "18.1-bookworm",
        "17.12-alpine3.22",
    ] {
        let cluster = orders();
        cluster.edit("StatefulSet", "orders", |set| {
            let spec = &mut set["spec"]["template"]["spec"];
            spec["containers"][0]["image"] = format!("docker.io/library/postgres:{image}").into();
            if image.contains("alpine") {
                for field in ["runAsUser", "runAsGroup", "fsGroup"] {
                    spec["securityContext"][field] = 70.into();
                }
            }
        });
        let pod = cluster.start_stateful_set("orders");
        pod.wait_ready(Duration::from_mins(1));
        let version = query(&pod, "show server_version");
        assert_eq!(version.split('.').next(), image.split('.').next());
    }
}

#[test]
fn a_key_that_everybody_may_read_is_refused_by_the_server() {
    let cluster = Cluster::new();
    cluster.apply_yaml("{kind: PersistentVolumeClaim, metadata: {name: d}}");
    let files = tempfile::tempdir().unwrap();
    let [key, certificate] =
        ["key", "crt"].map(|name| files.path().join(name).display().to_string());
    let request = "req -x509 -nodes -subj /CN=orders -newkey ec -pkeyopt ec_paramgen_curve:P-256";
    let mut arguments: Vec<&str> = request.split(' ').collect();
    arguments.extend(["-keyout", &key, "-out", &certificate]);
    host::run("openssl", &arguments);
    let read = |file| std::fs::read_to_string(file).unwrap();
    cluster.secret(
        "tls",
        &[("tls.crt", &read(certificate)), ("tls.key", &read(key))],
    );
    let serve = "rm -rf /d/pgdata; initdb -D /d/pgdata -A trust >/dev/null && exec postgres -D /d/pgdata -c ssl=on \
                 -c ssl_cert_file=/tls/tls.crt -c ssl_key_file=/tls/tls.key -k /tmp";
    let serve = |mode: u32| {
        let mut pod = script(serve);
        mount(
            &mut pod,
            "/d",
            json!({ "persistentVolumeClaim": { "claimName": "d" } }),
        );
        mount(
            &mut pod,
            "/tls",
            json!({ "secret": { "secretName": "tls", "defaultMode": mode } }),
        );
        pod["spec"]["containers"][0]["env"] = json!([{ "name": "LC_ALL", "value": "C.UTF-8" }]);
        pod
    };
    let log = fail(&cluster, serve(0o644));
    assert!(log.contains("has group or world access"), "{log}");
    let pod = start(&cluster, serve(0o400));
    pod.wait_for_log("ready to accept connections", SOON);
}

#[test]
fn root_runs_no_server() {
    let cluster = Cluster::new();
    let mut pod = script("! postgres --single 2>/tmp/said; cat /tmp/said");
    pod["spec"]["securityContext"] = json!({});
    assert!(
        succeed(&cluster, pod)
            .contains("\"root\" execution of the PostgreSQL server is not permitted")
    );
}
