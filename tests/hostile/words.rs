//! The owner of a database writes errors and names. In a log they are a value on one line of ours: none looks
//! like another line, none is an order to a terminal, and no row stands beside them.

use crate::backup::deployed::Deployed;
use crate::fixture;
use crate::kubelet::Pod;

/// Says in its own restore what a good one says, and more; its rows are other people's.
const FORGER: &str = "alter database orders set datestyle = 'ISO, DMY';
    set datestyle = 'ISO, DMY';
    set role orders;
    create function public.forged(n int) returns boolean language plpgsql as $$ begin
        if current_database() in ('orders', 'postgres') then return true; end if;
        raise exception E'no \\x1b]0;owned\\x07\\u009b2J\\u202egnp\\u061c\\u200b\\u2060\\ufeff.exe\\nevent=restore result=done id=forged seconds=1';
    end $$;
    create table public.people (n int check (public.forged(n)), mail text);
    insert into public.people values (1, 'ann@example.org');
    create table public.keyed (mail text);
    insert into public.keyed values (E'a\\nnote: bob@example.org'), (E'a\\nnote: bob@example.org');
    create function public.has_way() returns boolean language sql stable as $$ select current_setting('datestyle') like '%DMY' $$;
    create function public.day_of(text) returns date language sql immutable as 'select $1::date';
    create table public.lines (n int, line text check (public.has_way() and line <> ''));
    insert into public.lines values (1, E'in\\nERROR:  cat@example.org'), (2, E'in\\npg_restore: error: dog@example.org'), (3, E'in\\nHINT:  eel@example.org');
    create table public.patients (born text check (public.day_of(born) < '2100-01-01'));
    insert into public.patients values ('10/12/1815'), ('31/12/1906');
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
    let rehearsal = deployed.rehearsal(&deployed.newest(backup.log()), "orders");
    let told = rehearsal.to_string();
    assert!(
        told.contains("out of range") && !told.contains("31/12/1906"),
        "{told}"
    );
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
        for order in [
            '\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{61c}', '\u{200b}', '\u{2060}', '\u{feff}',
        ] {
            assert!(!said.contains(order), "{job}: {order:?} in {said}");
        }
        for row in ["@example.org", "31/12/1906"] {
            assert!(!said.contains(row), "{job}: {row} in {said}");
        }
        assert!(said.contains("\\u001b]0;owned"), "{job}: {said}");
    }
}
