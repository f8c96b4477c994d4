//! Objects that name others without their schemas: an empty search path does not find them, the
//! database's own does; and a type in a schema of its own, whose operators are found by it alone.

use super::{Case, Expect, Group};

#[test]
fn on_17() {
    GROUP.comes_true("17.12-bookworm");
}

pub(crate) const GROUP: Group = Group::of(&[SLUGS, OVERLOADED, MOVED, LIMITED, ADDRESSES, DEEP]);

/// The recipe for slugs that is copied everywhere.
pub(crate) const SLUGS: Case = Case::new(
    "slugs",
    "create extension unaccent schema public;
    set search_path = public;
    create function to_slug(title text) returns text language plpgsql immutable strict as $$
    begin
        return btrim(regexp_replace(lower(unaccent(title)), '[^[:alnum:]]+', '-', 'g'), '-');
    end $$;
    create table articles (article int primary key, title text, slug text generated always as (to_slug(title)) stored);
    insert into articles (article, title) values (1, 'Más o menos'), (2, 'Größe: L'), (3, null);
    create unique index on articles (slug);",
);

/// A function of SQL that is put in place of its call names another of the same name.
pub(crate) const OVERLOADED: Case = Case::new(
    "overloaded",
    "set search_path = public;
    create function short(of bytea) returns text language sql immutable as $$ select encode(of, 'hex') $$;
    create function short(of uuid) returns text language sql immutable as $$ select left(short(uuid_send(of)), 9) $$;
    create table tokens (token uuid primary key, shown text generated always as (short(token)) stored);
    insert into tokens (token) values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('00000000-0000-0000-0000-000000000007');",
);

/// IS DISTINCT FROM has no place for an operator's schema.
pub(crate) const MOVED: Case = Case::new(
    "moved",
    "set search_path = public, kinds;
    create table public.folders (folder int primary key, place kinds.ltree not null);
    create function public.note_move() returns trigger language plpgsql as $$ begin new.folder := new.folder + 100; return new; end $$;
    create trigger note before update on public.folders for each row when (old.place is distinct from new.place) execute function public.note_move();
    insert into folders values (1, 'home'), (2, 'home.mail'), (3, 'root.home');
    create view public.below as select * from public.folders where place <@ 'home'::ltree;
    create table public.links (source ltree, target ltree, check (target @> source));
    insert into public.links values ('home.mail', 'home');",
)
.after(
    "create schema kinds authorization orders;
    create extension ltree schema kinds;
    alter database moved set search_path = public, kinds;",
)
.ask("update public.folders set place = 'away' where folder = 2 returning folder; update public.folders set place = place where folder = 1 returning folder;");

/// A CHECK that looks into another table, and a domain whose function is found late.
pub(crate) const LIMITED: Case = Case::new(
    "limited",
    "set search_path = public;
    create table settings (name text primary key, most int);
    insert into settings values ('seats', 40);
    create function most_seats() returns int language sql stable as $$ select most from settings where name = 'seats' $$;
    create table rooms (room int, seats int check (seats <= most_seats()));
    insert into rooms values (1, 40), (2, 3);
    create function has_dot(host text) returns boolean language plpgsql immutable as $$ begin return host like dotted(); end $$;
    create function dotted() returns text language sql immutable as $$ select '%.%'::text $$;
    create domain hostname as text check (has_dot(value));
    create table hosts (host hostname);
    insert into hosts values ('db.example'), (null);",
);

/// Text that ignores case, in a schema of its own: joined, matched and compared without its operators'
/// names, a view comes back as text that does not, and says the same.
pub(crate) const ADDRESSES: Case = Case::new(
    "addresses",
    "set search_path = public, kinds;
    create table public.people (person int primary key, mail citext);
    create table public.letters (mail citext, body text);
    insert into people values (1, 'Ann@Example.org'), (2, 'bo@example.org');
    insert into letters values ('ann@example.org', 'hello'), ('BO@example.org', 'again');
    create function public.note_change() returns trigger language plpgsql as $$ begin new.person := new.person + 100; return new; end $$;
    create trigger note before update on public.people for each row when (old.mail is distinct from new.mail) execute function public.note_change();
    create view received as select person, body from people join letters using (mail);
    create view by_nature as select * from people natural join letters;
    create view ann as select person from people where mail is not distinct from 'ann@example.org';
    create view kinds_of as select mail = any (array['BO@EXAMPLE.ORG'::citext]) as bo, nullif(mail, 'bo@EXAMPLE.org') as but_bo,
        case mail when 'ann@example.org' then 1 end as as_case, mail in ('bo@EXAMPLE.ORG', 'q') as in_list from people;
    create materialized view received_once as select person from people join letters using (mail);",
)
.after(
    "create schema kinds authorization orders;
    create extension citext schema kinds;
    alter database addresses set search_path = \"$user\", public, kinds;",
)
.ask("update public.people set mail = 'ANN@example.org' where person = 1 returning person; update public.people set mail = 'x' where person = 2 returning person;");

/// Statistics, a partition key and a CHECK, whose planning runs a function of a function.
pub(crate) const DEEP: Case = Case::new(
    "deep",
    "set search_path = public;
    create function trimmed(word text) returns text language sql immutable as $$ select lower(btrim(word)) $$;
    create function folded(word text) returns text language sql immutable as $$ select trimmed($1) $$;
    create table entries (entry int primary key, word text);
    insert into entries values (1, ' One'), (2, 'two ');
    create table shelves (word text) partition by list (folded(word));
    create table shelves_a partition of shelves for values in ('a');
    insert into shelves values (' A');
    create statistics words on (folded(word)), entry from entries;
    create policy ones on entries using (folded(word) = 'one');
    alter table entries add check (folded(word) is not null);
    create table made (word text, short text generated always as (folded(word)) stored);
    insert into made values ('  Up ');
    create view shown as select folded(word) from entries;",
);

/// As ADDRESSES, where only the application knows the path: no restore can, and each backup says so.
#[test]
fn that_no_setting_tells() {
    let group = Group::of(&[UNTOLD, MIXED]);
    group.comes_true("17.12-bookworm");
}

const UNTOLD: Case = Case::new(
    "untold",
    "set search_path = public, kinds;
    create table public.members (member int primary key, login citext);
    create table public.visits (login citext, at date);
    insert into members values (1, 'Root');
    insert into visits values ('root', '2026-01-01');
    create view seen as select member, at from members join visits using (login);",
)
.after("create schema kinds authorization orders; create extension citext schema kinds;")
.expect(Expect::Told(&["public.seen"]));

/// A comparison of rows of two types, for which pg_dump writes one operator.
const MIXED: Case = Case::new(
    "mixed",
    "set search_path = public, kinds;
    create table public.members (member int primary key, login citext);
    insert into members values (1, 'Root');
    create view chosen as select login from members where (login, member) in (select login, member from members);",
)
.after(
    "create schema kinds authorization orders; create extension citext schema kinds;
    alter database mixed set search_path = public, kinds;",
)
.expect(Expect::Told(&["\"public.chosen\""]));
