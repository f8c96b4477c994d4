//! What tests do to scripts: hold them at a step, kill a program of theirs, shift their clock.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{SOON, mount, script, start, succeed};
use crate::kubelet::{Cluster, Phase};

/// As the scripts' own.
const LIBRARY: &str = "log() {\n    printf '%s\\n' \"$1\"\n}\n";

#[test]
fn a_script_waits_where_it_is_held_and_goes_on() {
    let cluster = Cluster::new();
    cluster.config_map("scripts", &[("lib.sh", LIBRARY)]);
    let mut pod = script(
        "set -Eeuo pipefail; . /scripts/lib.sh
         trap 'log event=stopped; exit 143' TERM
         log event=one; log 'event=two it'\\''s'; log event=three; log event=four; sleep infinity",
    );
    mount(
        &mut pod,
        "/scripts",
        json!({ "configMap": { "name": "scripts" } }),
    );
    cluster.hold_at("scripts", &["event=never"]);
    cluster.hold_at("scripts", &["event=two it's", "event=four"]);
    let held = start(&cluster, pod.clone());
    for (go_on, log) in [
        ("event=two", "event=one\nevent=two it's\n"),
        (
            "event=four",
            "event=one\nevent=two it's\nevent=three\nevent=four\n",
        ),
    ] {
        held.wait_for_log(go_on, SOON);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(held.log(), log);
        if go_on == "event=two" {
            held.go_on();
        }
    }
    // A signal is taken while it waits.
    held.signal("TERM");
    assert_eq!(held.wait_finished(SOON), Phase::Failed);
    assert_eq!(held.termination().unwrap().code, 143);

    cluster.hold_at("scripts", &[]);
    let free = start(&cluster, pod);
    free.wait_for_log("event=four", SOON);
}

#[test]
fn a_program_is_killed_by_its_name_in_one_pod_alone() {
    let cluster = Cluster::new();
    let pod = start(
        &cluster,
        script("sleep infinity & sleep infinity & wait -n || echo $?; wait -n || exit $?"),
    );
    let mut other = script("sleep infinity");
    other["metadata"]["name"] = json!("other");
    cluster.apply(other);
    let other = cluster.start_pod("other");
    for pod in [&pod, &other] {
        pod.wait_ready(SOON);
    }
    pod.wait_until("both sleep", SOON, |pod| pod.processes("sleep").len() == 2);
    assert_eq!(pod.kill9_program("nothing"), 0);
    assert_eq!(pod.kill9_program("sleep"), 2);
    assert_eq!(pod.wait_finished(SOON), Phase::Failed);
    assert!(pod.log().contains("\n137\n"), "{}", pod.story());
    assert_eq!(other.processes("sleep").len(), 1);
    assert_eq!(other.phase(), Phase::Running);
}

#[test]
fn the_wall_clock_can_be_wrong_and_time_still_passes() {
    let cluster = Cluster::new();
    let now = || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.unwrap().as_secs().cast_signed()
    };
    let ask = || {
        script(
            "date +%s; printf '%(%s)T\\n' -1; touch /tmp/x; stat -c %Y /tmp/x; psql --version >/dev/null
             begin=$SECONDS; sleep 1; echo $((SECONDS - begin))",
        )
    };
    for (by, seconds) in [("-1d", -86_400), ("+2h", 7200), ("", 0)] {
        cluster.shift_clock(by);
        let log = succeed(&cluster, ask());
        let said: Vec<i64> = log.lines().map(|line| line.parse().unwrap()).collect();
        for time in &said[..2] {
            assert!((time - now() - seconds).abs() < 30, "{by}: {log}");
        }
        assert!(said[3] >= 1 && said[3] < 20, "{by}: {log}");
    }
}
