//! Drills, as emitted: a backup is restored into a server that the pod makes for itself, and proven.
//! What is good passes, what is not does not, and nothing is left behind or acts.

mod alone;
#[cfg(feature = "soak")]
pub(crate) mod proven;
#[cfg(feature = "soak")]
mod refuted;
mod roles;

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::backup::deployed::{CLAIM, Deployed};
use crate::fixture;
use crate::kubelet::{JobResult, Pod, RunningJob};

pub(crate) const IMAGE: &str = "17.12-bookworm";
const SCRIPTS: &str = "orders-drill-scripts";
/// What every spec here has.
const DRILL: &str = "backup.volume.keep = { last = 50 }\nbackup.drill.size = '1Gi'\n";

/// All files below a folder, with what tells that one was touched.
fn files(folder: &Path) -> Vec<(String, u64, SystemTime)> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.unwrap();
        let metadata = fs::symlink_metadata(entry.path()).unwrap();
        found.push((
            entry.path().display().to_string(),
            metadata.len(),
            metadata.modified().unwrap(),
        ));
    }
    found
}

/// A database of two tables, of its owner.
#[track_caller]
fn small(more: &str) -> Deployed {
    Deployed::new(IMAGE, more, |server: &Pod| {
        let tables = "set role orders;
            create table public.wares as select n, md5(n::text) from generate_series(1, 1000) n;
            create table public.others (n int)";
        fixture::run(server, "orders", tables);
    })
}

impl Deployed {
    /// The drill of the newest backup, now, with other values than the spec's.
    #[track_caller]
    pub(crate) fn start_drill(&self, job: &str, values: &[(&str, &str)]) -> RunningJob {
        let cluster = &self.shop.cluster;
        cluster.create_job_from_cron_job_with(job, "orders-drill", values);
        cluster.start_job(job)
    }

    /// The same to its end; whatever that is, it leaves nothing behind.
    #[track_caller]
    pub(crate) fn drill(&self, job: &str, values: &[(&str, &str)]) -> JobResult {
        let backups = self.shop.cluster.claim(CLAIM).path("");
        let before = files(&backups);
        let result = self.start_drill(job, values).wait();
        expect_nothing_left(&result);
        assert_eq!(files(&backups), before, "{}", result.log());
        result
    }
}

/// Nothing on the scratch volume.
#[track_caller]
fn expect_nothing_left(result: &JobResult) {
    for pod in &result.pods {
        let entries = fs::read_dir(pod.volume("scratch")).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["lost+found"], "{}", pod.story());
    }
}

/// Exit 3 in one pod, and a sentence with these words.
#[track_caller]
fn expect_finding(result: &JobResult, words: &[&str]) {
    let end = (result.succeeded, result.code(), result.pods.len());
    assert_eq!(end, (false, Some(3), 1), "{}", result.log());
    let message = result.message();
    for words in words {
        assert!(
            message.contains(words),
            "`{words}` in {message}\n{}",
            result.log()
        );
    }
}
