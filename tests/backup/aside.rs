//! A restore that is not what was backed up: it is kept aside, closed, with its list, and served only
//! once a person has accepted exactly that list; nothing of it goes by itself.

use super::applications::{IMAGE, SOON, next_pod, sell, step_line};
use super::deployed::pasted;
use super::deployed::{Backup, Deployed};
use super::faults::{expect_refused, wait_for_line};
use super::mutant::Mutant;
use super::refused::small;
use crate::bootstrap::shop::{Hold, log_in, spec};
use crate::kubelet::{JobResult, Pod, RunningJob};
use crate::runbook::live;

const CHANGE: &str =
    "update public.wares set what = 'other' where n = 1; comment on table public.sold is 'sold'";
const TWO: [&str; 2] = [
    "event=proof kind=table name=\"public.wares\" result=differs expected=\"1000 rows\" found=\"1000 rows, other content\"",
    "event=schema object=\"Name: TABLE sold; Type: COMMENT; Schema: public; Owner: orders\" result=unexpected",
];

impl Deployed {
    /// A restore whose database is changed just before it is proven.
    #[track_caller]
    fn differ(&self, job: &str, values: &[(&str, &str)]) -> JobResult {
        let running = self.start_restore_held(job, "proof", values);
        let pod = running.pod();
        self.sql("underpin_restoring", CHANGE);
        pod.go_on();
        let result = running.wait();
        expect_refused(&result, &["is not what was backed up", "It is kept aside"]);
        result
    }

    #[track_caller]
    fn start_pasted(&self, job: &str, message: &str) -> RunningJob {
        let values = pasted(message);
        let values: Vec<_> = values
            .iter()
            .map(|(key, value)| (&**key, &**value))
            .collect();
        self.start_lasting_restore(job, &values)
    }
}

fn steps(log: &str) -> Vec<&str> {
    let steps = log
        .lines()
        .filter_map(|line| line.strip_prefix("event=step name="));
    steps.map(|rest| rest.split(' ').next().unwrap()).collect()
}

#[test]
fn exactly_its_list_is_accepted() {
    let (deployed, client) = Deployed::with_application("");
    let backup = deployed.back_up("backup-1");
    // A database name that a program of PostgreSQL could take for something else.
    let into = "host=x 'é\" $(id)";
    let result = deployed.differ("first", &[("INTO", into)]);
    let (log, message) = (result.log(), result.message());
    let kept = deployed.kept_aside();
    assert!(kept.starts_with(&format!("{into}_differs_")), "{kept}");
    let comment = format!(
        "select underpin.mark(oid, 'pg_database') from pg_database where datname = $x${kept}$x$"
    );
    let comment = deployed.sql("underpin", &comment);
    let listed: Vec<&str> = comment.lines().skip(1).collect();
    assert_eq!(listed, TWO, "{comment}");
    for line in TWO {
        assert!(log.lines().any(|told| told == line), "{line}\n{log}");
    }
    let first = "kind=table name=\"public.wares\" result=differs";
    assert!(
        message.contains(first) && message.contains("(and 1 more: the log names them)"),
        "{message}"
    );
    let closed = log_in(&client, "orders", "of orders", &kept);
    assert!(
        closed
            .stderr
            .contains("not currently accepting connections"),
        "{closed:#?}"
    );
    assert_eq!(deployed.databases(), format!("{kept} orders"));

    // It is opened and proven: nothing is loaded again.
    let accepted = deployed.start_pasted("accepted", &message).wait();
    let log = accepted.expect_success().log();
    assert!(log.contains("result=accepted"), "{log}");
    let steps = steps(&log);
    assert!(steps.contains(&"open") && !steps.contains(&"load"), "{log}");
    assert_eq!(deployed.databases(), format!("{into} orders"), "{log}");
    assert_eq!(
        deployed.sql(into, "select what from public.wares where n = 1"),
        "other"
    );
    let mark = format!(
        "select underpin.mark(oid, 'pg_database') from pg_database where datname = $x${into}$x$"
    );
    let mark = deployed.sql("underpin", &mark);
    assert!(
        mark.starts_with(&format!("underpin: restored {} of server ", backup.id)),
        "{mark}"
    );

    // What it names is gone: it is loaded again, and what is loaded is equal.
    let again = deployed.start_pasted("again", &message).wait();
    let log = again.expect_success().log();
    assert!(log.contains("event=proof result=equal"), "{log}");
    assert!(log.contains("kept=\""), "the first was kept\n{log}");
    assert_eq!(sell(&client, "served"), "backed up");
}

/// Where there is no room, a line drops copies of a backup alone: what served before may hold rows that are in none.
#[test]
fn no_line_drops_what_served_before() {
    let deployed = small(IMAGE);
    deployed.back_up("backup-1");
    deployed
        .restore("beside", &[("INTO", "beside")])
        .expect_success();
    // The largest, and it was restored itself.
    for number in 1..=2 {
        let replaced = deployed.restore(&format!("replaced-{number}"), &[("REPLACE", "true")]);
        replaced.expect_success();
        deployed.sql("orders", "set role orders; create table public.later as select n, repeat('x', 500) as what from generate_series(1, 5000) n");
    }
    deployed
        .restore("again", &[("REPLACE", "true")])
        .expect_success();
    let no_room = |job: &str| {
        let values = [("STORAGE_BYTES", "20000000"), ("INTO", "again")];
        let result = deployed.restore(job, &values);
        expect_refused(&result, &["no room", "grow storage.size"]);
        result.message()
    };
    let message = no_room("no-room-1");
    let (copies, served) = message
        .split_once(". What served before, with rows that may be in no backup: ")
        .unwrap();
    assert!(copies.contains("\"beside\" ("), "{message}");
    assert!(!copies.contains("_replaced_"), "{message}");
    assert_eq!(served.matches("\"orders_replaced_").count(), 3, "{message}");
    let line = &message[message.find("kubectl -n shop exec -i orders-0").unwrap()..];
    assert!(line.contains("name=beside "), "{message}");
    let dropped = live::paste(&deployed.server, line);
    assert_eq!(dropped.expect_success(), "DROP DATABASE", "{message}");
    let message = no_room("no-room-2");
    assert!(message.contains("What served before"), "{message}");
    assert!(!message.contains("drop database"), "{message}");
}

/// A list is of what one backup gave: another backup may hold what that one lacks.
#[test]
fn the_list_of_one_backup_accepts_no_other() {
    let (deployed, _client) = Deployed::with_application("");
    let first = deployed.back_up("backup-1").id;
    let message = deployed.differ("first", &[("INTO", "late")]).message();
    let second = deployed.back_up("backup-2").id;
    let values = pasted(&message);
    let value = |name: &str| {
        values
            .iter()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .clone()
    };
    let accepted = value("ACCEPT");
    assert_eq!(value("BACKUP"), first);
    let values = [("INTO", "late"), ("ACCEPT", &*accepted)];
    let refused = deployed.restore("refused", &values);
    let words = format!("is the list of backup {first}, and this restore is of backup {second}");
    expect_refused(&refused, &[&words]);
    assert!(!refused.log().contains("result=found"), "{}", refused.log());
    // Its line is that of the first backup.
    let taken = deployed.start_pasted("taken", &refused.message()).wait();
    let log = taken.expect_success().log();
    assert!(
        log.contains("result=accepted") && log.contains(&format!("result=done id={first}")),
        "{log}"
    );
}

#[test]
fn what_was_changed_since_is_another_list() {
    let (deployed, _client) = Deployed::with_application("");
    deployed.back_up("backup-1");
    let message = deployed.differ("first", &[("INTO", "late")]).message();
    let kept = deployed.kept_aside();
    let open = format!("alter database {kept} allow_connections true");
    deployed.sql("postgres", &open);
    deployed.sql(&kept, "drop table public.sold");
    let result = deployed.start_pasted("changed", &message).wait();
    let words = [
        "is not what was backed up",
        "The list that ACCEPT names is another one",
        &kept,
    ];
    expect_refused(&result, &words);
    let closed = format!("event=aside name=\"{kept}\" digest= differences= result=closed");
    assert!(result.log().contains(&closed), "{}", result.log());
    assert_eq!(deployed.kept_aside(), kept, "it is closed again");
    let result = deployed.start_pasted("as-it-is", &result.message()).wait();
    let log = result.expect_success().log();
    assert!(!steps(&log).contains(&"load"), "{log}");
    assert_eq!(
        deployed.sql("late", "select to_regclass('public.sold') is null"),
        "t"
    );
}

/// In the place of the serving one too, and by another load where nothing was kept.
#[test]
fn it_may_serve_and_be_loaded_again() {
    let deployed = small(IMAGE);
    let backup = deployed.back_up("backup-1");
    let changed = unequal(&deployed, &backup);
    let replace = [("REPLACE", "true"), ("BACKUP", changed.id.as_str())];
    let result = deployed.restore("first", &replace);
    expect_refused(
        &result,
        &[
            "expected=\"1001 rows\" found=\"1000 rows\"",
            "\"orders_differs_",
        ],
    );
    let kept = deployed.kept_aside();

    // What is kept takes room, and is named when that is why there is none.
    let values = [("STORAGE_BYTES", "20000000"), ("INTO", "beside")];
    let result_of_room = deployed.restore("no-room", &values);
    let words = ["no room", "grow storage.size, or drop", &kept, "(7", "kB)"];
    expect_refused(&result_of_room, &words[..3]);
    let message = result_of_room.message();
    let line = &message[message.find("kubectl -n shop exec -i orders-0").unwrap()..];
    let dropped = live::paste(&deployed.server, line);
    assert_eq!(dropped.expect_success(), "DROP DATABASE", "{message}");
    assert!(
        !deployed
            .sql("postgres", "select datname from pg_database")
            .contains(&kept)
    );

    let accepted = deployed.start_pasted("accepted", &result.message()).wait();
    let log = accepted.expect_success().log();
    assert!(
        steps(&log).contains(&"load") && log.contains("result=accepted"),
        "{log}"
    );
    assert_eq!(
        deployed.sql("orders", "select count(*) from public.wares"),
        "1000"
    );
    assert!(log.contains("kept=\"orders_replaced_"), "{log}");

    // Of tables, too; another choice of tables is another list.
    let tables = [
        ("TABLES", "[\"public.wares\"]"),
        ("BACKUP", &*changed.id),
        ("INTO", "some"),
    ];
    let result = deployed.restore("tables", &tables);
    expect_refused(
        &result,
        &["expected=\"1001 rows\"", "TABLES='[\"public.wares\"]'"],
    );
    let accepted = deployed
        .start_pasted("tables-accepted", &result.message())
        .wait();
    accepted.expect_success();
    let mut other = pasted(&result.message());
    other.retain(|(key, _)| key != "TABLES" && key != "INTO");
    other.push(("INTO".into(), "all".into()));
    let other: Vec<_> = other
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    let result = deployed.restore("tables-other", &other);
    expect_refused(&result, &["The list that ACCEPT names is another one"]);
}

/// A backup that says of itself what it does not hold.
#[track_caller]
fn unequal(deployed: &Deployed, backup: &Backup) -> Mutant {
    let changed = Mutant::of(deployed, backup, "20260102T030405Z-chang");
    let file = format!("{}/proof.jsonl", backup.folder("orders"));
    changed.edit(&file, "\"1000\"", "\"1001\"");
    changed.seal();
    changed
}

#[test]
fn killed_at_each_step_nothing_of_it_goes() {
    let deployed = small(IMAGE);
    let backup = deployed.back_up("backup-1");
    let changed = unequal(&deployed, &backup);
    let values = [("BACKUP", changed.id.as_str()), ("INTO", "beside")];

    // Put aside, and killed before it has said so: the next pod says it, and does nothing again.
    let cluster = &deployed.shop.cluster;
    let kept_line = "event=aside name=\"";
    cluster.hold_at("orders-restore-scripts", &[kept_line]);
    let job = deployed.start_lasting_restore("kept", &values);
    let pod = job.pod();
    wait_for_line(&pod, kept_line, 1);
    let kept = deployed.kept_aside();
    cluster.hold_at("orders-restore-scripts", &[]);
    kill(&job, &pod);
    let result = job.wait();
    assert_eq!(result.code(), Some(3), "{}", result.log());
    for words in [
        "expected=\"1001 rows\"",
        &*kept,
        "To accept exactly this list",
    ] {
        assert!(result.message().contains(words), "{}", result.log());
    }
    let last = result.pods.last().unwrap().log();
    assert!(
        last.contains("result=kept") && !last.contains("event=step"),
        "{last}"
    );
    assert_eq!(deployed.kept_aside(), kept);

    // Accepted, and killed at each step from then on: it is there, under its name, until it serves.
    let oid = format!("select oid from pg_database where datname = '{kept}'");
    let before = deployed.sql("postgres", &oid);
    let all = ["open", "proof", "schema", "analyze", "swap"];
    cluster.hold_at("orders-restore-scripts", &[&step_line(all[0])]);
    let values = pasted(&result.message());
    let values: Vec<_> = values
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    let job = deployed.start_lasting_restore("accepted", &values);
    for (index, step) in all.into_iter().enumerate() {
        let pod = job.pod();
        wait_for_line(&pod, &step_line(step), 1);
        assert_eq!(
            deployed.sql("postgres", &oid),
            before,
            "{step}\n{}",
            pod.log()
        );
        assert_eq!(
            deployed.databases(),
            format!("{kept} orders"),
            "{step}\n{}",
            pod.log()
        );
        let next = all.get(index + 1).map(|step| step_line(step));
        cluster.hold_at(
            "orders-restore-scripts",
            &next.as_deref().map_or(vec![], |line| vec![line]),
        );
        kill(&job, &pod);
    }
    let result = job.wait();
    let log = result.expect_success().log();
    assert_eq!(deployed.databases(), "beside orders", "{log}");
    let now = "select oid from pg_database where datname = 'beside'";
    assert_eq!(deployed.sql("postgres", now), before, "{log}");

    // Stopped with time to clear away, it is closed again.
    let values = [("BACKUP", changed.id.as_str()), ("INTO", "closed")];
    let result = deployed.restore("closed", &values);
    let kept = deployed.kept_aside();
    cluster.hold_at("orders-restore-scripts", &[&step_line("schema")]);
    let job = deployed.start_pasted("stopped", &result.message());
    let pod = job.pod();
    wait_for_line(&pod, &step_line("schema"), 1);
    cluster.hold_at("orders-restore-scripts", &[]);
    pod.signal("TERM");
    pod.go_on();
    pod.wait_finished(SOON);
    assert_eq!(pod.termination().unwrap().code, 143, "{}", pod.story());
    job.wait().expect_success();
    assert!(!deployed.databases().contains(&kept));
}

#[track_caller]
fn kill(job: &RunningJob, pod: &Pod) {
    pod.kill9();
    pod.wait_finished(SOON);
    assert_eq!(pod.termination().unwrap().code, 137);
    next_pod(job, pod);
}

/// It is as well kept under the name that it was made with.
#[test]
fn where_it_cannot_be_renamed_it_is_kept_as_it_is() {
    let deployed = small(IMAGE);
    let backup = deployed.back_up("backup-1");
    let changed = unequal(&deployed, &backup);
    let (from, to) = ("SECONDS - since < 60", "SECONDS - since < 3");
    deployed
        .shop
        .hurry("orders-restore-scripts", "aside.sh", from, to);
    let values = [("BACKUP", changed.id.as_str()), ("INTO", "beside")];
    let job = deployed.start_restore_held("first", "proof", &values);
    let hold = Hold::new(&deployed.server, "underpin_restoring", "select 1");
    job.pod().go_on();
    let result = job.wait();
    let log = result.log();
    expect_refused(&result, &["as the database \"underpin_restoring\""]);
    assert!(log.contains("result=refused detail="), "{log}");
    assert_eq!(deployed.kept_aside(), "underpin_restoring");
    let words = [
        "underpin_restoring is there, kept by an earlier restore",
        "kubectl -n shop exec -i orders-0 -- psql -X -U postgres -v name=underpin_restoring",
    ];
    expect_refused(&deployed.restore("another", &[]), &words);
    hold.release();
    let accepted = deployed.start_pasted("accepted", &result.message()).wait();
    assert!(!steps(&accepted.expect_success().log()).contains(&"load"));
    assert_eq!(deployed.databases(), "beside orders");
}

/// The runbook's lines: what is kept, its list, a look as the owner who writes nothing, and its end.
#[test]
fn a_person_looks_into_it_and_drops_it() {
    let deployed = small(IMAGE);
    let backup = deployed.back_up("backup-1");
    let changed = unequal(&deployed, &backup);
    let values = [("BACKUP", changed.id.as_str()), ("INTO", "a=b")];
    let result = deployed.restore("first", &values);
    expect_refused(&result, &["RUNBOOK, \"A restore that differs\""]);
    let kept = deployed.kept_aside();
    let image = format!("docker.io/library/postgres:{IMAGE}");
    let spec = spec(&image, "databases = [{ name = 'orders' }]");
    let block = |words: &str| live::block(&spec, "A restore that differs", words);
    let paste = |block: &str| live::paste(&deployed.server, block);
    let listed = paste(&block("made_by"));
    assert!(listed.expect_success().contains(&kept), "{listed:#?}");
    let quoted = format!("KEPT='{kept}'");
    let list = paste(&block("as list").replace("KEPT=NAME_FROM_ABOVE", &quoted));
    assert!(
        list.expect_success()
            .contains("expected=\"1001 rows\" found=\"1000 rows\""),
        "{list:#?}"
    );

    let look = block("allow_connections true").replace("KEPT=NAME_FROM_ABOVE", &quoted);
    let look = look
        .replace("OWNER_FROM_ABOVE", "orders")
        .replace("exec -it", "exec -i");
    let asked = look.replace(
        "psql -X -h",
        "env PGPASSWORD='of orders' psql -X -tA -c \"select count(*) from public.wares\" -h",
    );
    let asked = paste(&asked);
    assert!(asked.expect_success().contains("\n1000"), "{asked:#?}");
    // What is looked into is no database of the server's for that.
    let manifest = deployed.back_up("backup-2").manifest;
    let left_out = manifest["left_out"].as_array().unwrap();
    let why = left_out.iter().find(|out| out["name"] == kept.as_str());
    assert_eq!(why.unwrap()["why"], "a restore has put it aside");
    let written = look.replace(
        "psql -X -h",
        "env PGPASSWORD='of orders' psql -X -c \"delete from public.wares\" -h",
    );
    let written = paste(&written);
    assert!(
        written.stderr.contains("in a read-only transaction"),
        "{written:#?}"
    );
    let shut = paste(&block("allow_connections false").replace("KEPT=NAME_FROM_ABOVE", &quoted));
    shut.expect_success();
    assert_eq!(deployed.kept_aside(), kept);

    // A look is no change.
    let accepted = deployed.start_pasted("accepted", &result.message()).wait();
    assert!(!steps(&accepted.expect_success().log()).contains(&"load"));

    let values = [("BACKUP", changed.id.as_str()), ("INTO", "unwanted")];
    expect_refused(
        &deployed.restore("unwanted", &values),
        &["unwanted_differs_"],
    );
    let kept = deployed.kept_aside();
    let quoted = format!("KEPT='{kept}'");
    let dropped = paste(&block("drop database").replace("KEPT=NAME_FROM_ABOVE", &quoted));
    assert!(
        dropped.expect_success().contains("DROP DATABASE"),
        "{dropped:#?}"
    );
}
