//! Clients at work while something else runs: pgbench's transactions, and a prober that connects anew
//! each second, as an application does whose pool has run dry.

mod itself;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::kubelet::{Output, Pod};

/// Longer than any test.
const LONG: Duration = Duration::from_hours(1);

/// As whom, and where to.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) host: &'static str,
    pub(crate) database: &'static str,
    pub(crate) role: &'static str,
    pub(crate) password: &'static str,
}

/// Load that runs, from two pods of clients.
#[derive(Debug)]
pub(crate) struct Load {
    pgbench: Pod,
    begin: Instant,
    work: JoinHandle<Output>,
    stop: Arc<AtomicBool>,
    answers: JoinHandle<Vec<Result<Duration, String>>>,
}

/// What the clients saw.
#[derive(Debug)]
pub(crate) struct Report {
    /// Transactions of each second.
    rates: Vec<f64>,
    /// What pgbench said beside its progress: of clients that were cut off, errors, deadlocks.
    pub(crate) complaints: Vec<String>,
    /// Transactions that pgbench counted as failed.
    pub(crate) failed: u64,
    /// How long each connection with a query took, or why there was none.
    pub(crate) probes: Vec<Result<Duration, String>>,
}

/// Makes pgbench's tables: 100,000 accounts a unit of scale, 15 MB.
#[track_caller]
pub(crate) fn prepare(client: &Pod, login: &Login, scale: u32) {
    let scale = format!("--scale={scale}");
    let command = ["pgbench", "--initialize", "--quiet", &scale];
    run(client, login, &command, Duration::from_mins(10)).expect_success();
}

impl Load {
    /// Starts so many clients in one pod, and the prober in the other.
    #[track_caller]
    pub(crate) fn start(pgbench: &Pod, prober: &Pod, login: &Login, clients: u32) -> Load {
        let stop = Arc::new(AtomicBool::new(false));
        let work = {
            let (pod, login) = (pgbench.clone(), login.clone());
            let clients = format!("--client={clients}");
            let options = ["--jobs=2", "--time=3600", "--progress=1", "--no-vacuum"];
            thread::spawn(move || {
                let command = [&["pgbench", &clients][..], &options].concat();
                run(&pod, &login, &command, LONG)
            })
        };
        let answers = {
            let (pod, login, stop) = (prober.clone(), login.clone(), Arc::clone(&stop));
            thread::spawn(move || probe(&pod, &login, &stop))
        };
        Load {
            pgbench: pgbench.clone(),
            begin: Instant::now(),
            work,
            stop,
            answers,
        }
    }

    /// Since when it runs: the place in the report's seconds.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Ends it and gives what was seen.
    #[track_caller]
    pub(crate) fn stop(self) -> Report {
        self.stop.store(true, Ordering::SeqCst);
        let probes = self.answers.join().expect("it does not panic");
        // pgbench has no other end before its time; the transactions that it cuts are nobody's.
        self.pgbench.kill9_program("pgbench");
        let output = self.work.join().expect("it does not panic");
        report(&output.stderr, probes)
    }
}

impl Report {
    /// Transactions a second between two moments, of the whole seconds between them.
    pub(crate) fn rate(&self, from: Duration, to: Duration) -> f64 {
        let whole = |moment: Duration| usize::try_from(moment.as_secs()).expect("a test's time");
        let end = whole(to).min(self.rates.len());
        let rates = &self.rates[whole(from).min(end)..end];
        let count = u32::try_from(rates.len()).expect("a test's seconds");
        rates.iter().sum::<f64>() / f64::from(count.max(1))
    }

    /// The part of the prober's connections that were answered.
    pub(crate) fn answered(&self) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).expect("a test's seconds"));
        let good = self.probes.iter().filter(|probe| probe.is_ok()).count();
        count(good) / count(self.probes.len().max(1))
    }

    /// Fails the test if a transaction failed or a client was cut off, or if fewer than 99.9 % of the
    /// probes were answered.
    #[track_caller]
    pub(crate) fn expect_undisturbed(&self) {
        assert!(
            !self.rates.is_empty() && !self.probes.is_empty(),
            "{self:?}"
        );
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
        assert_eq!(self.failed, 0);
        assert!(self.answered() >= 0.999, "{:#?}", self.probes);
    }
}

/// Connects once a second, whatever became of the second before.
fn probe(pod: &Pod, login: &Login, stop: &AtomicBool) -> Vec<Result<Duration, String>> {
    let mut probes = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let begin = Instant::now();
        let command = ["psql", "-XAtqw", "-c", "select 1"];
        let output = run(pod, login, &command, Duration::from_secs(30));
        probes.push(if output.success() {
            Ok(begin.elapsed())
        } else {
            Err(output.stderr)
        });
        thread::sleep(Duration::from_secs(1).saturating_sub(begin.elapsed()));
    }
    probes
}

fn report(said: &str, probes: Vec<Result<Duration, String>>) -> Report {
    let mut report = Report {
        rates: Vec::new(),
        complaints: Vec::new(),
        failed: 0,
        probes,
    };
    for line in said.lines() {
        // progress: 1.0 s, 512.3 tps, lat 1.9 ms stddev 0.7, 0 failed
        let Some(progress) = line.strip_prefix("progress: ") else {
            report.complaints.push(line.to_owned());
            continue;
        };
        for part in progress.split(", ") {
            if let Some(rate) = part.strip_suffix(" tps") {
                report.rates.push(rate.parse().expect("a number"));
            }
            if let Some((failed, _)) = part.split_once(" failed") {
                report.failed += failed.parse::<u64>().expect("a number");
            }
        }
    }
    report
}

fn run(client: &Pod, login: &Login, command: &[&str], time: Duration) -> Output {
    let variables = [
        format!("PGHOST={}", login.host),
        format!("PGDATABASE={}", login.database),
        format!("PGUSER={}", login.role),
        format!("PGPASSWORD={}", login.password),
    ];
    let mut words = vec!["env", "PGCONNECT_TIMEOUT=5"];
    words.extend(variables.iter().map(String::as_str));
    words.extend(command);
    client.exec_within(&words, "", time)
}
