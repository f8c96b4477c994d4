//! Casts are the whole database's: what SQL means, ours too, when a superuser has made all of them
//! implicit that PostgreSQL 8.3 took away.

use super::{Case, Expect, Group};

#[test]
fn on_15() {
    GROUP.comes_true("15.20-bookworm");
}

#[test]
fn on_18() {
    GROUP.comes_true("18.7-bookworm");
}

macro_rules! casts {
    () => {
        "create cast (smallint as text) with inout as implicit; create cast (integer as text) with inout as implicit;
        create cast (bigint as text) with inout as implicit; create cast (oid as text) with inout as implicit;
        create cast (regclass as text) with inout as implicit; create cast (xid as text) with inout as implicit;
        create cast (real as text) with inout as implicit; create cast (double precision as text) with inout as implicit;
        create cast (numeric as text) with inout as implicit; create cast (interval as text) with inout as implicit;
        create cast (date as text) with inout as implicit; create cast (timestamp as text) with inout as implicit;
        create cast (timestamptz as text) with inout as implicit; create cast (bytea as text) with inout as implicit;
        create cast (json as text) with inout as implicit; create cast (jsonb as text) with inout as implicit;
        create cast (uuid as text) with inout as implicit;
        update pg_cast set castcontext = 'i' where castsource in ('bool'::regtype, '\"char\"'::regtype) and casttarget = 'text'::regtype;"
    };
}

pub(crate) const GROUP: Group = Group {
    spec: "",
    // Where our own statements run that belong to no database.
    server: casts!(),
    cases: &[TO_TEXT, TO_SMALLER],
};

const ROWS: &str = "set search_path = public;
    create table people (id int generated always as identity primary key, born date, name text, called text generated always as (name || 'x') stored, boss int references people);
    insert into people (born, name) select date '2000-01-01' + n, 'person' from generate_series(1, 300) n;
    create table parts (a int, b date) partition by range (a);
    create table part_1 partition of parts for values from (1) to (10);
    insert into parts values (1, '2000-01-01');
    create type size as enum ('s', 'l');
    create table sized (size size) partition by hash (size);
    create table sized_0 partition of sized for values with (modulus 1, remainder 0);
    insert into sized values ('l');
    create materialized view grown as select * from people where id > 3;
    create index on people (lower(name)) where id > 0;
    create domain positive as int check (value > 0);
    create table counted (n positive check (n > 1)); insert into counted values (2);
    create sequence numbers; select nextval('numbers');
    select lo_from_bytea(0, 'one');";

const TO_TEXT: Case = Case::new("as_text", ROWS)
    .after(casts!())
    .expect(Expect::NeedsSuperuser(&[
        "it is a cast between types of a superuser",
    ]));

/// PostgreSQL's own casts: no dump tells that they are implicit.
const TO_SMALLER: Case = Case::new("to_smaller", ROWS).after(
    "update pg_cast set castcontext = 'i' where castsource in ('int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'float8'::regtype, 'bool'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
    and casttarget in ('bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'date'::regtype, 'timestamp'::regtype);",
)
.expect(Expect::EqualBut(&["(bigint AS integer)"]));
