//! What restores meet: a database whose load can be stopped in the middle, and the applications
//! that use it meanwhile.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::deployed::Deployed;
use super::faults::wait_for_line;
use crate::bootstrap::shop::{ask, wait_for};
use crate::fixture;
use crate::kubelet::{Output, Pod, RunningJob};

pub(super) const IMAGE: &str = "17.12-bookworm";
pub(super) const SOON: Duration = Duration::from_mins(2);
pub(super) const SCRIPTS: &str = "orders-restore-scripts";
pub(super) const PASSWORD: &str = "of orders";
/// The databases that somebody made.
const DATABASES: &str = "select string_agg(datname, ' ' order by datname) from pg_database where oid >= 16384 and datname <> 'underpin'";
/// In the middle of loading its rows, a role waits as long as its setting says.
const SHOP: &str = "
create role third login password 'of third';
create role fourth login password 'of fourth';
grant pg_read_all_data to fourth;
create extension pg_trgm schema public;
revoke connect, temporary on database orders from public;
grant connect on database orders to third;
alter database orders set work_mem = '5MB';
alter role orders in database orders set statement_timeout = '555s';
set role orders;
create schema stock;
create function public.may_go_on(n int) returns boolean language plpgsql as $$
begin
    if n = 500 and current_setting('shop.wait', true) <> '' then
        perform pg_sleep(current_setting('shop.wait')::int);
    end if;
    return true;
end $$;
create table public.wares (n int primary key check (public.may_go_on(n)), what text not null);
insert into public.wares select n, md5(n::text) from generate_series(1, 1000) n;
create table public.sold (n int generated always as identity, what text not null);
insert into public.sold (what) values ('backed up');
create index on public.wares using gin (what public.gin_trgm_ops);
create materialized view stock.counted as select count(*) from public.wares;
grant select on public.wares to third;
";

/// A session of an application, which does nothing but stay, or keeps a lock.
pub(super) struct Session {
    name: String,
    thread: JoinHandle<Output>,
}

impl Session {
    /// Logs in from a client's pod as the owner, and runs statements in a transaction that stays open.
    #[track_caller]
    pub(super) fn start(deployed: &Deployed, client: &Pod, database: &str, text: &str) -> Session {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("application {}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let (client, database) = (client.clone(), format!("PGDATABASE={database}"));
        let text = format!("set application_name = '{name}'; {text}; select pg_sleep(1000)");
        let thread = thread::spawn(move || {
            let password = format!("PGPASSWORD={PASSWORD}");
            let login = [
                "env",
                "PGHOST=orders",
                "PGUSER=orders",
                &database,
                &password,
            ];
            let command = [&login[..], &["psql", "-XAtqw", "-c", &text]].concat();
            client.exec_within(&command, "", Duration::from_mins(15))
        });
        let session = Session { name, thread };
        wait_for("the application has logged in", || {
            !session.process(deployed).is_empty()
        });
        session
    }

    /// The server's process; empty once there is none.
    #[track_caller]
    pub(super) fn process(&self, deployed: &Deployed) -> String {
        let of = format!(
            "select pid from pg_stat_activity where application_name = '{}' and query ~ 'pg_sleep' and wait_event = 'PgSleep'",
            self.name
        );
        deployed.sql("postgres", &of)
    }

    /// What it was told when it ended.
    #[track_caller]
    pub(super) fn end(self) -> String {
        wait_for("the session has ended", || self.thread.is_finished());
        self.thread.join().unwrap().stderr
    }
}

impl Deployed {
    /// A database `orders` of a few tables, and a client.
    #[track_caller]
    pub(super) fn with_application(more: &str) -> (Deployed, Pod) {
        let more = format!("backup.volume.keep = {{ last = 50 }}\n{more}");
        let load = |server: &Pod| {
            fixture::run(server, "orders", SHOP);
        };
        let deployed = Deployed::new(IMAGE, &more, load);
        let client = deployed.shop.client();
        (deployed, client)
    }

    /// Lets what is loaded from now on stop in the middle, for so many seconds.
    #[track_caller]
    pub(super) fn slow_down(&self, seconds: &str) {
        let set = format!("alter role all set shop.wait = '{seconds}'");
        self.sql("postgres", &set);
    }

    /// Waits until a session of the working database waits: `PgSleep` in the middle of the load.
    #[track_caller]
    pub(super) fn wait_until_waiting(&self, pod: &Pod, event: &str) {
        let waiting = format!(
            "select count(*) from pg_stat_activity where datname = 'underpin_restoring' and usename ~ '^underpin_' and '{event}' in (wait_event, wait_event_type)"
        );
        pod.wait_until(&format!("it waits for {event}"), SOON, |_| {
            self.sql("postgres", &waiting) != "0"
        });
    }

    /// A restore, by a Job that does not give up.
    #[track_caller]
    pub(super) fn start_lasting_restore(&self, job: &str, values: &[(&str, &str)]) -> RunningJob {
        self.start_restore_of_tries(job, values, 50)
    }

    #[track_caller]
    pub(super) fn start_restore_of_tries(
        &self,
        job: &str,
        values: &[(&str, &str)],
        tries: u32,
    ) -> RunningJob {
        let cluster = &self.shop.cluster;
        cluster.create_job_from_cron_job_with(job, "orders-restore", values);
        cluster.edit("Job", job, |job| {
            job["spec"]["backoffLimit"] = (tries - 1).into();
        });
        cluster.start_job(job)
    }

    /// A restore that waits at a step; its next pods do not.
    #[track_caller]
    pub(super) fn start_restore_held(
        &self,
        job: &str,
        step: &str,
        values: &[(&str, &str)],
    ) -> RunningJob {
        let line = step_line(step);
        self.shop.cluster.hold_at(SCRIPTS, &[&line]);
        let running = self.start_lasting_restore(job, values);
        wait_for_line(&running.pod(), &line, 1);
        self.shop.cluster.hold_at(SCRIPTS, &[]);
        running
    }

    #[track_caller]
    pub(super) fn databases(&self) -> String {
        self.sql("postgres", DATABASES)
    }

    /// The OID of the working database; empty if there is none.
    #[track_caller]
    pub(super) fn working(&self) -> String {
        let of = "select oid from pg_database where datname = 'underpin_restoring'";
        self.sql("postgres", of)
    }
}

/// An application sells something; what was sold before, in the database that it reaches.
#[track_caller]
pub(super) fn sell(client: &Pod, what: &str) -> String {
    let before = "select coalesce(string_agg(what, ' ' order by n), '') from public.sold";
    let answer = ask(client, "orders", PASSWORD, "orders", before);
    let insert = format!("insert into public.sold (what) values ('{what}')");
    ask(client, "orders", PASSWORD, "orders", &insert).expect_success();
    answer.expect_success().to_owned()
}

pub(super) fn step_line(step: &str) -> String {
    format!("event=step name={step} ")
}

/// Waits until the Job has another pod than this.
#[track_caller]
pub(super) fn next_pod(job: &RunningJob, pod: &Pod) -> Pod {
    pod.wait_until("the next pod", SOON, |pod| job.pod().name() != pod.name());
    job.pod()
}
