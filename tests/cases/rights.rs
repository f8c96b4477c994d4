//! What only a superuser brings back: each backup says so, and with `as_superuser` it comes back.

use super::{Case, Expect, Group};

/// The rights of a spec that says nothing; those of a superuser are the soak's.
#[test]
fn on_17() {
    GROUP.comes_true_by_default("17.12-bookworm");
}

pub(crate) const GROUP: Group = Group {
    spec: "postgres.settings = { shared_preload_libraries = 'pg_stat_statements', wal_level = 'logical', max_wal_senders = 4 }",
    server: "create role chief superuser; create role cloud_admin; create role cloud_user; grant cloud_admin to orders;
        create role guest; create role signed_in; create role gate noinherit login password 'of gate'; grant guest, signed_in to gate;
        grant set on parameter log_statement to orders; grant alter system on parameter work_mem to orders;
        set allow_in_place_tablespaces = on; create tablespace quick location '';",
    cases: &[
        OF_SUPERUSER, DEFAULTS, WATCHED, OBSERVED, SETTINGS_OF_TOKENS, FOREIGN, SETTINGS, PARAMETERS, OF_A_LIBRARY, PUBLISHED, PLACED, REVOKED,
    ],
};

const OF_SUPERUSER: Case = Case::new("of_superuser", "select")
    .after(
        "create table public.base (n int); alter table public.base owner to orders;
        insert into public.base values (1);
        create materialized view public.counted as select * from public.base;
        alter materialized view public.counted owner to chief;",
    )
    .expect(Expect::NeedsSuperuser(&["counted"]));

const DEFAULTS: Case = Case::new("defaults", "create table public.things (n int);")
    .after(
        "alter default privileges for role cloud_admin in schema public grant all on sequences to cloud_user with grant option;
        alter default privileges for role postgres in schema public grant select on tables to cloud_user;",
    )
    .expect(Expect::NeedsSuperuser(&["default acl"]));

const WATCHED: Case = Case::new("watched", "create table public.things (n int);")
    .after(
        "create function public.seen() returns event_trigger language plpgsql as $$ begin end $$;
        create event trigger look on ddl_command_end execute function public.seen();",
    )
    .expect(Expect::NeedsSuperuser(&["look"]));

const OBSERVED: Case = Case::new(
    "observed",
    "create table public.things (n int);
    create view public.slow as select calls from public.pg_stat_statements where false;",
)
.listed(&["pg_stat_statements"])
.expect(Expect::NeedsSuperuser(&["pg_stat_statements"]));

/// As PostgREST is set up.
const SETTINGS_OF_TOKENS: Case = Case::new(
    "settings_of_tokens",
    "create schema api;
    create table api.tasks (task int generated always as identity primary key, what text);
    insert into api.tasks (what) values ('sweep');
    grant usage on schema api to guest;
    grant select on api.tasks to guest;
    alter table api.tasks enable row level security;
    create policy claimed on api.tasks for select to guest using (current_setting('request.jwt.claims', true) is null);",
)
.after(
    "alter database settings_of_tokens set \"app.settings.token_secret\" to 'thirty-two bytes that no one knows';
    alter database settings_of_tokens set \"app.lifetime\" to '3600';
    alter role gate in database settings_of_tokens set pgrst.db_schemas to 'api';",
)
.expect(Expect::NeedsSuperuser(&["app.settings.token_secret"]));

const FOREIGN: Case = Case::new(
    "foreign_tables",
    "create foreign table public.lines (line text) server files options (filename '/dev/null'); create table public.ours (n int);",
)
.after(
    "create extension file_fdw; create extension pageinspect;
    create server files foreign data wrapper file_fdw;
    grant usage on foreign server files to orders; grant pg_read_server_files to orders;",
)
.expect(Expect::NeedsSuperuser(&["file_fdw", "pageinspect"]));

/// Some of them anybody may set, one of them not.
const SETTINGS: Case = Case::new(
    "settings",
    "create schema app; create table app.times (at timestamptz default now()); insert into app.times values ('2025-01-01 12:00Z');",
)
.after(
    "create role app login password 'of app' valid until '2031-01-01' connection limit 5;
    alter role app in database settings set work_mem = '7MB';
    alter database settings set search_path = app, public;
    alter database settings set default_transaction_isolation = 'repeatable read';
    alter database settings set idle_session_timeout = '5min';
    alter database settings set \"TimeZone\" = 'America/Lima';
    alter database settings set log_min_duration_statement = '5s';
    alter database settings connection limit 50;
    comment on database settings is 'the main one';",
)
.expect(Expect::NeedsSuperuser(&["log_min_duration_statement"]));

const PARAMETERS: Case = Case::new(
    "parameters",
    "create function public.quiet() returns int language sql set log_statement = 'none' as 'select 1';
    create table public.things (n int);",
)
.expect(Expect::NeedsSuperuser(&["quiet"]));

/// No session of a restore has loaded the library when the function is made.
const OF_A_LIBRARY: Case = Case::new(
    "of_a_library",
    "create extension pg_trgm; select similarity('a', 'b');
    create function public.near(text) returns boolean language sql set pg_trgm.similarity_threshold = 0.1 as $$ select $1 % 'b' $$;",
)
.expect(Expect::NeedsSuperuser(&[
    "near",
    "which only a superuser may as long as its library is not loaded",
]));

/// The subscription holds a password: it is in no dump.
const PUBLISHED: Case = Case::new("published", "select")
    .after(
        "create table public.changes (n int primary key); alter table public.changes owner to orders;
        insert into public.changes values (1);
        create publication everything for all tables;
        alter table public.changes replica identity full;
        select pg_create_logical_replication_slot('reader', 'pgoutput');",
    )
    .expect(Expect::NeedsSuperuser(&["everything"]));

const PLACED: Case = Case::new("placed", "select")
    .after("create table public.things (n int) tablespace quick; insert into public.things values (1); alter table public.things owner to orders;")
    .expect(Expect::NeedsSuperuser(&["quick"]));

const REVOKED: Case = Case::new("revoked", "create table public.things (n int);")
    .after(
        "revoke all on schema public from public; grant all on schema public to orders;
        revoke all on database revoked from public;
        revoke execute on function pg_catalog.pg_sleep(float8) from public;
        revoke all on language plpgsql from public; grant usage on language plpgsql to orders;",
    )
    .expect(Expect::NeedsSuperuser(&["plpgsql"]));
