//! What a database holds, seen without a proof of ours.

use std::time::Duration;

use super::Case;
use crate::backup::deployed::Deployed;
use crate::backup::oracle::Content;
use crate::kubelet::Pod;

/// Longer than any case needs, on a busy machine.
const SOON: Duration = Duration::from_mins(5);

/// The superuser's path is empty: here he has the one that everybody has in the database.
const PATH: &str = r#"do $$ begin
    perform set_config('search_path', coalesce((
        select substr(value, length('search_path=') + 1) from pg_db_role_setting cross join lateral unnest(setconfig) as value
        where setrole = 0 and setdatabase = (select oid from pg_database where datname = current_database()) and value like 'search_path=%'), '"$user", public'), false);
end $$;"#;

/// Settings that a database may have and that are not meant for us.
const OPTIONS: &str = "PGOPTIONS=-c role=none -c session_authorization=postgres -c default_transaction_read_only=off -c client_min_messages=error -c statement_timeout=0 -c extra_float_digits=1";

/// Rows, definitions, and what views and the case's own question answer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Seen {
    content: Content,
    answers: String,
}

impl Seen {
    #[track_caller]
    pub(crate) fn of(server: &Pod, case: &Case) -> Seen {
        Seen::of_database(server, case.name, case)
    }

    #[track_caller]
    fn of_database(server: &Pod, database: &str, case: &Case) -> Seen {
        let ask = format!("{ANSWERS}\nbegin;\n{}\n;rollback;", case.ask);
        Seen {
            content: Content::of(server, database),
            answers: ask_as_it_is(server, database, &ask),
        }
    }

    /// Fails the test unless `database` holds the same: as it is written here, or as PostgreSQL alone
    /// brings it back.
    #[track_caller]
    pub(crate) fn expect_in(self, deployed: &Deployed, database: &str, case: &Case) {
        let server = &deployed.server;
        let again = Seen::of_database(server, database, case);
        assert_eq!(self.answers, again.answers, "answers of {}", case.name);
        if self.content == again.content {
            return;
        }
        let alone = format!("{} alone", case.name);
        by_postgresql_alone(deployed, case.name, &alone);
        let expected = self.content.said_as(Content::of(server, &alone));
        deployed.sql("postgres", &format!("drop database \"{alone}\""));
        again.content.expect_equal(&expected);
    }
}

/// Every relation's rows as a number and a sum, or why it has none to show; under the settings that
/// the database has for everybody.
const ANSWERS: &str = r#"
create function pg_temp.answer(relation regclass) returns text language plpgsql as $$
declare said text;
begin
    execute pg_catalog.format(
        'select pg_catalog.concat(pg_catalog.count(*), '' '', pg_catalog.md5(pg_catalog.string_agg(
            "the row"::text, '' '' order by "the row"::text collate "C"))) from %s "the row"', relation)
    into said;
    return said;
exception when others then
    return sqlerrm;
end $$;
select n.nspname, c.relname, pg_temp.answer(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by 1, 2;
"#;

#[track_caller]
fn ask_as_it_is(server: &Pod, database: &str, text: &str) -> String {
    let database = format!("PGDATABASE={database}");
    let command = [
        "env",
        "PGHOST=/var/run/postgresql",
        OPTIONS,
        &database,
        "psql",
        "-XAtq",
        "-v",
        "ON_ERROR_STOP=1",
        "-f",
        "-",
    ];
    let text = format!("{PATH}\n{text}");
    let output = server.exec_within(&command, &text, SOON);
    output.expect_success().to_owned()
}

/// A database as pg_dump and psql bring it back, by a superuser, where names are found as its owner
/// finds them.
#[track_caller]
fn by_postgresql_alone(deployed: &Deployed, database: &str, copy: &str) {
    let path = ask_as_it_is(
        &deployed.server,
        database,
        "set role orders; select string_agg(quote_ident(name), ',') from unnest(current_schemas(false)) name",
    );
    deployed.sql(
        "postgres",
        &format!("create database \"{copy}\" template template0 owner orders"),
    );
    let line = "export PGHOST=/var/run/postgresql
        pg_dump \"$1\" | sed \"s/^SELECT pg_catalog.set_config('search_path', '', false);\\$/set search_path = ${3:-pg_catalog};/\" >/tmp/alone.sql
        PGOPTIONS='-c role=none' psql -Xq -v ON_ERROR_STOP=1 -d \"$2\" -f /tmp/alone.sql";
    let command = [
        "bash",
        "-o",
        "pipefail",
        "-ec",
        line,
        "bash",
        database,
        copy,
        path.trim_end(),
    ];
    let output = deployed.server.exec_within(&command, "", SOON);
    output.expect_success();
}

/// What a case says, made.
#[track_caller]
pub(crate) fn make(server: &Pod, case: &Case) {
    ask_as_it_is(server, case.name, case.superuser);
    let owner = format!("set role orders;\n{}", case.owner);
    ask_as_it_is(server, case.name, &owner);
}
