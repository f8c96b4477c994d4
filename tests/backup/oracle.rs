//! What a database holds, as pg_dump's text tells it, in a form that an equal database has too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use crate::kubelet::Pod;

/// A database's content and definitions.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Content {
    /// Rows by table, in an order of ours, each as its columns by name.
    rows: BTreeMap<String, Vec<String>>,
    /// Everything else: definitions, sequences' values, large objects, grants.
    statements: Vec<String>,
    /// What no dump of one database holds: its owner, grants, settings.
    around: String,
}

impl Content {
    /// Reads a database as superuser, whatever its settings are.
    #[track_caller]
    pub(crate) fn of(server: &Pod, database: &str) -> Content {
        let schema = dump(server, database, &["--schema-only"]);
        let data = dump(
            server,
            database,
            &["--data-only", "--load-via-partition-root"],
        );
        let mut content = Content {
            rows: BTreeMap::new(),
            statements: Vec::new(),
            around: crate::fixture::run(server, database, AROUND),
        };
        content.read_schema(&schema);
        content.read_data(&data);
        content
    }

    /// The same but for the statements that hold one of these words.
    pub(crate) fn without(mut self, words: &[&str]) -> Content {
        // Before each object stands an empty line, with its comment taken away.
        self.statements.retain(|statement| {
            !statement.is_empty() && !words.iter().any(|word| statement.contains(word))
        });
        self
    }

    /// The same rows and surroundings in another's words.
    pub(crate) fn said_as(mut self, other: Content) -> Content {
        self.statements = other.statements;
        self
    }

    /// Fails the test with what differs, and no more of it than one can read.
    #[track_caller]
    pub(crate) fn expect_equal(&self, other: &Content) {
        let mut differences = String::new();
        let tables = self.rows.keys().chain(other.rows.keys());
        for table in tables {
            let (ours, theirs) = (self.rows.get(table), other.rows.get(table));
            if ours != theirs {
                let count = |rows: Option<&Vec<String>>| rows.map(Vec::len);
                let _ = writeln!(
                    differences,
                    "{table}: {:?} rows, {:?} rows",
                    count(ours),
                    count(theirs)
                );
            }
        }
        let missing = |from: &[String], other: &[String], sign: char| {
            let other: BTreeSet<&String> = other.iter().collect();
            let missing = from.iter().filter(|line| !other.contains(line)).take(30);
            missing.fold(String::new(), |all, line| format!("{all}{sign} {line}\n"))
        };
        differences += &missing(&self.statements, &other.statements, '-');
        differences += &missing(&other.statements, &self.statements, '+');
        assert!(differences.is_empty(), "{differences}");
        assert_eq!(self.around, other.around);
        assert!(self == other, "the same lines, but not as often");
    }

    fn read_schema(&mut self, text: &str) {
        // Columns of an inheriting table come back in its parents' order: lines of every statement
        // are sorted, without the comma that the last one lacks.
        for statement in text.split("\n\n") {
            let mut lines: Vec<&str> = statement
                .lines()
                .filter(|line| !line.starts_with("--") && !line.starts_with('\\'))
                .map(|line| line.trim_end_matches(','))
                .collect();
            if statement.contains("\nINHERITS (") {
                lines.sort_unstable();
            }
            if !lines.is_empty() {
                self.statements.push(lines.join("\n"));
            }
        }
    }

    fn read_data(&mut self, text: &str) {
        let mut lines = text.split('\n');
        while let Some(line) = lines.next() {
            let Some((table, columns)) = copy(line) else {
                if !line.starts_with("--") && !line.starts_with('\\') {
                    self.statements.push(line.to_owned());
                }
                continue;
            };
            let rows = self.rows.entry(table.to_owned()).or_default();
            for row in lines.by_ref().take_while(|row| *row != "\\.") {
                let mut fields: Vec<(&str, &str)> =
                    columns.iter().copied().zip(row.split('\t')).collect();
                fields.sort_unstable();
                let values: Vec<&str> = fields.into_iter().map(|(_, value)| value).collect();
                rows.push(values.join("\t"));
            }
            rows.sort_unstable();
        }
        self.statements.sort_unstable();
    }
}

/// Table and columns of a line that begins rows. A name with a line's end in it is read to its first
/// line: its rows are then compared as statements, which is as strict.
fn copy(line: &str) -> Option<(&str, Vec<&str>)> {
    let head = line.strip_prefix("COPY ")?.strip_suffix(" FROM stdin;")?;
    let (table, columns) = head.split_once(" (")?;
    let columns = columns.strip_suffix(')')?;
    Some((table, columns.split(", ").collect()))
}

/// The owner, grants and settings; what is ours is left out.
const AROUND: &str = "
select pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, d.datconnlimit
from pg_database d where d.datname = current_database();
select coalesce(r.rolname, 'everybody'), s from pg_db_role_setting left join pg_roles r on r.oid = setrole, unnest(setconfig) s
where setdatabase = (select oid from pg_database where datname = current_database()) order by 1, 2;
select a::text from pg_database, unnest(datacl) a
where datname = current_database() and a::text !~ '^underpin_' order by 1;
select extname, extversion, extnamespace::regnamespace from pg_extension order by 1;
";

#[track_caller]
fn dump(server: &Pod, database: &str, options: &[&str]) -> String {
    let database = format!("PGDATABASE={database}");
    // Bytes without an encoding are shown as `cat -v` shows them.
    let script = "case $(psql -XAtc 'show server_encoding') in
        SQL_ASCII) PGCLIENTENCODING=SQL_ASCII pg_dump \"$@\" | cat -v ;;
        *) PGCLIENTENCODING=UTF8 pg_dump \"$@\" ;;
    esac";
    let command = [
        "env",
        "PGHOST=/var/run/postgresql",
        // A database may set another for everybody.
        "PGOPTIONS=-c role=none",
        &database,
        "bash",
        "-o",
        "pipefail",
        "-c",
        script,
        "bash",
    ];
    let command = [&command, options].concat();
    let output = server.exec_within(&command, "", Duration::from_mins(10));
    output.expect_success().to_owned()
}

#[test]
fn it_sees_each_difference_and_no_other() {
    use crate::fixture::{load, load_files, run};
    use crate::server::{DEBIAN_17, deploy, spec, start};

    let cluster = deploy(&spec(DEBIAN_17, ""));
    cluster.claim("orders-data").grow(2 << 30);
    let server = start(&cluster);
    for name in ["orders", "again"] {
        let make = format!("create database {name} template template0");
        run(&server, "postgres", &make);
    }
    load(&server, "orders");
    let line = "export PGHOST=/var/run/postgresql PGCLIENTENCODING=UTF8
        pg_dump -Fc -Z zstd:1 orders | pg_restore --exit-on-error -d again";
    let command = ["bash", "-o", "pipefail", "-c", line];
    let output = server.exec_within(&command, "", Duration::from_mins(5));
    output.expect_success();
    load_files(&server, "again", &["roles.sql", "settings.sql"]);
    let mut before = Content::of(&server, "orders");
    before.expect_equal(&Content::of(&server, "again"));
    for change in [
        "update shapes.twins set b = 'other' where ctid = (select min(ctid) from shapes.twins)",
        "delete from parts.events where at = (select max(at) from parts.events)",
        "select nextval('counts.plain')",
        "revoke select on shared.of_orders from public",
        "drop table shapes.empty",
        "select lo_put(800204, 1, decode('00', 'hex'))",
        "alter table rows.forced no force row level security",
        "select format('alter database %I set work_mem = ''1MB''', current_database()) \\gexec",
    ] {
        run(&server, "again", change);
        let after = Content::of(&server, "again");
        let seen = std::panic::catch_unwind(|| before.expect_equal(&after));
        assert!(seen.is_err(), "{change}");
        // The next one alone shall make the difference.
        run(&server, "orders", change);
        before = Content::of(&server, "orders");
        before.expect_equal(&after);
    }
}
