//! Tables that are emptied, changed and refreshed without a pause: a backup succeeds all the same.

use std::thread;

use super::deployed::Deployed;
use super::faults::IMAGE;
use crate::bootstrap::shop::{psql, wait_for};
use crate::fixture;
use crate::kubelet::Pod;

/// Each of its sessions ends with it, and at the latest by itself.
struct Storm<'a> {
    deployed: &'a Deployed,
    sessions: Vec<thread::JoinHandle<()>>,
}

impl<'a> Storm<'a> {
    #[track_caller]
    fn start(deployed: &'a Deployed, statements: &[(&str, &str)]) -> Storm<'a> {
        let mut sessions = Vec::new();
        for (statement, pause) in statements {
            let server = deployed.server.clone();
            let text = format!(
                "set application_name = 'storm';
                do $$ begin for i in 1..3000 loop {statement}; commit; perform pg_sleep({pause}); end loop; end $$"
            );
            sessions.push(thread::spawn(move || {
                psql(&server, "orders", &text);
            }));
        }
        let storm = Storm { deployed, sessions };
        wait_for("the storm", || storm.sessions_of() == statements.len());
        storm
    }

    fn sessions_of(&self) -> usize {
        let count = "select count(*) from pg_stat_activity where application_name = 'storm' and query ~ '^do'";
        self.deployed.sql("postgres", count).trim().parse().unwrap()
    }

    fn end(self) {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'storm'";
        self.deployed.sql("postgres", end);
        for session in self.sessions {
            session.join().unwrap();
        }
    }
}

#[test]
fn tables_that_are_never_left_alone_are_backed_up() {
    let deployed = Deployed::new(IMAGE, "", |server: &Pod| {
        let tables = "set role orders;
            create table public.wares as select n, md5(n::text) from generate_series(1, 1000) n;
            create table public.staged as select n from generate_series(1, 1000) n;
            create table public.altered (n int);
            create materialized view public.counted as select count(*) from public.wares";
        fixture::run(server, "orders", tables);
    });
    let storm = Storm::start(
        &deployed,
        &[
            (
                "truncate public.staged; insert into public.staged select generate_series(1, 1000); alter table public.altered alter n set default 1",
                "0.3",
            ),
            ("refresh materialized view public.counted", "1"),
        ],
    );
    let backup = deployed.back_up("stormy");
    storm.end();
    let proof = deployed
        .directory()
        .join(&backup.id)
        .join(backup.folder("orders"))
        .join("proof.jsonl");
    let proof = std::fs::read_to_string(proof).unwrap();
    // What the one transaction emptied and filled again, and no moment between.
    let line = r#"["table", "public", "staged", "1000", "#;
    assert!(proof.contains(line), "{proof}\n{}", backup.log);
    deployed
        .restore("calm", &[("INTO", "calm")])
        .expect_success();
}
