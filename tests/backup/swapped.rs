//! A restore in the place of the serving database: what applications see of it, what is kept, and
//! the way back.

use super::applications::{IMAGE, SCRIPTS, SOON, Session, sell};
use super::deployed::Deployed;
use super::oracle::Content;
use crate::bootstrap::shop::{ask, log_in, spec, wait_for};
use crate::runbook::live;

use std::thread;
use std::time::{Duration, Instant};

pub(super) const REPLACE: [(&str, &str); 1] = [("REPLACE", "true")];
pub(super) const SETTINGS: &str =
    "postgres.settings = { wal_level = 'logical', max_prepared_transactions = 5 }";
const STOP: &str = "/tmp/stop";
/// An application whose connections are each as long as a query.
const RECONNECT: &str = r#"
export PGHOST=orders PGUSER=orders PGDATABASE=orders PGPASSWORD='of orders'
until [[ -e /tmp/stop ]]; do
    begin=$EPOCHREALTIME status=0
    said=$(psql -XAtqw -c 'select count(*) from public.sold' 2>&1) || status=$?
    printf '%s %s %s %s\n' "$begin" "$EPOCHREALTIME" "$status" "${said//$'\n'/ }"
done
"#;

/// An attempt to connect and to ask.
struct Attempt {
    begin: f64,
    end: f64,
    answer: Result<String, String>,
}

fn attempt(line: &str) -> Attempt {
    let mut words = line.splitn(4, ' ');
    let mut time = || words.next().unwrap().parse().unwrap();
    let (begin, end) = (time(), time());
    let status = words.next().unwrap();
    let said = words.next().unwrap_or_default().to_owned();
    Attempt {
        begin,
        end,
        answer: if status == "0" { Ok(said) } else { Err(said) },
    }
}

#[test]
fn an_application_that_connects_again_finds_the_other_one() {
    let (deployed, client) = Deployed::with_application(SETTINGS);
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");
    assert_eq!(sell(&client, "serving"), "backed up");
    deployed.sql("orders", "create subscription nothing connection 'host=nowhere' publication p with (connect = false)");
    let serving = Content::of(&deployed.server, "orders");
    deployed.sql(
        "orders",
        "select pg_create_logical_replication_slot('standing', 'pgoutput')",
    );

    let prober = deployed.shop.cluster.start_client("prober", &image());
    let loops = {
        let prober = prober.clone();
        thread::spawn(move || {
            prober.exec_within(&["bash", "-c", RECONNECT], "", Duration::from_mins(10))
        })
    };
    let result = deployed.restore("restore-1", &REPLACE);
    sell(&client, "restored");
    prober.exec(&["touch", STOP]).expect_success();
    let loops = loops.join().unwrap();
    result.expect_success();
    expect_short_gap(loops.expect_success());
    deployed.sql(
        "orders",
        "delete from public.sold where what = 'restored'; select setval('public.sold_n_seq', 1)",
    );

    // Owner, settings and grants are those of the backup.
    Content::of(&deployed.server, "orders").expect_equal(&before);
    let databases = deployed.databases();
    let first = databases.strip_prefix("orders ").unwrap().to_owned();
    assert!(first.starts_with("orders_replaced_"), "{databases}");
    log_in(&client, "third", "of third", "orders").expect_success();
    let fourth = log_in(&client, "fourth", "of fourth", "orders");
    assert!(
        fourth.stderr.contains("permission denied for database"),
        "{fourth:#?}"
    );
    let closed = log_in(&client, "orders", "of orders", &first);
    assert!(
        closed
            .stderr
            .contains("not currently accepting connections"),
        "{closed:#?}"
    );
    deployed.shop.again("bootstrap-restored").expect_success();
    Content::of(&deployed.server, "orders").expect_equal(&before);

    // A backup is not in its way, nor the other way round.
    let backup = deployed.back_up("backup-2");
    let held = backup.manifest["databases"].to_string();
    assert!(
        held.contains("\"orders\"") && !held.contains("_replaced_"),
        "{held}"
    );
    let left_out = backup.manifest["left_out"].as_array().unwrap();
    let why = left_out
        .iter()
        .find(|out| out["name"] == first.as_str())
        .unwrap();
    assert_eq!(why["why"], "it allows no connections");

    // Once more, then back to the first that served, by the runbook's lines.
    sell(&client, "between");
    deployed.restore("restore-2", &REPLACE).expect_success();
    let databases = deployed.databases();
    assert_eq!(
        databases.matches("orders_replaced_").count(),
        2,
        "{databases}"
    );
    assert!(databases.contains(&first), "{databases}");
    let spec = spec(&image(), "databases = [{ name = 'orders' }]");
    let undo = live::block(&spec, "Undo a restore", "NAME_FROM_ABOVE");
    let stays = Session::start(&deployed, &client, "orders", "select 1");
    let undone = live::paste(&deployed.server, &undo.replace("NAME_FROM_ABOVE", &first));
    assert!(undone.expect_success().contains("COMMIT"), "{undone:#?}");
    assert!(stays.end().contains("terminating connection"));
    Content::of(&deployed.server, "orders").expect_equal(&serving);
    assert_eq!(sell(&client, "again"), "backed up serving");
    deployed.shop.again("bootstrap-undone").expect_success();
    log_in(&client, "third", "of third", "orders").expect_success();
    let slots = "select database from pg_replication_slots";
    assert_eq!(
        deployed.sql("postgres", slots),
        "orders",
        "it has come back, too"
    );
    // What was undone is no reason not to restore or back up again.
    deployed.back_up("backup-3");
    deployed.restore("restore-3", &REPLACE).expect_success();
    assert_eq!(sell(&client, "last"), "backed up serving again");
}

/// Each attempt was answered by one of the two; those that came in between were told so, for a moment.
#[track_caller]
fn expect_short_gap(lines: &str) {
    let attempts: Vec<Attempt> = lines.lines().map(attempt).collect();
    let answered = |answer: &str| {
        attempts
            .iter()
            .position(|attempt| attempt.answer.as_deref() == Ok(answer))
    };
    let restored = answered("1").unwrap_or_else(|| panic!("never the restored\n{lines}"));
    assert!(restored > 0, "{lines}");
    let mut last = attempts[0].begin;
    let mut refused = 0;
    for attempt in &attempts[..restored] {
        match &attempt.answer {
            Ok(answer) => {
                assert_eq!((answer.as_str(), refused), ("2", 0), "{lines}");
                last = attempt.end;
            }
            Err(told) => {
                refused += 1;
                let known = [
                    "just been dropped or renamed",
                    "terminating connection",
                    "server closed",
                ];
                assert!(known.iter().any(|known| told.contains(known)), "{told}");
            }
        }
    }
    for attempt in &attempts[restored..] {
        assert!(
            matches!(attempt.answer.as_deref(), Ok("1" | "2")),
            "{lines}"
        );
    }
    let gap = attempts[restored].end - last;
    show(&format!(
        "{} attempts to connect, {refused} refused, {gap:.2} s between the old one's last answer and the new one's first",
        attempts.len()
    ));
}

/// Both renames or none, and nobody waits for long on a restore that is not heard of any more.
#[test]
fn a_swap_that_stops_in_the_middle_has_not_been() {
    let (deployed, client) = Deployed::with_application("");
    let before = Content::of(&deployed.server, "orders");
    deployed.back_up("backup-1");
    let sold = sell(&client, "serving");
    let second = "select format(:'rename', :'working'";
    let edit = |from: &str, to: &str| deployed.shop.hurry(SCRIPTS, "restore-swap.sql", from, to);

    let wrong = format!("select 1 / 0;\n{second}");
    edit(second, &wrong);
    let result = deployed.start_restore_of_tries("wrong", &REPLACE, 1).wait();
    assert!(
        result.message().contains("division by zero"),
        "{}",
        result.log()
    );
    assert_eq!(deployed.databases(), "orders");
    assert_eq!(sell(&client, "more"), format!("{sold} serving"));

    let silent = format!("\\! sleep 100\n{second}");
    edit(&wrong, &silent);
    let job = deployed.start_restore_of_tries("silent", &REPLACE, 2);
    let pod = job.pod();
    let silence = "select count(*) from pg_stat_activity where application_name = 'underpin restore' and state = 'idle in transaction' and query ~ 'let_in'";
    pod.wait_until("it is in the middle", SOON, |_| {
        deployed.sql("postgres", silence) == "1"
    });
    edit(&silent, second);
    let begin = Instant::now();
    pod.unplug();
    pod.kill9();
    // The application that connects now waits, or is told that the name has just changed, and is served.
    wait_for("the old one serves", || {
        ask(&client, "orders", "of orders", "orders", "select").success()
    });
    let waited = begin.elapsed();
    assert!(
        waited > Duration::from_secs(3),
        "{waited:?}: nothing was held"
    );
    assert!(
        waited < Duration::from_mins(1),
        "{waited:?}: it is held for 100"
    );
    show(&format!(
        "{waited:.1?} until it was served after a node was lost in the middle of a swap"
    ));
    assert_eq!(sell(&client, "most"), format!("{sold} serving more"));
    // Its lock would end by itself, a minute after.
    let ghosts = format!(
        "select count(pg_terminate_backend(pid)) from pg_stat_activity where client_addr = '{}'",
        pod.address()
    );
    deployed.sql("postgres", &ghosts);
    job.wait().expect_success();
    Content::of(&deployed.server, "orders").expect_equal(&before);
}

fn image() -> String {
    format!("docker.io/library/postgres:{IMAGE}")
}

#[expect(clippy::print_stdout, reason = "how long it takes is worth knowing")]
fn show(text: &str) {
    println!("{text}");
}
