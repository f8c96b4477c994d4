//! A database whose owner has put his own at every place that our SQL can touch, and all that is ours run over it.

use crate::backup::deployed::Deployed;
use crate::bootstrap::shop::{fingerprint, sql};
use crate::fixture;
use crate::kubelet::Pod;
use crate::runbook::live::{paste, superusers_lines};

const TRAPS: &str = include_str!("everywhere.sql");
const REST: &str = "databases = [{ name = 'orders' }, { name = 'stock' }]
    backup.rehearsal = true";

/// Who ran his code, of the server's log: session's and current role.
fn callers(server: &Pod) -> Vec<(String, String)> {
    let log = server.log();
    let said = log
        .lines()
        .filter_map(|line| line.split_once("EVIL ").map(|(_, rest)| rest));
    let mut callers: Vec<(String, String)> = said
        .map(|rest| {
            let of = |key: &str| {
                rest.split(key)
                    .nth(1)
                    .unwrap()
                    .split([' ', '\n'])
                    .next()
                    .unwrap()
                    .to_owned()
            };
            (of(" session="), of(" current="))
        })
        .collect();
    callers.sort();
    callers.dedup();
    callers
}

#[track_caller]
fn ours_over_it(image: &str) {
    let deployed = Deployed::with(image, REST, |server: &Pod| {
        fixture::run(server, "orders", TRAPS);
    });
    let server = &deployed.server;
    let before = fingerprint(server);
    deployed.shop.again("bootstrap-over-it").expect_success();
    assert_eq!(fingerprint(server), before);

    let result = deployed.start_backup("backup-1", &[]).wait();
    assert!(matches!(result.code(), Some(0 | 4)), "{}", result.log());
    let backup = deployed.newest(result.log());
    let verdict = deployed.rehearsal(&backup, "orders");
    assert!(
        ["restores", "differs", "fails"].contains(&verdict["result"].as_str().unwrap()),
        "{verdict}"
    );
    for (job, values) in [
        ("beside", [("INTO", "again")]),
        ("in-place", [("REPLACE", "true")]),
    ] {
        let result = deployed.restore(job, &values);
        assert!(matches!(result.code(), Some(0 | 3)), "{}", result.log());
    }
    let image = format!("docker.io/library/postgres:{image}");
    let lines = superusers_lines(&crate::bootstrap::shop::spec(&image, REST), "orders");
    assert!(lines.len() >= 4, "{lines:?}");
    for line in &lines {
        paste(
            server,
            &format!("TABLE=public.trapped DATABASE=orders\n{line}"),
        );
    }
    let by_hand = "psql -X -U postgres -d orders -c \"select count(relname), string_agg(relname::text, ', ') from pg_class where relkind = 'r'::text and relname = 'trapped'\" -c '\\d+ public.trapped' -c '\\dt *.*' -c '\\df evil.*' -c '\\l+'";
    paste(server, by_hand).expect_success();

    // It was called, or this saw nothing; by its owner, by who loads a restore, and, where PostgreSQL itself does so, as its owner.
    let callers = callers(server);
    assert!(
        callers
            .iter()
            .any(|(session, _)| session.starts_with("underpin_load_")),
        "{callers:?}"
    );
    for (session, current) in &callers {
        let is_owner = current == "orders" || current.starts_with("underpin_load_");
        let may_be =
            session == current || session == "postgres" || session.starts_with("underpin_load_");
        assert!(is_owner && may_be, "session {session}, as {current}");
    }
    let roles = "select string_agg(rolname, ' ' order by rolname) from pg_roles where rolsuper or pg_has_role(oid, 'stock', 'member')";
    assert_eq!(sql(server, "postgres", roles), "postgres stock");
    let owner = "select datdba::regrole from pg_database where datname = 'stock'";
    assert_eq!(sql(server, "postgres", owner), "stock");
    let left = "select count(*) from pg_roles where rolname ~ '^underpin_load'";
    assert_eq!(sql(server, "postgres", left), "0");
}

#[test]
fn nothing_of_his_is_run_by_who_is_mightier_15() {
    ours_over_it("15.20-bookworm");
}

#[cfg(feature = "soak")]
#[test]
fn nothing_of_his_is_run_by_who_is_mightier_16() {
    ours_over_it("16.16-trixie");
}

#[cfg(feature = "soak")]
#[test]
fn nothing_of_his_is_run_by_who_is_mightier_17() {
    ours_over_it("17.12-bookworm");
}

#[test]
fn nothing_of_his_is_run_by_who_is_mightier_18() {
    ours_over_it("18.7-bookworm");
}
