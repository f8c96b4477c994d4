//! A database `orders` with its backup volume, in a cluster of its own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::faults::expect_refused;
use crate::bootstrap::shop::{Shop, wait_for};
use crate::fixture;
use crate::kubelet::{JobResult, Pod, RunningJob};

/// The claim that backups stand on, by the default name.
pub(crate) const CLAIM: &str = "orders-backup";
const SECRET: [(&str, &str); 3] = [
    ("superuser", "of superuser"),
    ("role.orders", "of orders"),
    ("role.stock", "of stock"),
];

/// A server whose databases are loaded and whose roles are made.
pub(crate) struct Deployed {
    pub(crate) shop: Shop,
    pub(crate) server: Pod,
}

/// A backup that counts.
pub(crate) struct Backup {
    pub(crate) id: String,
    pub(crate) manifest: Value,
    pub(crate) log: String,
}

impl Backup {
    /// The folder that holds a database's part.
    #[track_caller]
    pub(crate) fn folder(&self, database: &str) -> String {
        let databases = self.manifest["databases"].as_array().unwrap();
        let found = databases
            .iter()
            .find(|found| found["name"] == database)
            .unwrap_or_else(|| panic!("{database} is not in {}", self.manifest));
        found["folder"].as_str().unwrap().to_owned()
    }
}

impl Deployed {
    /// Deploys a spec on an image and loads what a test says; bootstrap then runs once more, for the
    /// roles and databases that this made. A restore may log in.
    #[track_caller]
    pub(crate) fn new(image: &str, more: &str, load: impl FnOnce(&Pod)) -> Deployed {
        let rest = format!("databases = [{{ name = 'orders' }}]\n{more}");
        Deployed::with(image, &rest, load)
    }

    /// The same with other databases too.
    #[track_caller]
    pub(crate) fn with(image: &str, rest: &str, load: impl FnOnce(&Pod)) -> Deployed {
        let image = format!("docker.io/library/postgres:{image}");
        let shop = Shop::of_image(&image, &rehearsing(rest), &SECRET);
        shop.cluster
            .secret("orders-restore", &[("password", "of restore")]);
        let server = shop.bootstrapped();
        load(&server);
        shop.again("bootstrap-after-load").expect_success();
        Deployed { shop, server }
    }

    /// The nightly backup, now, with other values than the spec's.
    #[track_caller]
    pub(crate) fn start_backup(&self, job: &str, values: &[(&str, &str)]) -> RunningJob {
        let before = self.ids();
        // Two of one second would be in the order of chance: ids tell no less than a second.
        wait_for("the next second", || {
            before.iter().all(|id| !id.starts_with(&this_second()))
        });
        self.start("orders-backup-nightly", job, values)
    }

    /// The same to its end, which must be good.
    #[track_caller]
    pub(crate) fn back_up(&self, job: &str) -> Backup {
        let before = self.ids();
        let result = self.start_backup(job, &[]).wait();
        let log = result.expect_success().log();
        let fresh: Vec<String> = self
            .ids()
            .into_iter()
            .filter(|id| !before.contains(id))
            .collect();
        assert_eq!(fresh.len(), 1, "{before:?} {fresh:?}\n{log}");
        self.newest(log)
    }

    /// The last one that counts, with the log of what made it.
    #[track_caller]
    pub(crate) fn newest(&self, log: String) -> Backup {
        let id = self.ids().pop().unwrap();
        let manifest = fs::read(self.directory().join(&id).join("manifest.json")).unwrap();
        Backup {
            id,
            manifest: serde_json::from_slice(&manifest).unwrap(),
            log,
        }
    }

    /// What the rehearsal of this database said in that backup.
    #[track_caller]
    pub(crate) fn rehearsal(&self, backup: &Backup, database: &str) -> Value {
        let folder = backup.folder(database);
        let file = self
            .directory()
            .join(&backup.id)
            .join(folder)
            .join("rehearsal.json");
        serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
    }

    #[track_caller]
    pub(crate) fn restore(&self, job: &str, values: &[(&str, &str)]) -> JobResult {
        self.start_restore(job, values).wait()
    }

    #[track_caller]
    pub(crate) fn start_restore(&self, job: &str, values: &[(&str, &str)]) -> RunningJob {
        self.start("orders-restore", job, values)
    }

    /// The list of the backups, and with `VERIFY` a look into them.
    #[track_caller]
    pub(crate) fn list(&self, job: &str, values: &[(&str, &str)]) -> JobResult {
        self.start("orders-backups", job, values).wait()
    }

    /// What is no backup yet, or no more: what runs, or died, has in its hands.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory()).into_iter().flatten();
        let names = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        names
            .filter(|name| name.starts_with(".partial-") || name.starts_with(".prune-"))
            .collect()
    }

    /// The backups that count: those with a manifest, oldest first.
    pub(crate) fn ids(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.directory()) else {
            return Vec::new();
        };
        let mut ids: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("manifest.json").exists())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| !name.starts_with('.'))
            .collect();
        ids.sort();
        ids
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.shop.cluster.claim(CLAIM).path("orders")
    }

    /// The one database that is kept aside.
    #[track_caller]
    pub(super) fn kept_aside(&self) -> String {
        let names = "select string_agg(datname, '|') from pg_database where underpin.mark(oid, 'pg_database') like 'underpin: differs %' and not datallowconn";
        let name = self.sql("underpin", names);
        assert!(!name.is_empty() && !name.contains('|'), "{name}");
        name
    }

    /// Nothing on the server is changed by a restore that is refused so; gives its log.
    #[track_caller]
    pub(super) fn refuse(&self, job: &str, values: &[(&str, &str)], words: &[&str]) -> String {
        let before = self.databases_told();
        let result = self.restore(job, values);
        expect_refused(&result, words);
        let log = result.log();
        assert_eq!(self.databases_told(), before, "{log}");
        log
    }

    fn databases_told(&self) -> String {
        let all = "select oid, datname, datallowconn, datconnlimit, datacl, underpin.mark(oid, 'pg_database') from pg_database order by oid;
            select * from pg_db_role_setting order by 1, 2; select rolname from pg_roles order by 1";
        self.sql("underpin", all)
    }

    /// Sets the clocks of all nodes, the server's too, which starts anew for it.
    #[track_caller]
    pub(crate) fn shift_clocks(&mut self, by: &str) {
        self.shop.cluster.shift_clock(by);
        self.server.delete();
        self.server = self.shop.start_server();
        self.server.wait_ready(crate::server::SOON);
    }

    /// What our Jobs have written about a database.
    #[track_caller]
    pub(crate) fn mark(&self, database: &str, mark: &str) {
        self.sql(
            "underpin",
            &format!("call underpin.set_mark($x${database}$x$, '{mark}')"),
        );
    }

    /// SQL as superuser, whatever the database's settings are.
    #[track_caller]
    pub(crate) fn sql(&self, database: &str, text: &str) -> String {
        fixture::run(&self.server, database, text)
    }

    #[track_caller]
    pub(crate) fn start(&self, cron_job: &str, job: &str, values: &[(&str, &str)]) -> RunningJob {
        let cluster = &self.shop.cluster;
        cluster.create_job_from_cron_job_with(job, cron_job, values);
        cluster.start_job(job)
    }
}

/// What a spec says, with the rehearsal of its backups only where a test says that it is about that: it
/// takes longer than all the rest of a small backup.
pub(crate) fn rehearsing(rest: &str) -> String {
    if rest.contains("backup.rehearsal") {
        rest.to_owned()
    } else {
        format!("backup.rehearsal = false\n{rest}")
    }
}

/// As ids begin.
fn this_second() -> String {
    let date = Command::new("date")
        .args(["-u", "+%Y%m%dT%H%M%SZ"])
        .output()
        .unwrap();
    String::from_utf8(date.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}

/// The values of the line that a last line gives to restore again, as a shell reads it and a container.
#[track_caller]
pub(crate) fn pasted(message: &str) -> Vec<(String, String)> {
    const KUBECTL: &str = "kubectl() { if [[ $3 == set ]]; then for word; do [[ $word != [A-Z]*=* ]] || printf '%s\\0' \"$word\" >&3; done; fi; cat >/dev/null; }\n";
    let start = message
        .find("kubectl -n shop create job orders-restore-")
        .unwrap();
    let line = &message[start..];
    let end = line.find("create -f -").unwrap() + "create -f -".len();
    let output = Command::new("bash")
        .args([
            "-euc",
            &format!("{KUBECTL}{{ {}; }} 3>&1 >/dev/null", &line[..end]),
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "{message}: {output:?}");
    let words = String::from_utf8(output.stdout).unwrap();
    words
        .split_terminator('\0')
        .map(|word| {
            let (key, value) = word.split_once('=').unwrap();
            (key.to_owned(), value.replace("$$", "$"))
        })
        .collect()
}
