//! No password and no verifier where somebody else could read it.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::shop::sql;
use super::{Hold, Shop};

/// Odd enough to be found nowhere by chance.
const PASSWORDS: [&str; 5] = [
    "Zq7superXk1",
    "Zq7super'Xk2",
    "Zq7ordersXk3",
    "Zq7ord'ers Xk4",
    "Zq7reportXk5",
];

/// Reads every process' arguments on this machine, over and over.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<BTreeSet<String>>,
}

impl Watch {
    pub(crate) fn new() -> Watch {
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let thread = thread::spawn(move || {
            let mut seen = BTreeSet::new();
            while !is_over.load(Ordering::SeqCst) {
                let processes = fs::read_dir("/proc").expect("it is there").flatten();
                for process in processes {
                    let arguments = fs::read(process.path().join("cmdline")).unwrap_or_default();
                    seen.insert(String::from_utf8_lossy(&arguments).replace('\0', " "));
                }
                thread::sleep(Duration::from_millis(2));
            }
            seen
        });
        Watch { over, thread }
    }

    pub(crate) fn end(self) -> BTreeSet<String> {
        self.over.store(true, Ordering::SeqCst);
        self.thread.join().expect("reading does not panic")
    }
}

#[test]
fn no_password_is_in_a_log_a_statistic_or_an_argument() {
    let spec = "
        postgres.settings = { log_statement = 'all', log_min_duration_statement = 0, log_connections = 'on', \
            shared_preload_libraries = 'pg_stat_statements', 'pg_stat_statements.track' = 'all' }
        databases = [{ name = 'orders', extensions = ['pg_stat_statements'] }]
        [[roles]]
        name = 'report'
        member_of = ['pg_read_all_stats']";
    let secret = |superuser, orders| {
        [
            ("superuser", superuser),
            ("role.orders", orders),
            ("role.report", PASSWORDS[4]),
        ]
    };
    let shop = Shop::new(spec, &secret(PASSWORDS[0], PASSWORDS[2]));
    let watch = Watch::new();
    let server = shop.start_server();
    let mut pods = shop
        .cluster
        .run_job(&shop.job)
        .expect_success()
        .pods
        .clone();
    pods.push(server.clone());

    // Both kinds of rotation, and a run between them that cannot log in.
    shop.secret(&secret(PASSWORDS[1], PASSWORDS[3]));
    let early = shop.again("early");
    assert_eq!(early.code(), Some(3));
    let set = server.exec(&["/scripts/set-superuser-password"]);
    set.expect_success();
    // What is sent to the server: a verifier, made on this side.
    let hold = Hold::table(&server, "postgres", "pg_authid");
    let after = shop.start_again("after");
    let session = hold.wait_until_hit();
    let query = format!("select query from pg_stat_activity where pid = {session}");
    let query = sql(&server, "postgres", &query);
    assert!(
        query.contains("PASSWORD 'SCRAM-SHA-256$") && !query.contains("Zq7"),
        "{query}"
    );
    hold.release();
    let after = after.wait();
    assert!(
        after
            .expect_success()
            .log()
            .contains("name=\"orders\" result=set")
    );
    pods.extend(early.pods.into_iter().chain(after.pods));
    let arguments = watch.end();

    let statements = "select query from pg_stat_statements";
    let statements = sql(&server, "orders", statements);
    let mut places: Vec<(String, String)> = pods
        .iter()
        .flat_map(|pod| {
            let message = pod.termination().map(|end| end.message);
            let name = pod.name();
            [
                (format!("the log of {name}"), pod.log()),
                (format!("the end of {name}"), message.unwrap_or_default()),
            ]
        })
        .collect();
    places.push(("pg_stat_statements".into(), statements.clone()));
    places.push(("set-superuser-password".into(), set.stdout + &set.stderr));
    let said: Vec<&str> = arguments.iter().map(String::as_str).collect();
    places.push(("an argument".into(), said.join("\n")));

    for (place, text) in &places {
        for secret in PASSWORDS.into_iter().chain(["SCRAM-SHA-256$"]) {
            for written in [secret.to_owned(), secret.replace('\'', "''")] {
                let line = text.lines().find(|line| line.contains(&written));
                assert!(line.is_none(), "{written} stands in {place}: {line:?}");
            }
        }
    }
    // These places would have shown them: other statements of bootstrap are there.
    let log = server.log();
    assert!(log.contains("statement: create role orders login"), "{log}");
    assert!(statements.contains("create role"), "{statements}");
    // Both that have a password at hand were seen: who logs in with it, and who hashes it.
    for program in ["-A -t -c select", "-q -v ON_ERROR_STOP=1 -f /dev/fd/"] {
        assert!(arguments.iter().any(|line| line.contains(program)));
    }
}
