//! The small databases on every major, and those that need extensions of Debian's packages.

use crate::cases::{Case, Expect, Group, members, order, paths, rewritten, rights, sound};

/// `PostgreSQL` 15 as Debian 12 has it, under the name that `tests/run` gives it.
const DEBIAN: (u32, &str) = (15, "debian-15");
const IMAGE_15: &str = "15.20-bookworm";

#[test]
fn rewritten_on_15() {
    rewritten::GROUP.comes_true(IMAGE_15);
}

#[test]
fn rights_on_17() {
    rights::GROUP.comes_true("17.12-bookworm");
}

#[test]
fn members_on_18() {
    members::GROUP.comes_true_by_default("18.7-bookworm");
}

#[test]
fn order_on_15() {
    order::GROUP.comes_true(IMAGE_15);
}

#[test]
fn order_on_18() {
    order::GROUP.comes_true("18.7-bookworm");
}

#[test]
fn rewritten_on_16() {
    rewritten::GROUP.comes_true("16.16-trixie");
}

#[test]
fn rewritten_on_18() {
    rewritten::GROUP.comes_true("18.7-bookworm");
}

#[test]
fn rewritten_on_alpine() {
    rewritten::GROUP.comes_true("17.12-alpine3.22");
}

#[test]
fn paths_on_15() {
    BEFORE_17.comes_true(IMAGE_15);
}

#[test]
fn paths_on_16() {
    BEFORE_17.comes_true("16.16-trixie");
}

#[test]
fn paths_on_18() {
    paths::GROUP.comes_true("18.7-bookworm");
}

#[test]
fn sound_on_15() {
    sound::GROUP.comes_true(IMAGE_15);
}

#[test]
fn sound_on_16() {
    sound::GROUP.comes_true("16.16-trixie");
}

#[test]
fn sound_on_18() {
    sound::GROUP.comes_true("18.7-bookworm");
}

#[test]
fn rights_on_15() {
    rights::GROUP.comes_true(IMAGE_15);
}

#[test]
fn rights_on_18() {
    rights::GROUP.comes_true("18.7-bookworm");
}

/// Queries of maintenance still see the session's path: more can be made that needs it.
const BEFORE_17: Group = Group::of(&[
    paths::SLUGS,
    paths::OVERLOADED,
    paths::MOVED,
    paths::LIMITED,
    paths::ADDRESSES,
    paths::DEEP,
    LOOKUPS,
    FOLDED,
    WORDS,
]);

/// Definitions of an old database, most of them through a function of a function.
const LOOKUPS: Case = Case::new(
    "lookups",
    "set search_path = public;
    create table codes (code int primary key, meaning text);
    insert into codes values (1, 'Open'), (2, 'Shut');
    create function meaning_of(which int) returns text language sql stable as $$ select meaning from codes where code = $1 $$;
    create table doors (door int primary key, code int, note text);
    insert into doors values (10, 1, 'front');
    create view shown as select door, meaning_of(code) from doors;
    create function plain(word text) returns text language sql immutable as $$ select lower(word) $$;
    create function plainer(word text) returns text language sql immutable as $$ select plain(word) $$;
    create index on codes (upper(meaning));
    create index on codes (plain(meaning));
    create unique index on codes (plainer(meaning)) where plainer(meaning) <> 'none';
    alter table codes add check (plainer(meaning) is not null);
    create table by_letter (letter text) partition by list (plainer(letter));
    create table by_letter_a partition of by_letter for values in ('a');
    insert into by_letter values ('A'), ('a');
    create statistics plain_codes on (plainer(meaning)), code from codes;
    create table defaults (word text default plainer('UP'), n int);
    insert into defaults values (default, 1);
    create policy opened on codes using (plainer(meaning) = 'open');",
);

/// The recipe for an index that ignores accents.
const FOLDED: Case = Case::new(
    "folded",
    "create extension unaccent schema public;
    set search_path = public;
    create function without_accents(text) returns text language sql immutable strict as $$ select unaccent($1) $$;
    create table singers (singer int primary key, name text);
    insert into singers values (1, 'Beyoncé'), (2, 'Björk'), (3, 'Sade');
    create index singers_by_name on singers (without_accents(name));",
);

/// Queries in text, and a function that counts, behind materialized views.
const WORDS: Case = Case::new(
    "words",
    "set search_path = public;
    create table texts (id int primary key, lexemes tsvector);
    insert into texts values (1, to_tsvector('simple', 'one two two'));
    create materialized view vocabulary as select distinct word from ts_stat('select lexemes from texts');
    create function how_many() returns bigint language plpgsql as $$ begin return (select count(*) from texts); end $$;
    create materialized view counted as select how_many() as n;",
);

/// A row of 300 MB: twice that in hexadecimal is more than a message of the server may hold.
#[test]
fn a_large_row() {
    let group = Group::of(&[ROW]);
    group.comes_true("17.12-bookworm");
}

const ROW: Case = Case::new(
    "large_row",
    "create table public.files (file int, body text); insert into public.files values (1, repeat('x', 300000000));",
);

#[test]
fn sorted_by_icu() {
    let group = Group::of(&[SORTED]);
    group.comes_true_with(IMAGE_15, Some(DEBIAN));
}

const SORTED: Case = Case::new(
    "sorted",
    "set search_path = public;
    create collation ignoring_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create collation phonebook (provider = icu, locale = 'de-u-co-phonebk');
    create collation by_number (provider = icu, locale = 'en-u-kn-true');
    create table people (mail text collate ignoring_case primary key, name text collate by_number);
    insert into people values ('Ann@b', 'n10'), ('bo@c', 'n9');
    create index on people (name collate phonebook);
    create table parts (name text collate by_number) partition by range (name);
    create table parts_1 partition of parts for values from ('n1') to ('n5');
    create table parts_2 partition of parts for values from ('n5') to ('n50');
    insert into parts values ('n2'), ('n10');
    create domain address as text collate ignoring_case check (value like '%@%' collate \"C\");
    create table addresses (address address);
    insert into addresses values ('x@y');",
);

#[test]
fn extensions_of_debian() {
    EXTENSIONS.comes_true_with(IMAGE_15, Some(DEBIAN));
}

const EXTENSIONS: Group = Group::of(&[KINDS, PACKAGES, PLACES, MAPPED, MANY]);

/// Types and indexes of many extensions.
const KINDS: Case = Case::new(
    "kinds",
    "set search_path = public;
    create table everything (h hll, i ip4r, r iprange, p prefix_range, s semver, d debversion, q jsquery, v oracle.varchar2(10));
    insert into everything select hll_add_agg(hll_hash_integer(1)), '10.0.0.0/8', '::/0', '123', '1.2.3', '1:2.0-1', 'a.b = 1', 'x';
    create index on everything using rum (to_tsvector('simple', v) rum_tsvector_ops);
    create index on everything using gist (i);
    create index on everything (s);",
)
.after(
    "create extension hll; create extension ip4r; create extension prefix; create extension semver; create extension debversion;
    create extension periods cascade; create extension rum; create extension jsquery; create extension hypopg;
    create extension orafce; create extension pgtap;",
)
.expect(Expect::NeedsSuperuser(&["hll", "orafce"]));

/// An extension with schemas of its own.
const PACKAGES: Case = Case::new("packages", "create table public.things (n int);")
    .after("create extension orafce;")
    .expect(Expect::NeedsSuperuser(&["orafce"]));

/// A row of ours in a table of an extension's.
const PLACES: Case = Case::new(
    "places",
    "create table public.places (place int primary key, at public.geometry(Point, 4326));
    insert into public.places values (1, 'SRID=4326;POINT(1 2)');
    create index on public.places using gist (at);",
)
.after(
    "create extension postgis schema public; create extension postgis_topology;
    insert into spatial_ref_sys (srid, auth_name, auth_srid, srtext, proj4text) values (990001, 'ours', 1, 'x', '+proj=longlat');",
)
.expect(Expect::NeedsSuperuser(&["postgis"]));

/// Made by bootstrap.
const MAPPED: Case = Case::new("mapped", "create table public.things (n int);")
    .listed(&["postgis", "postgis_topology"])
    .expect(Expect::NeedsSuperuser(&["postgis_topology"]));

const MANY: Case = Case::new("many", "create table public.things (n int);")
    .listed(&[
        "postgis_tiger_geocoder",
        "orafce",
        "hll",
        "ip4r",
        "pgq",
        "earthdistance",
        "pg_partman",
    ])
    .expect(Expect::NeedsSuperuser(&["postgis_tiger_geocoder"]));

/// An extension that lives in one database alone: nothing beside it can be restored.
#[test]
fn of_one_database() {
    SCHEDULED.comes_true_with(IMAGE_15, Some(DEBIAN));
}

const SCHEDULED: Group = Group {
    spec: "postgres.settings = { shared_preload_libraries = 'pg_cron', \"cron.database_name\" = 'scheduled' }\nrestore.as_superuser = true",
    server: "",
    cases: &[Case::new(
        "scheduled",
        "create table public.things (n int); insert into public.things values (1); select cron.schedule('nightly', '0 3 * * *', 'vacuum');",
    )
    .after("create extension pg_cron; grant usage on schema cron to orders;")
    .expect(Expect::ByHand(&["pg_cron"]))],
};
