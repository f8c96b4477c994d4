//! What a backup advises: each statement that it offers, run as it stands, ends what it was offered for;
//! where no statement can, it says what to write instead.

use std::fs;

use serde_json::Value;

use super::run::{Group, drill};
use super::{Case, Expect};
use crate::backup::deployed::Deployed;

/// The statement that ends a finding of a case.
struct Fixed {
    case: Case,
    findings: usize,
    /// In `detail` or `fix` of its first finding.
    says: &'static str,
    /// What a person writes where none is offered.
    by_hand: &'static str,
}

const fn fixed(name: &'static str, owner: &'static str, says: &'static str) -> Fixed {
    Fixed {
        case: Case::new(name, owner).expect(Expect::Told(&[])),
        findings: 1,
        says,
        by_hand: "",
    }
}

const FIXES: &[Fixed] = &[
    Fixed {
        findings: 2,
        ..fixed(
            "deep key",
            "set search_path = public;
            create table goods (good int primary key);
            create table sold (good int) partition by list (good);
            create table sold_2 (good int) partition by list (good);
            create table sold_2_2 partition of sold_2 for values in (2);
            alter table sold_2 add foreign key (good) references goods;
            alter table sold add foreign key (good) references goods;
            alter table sold attach partition sold_2 for values in (2, 3);
            insert into goods values (2); insert into sold values (2);",
            "alter table public.sold_2 rename constraint sold_2_good_fkey to sold_good_fkey",
        )
    },
    fixed(
        "default of a row",
        "set search_path = public;
        create type place as (line int, seat varchar(3));
        create table guests (at place default (1, 'abc'));
        alter table guests alter at type text using at::text;
        insert into guests values (default);",
        "alter table public.guests alter column at set default ROW(1, ",
    ),
    fixed(
        "table",
        "create schema data; create schema api; set search_path = api, data;
        create table data.users (id int primary key);
        insert into users values (1);
        create function api.known(int) returns boolean language sql immutable as 'select exists (select from users where id = $1)';
        create table api.posts (author int check (known(author)));
        insert into posts values (1);",
        "alter function api.known(integer) set search_path = \"$user\", public, api, data",
    ),
    fixed(
        "type",
        "create schema kinds; create schema web; set search_path = web, kinds;
        create type kinds.level as enum ('low', 'high');
        create function web.is_low(text) returns boolean language plpgsql immutable as $$ declare v level; begin v := $1; return v = 'low'; end $$;
        create table web.t (a text check (is_low(a)));
        insert into t values ('low');",
        "alter function web.is_low(text) set search_path = \"$user\", public, web, kinds",
    ),
    fixed(
        "operator",
        "create schema ops; create schema web; set search_path = web, ops;
        create function ops.equal(text, text) returns boolean language sql immutable as 'select lower($1) = lower($2)';
        create operator ops.=== (leftarg = text, rightarg = text, function = ops.equal);
        create function web.same(text, text) returns boolean language plpgsql immutable as 'begin return $1 === $2; end';
        create function web.same(text) returns boolean language plpgsql immutable as 'begin return $1 === $1; end';
        create table web.t (a text, b text, check (same(a, b)));
        insert into t values ('A', 'a');",
        "alter function web.same(text,text) set search_path = \"$user\", public, web, ops",
    ),
    fixed(
        "quotes",
        "create schema \"My Web\"; set search_path = \"My Web\";
        create function plain(text) returns text language plpgsql immutable as 'begin return lower($1); end';
        create function \"To slug\"(text) returns text language plpgsql immutable as 'begin return plain($1); end';
        create table \"Pages\" (\"Title\" text);
        create index \"Slug idx\" on \"Pages\" (\"To slug\"(\"Title\"));
        insert into \"Pages\" values ('A page');",
        "alter function \"My Web\".\"To slug\"(text) set search_path = \"$user\", public, \"My Web\"",
    ),
    fixed(
        "innermost",
        "create schema base; create schema web; set search_path = web, base;
        create table base.\"Rate s\" (n int);
        create function web.few(int) returns boolean language sql stable as 'select $1 <> (select count(*) from \"Rate s\")';
        create function web.few(text) returns boolean language sql stable as $$ select $1 <> 'x' $$;
        create function web.some(int) returns boolean language plpgsql immutable as 'begin return web.few($1); end';
        create table web.t (a int check (web.some(a)));
        insert into t values (7);",
        "alter function web.few(integer) set search_path = \"$user\", public, web, base",
    ),
    fixed(
        "bare name",
        "create schema web; set search_path = web;
        create function plain(text) returns text language sql immutable as 'select lower($1)';
        create function slug(text) returns text language sql immutable as 'select plain($1)';
        create function slug(int) returns text language sql immutable as 'select $1::text';
        create table pages (title text check (slug(title) <> ''));
        insert into pages values ('A');",
        "alter function web.slug(text) set search_path = \"$user\", public, web",
    ),
    fixed(
        "own path",
        "create schema base; create schema web; set search_path = web, base;
        create function base.any_of(int) returns boolean language sql immutable as 'select true';
        create function web.f(int) returns boolean language plpgsql immutable as 'begin return any_of($1); end';
        create table web.t (a int check (f(a)));
        insert into t values (7);
        alter function web.f set search_path = web;",
        "alter function web.f(integer) set search_path = web, base",
    ),
    Fixed {
        case: Case::new(
            "rows",
            "set search_path = public;
            create table public.a (x citext, y int);
            create table public.b (x citext, y int);
            insert into public.a values ('Q', 1);
            insert into public.b values ('q', 1);
            create view public.both as select * from public.a where (x, y) in (select x, y from public.b);",
        )
        .listed(&["citext"])
        .expect(Expect::Told(&[])),
        findings: 1,
        says: "(a, b) in (select c, d from t) as exists (select from t where a = c and b = d)",
        by_hand: "set search_path = public; create or replace view public.both as select * from public.a
            where exists (select from public.b where a.x = b.x and a.y = b.y)",
    },
    Fixed {
        case: Case::new(
            "rows in order",
            "set search_path = public;
            create table public.a (x citext, y int);
            create table public.b (x citext, y int);
            insert into public.a values ('P', 1);
            insert into public.b values ('q', 1);
            create view public.before as select a.* from public.a, public.b where (a.x, a.y) < (b.x, b.y);",
        )
        .listed(&["citext"])
        .expect(Expect::Told(&[])),
        findings: 1,
        says: "(a, b) < (c, d) as a < c or (a = c and b < d)",
        by_hand: "set search_path = public; create or replace view public.before as select a.* from public.a, public.b
            where a.x < b.x or (a.x = b.x and a.y < b.y)",
    },
    Fixed {
        case: Case::new(
            "later",
            "create schema app; set search_path = app;
            create table settings (value numeric);
            insert into settings values (0.1);
            create function tax() returns numeric language sql immutable as 'select value from settings';
            create table invoices (net numeric, tax numeric generated always as (net * tax()) stored);
            insert into invoices values (7);",
        )
        .expect(Expect::Told(&[])),
        findings: 1,
        says: "its function reads settings, which a restore makes later: let a trigger fill or check that column",
        by_hand: "alter table app.invoices alter tax drop expression",
    },
    // Which of two was meant, no one can know.
    Fixed {
        case: Case::new(
            "two",
            "create schema one; create schema two; create schema web; set search_path = web, two;
            create table one.rates (n int);
            create table two.rates (n int);
            create function web.f(int) returns boolean language plpgsql immutable as 'begin return $1 <> (select count(*) from rates); end';
            create table web.t (a int check (f(a)));
            insert into t values (7);",
        )
        .expect(Expect::Told(&[])),
        findings: 1,
        says: "relation \"rates\" does not exist",
        by_hand: "alter function web.f(int) set search_path = two",
    },
];

#[test]
fn what_is_advised_helps() {
    const CASES: [Case; FIXES.len()] = {
        let mut cases = [FIXES[0].case; FIXES.len()];
        let mut at = 0;
        while at < cases.len() {
            cases[at] = FIXES[at].case;
            at += 1;
        }
        cases
    };
    let deployed = Group::of(&CASES).deployed("17.12-bookworm", None);
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    // That there is more stands there once.
    let message = result.message();
    assert_eq!(message.matches("see the log)").count(), 1, "{message}");
    let backup = deployed.newest(result.log());
    for fixed in FIXES {
        let name = fixed.case.name;
        let findings = findings(&deployed, &backup.id, &backup.folder(name));
        // What follows from another finding is none.
        assert_eq!(findings.len(), fixed.findings, "{name}: {findings:?}");
        let fix = findings[0]["fix"].as_str().unwrap();
        let said = format!("{}\n{fix}", findings[0]["detail"].as_str().unwrap());
        assert!(said.contains(fixed.says), "{name}: {said}");
        assert_eq!(fix.is_empty(), !fixed.by_hand.is_empty(), "{name}: {fix}");
        deployed.sql(name, fixed.by_hand);
        for finding in findings {
            deployed.sql(name, finding["fix"].as_str().unwrap());
        }
    }
    let quoted = findings(&deployed, &backup.id, &backup.folder("quotes"));
    assert_eq!(quoted[0]["name"], "\"My Web\".\"Slug idx\"");
    let result = deployed.start_backup("backup-2", &[]).wait();
    assert_eq!(
        result.code(),
        Some(0),
        "{}\n{}",
        result.message(),
        result.log()
    );
    let result = drill(&deployed, "drill-1");
    assert_eq!(
        result.code(),
        Some(0),
        "{}\n{}",
        result.message(),
        result.log()
    );
}

fn findings(deployed: &Deployed, id: &str, folder: &str) -> Vec<Value> {
    let file = deployed
        .directory()
        .join(id)
        .join(folder)
        .join("rehearsal.json");
    let rehearsal: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    rehearsal["findings"].as_array().unwrap().clone()
}
