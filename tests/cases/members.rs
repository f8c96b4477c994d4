//! What was added to an extension, or taken out of it, after its script had run: no dump carries that.

use super::{Case, Expect, Group};

const TABLE: &str = "alter extension hstore drop table public.added";
const SEQUENCE: &str = "alter extension hstore drop sequence public.counter";
const VIEW: &str = "alter extension hstore drop view public.ones";
const FUNCTION: &str = "alter extension hstore drop function public.one(integer)";
const CONFIGURED: &str = "alter extension hstore drop table public.words";
const TAKEN: &str =
    "alter extension citext add function public.regexp_match(public.citext,public.citext)";

/// Each is told by name, with the statement that ends it; and after that it comes back.
#[test]
fn on_17() {
    let deployed = GROUP.comes_true_by_default("17.12-bookworm");
    for (case, fixes) in [
        (ADDED, &[TABLE, SEQUENCE, VIEW, FUNCTION][..]),
        (OF_CONFIGURATION, &[CONFIGURED]),
        (TAKEN_OUT, &[TAKEN]),
    ] {
        for fix in fixes {
            deployed.sql(case.name, fix);
        }
    }
    let backup = deployed.back_up("backup-again");
    for (case, rows) in [
        (ADDED, "select sum(n) + public.one(2) from public.used"),
        (OF_CONFIGURATION, "select count(*) from public.words"),
        (TAKEN_OUT, "select public.regexp_match('A', 'a')"),
    ] {
        let verdict = deployed.rehearsal(&backup, case.name);
        assert_eq!(verdict["result"], "restores", "{verdict:#}");
        let values = [("DATABASE", case.name), ("INTO", "again")];
        let job = format!("again-{}", case.name.replace('_', "-"));
        deployed.restore(&job, &values).expect_success();
        assert_eq!(
            deployed.sql("again", rows),
            deployed.sql(case.name, rows),
            "{}",
            case.name
        );
        deployed.sql("postgres", "drop database again");
    }
}

pub(crate) const GROUP: Group = Group {
    spec: "restore.as_superuser = true",
    server: "",
    cases: &[ADDED, OF_CONFIGURATION, TAKEN_OUT, ALTERED, LOGINS],
};

/// What is over them names them alone, so that the cause stands first.
const ADDED: Case = Case::new(
    "added",
    "create view public.used as select n from public.added;
    create table public.refers (n int references public.added);
    insert into public.refers values (1);",
)
.listed(&["hstore"])
.after(
    "create table public.added (n int primary key); insert into public.added values (1), (2);
    alter table public.added owner to orders;
    create sequence public.counter; create view public.ones as select 1 as one;
    create function public.one(int) returns int language sql as 'select 1';
    alter extension hstore add table public.added; alter extension hstore add sequence public.counter;
    alter extension hstore add view public.ones; alter extension hstore add function public.one(int);",
)
.expect(Expect::Told(&[
    "\"kind\": \"member\", \"name\": \"table public.added of extension hstore\", \"detail\": \"it does not come back: ",
    TABLE,
    SEQUENCE,
    VIEW,
    FUNCTION,
]));

/// Rows that its extension hands to a dump.
const OF_CONFIGURATION: Case = Case::new("of_configuration", "select")
    .listed(&["hstore"])
    .after(
        "create table public.words (word text primary key, own boolean); insert into public.words values ('a', false), ('b', true);
        alter extension hstore add table public.words;
        update pg_extension set extconfig = array['public.words'::regclass::oid], extcondition = array['where own'] where extname = 'hstore';",
    )
    .expect(Expect::Told(&[CONFIGURED]));

const TAKEN_OUT: Case = Case::new("taken_out", "select")
    .listed(&["citext"])
    .after("alter extension citext drop function regexp_match(citext, citext)")
    .expect(Expect::Told(&[TAKEN]));

/// Nothing hangs on it, so that it is told and refuses no restore.
const ALTERED: Case = Case::new("altered", "select")
    .listed(&["unaccent"])
    .after("alter function public.unaccent(text) immutable")
    .expect(Expect::EqualBut(&[
        "function public.unaccent(text) of extension unaccent",
    ]));

/// Whoever logs in with a name like ours would be written down: our backups may not write, and what our
/// restores write would be no part of the backup.
const LOGINS: Case = Case::new("logins", "select")
    .after(
        "create table public.logins (who text); grant insert on public.logins to public;
        create function public.note_login() returns event_trigger language plpgsql security definer set search_path = '' as $$
        begin
            if current_setting('application_name') ~ 'underpin' then insert into public.logins values (session_user); end if;
        end $$;
        create event trigger logins on login execute function public.note_login();",
    );
