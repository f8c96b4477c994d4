//! Runs a table of cases: one server, one backup, one drill, a restore of each.

use std::fs;

use serde_json::Value;

use super::eye::{self, Seen};
use super::{Case, Expect};
use crate::backup::deployed::{Backup, Deployed};
use crate::bootstrap::shop::Shop;
use crate::fixture;
use crate::kubelet::JobResult;

const DRILL: &str = "backup.volume.keep = { last = 50 }\nbackup.drill.size = '2Gi'\n";
const SUPERUSER: &str = "restore.as_superuser = true\n";

/// Cases that share a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    /// Lines of the spec beside those that every group has.
    pub(crate) spec: &'static str,
    /// In a database that is no case's: what belongs to the whole server.
    pub(crate) server: &'static str,
    pub(crate) cases: &'static [Case],
}

impl Group {
    pub(crate) const fn of(cases: &'static [Case]) -> Group {
        Group {
            spec: "",
            server: "",
            cases,
        }
    }

    /// Everything that a group is held to, on one image.
    #[track_caller]
    pub(crate) fn comes_true(&self, image: &str) {
        self.comes_true_with(image, None);
    }

    /// What holds with the rights of a spec that says nothing of them.
    #[track_caller]
    pub(crate) fn comes_true_by_default(&self, image: &str) -> Deployed {
        let deployed = self.deployed(image, None);
        self.is_true_by_default(&deployed);
        deployed
    }

    #[track_caller]
    fn is_true_by_default(&self, deployed: &Deployed) {
        let backup = self.back_up(deployed, "backup-1", false);
        for case in self.cases {
            Group::see(deployed, &backup, case, false);
        }
        self.drill(deployed, "drill-1", false);
    }

    /// The same with another build of a major in place of the image's.
    #[track_caller]
    pub(crate) fn comes_true_with(&self, image: &str, build: Option<(u32, &str)>) {
        let mut deployed = self.deployed(image, build);
        self.is_true_by_default(&deployed);
        if self.needs_superuser() {
            let image = format!("docker.io/library/postgres:{image}");
            deployed.shop.apply(&image, &self.spec_of(SUPERUSER));
            let backup = self.back_up(&deployed, "backup-2", true);
            for case in self.cases {
                Group::see(&deployed, &backup, case, true);
            }
            self.drill(&deployed, "drill-2", true);
        }
    }

    fn needs_superuser(&self) -> bool {
        let needs = |case: &Case| matches!(case.expect, Expect::NeedsSuperuser(_));
        self.cases.iter().any(needs)
    }

    fn spec_of(&self, more: &str) -> String {
        let one = |case: &Case| {
            let (name, extensions) = (case.name, case.extensions);
            format!("{{ name = '{name}', owner = 'orders', extensions = {extensions:?} }}")
        };
        let databases: Vec<String> = self.cases.iter().map(one).collect();
        let databases = databases.join(", ");
        format!("databases = [{databases}]\n{DRILL}{}\n{more}", self.spec)
    }

    #[track_caller]
    pub(crate) fn deployed(&self, image: &str, build: Option<(u32, &str)>) -> Deployed {
        let image = format!("docker.io/library/postgres:{image}");
        let secret = [("superuser", "of superuser"), ("role.orders", "of orders")];
        let shop = Shop::of_image(&image, &self.spec_of(""), &secret);
        let password = [("password", "of restore")];
        shop.cluster.secret("orders-restore", &password);
        if let Some((major, build)) = build {
            shop.cluster.use_postgresql(major, build);
        }
        let server = shop.bootstrapped();
        fixture::run(&server, "postgres", self.server);
        for case in self.cases {
            eye::make(&server, case);
        }
        shop.again("bootstrap-after-load").expect_success();
        Deployed { shop, server }
    }

    /// A backup is always published; it ends with 4 if there is something that does not come back.
    #[track_caller]
    fn back_up(&self, deployed: &Deployed, job: &str, as_superuser: bool) -> Backup {
        let before = deployed.ids();
        let result = deployed.start_backup(job, &[]).wait();
        let told: Vec<&Case> = self
            .cases
            .iter()
            .filter(|case| case.is_lost(as_superuser) && !matches!(case.expect, Expect::AtDrill(_)))
            .collect();
        // A restore of what takes a superuser is refused as long as the spec has no line of it: each is named, also
        // beside others.
        let refused = |case: &&&Case| matches!(case.expect, Expect::NeedsSuperuser(_));
        let ends = told
            .iter()
            .any(|case| matches!(case.expect, Expect::Told(_) | Expect::NeedsSuperuser(_)));
        let code = if ends { 4 } else { 0 };
        assert_eq!(result.code(), Some(code), "{}", story(&result));
        let message = result.message();
        assert!(
            told.is_empty() || told.iter().any(|case| message.contains(case.name)),
            "the last line names no database: {message}"
        );
        for case in told.iter().filter(refused) {
            assert!(message.contains(case.name), "{}: {message}", case.name);
        }
        let id = deployed.ids().into_iter().find(|id| !before.contains(id));
        let id = id.unwrap_or_else(|| panic!("no backup\n{}", story(&result)));
        let manifest = fs::read(deployed.directory().join(&id).join("manifest.json")).unwrap();
        Backup {
            id,
            manifest: serde_json::from_slice(&manifest).unwrap(),
            log: result.log(),
        }
    }

    /// What the backup says of a case, and what a restore makes of it.
    #[track_caller]
    fn see(deployed: &Deployed, backup: &Backup, case: &Case, as_superuser: bool) {
        let before = Seen::of(&deployed.server, case);
        let again = format!("{} again", case.name);
        let verdict = Verdict::of(deployed, backup, case);
        for words in case.words(as_superuser) {
            verdict.expect_words(words);
        }
        let values = [("DATABASE", case.name), ("INTO", again.as_str())];
        let job = format!(
            "restore-{}-{as_superuser}",
            case.name.replace(['_', ' '], "-")
        );
        if case.is_lost(as_superuser) {
            let result = deployed.restore(&job, &values);
            if let Expect::AtDrill(words) = case.expect {
                let message = result.message();
                assert!(
                    words.iter().all(|words| message.contains(words)),
                    "{message}"
                );
            } else {
                assert_ne!(verdict.result(), "restores", "{case:?}");
            }
            let end = (result.succeeded, result.code());
            assert_eq!(end, (false, Some(3)), "{}\n{}", case.name, story(&result));
            let databases = deployed.sql("postgres", "select datname from pg_database");
            assert!(!databases.lines().any(|name| name == again), "{case:?}");
            return;
        }
        assert_eq!(verdict.result(), "restores", "{}", case.name);
        let result = deployed.restore(&job, &values);
        assert!(result.succeeded, "{}\n{}", case.name, story(&result));
        before.expect_in(deployed, &again, case);
        deployed.sql("postgres", &format!("drop database \"{again}\""));
    }

    /// The drill says the same as the restores.
    #[track_caller]
    fn drill(&self, deployed: &Deployed, job: &str, as_superuser: bool) {
        let result = drill(deployed, job);
        let lost = self.cases.iter().any(|case| case.is_lost(as_superuser));
        let code = if lost { 3 } else { 0 };
        assert_eq!(result.code(), Some(code), "{}", story(&result));
    }
}

impl Case {
    /// With these rights it does not come back.
    fn is_lost(&self, as_superuser: bool) -> bool {
        match self.expect {
            Expect::Equal | Expect::EqualBut(_) => false,
            Expect::NeedsSuperuser(_) => !as_superuser,
            Expect::Told(_) | Expect::ByHand(_) | Expect::AtDrill(_) => true,
        }
    }

    /// What each backup says.
    fn words(&self, as_superuser: bool) -> &'static [&'static str] {
        match self.expect {
            Expect::Equal | Expect::AtDrill(_) => &[],
            Expect::NeedsSuperuser(_) if as_superuser => &[],
            Expect::EqualBut(words)
            | Expect::NeedsSuperuser(words)
            | Expect::ByHand(words)
            | Expect::Told(words) => words,
        }
    }
}

/// What a backup says of one database.
struct Verdict {
    rehearsal: Value,
    /// Lines of the log that name the database, and all that stands in its verdict.
    text: String,
}

impl Verdict {
    #[track_caller]
    fn of(deployed: &Deployed, backup: &Backup, case: &Case) -> Verdict {
        let folder = deployed.directory().join(&backup.id);
        let file = folder.join(backup.folder(case.name)).join("rehearsal.json");
        let text = fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", file.display(), backup.log));
        let description = fs::read_to_string(file.with_file_name("database.json")).unwrap();
        let named = format!("\"{}\"", case.name);
        let lines = backup.log.lines().filter(|line| line.contains(&named));
        let log: Vec<&str> = lines.collect();
        Verdict {
            rehearsal: serde_json::from_str(&text).unwrap(),
            text: format!("{text}\n{description}\n{}", log.join("\n")),
        }
    }

    fn result(&self) -> &str {
        self.rehearsal["result"].as_str().unwrap()
    }

    #[track_caller]
    fn expect_words(&self, words: &str) {
        assert!(self.text.contains(words), "`{words}` in {}", self.text);
    }
}

/// The newest backup into a throw-away server, now.
#[track_caller]
pub(crate) fn drill(deployed: &Deployed, job: &str) -> JobResult {
    let cluster = &deployed.shop.cluster;
    cluster.create_job_from_cron_job(job, "orders-drill");
    cluster.start_job(job).wait()
}

fn story(result: &JobResult) -> String {
    format!("{}\n{}", result.message(), result.log())
}
