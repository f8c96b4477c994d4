//! What a superuser does to PostgreSQL's own objects, and options of user mappings: no dump carries it, and
//! each backup says so.

use super::{Case, Expect, Group};

const SUPERUSER: &str = "restore.as_superuser = true";

#[test]
fn on_17() {
    GROUP.comes_true("17.12-bookworm");
}

pub(crate) const GROUP: Group = Group {
    spec: SUPERUSER,
    server: "",
    cases: &[OTHER_WORDS, IN_PG_CATALOG, LESS_TO_CALL, AS_IT_CAME],
};

/// The recipe for languages that are found without endings, or with them.
const OTHER_WORDS: Case = Case::new(
    "other_words",
    "create table public.texts (body text); insert into public.texts values ('running');",
)
.after(
    "alter text search configuration pg_catalog.english alter mapping for asciiword with simple;
        alter text search configuration pg_catalog.german drop mapping for email;
        alter text search dictionary pg_catalog.french_stem (stopwords);",
)
.expect(Expect::EqualBut(&[
    r#""kind": "text-search-configuration", "name": "pg_catalog.english""#,
    r#""name": "pg_catalog.german", "detail": "no dump carries this""#,
    "pg_catalog.french_stem",
]));

const IN_PG_CATALOG: Case = Case::new("in_pg_catalog", "create table public.things (n int);")
    .after(
        "create function pg_catalog.safe_div(numeric, numeric) returns numeric immutable language sql as 'select $1 / nullif($2, 0)';
        create aggregate pg_catalog.middle(numeric) (sfunc = numeric_add, stype = numeric);
        create operator pg_catalog.+ (leftarg = text, rightarg = text, function = textcat);
        create text search configuration pg_catalog.plain (copy = simple);
        create type pg_catalog.mood as enum ('low');",
    )
    .expect(Expect::EqualBut(&[
        "alter function pg_catalog.safe_div(numeric,numeric) set schema public",
        "alter aggregate pg_catalog.middle(",
        "alter operator pg_catalog.+(",
        "alter text search configuration pg_catalog.plain set schema public",
        "alter type pg_catalog.mood set schema public",
    ]));

const LESS_TO_CALL: Case = Case::new("less_to_call", "create table public.things (n int);")
    .after("alter function pg_catalog.to_tsvector(text) immutable; update pg_cast set castcontext = 'i' where castsource = 'int8'::regtype and casttarget = 'int4'::regtype;")
    .expect(Expect::EqualBut(&["pg_catalog.to_tsvector(", "(bigint AS integer)"]));

/// With an extension there, and rights that were taken away and given back.
const AS_IT_CAME: Case = Case::new("as_it_came", "create table public.things (n hstore);")
    .after("create extension hstore schema pg_catalog;");

#[test]
fn options_of_a_user_mapping() {
    let mapped = Case::new("mapped", "select").after(
        "create foreign data wrapper far; create server away foreign data wrapper far; alter server away owner to orders;
        create user mapping for orders server away options (user 'of us', password 'of the mapping');",
    );
    let group = Group {
        spec: SUPERUSER,
        server: "",
        cases: Box::leak(Box::new([mapped])),
    };
    let deployed = group.deployed("17.12-bookworm", None);
    let backup = deployed.start_backup("backup-1", &[]).wait();
    let said = backup.expect_success().message();
    let words = "user-mapping options of orders on away";
    assert!(
        said.contains("what no dump carries") && said.contains(words),
        "{said}\n{}",
        backup.log()
    );
    let values = [("DATABASE", "mapped"), ("INTO", "again")];
    let restored = deployed.restore("restore-1", &values);
    let line = r#"event=definition kind=user-mapping name="options of orders on away" field=* result=not-carried"#;
    assert!(
        restored.expect_success().log().contains(line),
        "{}",
        restored.log()
    );
    for log in [backup.log(), restored.log()] {
        assert!(!log.contains("of the mapping"), "{log}");
    }
}
