//! The owner of a database writes errors and names. In a log they are a value on one line of ours: none looks
//! like another line, none is an order to a terminal, and no row stands beside them.

use crate::backup::deployed::Deployed;
use crate::fixture;
use crate::kubelet::Pod;

/// Says in its own restore what a good one says, and more; its rows are other people's.
const FORGER: &str = "set role orders;
    create function public.forged(n int) returns boolean language plpgsql as $$ begin
        if current_database() in ('orders', 'postgres') then return true; end if;
        raise exception E'no \\x1b]0;owned\\x07\\u009b2J\\u202egnp.exe\\nevent=restore result=done id=forged seconds=1';
    end $$;
    create table public.people (n int check (public.forged(n)), mail text);
    insert into public.people values (1, 'ann@example.org');
    create table public.keyed (mail text);
    insert into public.keyed values (E'a\\nnote: bob@example.org'), (E'a\\nnote: bob@example.org');
    comment on table public.keyed is E'a\\u009b2Jb';";

#[test]
fn no_error_of_an_owner_is_another_line() {
    let deployed = Deployed::new(
        "17.12-bookworm",
        "backup.rehearsal = true\nbackup.drill.size = '1Gi'",
        |server: &Pod| {
            fixture::run(server, "orders", FORGER);
            // A key that no rows hold to, as after a change of a collation.
            let key = "create unique index on public.keyed (mail) where mail <> mail";
            fixture::run(server, "orders", key);
            let held =
                "update pg_index set indpred = null where indrelid = 'public.keyed'::regclass";
            fixture::run(server, "orders", held);
        },
    );
    let backup = deployed.start_backup("backup-1", &[]).wait();
    let restored = deployed.restore("restore-1", &[("INTO", "again")]);
    let cluster = &deployed.shop.cluster;
    cluster.create_job_from_cron_job("drill-1", "orders-drill");
    let drilled = cluster.run_job("drill-1");
    for (job, result) in [
        ("backup", backup),
        ("restore", restored),
        ("drill", drilled),
    ] {
        let said = format!("{}\n{}", result.log(), result.message());
        let forged = said
            .lines()
            .any(|line| line.starts_with("event=restore result=done"));
        assert!(!forged, "{job}: {said}");
        for order in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}'] {
            assert!(!said.contains(order), "{job}: {order:?} in {said}");
        }
        for mail in ["ann@example.org", "bob@example.org"] {
            assert!(!said.contains(mail), "{job}: {mail} in {said}");
        }
        assert!(said.contains("\\u001b]0;owned"), "{job}: {said}");
    }
}
