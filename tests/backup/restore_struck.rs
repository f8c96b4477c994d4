//! Restores that are killed, stopped or cut off at each step: what serves goes on serving, nothing
//! stands under a name that is not proven, and the Job's next pod brings it to its end.

use super::applications::{SCRIPTS, SOON, Session, next_pod, sell, step_line};
use super::deployed::Deployed;
use super::faults::wait_for_line;
use super::oracle::Content;
use crate::kubelet::{Pod, RunningJob};

use std::time::Duration;

/// What a restore logs before it does it, in their order.
const STEPS: [&str; 14] = [
    "choose",
    "check",
    "prepare",
    "create",
    "schemas",
    "extensions",
    "load",
    "grants",
    "views",
    "settings",
    "proof",
    "schema",
    "analyze",
    "swap",
];
const DONE: &str = "event=restore result=done";

#[test]
fn killed_at_each_step_it_changes_nothing_or_all() {
    let (deployed, client) = Deployed::with_application("");
    let cluster = &deployed.shop.cluster;
    let before = Content::of(&deployed.server, "orders");
    let id = deployed.back_up("backup-1").id;
    let stays = Session::start(&deployed, &client, "orders", "select 1");
    let process = stays.process(&deployed);

    cluster.hold_at(SCRIPTS, &[&step_line(STEPS[0])]);
    let job = deployed.start_lasting_restore("struck", &[("REPLACE", "true")]);
    let (mut sold, mut left) = (String::from("backed up"), String::new());
    for (index, step) in STEPS.into_iter().enumerate() {
        let pod = job.pod();
        wait_for_line(&pod, &step_line(step), 1);
        let log = pod.log();
        assert_eq!(sell(&client, step), sold, "{log}");
        sold = format!("{sold} {step}");
        assert_eq!(stays.process(&deployed), process, "{log}");

        let working = deployed.working();
        if index > 3 {
            assert_eq!(deployed.databases(), "orders underpin_restoring", "{log}");
            assert_ne!(working, left, "the last pod's was dropped\n{log}");
            let mark = "select underpin.mark(oid, 'pg_database') from pg_database where datname = 'underpin_restoring'";
            let expected = format!("underpin: restoring {id} by {}", pod.name());
            assert_eq!(deployed.sql("underpin", mark), expected);
        } else {
            assert_eq!(deployed.databases(), "orders", "{log}");
        }
        left = working;
        let next = STEPS.get(index + 1).map(|step| step_line(step));
        cluster.hold_at(SCRIPTS, &[next.as_deref().unwrap_or(DONE)]);
        kill(&job, &pod);
    }

    // Killed when all is done but said: the next pod does not do it again.
    let pod = job.pod();
    wait_for_line(&pod, DONE, 1);
    let told = stays.end();
    assert!(told.contains("terminating connection"), "{told}");
    Content::of(&deployed.server, "orders").expect_equal(&before);
    let databases = deployed.databases();
    assert!(
        databases.starts_with("orders orders_replaced_") && databases.matches(' ').count() == 1,
        "{databases}"
    );
    assert_eq!(sell(&client, "after"), "backed up");
    cluster.hold_at(SCRIPTS, &[]);
    kill(&job, &pod);
    let result = job.wait();
    let log = result.expect_success().log();
    assert_eq!(result.pods.len(), STEPS.len() + 2, "{log}");
    let told = format!("event=choice id={id} result=restored");
    assert!(log.contains(&told) && log.contains(DONE), "{log}");
    assert_eq!(sell(&client, "later"), "backed up after", "{log}");
    assert_eq!(deployed.databases(), databases, "{log}");
    let kept = databases.split(' ').next_back().unwrap();
    assert_eq!(
        deployed.sql(
            "postgres",
            &format!("select datallowconn from pg_database where datname = '{kept}'")
        ),
        "f"
    );

    // A new Job restores it anew. One that was made by the first is kept, for people may have written into
    // it; an empty one goes, also when a pod was killed.
    let beside = [("INTO", "beside"), ("REPLACE", "false")];
    deployed.restore("beside-1", &beside).expect_success();
    deployed.sql("beside", "truncate public.sold");
    deployed.restore("beside-2", &beside).expect_success();
    let now = deployed.databases();
    let kept = now.split(' ').nth(1).unwrap().to_owned();
    assert!(kept.starts_with("beside_replaced_"), "{now}");
    assert_eq!(now, format!("beside {kept} {databases}"));
    deployed.sql(
        "postgres",
        &format!("drop database {kept}; drop database beside; create database beside owner orders"),
    );
    deployed.mark("beside", "underpin: made by bootstrap");
    let job = deployed.start_restore_held("beside-3", "mark", &beside);
    Content::of(&deployed.server, "beside").expect_equal(&before);
    assert!(deployed.databases().contains("beside_replaced_"));
    let pod = job.pod();
    kill(&job, &pod);
    let result = job.wait();
    let log = result.expect_success().log();
    assert!(
        log.contains("event=leftover name=\"beside_replaced_"),
        "{log}"
    );
    assert_eq!(deployed.databases(), format!("beside {databases}"), "{log}");
}

#[track_caller]
fn kill(job: &RunningJob, pod: &Pod) {
    pod.kill9();
    pod.wait_finished(SOON);
    assert_eq!(pod.termination().unwrap().code, 137);
    next_pod(job, pod);
}

/// What happens to a restore in the middle of a step.
struct Strike {
    act: fn(&mut Deployed, &Pod),
    code: i32,
    words: &'static str,
    /// Whether it can still take away what it made.
    clean: bool,
}

/// In the middle of the load, and of the proof.
fn strikes() -> (Vec<Strike>, Vec<Strike>) {
    let strike = |act, code, words, clean| Strike {
        act,
        code,
        words,
        clean,
    };
    let term = |_: &mut Deployed, pod: &Pod| pod.signal("TERM");
    let kill_server = |deployed: &mut Deployed, _: &Pod| deployed.server.kill9();
    let kill_client = |_: &mut Deployed, pod: &Pod| assert!(pod.kill9_program("pg_restore") > 0);
    let replace_server = |deployed: &mut Deployed, _: &Pod| {
        deployed.server.delete();
        deployed.server = deployed.shop.cluster.start_stateful_set("orders");
        deployed.server.wait_ready(SOON);
    };
    let lose_node = |_: &mut Deployed, pod: &Pod| {
        pod.unplug();
        pod.kill9();
    };
    let stopped =
        "restore was stopped, by its deadline of 43200 s or because the pod was deleted, while";
    let in_load = vec![
        strike(term, 143, stopped, true),
        strike(
            kill_client,
            1,
            "a program of this job was killed while",
            true,
        ),
        strike(kill_server, 1, "the server was lost while", false),
        strike(replace_server, 1, "the server was lost while", false),
        strike(lose_node, 137, "", false),
    ];
    let in_proof = vec![
        strike(term, 143, stopped, true),
        strike(kill_server, 1, "the server was lost while", false),
    ];
    (in_load, in_proof)
}

#[test]
fn stopped_in_the_middle_it_says_so_and_clears_away() {
    let (mut deployed, client) = Deployed::with_application("");
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");
    deployed.slow_down("600");
    let shop = &deployed.shop;
    // Of a lost node the server hears nothing: it has to ask.
    shop.hurry(
        SCRIPTS,
        "session.sh",
        "keepalives_idle=30",
        "keepalives_idle=1",
    );
    shop.hurry(
        SCRIPTS,
        "session.sh",
        "keepalives_interval=10",
        "keepalives_interval=1",
    );
    let (create, proof) = (step_line("create"), step_line("proof"));
    shop.cluster.hold_at(SCRIPTS, &[&create, &proof]);
    let job = deployed.start_lasting_restore("struck", &[("INTO", "beside")]);
    let mut sold = String::from("backed up");
    let (in_load, in_proof) = strikes();
    for (number, strike) in in_load.iter().chain(&in_proof).enumerate() {
        let pod = job.pod();
        wait_for_line(&pod, &create, 1);
        if number == in_load.len() {
            deployed.slow_down("");
        }
        pod.go_on();
        if number < in_load.len() {
            deployed.wait_until_waiting(&pod, "PgSleep");
        } else {
            wait_for_line(&pod, &proof, 1);
            let lock = "lock table public.wares in access exclusive mode";
            Session::start(&deployed, &client, "underpin_restoring", lock);
            pod.go_on();
            deployed.wait_until_waiting(&pod, "Lock");
        }
        (strike.act)(&mut deployed, &pod);
        // Much less than the pod's grace.
        pod.wait_finished(Duration::from_secs(30));
        let end = pod.termination().unwrap();
        assert_eq!(end.code, strike.code, "{number}\n{}", pod.story());
        let doing = [
            "loading objects and rows",
            "proving that it is what was backed up",
        ];
        let doing = doing[usize::from(number >= in_load.len())];
        let told = end.message.contains(strike.words) && end.message.contains(doing);
        assert!(
            told || strike.code == 137,
            "{}\n{}",
            strike.words,
            pod.story()
        );
        deployed.server.wait_ready(SOON);
        wait_for_line(&next_pod(&job, &pod), &create, 1);
        if strike.clean {
            assert_eq!(deployed.databases(), "orders", "{}", pod.story());
        }
        assert!(!deployed.databases().contains("beside"));
        assert_eq!(sell(&client, "more"), sold);
        sold += " more";
    }
    let pod = job.pod();
    pod.go_on();
    wait_for_line(&pod, &proof, 1);
    pod.go_on();
    job.wait().expect_success();
    Content::of(&deployed.server, "beside").expect_equal(&before);
    assert_eq!(deployed.databases(), "beside orders");

    gives_up_at_its_deadline(&deployed);
}

/// Before the Job's, which would take the log with it.
#[track_caller]
fn gives_up_at_its_deadline(deployed: &Deployed) {
    deployed
        .shop
        .cluster
        .hold_at(SCRIPTS, &[&step_line("load")]);
    let values = [("INTO", "late"), ("DEADLINE_SECONDS", "15")];
    let result = deployed.start_restore_of_tries("late", &values, 1).wait();
    let log = result.log();
    assert_eq!(result.code(), Some(1), "{log}");
    assert!(log.contains("event=step name=load"), "{log}");
    assert!(log.contains("event=restore result=stopped"), "{log}");
    let words = "restore was stopped, by its deadline of 15 s";
    assert!(result.message().contains(words), "{log}");
    assert_eq!(deployed.databases(), "beside orders");
}
