//! What a proven backup and a proven restore cost beside bare pg_dump and pg_restore: the emitted
//! pods, on one server, by turns, as Markdown. It prints and never judges; `just bench-backup` runs it.
//!
//! `MEGABYTES` (1024) is the size of the tables, `RUNS` (5) how often each is measured.

#![allow(clippy::unwrap_used, reason = "a measurement that panics has failed")]

#[path = "../tests/bootstrap/mod.rs"]
mod bootstrap;
#[path = "../tests/compiled/mod.rs"]
mod compiled;
#[path = "../tests/fixture/mod.rs"]
mod fixture;
#[expect(dead_code, reason = "the tests of Neon use more of it")]
#[path = "../tests/kubelet/mod.rs"]
mod kubelet;
#[path = "../tests/server/mod.rs"]
mod server;
#[expect(dead_code, reason = "kubectl alone is asked for here")]
#[path = "../tests/tools/mod.rs"]
mod tools;

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use bootstrap::shop::Shop;
use kubelet::Pod;
use serde_json::{Value, json};

const LONG: Duration = Duration::from_hours(3);
/// On two cores, for 10 GB of tables.
const BACKUP_LIMIT: f64 = 10.0 * 60.0;
const RESTORE_LIMIT: f64 = 15.0 * 60.0;
/// Room beyond what any run needs: restores reckon with the spec, not with this machine.
const SPEC: &str = "databases = [{ name = 'orders' }]";
const BARE: &str = "export PGUSER=postgres PGPASSWORD='of superuser' PGDATABASE=orders;";

/// One of what is measured by turns; the first is what the others are held against.
struct Way {
    name: &'static str,
    script: String,
    seconds: Vec<f64>,
    /// Of processors, in the pod and on the server: what a busy machine changes less.
    work: Vec<f64>,
    /// The log of the last run, each line with its second.
    log: String,
}

#[test]
fn backup_and_restore() {
    let (megabytes, runs) = (number("MEGABYTES", 1024), number("RUNS", 5));
    let shop = Shop::new(
        SPEC,
        &[("superuser", "of superuser"), ("role.orders", "of orders")],
    );
    let restore_secret = [("password", "of restore")];
    shop.cluster.secret("orders-restore", &restore_secret);
    let server = shop.bootstrapped();
    fixture::load_megabytes(&server, "orders", megabytes, 4);
    let size = "select sum(pg_table_size(oid)) from pg_class where relnamespace = 'big'::regnamespace and relkind = 'r'";
    let gigabytes = fixture::run(&server, "orders", size)
        .parse::<f64>()
        .unwrap()
        / 1e9;
    let backup = idle_pod(&shop, "orders-backup-nightly", "bench-backup");
    let restore = idle_pod(&shop, "orders-restore", "bench-restore");
    let backups = shop.cluster.claim("orders-backup").path("");
    let sweep = || {
        let line = "rm -rf \"$1\"/* 2>/dev/null; sync";
        let done = Command::new("bash")
            .args(["-c", line, "sweep"])
            .arg(&backups)
            .status();
        assert!(done.unwrap().success());
    };

    let whole = |verify| format!("VERIFY={verify} SCHEDULE=bench /scripts/backup.sh");
    let bare_dump = format!("{BARE} pg_dump -Fd -j2 -Z zstd:3 -f /backups/bare");
    let mut ways = [
        Way::new("`pg_dump -Fd -j2 -Z zstd:3`", &bare_dump),
        Way::new(
            "`pg_dumpall \\| gzip`",
            &format!("{BARE} pg_dumpall | gzip >/backups/bare"),
        ),
        Way::new("backup, `decode`", &whole("decode")),
        Way::new("backup, `rows`", &whole("rows")),
        Way::new("backup, `content`", &whole("content")),
    ];
    measure(&backup, &server, &mut ways, runs, sweep);
    let mut report = table(&ways, gigabytes, BACKUP_LIMIT);
    let gzip = ways[4].median() / ways[1].median();
    let _ = writeln!(
        report,
        "\n`content` takes {gzip:.2} of `pg_dumpall | gzip`."
    );
    report += &logs(&ways);
    show(&report);

    sweep();
    timed(&backup, &whole("content"));
    timed(&backup, &bare_dump);
    let make = "psql -Xqd postgres -c 'create database bare template template0'";
    let mut ways = [
        Way::new(
            "`pg_restore -j2`",
            &format!("{BARE} {make} && pg_restore -j2 --exit-on-error -d bare /backups/bare"),
        ),
        Way::new(
            "restore",
            "DATABASE=orders INTO=orders_restored STORAGE_BYTES=1099511627776 /scripts/restore.sh",
        ),
    ];
    measure(&restore, &server, &mut ways, runs, || {
        let drop =
            "drop database if exists bare;\ndrop database if exists orders_restored;\ncheckpoint;";
        fixture::run(&server, "postgres", drop);
    });
    show(&(table(&ways, gigabytes, RESTORE_LIMIT) + &logs(&ways)));
}

/// What a rehearsal adds: a backup without one, one whose verdict is known, and one that is rehearsed.
/// `TABLES` (300) beside the gigabyte, each with an index over a function; 10,000 show its limits.
#[test]
fn rehearsals() {
    let (megabytes, runs, tables) = (
        number("MEGABYTES", 1024),
        number("RUNS", 5),
        number("TABLES", 300),
    );
    let secret = [("superuser", "of superuser"), ("role.orders", "of orders")];
    let shop = Shop::new(SPEC, &secret);
    let server = shop.bootstrapped();
    fixture::load_megabytes(&server, "orders", megabytes, 4);
    fixture::load_many(&server, "orders", tables);
    let folded = "set role orders; create function public.folded(text) returns text language sql immutable as 'select lower($1)';
        select format('create index on %s (public.folded(%s::text))', c.oid::regclass, quote_ident(attname))
        from pg_class c join pg_attribute on attrelid = c.oid where relkind = 'r' and attnum = 1 and relnamespace = 'many'::regnamespace \\gexec";
    fixture::run(&server, "orders", folded);
    let backup = idle_pod(&shop, "orders-backup-nightly", "bench-rehearsal");
    let backups = shop.cluster.claim("orders-backup").path("");
    let remove = |keep: bool| {
        let line = "cd \"$1\" && if [[ $2 == true ]]; then rm -rf orders/.partial*; ls -d orders/2* | head -n -1 | xargs -r rm -rf; else rm -rf ./*; fi; sync";
        let mut command = Command::new("bash");
        command.args(["-c", line, "remove"]).arg(&backups);
        assert!(command.arg(keep.to_string()).status().unwrap().success());
    };
    let run = |rehearsal| {
        format!("REHEARSAL={rehearsal} VERIFY=content SCHEDULE=bench /scripts/backup.sh")
    };
    let mut ways = [
        Way::new("backup, not rehearsed", &run(false)),
        Way::new("backup, rehearsed", &run(true)),
        Way::new("backup, verdict known", &run(true)),
    ];
    for number in 1..=runs {
        for (way, keep) in ways.iter_mut().zip([false, false, true]) {
            remove(keep);
            let (seconds, work, log) = timed(&backup, &way.script);
            show(&format!("{number}/{runs} {}: {seconds:.1} s", way.name));
            way.seconds.push(seconds);
            way.work.push(work);
            way.log = log;
        }
    }
    let verdicts = ways.iter().flat_map(|way| way.log.lines());
    for line in
        verdicts.filter(|line| line.contains("event=rehearsal ") && line.contains("db=\"orders\""))
    {
        show(line);
    }
    show(&table(&ways, f64::from(megabytes) / 1000.0, BACKUP_LIMIT));
}

impl Way {
    fn new(name: &'static str, script: &str) -> Way {
        Way {
            name,
            script: script.to_owned(),
            seconds: Vec::new(),
            work: Vec::new(),
            log: String::new(),
        }
    }

    fn median(&self) -> f64 {
        median(&self.seconds)
    }
}

fn median(of: &[f64]) -> f64 {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn number(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

/// The pod of a `CronJob`, as emitted, that sleeps: what is measured runs inside it.
fn idle_pod(shop: &Shop, cron_job: &str, name: &str) -> Pod {
    let mut template = Value::Null;
    shop.cluster.edit("CronJob", cron_job, |object| {
        template = object["spec"]["jobTemplate"]["spec"]["template"].clone();
    });
    template["kind"] = json!("Pod");
    template["metadata"]["name"] = json!(name);
    template["metadata"]["namespace"] = json!("shop");
    template["spec"]["containers"][0]["command"] = json!(["sleep", "infinity"]);
    shop.cluster.apply(template);
    let pod = shop.cluster.start_pod(name);
    pod.wait_ready(Duration::from_mins(1));
    pod
}

/// Runs each so often, by turns.
fn measure(pod: &Pod, server: &Pod, ways: &mut [Way], runs: u32, prepare: impl Fn()) {
    for run in 1..=runs {
        for way in &mut *ways {
            prepare();
            let before = work_of_sessions(server);
            let (seconds, work, log) = timed(pod, &way.script);
            let work = work + work_of_sessions(server) - before;
            show(&format!(
                "{run}/{runs} {}: {seconds:.1} s, {work:.1} s of work",
                way.name
            ));
            way.seconds.push(seconds);
            way.work.push(work);
            way.log = log;
        }
    }
}

/// Processors' seconds of sessions that have ended: the server has waited for them.
fn work_of_sessions(server: &Pod) -> f64 {
    // A session ends a moment after its client.
    std::thread::sleep(Duration::from_millis(300));
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", server.process())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(13).take(2);
    ticks
        .map(|ticks| ticks.parse::<f64>().unwrap())
        .sum::<f64>()
        / 100.0
}

/// How long a script takes in a pod, and processors' seconds; and what it said, each line with its
/// second.
fn timed(pod: &Pod, script: &str) -> (f64, f64, String) {
    let script = format!(
        "set -o pipefail; begin=${{EPOCHREALTIME/./}}
         {{ {script}; code=$?; times; exit $code; }} 2>&1 | while IFS= read -r line; do
             now=$((${{EPOCHREALTIME/./}} - begin)); printf '%3d.%02d s  %s\\n' $((now / 1000000)) $((now / 10000 % 100)) \"$line\"
         done"
    );
    let begin = Instant::now();
    let output = pod.exec_within(&["bash", "-c", &script], "", LONG);
    let seconds = begin.elapsed().as_secs_f64();
    let said = output.expect_success();
    // The last two lines are of the shell and of its children, user's and system's.
    let lines: Vec<&str> = said.lines().collect();
    let (log, times) = lines.split_at(lines.len() - 2);
    let work = times
        .iter()
        .flat_map(|line| line.split_whitespace().rev().take(2));
    let work = work.map(|time| {
        let (minutes, seconds) = time.trim_end_matches('s').split_once('m').unwrap();
        minutes.parse::<f64>().unwrap() * 60.0 + seconds.parse::<f64>().unwrap()
    });
    (seconds, work.sum(), log.join("\n"))
}

fn table(ways: &[Way], gigabytes: f64, limit: f64) -> String {
    let mut table = format!(
        "\n| {gigabytes:.2} GB | median | all | ratio | work, ratio | 10 GB, of {:.0} min |\n|---|---|---|---|---|---|\n",
        limit / 60.0
    );
    for way in ways {
        let all: Vec<String> = way
            .seconds
            .iter()
            .map(|time| format!("{time:.1}"))
            .collect();
        let middle = way.median();
        let ten = middle / gigabytes * 10.0;
        let _ = writeln!(
            table,
            "| {} | {middle:.1} s | {} | {:.2} | {:.1} s, {:.2} | {:.1} min, {:.0} % |",
            way.name,
            all.join(" "),
            middle / ways[0].median(),
            median(&way.work),
            median(&way.work) / median(&ways[0].work),
            ten / 60.0,
            ten / limit * 100.0
        );
    }
    table
}

/// Where the time goes: the last run's log of each.
fn logs(ways: &[Way]) -> String {
    let mut logs = String::new();
    for way in ways.iter().filter(|way| !way.log.is_empty()) {
        let _ = writeln!(logs, "\n{}\n{}", way.name, way.log);
    }
    logs
}

#[expect(clippy::print_stdout, reason = "it is what this is for")]
fn show(text: &str) {
    println!("{text}");
}
