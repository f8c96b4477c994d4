//! A rehearsal that cannot be made costs no backup, and is never taken for a good one.

use super::{IMAGE, deployed};
use crate::backup::deployed::{Backup, Deployed};
use crate::backup::faults::wait_for_line;
use crate::fixture;
use crate::kubelet::JobResult;
use std::time::Duration;

const SCRIPTS: &str = "orders-rehearsal-scripts";
const SMALL: &str = "set role orders; create table public.wares (n int)";

/// What acts in a restored database alone: there, and not here, its owner's code takes all it can.
const GREEDY: &str = "set role orders;
    create function public.greedy() returns int language plpgsql as $$ begin
        if current_database() = 'underpin_restoring' then
            perform pg_sleep(300);
        end if;
        return 1;
    end $$;
    create materialized view public.slow as select public.greedy()";
const LARGE: &str = "set role orders;
    create function public.large() returns setof text language sql as $$
        select repeat(md5(n::text), 30) from generate_series(1, case current_database() when 'underpin_restoring' then 3000000 else 1 end) n $$;
    create materialized view public.filling as select * from public.large()";

const UNKNOWN: &str = "No backup of the last 7 days says whether it can be restored";

/// Published all the same, with these words in the last line, and a status of its own: nobody knows yet
/// whether it can be restored.
#[track_caller]
fn expect_not_rehearsed(deployed: &Deployed, result: &JobResult, words: &str) {
    let log = result.log();
    assert_eq!(result.code(), Some(4), "{log}");
    let line = log.lines().last().unwrap_or_default();
    assert!(line.contains("was not rehearsed"), "{log}");
    assert!(line.contains(words), "`{words}` in {line}\n{log}");
    assert!(line.contains(UNKNOWN), "{log}");
    assert_eq!(deployed.ids().len(), 1, "{log}");
    let list = deployed.list("list", &[]).log();
    assert!(list.contains("\"orders\" (not rehearsed)"), "{list}");
}

#[test]
fn its_container_is_killed_in_the_middle() {
    let deployed = deployed(IMAGE, "", SMALL);
    let cluster = &deployed.shop.cluster;
    cluster.hold_at(SCRIPTS, &["event=step name=keys"]);
    let running = deployed.start_backup("backup-1", &[]);
    let rehearsal = running.pod().container("rehearsal");
    // What it logs is shown when it has ended: it waits once it has been asked.
    running
        .pod()
        .wait_for_log("result=asked", Duration::from_mins(1));
    rehearsal.wait_until("a server in it", Duration::from_mins(1), |pod| {
        pod.processes("pg_restore").is_empty() && !pod.processes("postgres").is_empty()
    });
    rehearsal.kill9();
    cluster.hold_at(SCRIPTS, &[]);
    expect_not_rehearsed(&deployed, &running.wait(), "ended in the middle of it");
}

#[test]
fn it_takes_longer_than_it_may() {
    let deployed = deployed(IMAGE, "", GREEDY);
    let values = [("REHEARSAL_SECONDS", "5")];
    let result = deployed.start_backup("backup-1", &values).wait();
    expect_not_rehearsed(&deployed, &result, "it took longer than 5 s");
}

#[test]
fn it_fills_its_scratch_space() {
    let deployed = deployed(IMAGE, "", LARGE);
    let values = [("SCRATCH_BYTES", "400000000")];
    let result = deployed.start_backup("backup-1", &values).wait();
    expect_not_rehearsed(&deployed, &result, "it filled its scratch space");
}

/// From now on there is no container that rehearses.
fn without_its_container(deployed: &Deployed) {
    let shop = &deployed.shop;
    shop.hurry(SCRIPTS, "rehearse.sh", ": >\"$answers/ready\"", "exit 1");
    let patience = "readonly rehearsal_patience=60";
    shop.hurry(
        "orders-backup-scripts",
        "rehearsal.sh",
        patience,
        "readonly rehearsal_patience=3",
    );
}

#[test]
fn its_container_does_not_run() {
    let deployed = deployed(IMAGE, "", SMALL);
    without_its_container(&deployed);
    let result = deployed.start_backup("backup-1", &[]).wait();
    expect_not_rehearsed(&deployed, &result, "does not run");
}

/// One night without a verdict is told, a week of them ends each backup with a status.
#[test]
fn a_week_without_a_verdict() {
    let mut deployed = deployed(IMAGE, "", SMALL);
    deployed.back_up("backup-1");
    without_its_container(&deployed);
    deployed.sql(
        "orders",
        "set role orders; create table public.more (n int)",
    );
    let log = deployed.start_backup("backup-2", &[]).wait();
    let log = log.expect_success().log();
    assert!(log.contains("was not rehearsed"), "{log}");
    assert!(!log.contains(UNKNOWN), "{log}");
    deployed.shift_clocks("+8d");
    let result = deployed.start_backup("backup-3", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    assert!(result.message().contains(UNKNOWN), "{}", result.message());
}

/// Its answer is words: of another form it is none.
#[test]
fn its_answer_has_another_form() {
    let deployed = deployed(IMAGE, "", SMALL);
    let answer = "printf 'result=%s\\npath=%s\\nseconds=%s\\ndetail=%s\\n' \"$result\"";
    let form = "its answer has another form";
    for (number, (other, words)) in [
        (
            "printf 'result=restores; rm -rf /backups\\npath=%s%s\\nseconds=%s\\ndetail=\\n' ''",
            form,
        ),
        ("head -c 5000000 /dev/zero; printf '%.0s%.0s%.0s' ''", form),
        ("printf '%.0s%.0s%.0s' ''", "it ended without an answer"),
    ]
    .into_iter()
    .enumerate()
    {
        deployed.shop.hurry(SCRIPTS, "rehearse.sh", answer, other);
        let result = deployed
            .start_backup(&format!("backup-{number}"), &[])
            .wait();
        let log = result.log();
        assert_eq!(result.code(), Some(4), "{log}");
        let line = log.lines().last().unwrap_or_default();
        assert!(line.contains(words), "{log}");
        deployed.shop.hurry(SCRIPTS, "rehearse.sh", other, answer);
    }
    assert!(deployed.ids().len() > 1);
}

#[test]
fn the_spec_wants_none() {
    let deployed = deployed(IMAGE, "backup.rehearsal = false", SMALL);
    let backup = deployed.back_up("backup-1");
    let verdict = deployed.rehearsal(&backup, "orders");
    let said = (&verdict["result"], &verdict["detail"]);
    let wanted = ("not-rehearsed".into(), "the spec wants no rehearsal".into());
    assert_eq!(said, (&wanted.0, &wanted.1));
    let list = deployed.list("list", &[]).log();
    assert!(list.contains("\"orders\" (not rehearsed)"), "{list}");
}

/// Its time is over, and nothing of it is left in the rehearsal of the next database.
#[test]
fn what_took_too_long_ends_before_the_next_one() {
    let spec = "databases = [{ name = 'orders' }, { name = 'stock' }]\nbackup.rehearsal = true\n";
    let deployed = Deployed::with(IMAGE, spec, |server| {
        let slow = "set role orders; create function public.ok(int) returns boolean language plpgsql as $$ begin
                if current_database() = 'underpin_restoring' then perform pg_sleep(300); end if; return true; end $$;
            do $$ begin for i in 1..300 loop
                execute format('create table public.t%s (n int check (public.ok(n)))', i); execute format('insert into public.t%s values (1)', i);
            end loop; end $$";
        fixture::run(server, "orders", slow);
        fixture::run(server, "stock", SMALL.replace("orders", "stock").as_str());
    });
    let values = [("REHEARSAL_SECONDS", "20")];
    let result = deployed.start_backup("backup-1", &values).wait();
    let log = result.log();
    assert_eq!(result.code(), Some(4), "{log}");
    let backup: Backup = deployed.newest(log.clone());
    let verdict = deployed.rehearsal(&backup, "orders");
    assert_eq!(verdict["detail"], "it took longer than 20 s");
    assert_eq!(
        deployed.rehearsal(&backup, "stock")["result"],
        "restores",
        "{log}"
    );
}

/// Rows of a megabyte and more are not among the first: they would fill the volume, and the pod be evicted.
#[test]
fn large_rows_are_passed_over() {
    let large = "set role orders; create function public.ok(text) returns boolean language sql immutable as 'select true';
        do $$ begin for i in 1..20 loop
            execute format('create table public.t%s (what text check (public.ok(what)))', i);
            execute format('insert into public.t%s values (repeat(''x'', 4000000)), (''small''), (repeat(''y'', 900000)), (repeat(''y'', 900000)), (repeat(''y'', 900000))', i);
        end loop; end $$";
    let deployed = deployed(IMAGE, "", large);
    // It is asked before the next database is begun.
    let line = "event=snapshot id=";
    let scripts = "orders-backup-scripts";
    deployed.shop.cluster.hold_at(scripts, &[line]);
    let running = deployed.start_backup("backup-1", &[]);
    let pod = running.pod();
    for number in 1..=2 {
        wait_for_line(&pod, line, number);
        pod.go_on();
    }
    wait_for_line(&pod, line, 3);
    let rows: Vec<_> = walkdir::WalkDir::new(pod.volume("questions"))
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| {
            entry.path().extension().is_some_and(|end| end == "sql")
                && entry.path().parent().unwrap().ends_with("rows")
        })
        .map(|entry| entry.metadata().unwrap().len())
        .collect();
    assert_eq!(rows.len(), 20);
    assert!(rows.iter().all(|bytes| *bytes > 900_000), "{rows:?}");
    assert!(rows.iter().sum::<u64>() < 40_000_000, "{rows:?}");
    pod.go_on();
    wait_for_line(&pod, line, 4);
    pod.go_on();
    let log = running.wait().expect_success().log();
    let backup: Backup = deployed.newest(log);
    assert_eq!(deployed.rehearsal(&backup, "orders")["result"], "restores");
}
