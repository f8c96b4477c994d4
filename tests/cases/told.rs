//! Cases that need more than a database: a spec of their own, or something that happens.

use underpin::compile::compile;
use underpin::source::Source;

use super::eye::{self, Seen};
use super::{Case, Expect, Group};
use crate::backup::deployed::Deployed;
use crate::bootstrap::shop::{Shop, spec};
use crate::fixture;
use crate::kubelet::Pod;

const IMAGE: &str = "17.12-bookworm";
const DRILL: &str = "backup.volume.keep = { last = 50 }\nbackup.drill.size = '1Gi'\n";
const PLAIN: Case = Case::new(
    "orders",
    "create table public.wares (ware int primary key); insert into public.wares values (1), (2);",
);

/// Rows that a foreign key does not allow, as a bulk load without triggers leaves them; and those that a unique index
/// of a materialized view does not, which has not been filled since.
#[test]
fn rows_that_break_what_they_are_under() {
    let group = Group::of(&[ORPHANS, DUPLICATES]);
    group.comes_true(IMAGE);
}

const ORPHANS: Case = Case::new("orphans", "select")
    .after(
        "create table public.owners (owner int primary key);
        create table public.pets (pet int primary key, owner int constraint owned references public.owners);
        alter table public.owners owner to orders; alter table public.pets owner to orders;
        insert into public.owners values (1);
        set session_replication_role = replica;
        insert into public.pets values (1, 1), (2, 7), (3, 8);",
    )
    .expect(Expect::AtDrill(&["owned", "It is kept aside, closed"]));

const DUPLICATES: Case = Case::new(
    "duplicates",
    "create table public.words (word text); insert into public.words values ('a');
    create materialized view public.once as select word from public.words;
    create unique index once_word on public.once (word);
    insert into public.words values ('a');",
)
.expect(Expect::AtDrill(&[
    "once",
    "has duplicates by now, and REFRESH fails in the database that was backed up, too",
    "It is kept aside, closed",
]));

/// One database that cannot be read costs no other its backup.
#[test]
fn one_database_that_is_sick() {
    let rest = format!(
        "backup.rehearsal = true\ndatabases = [{{ name = 'orders' }}, {{ name = 'sick', owner = 'orders' }}]\n{DRILL}"
    );
    let deployed = Deployed::with(IMAGE, &rest, |server: &Pod| eye::make(server, &PLAIN));
    deployed.sql(
        "sick",
        "create table public.locked (n int); alter table public.locked owner to orders;
        revoke connect on database sick from public, underpin_backup;",
    );
    let before = Seen::of(&deployed.server, &PLAIN);
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    let message = result.message();
    assert!(message.contains("\"sick\""), "{message}");
    assert_eq!(deployed.ids().len(), 1, "{}", result.log());
    deployed
        .restore("restore-1", &[("INTO", "again")])
        .expect_success();
    before.expect_in(&deployed, "again", &PLAIN);
}

/// What roles may and how often they may log in stands in no database.
#[test]
fn attributes_of_roles() {
    let load = |server: &Pod| {
        eye::make(server, &PLAIN);
        fixture::run(
            server,
            "postgres",
            "alter role orders createdb connection limit 77 valid until '2031-01-01' noinherit;
            alter role orders set work_mem = '9MB';
            alter role reader replication connection limit 3;
            alter database orders connection limit 44; grant connect on database orders to reader;",
        );
    };
    let lost = of_reader();
    load(&lost.server);
    let before = lost.sql("postgres", ATTRIBUTES);
    let backup = lost.back_up("backup-1");
    let folder = lost
        .directory()
        .join(&backup.id)
        .join(backup.folder("orders"));
    let description = std::fs::read_to_string(folder.join("database.json")).unwrap();
    let deployed = of_reader();
    std::fs::rename(lost.directory(), deployed.directory()).unwrap();
    drop(lost);
    let result = deployed.restore("restore-1", &[]);
    let log = result.expect_success().log();
    let after = deployed.sql("postgres", ATTRIBUTES);
    for line in before.lines().filter(|line| !after.contains(*line)) {
        let role = line.split('|').next().unwrap();
        let listed = format!("\"kind\": \"role\",\n            \"name\": \"{role}\"");
        assert!(
            description.contains(&listed),
            "{line} is lost without a word\n{after}\n{log}\n{description}"
        );
    }
}

/// A new server with two roles of the spec.
#[track_caller]
fn of_reader() -> Deployed {
    let rest =
        format!("databases = [{{ name = 'orders' }}]\nroles = [{{ name = 'reader' }}]\n{DRILL}");
    let secret = [
        ("superuser", "of superuser"),
        ("role.orders", "of orders"),
        ("role.reader", "of reader"),
    ];
    let shop = Shop::of_image(
        &format!("docker.io/library/postgres:{IMAGE}"),
        &rest,
        &secret,
    );
    shop.cluster
        .secret("orders-restore", &[("password", "of restore")]);
    let server = shop.bootstrapped();
    Deployed { shop, server }
}

const ATTRIBUTES: &str = "
select r.rolname, a.what from pg_roles r, lateral (values
    ('createdb ' || r.rolcreatedb), ('replication ' || r.rolreplication), ('inherit ' || r.rolinherit),
    ('limit ' || r.rolconnlimit), ('until ' || coalesce(r.rolvaliduntil::text, '')),
    ('settings ' || coalesce(r.rolconfig::text, ''))) a (what)
where r.rolname in ('orders', 'reader') order by 1, 2";

/// Every commit would wait for ever, bootstrap's first one too.
#[test]
fn a_standby_that_is_not_there() {
    expect_error(
        "postgres.settings = { synchronous_standby_names = '*' }",
        "synchronous_standby_names",
    );
}

/// What the spec lists and only a superuser brings back is said when it is built.
#[test]
fn an_extension_of_superusers() {
    for extension in [
        "pg_stat_statements",
        "postgres_fdw",
        "dblink",
        "pageinspect",
    ] {
        let rest = format!("databases = [{{ name = 'orders', extensions = ['{extension}'] }}]");
        let said = said_of(&rest);
        assert!(
            said.contains(extension) && said.contains("as_superuser"),
            "{said}"
        );
        let said = said_of(&format!("{rest}\nrestore.as_superuser = true"));
        assert!(!said.contains("as_superuser"), "{said}");
    }
}

#[track_caller]
fn expect_error(line: &str, word: &str) {
    let text = spec(
        &format!("docker.io/library/postgres:{IMAGE}"),
        &format!("databases = [{{ name = 'orders' }}]\n{line}"),
    );
    let compilation = compile(&Source {
        path: "database.toml".to_owned(),
        text,
    });
    assert!(compilation.failed());
    let said = format!("{:?}", compilation.diagnostics);
    assert!(said.contains(word), "{said}");
}

fn said_of(rest: &str) -> String {
    let text = spec(&format!("docker.io/library/postgres:{IMAGE}"), rest);
    let compilation = compile(&Source {
        path: "database.toml".to_owned(),
        text,
    });
    assert!(!compilation.failed(), "{:?}", compilation.diagnostics);
    format!("{:?}", compilation.diagnostics)
}
