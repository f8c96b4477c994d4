//! A drill of a database of a gigabyte, in the memory and the space that the spec gives it by default.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::backup::deployed::Deployed;
use crate::fixture;
use crate::kubelet::Pod;

const IMAGE: &str = "17.12-bookworm";
const SOON: Duration = Duration::from_mins(5);
const LONG: Duration = Duration::from_hours(2);
const SPEC: &str = "backup.drill.size = '2Gi'";
/// `memory`, as it is by default.
const MEMORY: u64 = 512 << 20;

#[test]
fn of_a_gigabyte() {
    let load = |server: &Pod| fixture::load_megabytes(server, "orders", 1024, 4);
    let deployed = Deployed::new(IMAGE, SPEC, load);
    deployed.back_up("backup-1");
    let cluster = &deployed.shop.cluster;
    cluster.create_job_from_cron_job("drill-1", "orders-drill");
    let begin = Instant::now();
    let running = cluster.start_job("drill-1");
    let pod = running.pod();
    pod.wait_for_log("event=server result=ready", SOON);
    // It ends with the pod.
    let watched = {
        let pod = pod.clone();
        thread::spawn(move || pod.exec_within(&["bash", "-c", WATCH], "", LONG))
    };
    let log = running.wait_within(LONG).expect_success().log();
    let seconds = begin.elapsed().as_secs();
    let told = watched.join().unwrap().stdout;
    let most = |column: usize| {
        let numbers = told.lines().map(|line| line.split(' ').nth(column));
        let numbers = numbers.map(|number| number.unwrap_or("0").parse::<u64>().unwrap_or(0));
        numbers.max().unwrap_or(0)
    };
    let (memory, space) = (most(0), most(1));
    let room = log.lines().rfind(|line| line.starts_with("event=room"));
    show(&format!(
        "1 GB drilled in {seconds} s: at most {} MiB of memory, {} MiB of scratch; {}",
        memory >> 20,
        space >> 20,
        room.unwrap()
    ));
    assert!(memory > 0 && memory < MEMORY, "{memory}\n{log}");
    assert!(space > 1 << 30, "{space}");
}

/// What its processes hold and cannot give back, which a page cache is not, and what lies on the
/// scratch volume: bytes, again and again.
const WATCH: &str = r"
while sleep 0.2; do
    held=$(awk '/^RssAnon/ { own += $2 } /^RssShmem/ && $2 > shared { shared = $2 } END { print (own + shared) * 1024 }' /proc/[0-9]*/status 2>/dev/null)
    echo ${held:-0} $(du -sb /scratch 2>/dev/null | cut -f1)
done
";

/// A test may print nothing, and this is to be read.
fn show(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
