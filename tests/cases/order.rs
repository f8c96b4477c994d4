//! What comes back or not by the order of things: a restore that takes the right one brings it back.

use super::{Case, Group};

#[test]
fn on_17() {
    GROUP.comes_true("17.12-bookworm");
}

pub(crate) const GROUP: Group = Group {
    spec: "postgres.settings = { array_nulls = 'off' }",
    server: "",
    cases: &[
        ASKING_ITSELF,
        READ_BY_FUNCTION,
        OF_BEFORE,
        INDEX_BY_NAME,
        NAMED_IN_LINES,
        KEYED,
        LEANING,
        CIRCLES,
    ],
};

/// Foreign keys come before row security: what a policy asks has no part in their check.
const ASKING_ITSELF: Case = Case::new(
    "asking_itself",
    "create table public.users (id int primary key);
    create table public.profiles (id int primary key references public.users, org int);
    insert into public.users values (1); insert into public.profiles values (1, 1);
    alter table public.profiles enable row level security; alter table public.profiles force row level security;
    create policy of_my_org on public.profiles using (org in (select p.org from public.profiles p));
    create table public.teams (id int primary key); create table public.members (team int references public.teams, who int);
    insert into public.teams values (1); insert into public.members values (1, 1);
    alter table public.teams enable row level security; alter table public.members enable row level security;
    create policy ours on public.teams using (id in (select team from public.members));
    create policy theirs on public.members using (team in (select id from public.teams));",
);

/// A materialized view that reads a later one by a function, which no dump knows of.
const READ_BY_FUNCTION: Case = Case::new(
    "read_by_function",
    "create table public.sold (n int); insert into public.sold values (1), (2);
    create materialized view public.z_base as select sum(n) as total from public.sold;
    create function public.total() returns bigint language sql stable set search_path = public as 'select total from z_base';
    create materialized view public.a_first as select public.total() as total;
    create materialized view public.b_second as select total from public.a_first;",
);

/// Settings that stand in old databases, and that anybody may make.
const OF_BEFORE: Case = Case::new(
    "of_before",
    "create table public.gaps as select array[1, null, 3] as numbers, array[null]::text[] as words;
    do $$ begin execute format('alter database %I set default_with_oids = off', current_database()); end $$;",
);

const INDEX_BY_NAME: Case = Case::new(
    "index_by_name",
    "create table public.items (n int); create index of_items on public.items (n);
    create table public.watched (what regclass); insert into public.watched values ('public.of_items');",
);

/// More than is read together with other tables.
const NAMED_IN_LINES: Case = Case::new(
    "named_in_lines",
    "create table public.\"of
lines FROM stdin;
\" (n int, \"x
y FROM stdin;
z\" text);
    insert into public.\"of
lines FROM stdin;
\" select n, repeat('x', 1000) from generate_series(1, 2000) n;",
);

/// PostgreSQL keeps a foreign key to a partitioned table once more for each partition, numbered as they were made.
const KEYED: Case = Case::new(
    "keyed",
    "create table public.h (id int, d int, primary key (d, id)) partition by range (d);
    create table public.h2 partition of public.h for values from (100) to (200);
    create table public.h1 partition of public.h for values from (0) to (100);
    create table public.s (hid int, hd int, foreign key (hd, hid) references public.h);
    insert into public.h values (1, 5), (2, 105); insert into public.s values (1, 5);
    create table public.h0 partition of public.h for values from (-100) to (0);
    create table public.r (hid int, hd int, p int, constraint r_fk foreign key (hd, hid) references public.h on delete cascade) partition by list (p);
    create table public.r2 partition of public.r for values in (2);
    create table public.r1 partition of public.r for values in (1);
    create table public.own (hid int, hd int, p int, constraint r_fk foreign key (hd, hid) references public.h on delete cascade);
    insert into public.own values (1, 5, 3);
    alter table public.r attach partition public.own for values in (3);
    insert into public.r values (1, 5, 1), (2, 105, 2);
    alter table public.r detach partition public.r1;
    alter table public.h detach partition public.h0;",
);

/// Several unique indexes over one column, as Prisma writes `@id @unique`: a foreign key leans on the one that
/// was made first, and a parallel restore makes them in another order.
const LEANING: Case = Case::new(
    "leaning",
    "set search_path = public;
    create table tenants (id uuid not null, code text not null unique, constraint tenants_pkey primary key (id));
    create unique index tenants_id_key on tenants (id);
    create unique index any_code on tenants (code) include (id);
    create unique index code_by_prefix on tenants (code text_pattern_ops);
    create table users (id uuid primary key, tenant uuid references tenants (id), code text references tenants (code));
    insert into tenants select gen_random_uuid(), n from generate_series(1, 1000) n;
    insert into users select id, id, code from tenants;
    create table counted (n int not null);
    create unique index counted_n on counted (n);
    create table counts (n int references counted (n));
    alter table counted add constraint counted_pkey primary key (n);
    insert into counted values (1); insert into counts values (1);",
);

/// A default that calls a function, which groups by the primary key of the default's own table; checks of a table and
/// of a domain that do.
const CIRCLES: Case = Case::new(
    "circles",
    "set search_path = public;
    create table visits (visit int primary key, who text, number int);
    create function seen() returns bigint language sql stable begin atomic
        select count(*) from (select visits.visit, visits.who from visits group by visits.visit) as each_one; end;
    alter table visits alter number set default seen();
    insert into visits (visit, who) values (1, 'a'), (2, 'b');
    create view numbered as select visit, who, seen() as seen from visits group by visit;
    create table kinds (kind int primary key, name text);
    create function known(int) returns boolean language sql immutable begin atomic
        select count(*) >= 0 from (select kinds.kind, kinds.name from kinds group by kinds.kind) as each_one; end;
    alter table kinds add constraint is_known check (known(kind));
    create domain kind as int check (known(value));
    create table of_kind (n kind default 5);
    insert into kinds values (1, 'a'); insert into of_kind values (1);",
);
