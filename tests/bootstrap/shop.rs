//! A database `orders` in a cluster of its own: its server, its bootstrap Job, and a client.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{IMAGE, SOON};
use crate::compiled;
use crate::kubelet::{Cluster, JobResult, Output, Pod, RunningJob};

/// The Secret that is named by default.
pub(crate) const SECRET: &str = "orders-postgres";
/// The backup role's password, unless a test says another.
pub(crate) const BACKUP_PASSWORD: &str = "of backup";

/// Where the images' clients look by themselves; those of the tests look in /tmp.
pub(crate) const SOCKET: &str = "PGHOST=/var/run/postgresql";

/// What is there before anything runs: the objects and the Secret.
pub(crate) struct Shop {
    pub(crate) cluster: Cluster,
    /// The name of its Job, which ends in a hash.
    pub(crate) job: String,
}

/// `name`, `namespace`, image and storage, and the rest of a spec after it.
pub(crate) fn spec(image: &str, rest: &str) -> String {
    format!(
        "name = 'orders'\nnamespace = 'shop'\npostgres.image = '{image}'\nstorage.size = '1Gi'\n{rest}"
    )
}

impl Shop {
    /// Applies the tree of a spec, and makes its Secret.
    #[track_caller]
    pub(crate) fn new(rest: &str, secret: &[(&str, &str)]) -> Shop {
        Shop::of_image(IMAGE, rest, secret)
    }

    #[track_caller]
    pub(crate) fn of_image(image: &str, rest: &str, secret: &[(&str, &str)]) -> Shop {
        let cluster = Cluster::new();
        let mut shop = Shop {
            cluster,
            job: String::new(),
        };
        shop.secret(secret);
        shop.apply(image, rest);
        shop
    }

    /// Makes or replaces the Secret. A key `backup` is in it, whether it is told so or not.
    #[track_caller]
    pub(crate) fn secret(&self, values: &[(&str, &str)]) {
        let values = [&[("backup", BACKUP_PASSWORD)], values].concat();
        self.cluster.secret(SECRET, &values);
    }

    /// Applies another version of the spec.
    #[track_caller]
    pub(crate) fn apply(&mut self, image: &str, rest: &str) {
        for yaml in compiled::database(&spec(image, rest)) {
            self.cluster.apply_yaml(&yaml);
            if yaml.contains("\nkind: Job\n") {
                let names = yaml
                    .lines()
                    .filter_map(|line| line.strip_prefix("  name: "));
                for name in names.filter(|name| name.starts_with("orders-bootstrap-")) {
                    name.clone_into(&mut self.job);
                }
            }
        }
    }

    /// Starts the server; the Job waits for it by itself.
    #[track_caller]
    pub(crate) fn start_server(&self) -> Pod {
        self.cluster.start_stateful_set("orders")
    }

    /// Starts the server, and the Job of the tree, to its good end.
    #[track_caller]
    pub(crate) fn bootstrapped(&self) -> Pod {
        let server = self.start_server();
        self.cluster.run_job(&self.job).expect_success();
        server
    }

    /// `kubectl create job NAME --from=cronjob/orders-bootstrap`.
    #[track_caller]
    pub(crate) fn start_again(&self, name: &str) -> RunningJob {
        self.cluster
            .create_job_from_cron_job(name, "orders-bootstrap");
        self.cluster.start_job(name)
    }

    #[track_caller]
    pub(crate) fn again(&self, name: &str) -> JobResult {
        self.start_again(name).wait()
    }

    /// A pod from which applications dial.
    #[track_caller]
    pub(crate) fn client(&self) -> Pod {
        self.cluster.start_client("client", IMAGE)
    }

    /// Replaces a line of a script's text, which must be there once: waits of minutes become
    /// seconds.
    #[track_caller]
    pub(crate) fn hurry(&self, map: &str, key: &str, from: &str, to: &str) {
        self.cluster.edit("ConfigMap", map, |map| {
            let text = map["data"][key].as_str().unwrap();
            assert_eq!(text.matches(from).count(), 1, "`{from}` in {key}");
            map["data"][key] = text.replace(from, to).into();
        });
    }
}

/// Runs SQL in the server's pod, over the socket, as the superuser.
#[track_caller]
pub(crate) fn sql(server: &Pod, database: &str, text: &str) -> String {
    psql(server, database, text).expect_success().to_owned()
}

pub(crate) fn psql(server: &Pod, database: &str, text: &str) -> Output {
    let database = format!("PGDATABASE={database}");
    server.exec_with_input(
        &[
            "env",
            SOCKET,
            // Bootstrap leaves a superuser pg_catalog alone.
            "PGOPTIONS=-c search_path=public",
            &database,
            "psql",
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-f",
            "-",
        ],
        text,
    )
}

/// Logs in from a client's pod over the Service and asks who it is; the password goes by stdin.
pub(crate) fn log_in(client: &Pod, role: &str, password: &str, database: &str) -> Output {
    ask(client, role, password, database, "select current_user")
}

pub(crate) fn ask(client: &Pod, role: &str, password: &str, database: &str, sql: &str) -> Output {
    client.exec_with_input(
        &[
            "env",
            "PGHOST=orders",
            &format!("PGUSER={role}"),
            &format!("PGDATABASE={database}"),
            "bash",
            "-c",
            "IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql -XAtqw -c \"$1\"",
            "bash",
            sql,
        ],
        &format!("{password}\n"),
    )
}

/// Fails the test unless the server said that the password is wrong.
#[track_caller]
pub(crate) fn expect_refused(output: &Output) {
    assert!(
        output.code == Some(2) && output.stderr.contains("password authentication failed"),
        "{output:#?}"
    );
}

/// Everything on the server that bootstrap could change, row versions included.
#[track_caller]
pub(crate) fn fingerprint(server: &Pod) -> String {
    let mut all = sql(
        server,
        "postgres",
        "select xmin, * from pg_authid order by oid;
         select xmin, * from pg_auth_members order by roleid, member, grantor;
         select xmin, oid, datname, datdba, datallowconn, datconnlimit, datcollate, datacl from pg_database order by oid;
         select xmin, * from pg_shdescription order by objoid, classoid;
         select xmin, * from pg_db_role_setting order by 2, 3;",
    );
    let dump = server.exec(&["env", SOCKET, "pg_dumpall", "--globals-only"]);
    let random = |line: &&str| !line.contains("restrict ");
    all.extend(dump.expect_success().lines().filter(random));
    let databases = sql(
        server,
        "postgres",
        "select datname from pg_database where datallowconn order by oid",
    );
    for database in databases.lines() {
        all += &sql(
            server,
            database,
            "select xmin, * from pg_extension order by oid;
             select xmin, * from pg_namespace where nspname !~ '^pg_(toast_)?temp' order by oid;
             select xmin, * from pg_default_acl order by oid;",
        );
    }
    all
}

/// A session that stays inside a transaction, and so keeps whoever wants the same waiting.
pub(crate) struct Hold {
    server: Pod,
    name: String,
    thread: JoinHandle<Output>,
}

impl Hold {
    /// Locks a table against changes; reading it stays possible.
    #[track_caller]
    pub(crate) fn table(server: &Pod, database: &str, table: &str) -> Hold {
        Hold::new(
            server,
            database,
            &format!("lock table {table} in exclusive mode"),
        )
    }

    /// Runs a statement, which is neither committed nor rolled back.
    #[track_caller]
    pub(crate) fn new(server: &Pod, database: &str, statement: &str) -> Hold {
        let name = format!("hold {statement}");
        let thread = {
            let (server, database) = (server.clone(), database.to_owned());
            let text = format!(
                "set application_name = '{name}';\nbegin;\n{statement};\nselect pg_sleep(600);\n"
            );
            thread::spawn(move || psql(&server, &database, &text))
        };
        let held = format!(
            "select count(*) from pg_stat_activity where application_name = '{name}' and query ~ 'pg_sleep'"
        );
        wait_for(&format!("it holds {statement}"), || {
            sql(server, "postgres", &held) == "1"
        });
        Hold {
            server: server.clone(),
            name,
            thread,
        }
    }

    /// Waits until a bootstrap waits for this lock, and gives its session's process.
    #[track_caller]
    pub(crate) fn wait_until_hit(&self) -> String {
        let blocked = format!(
            "select pid from pg_stat_activity where application_name = 'underpin bootstrap'
             and exists (select from pg_stat_activity held where held.application_name = '{}'
                         and held.pid = any (pg_blocking_pids(pg_stat_activity.pid)))",
            self.name
        );
        wait_for("bootstrap waits for the lock", || {
            !sql(&self.server, "postgres", &blocked).is_empty()
        });
        sql(&self.server, "postgres", &blocked)
    }

    /// Lets go.
    #[track_caller]
    pub(crate) fn release(self) {
        sql(
            &self.server,
            "postgres",
            &format!(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{}'",
                self.name
            ),
        );
        drop(self.thread.join());
    }
}

/// Waits until something holds that no pod's log tells.
#[track_caller]
pub(crate) fn wait_for(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "not in {SOON:?}: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
