//! Names that are no text: of databases without an encoding, and of roles that were made in a database of
//! another encoding than the one that is backed up.

use super::deployed::Deployed;
use super::faults::{IMAGE, expect_refused};
use crate::fixture;
use crate::kubelet::Pod;

const SPEC: &str = "backup.volume.keep = { last = 50 }\n";

/// Bytes of Latin 1 in every place where there are names.
const ANY_BYTES: &str = r"set role orders;
do $$
declare word text := convert_from('\x436166e9', 'SQL_ASCII');
begin
    execute format('create table public.%I (%I text, check (%I <> %L))', word, word, word, word || 'x');
    execute format('insert into public.%I values (%L)', word, word);
    execute format('create type public.drinks as enum (%L)', word);
    create table public.ordered (what public.drinks); execute format('insert into public.ordered values (%L)', word);
    create table public.parts (what text) partition by list (what);
    execute format('create table public.part_1 partition of public.parts for values in (%L)', word);
    execute format('insert into public.parts values (%L)', word);
end $$;";

const ANSWERS: &str = "select relname::text = convert_from('\\x436166e9', 'SQL_ASCII') from pg_class where relnamespace = 'public'::regnamespace and relname ~ '^Caf'
    union all select what::text = convert_from('\\x436166e9', 'SQL_ASCII') from public.ordered
    union all select what = convert_from('\\x436166e9', 'SQL_ASCII') from public.parts";

#[test]
fn names_and_labels_of_any_bytes_come_back() {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        let databases = "create role \"Ünï\"; create database ascii encoding 'SQL_ASCII' locale 'C' template template0 owner orders;
            create database eucjp encoding 'EUC_JP' locale 'C' template template0 owner orders;";
        fixture::run(server, "postgres", databases);
        fixture::run(server, "ascii", ANY_BYTES);
        fixture::run(
            server,
            "eucjp",
            "set role orders; create table public.\"日本\" (\"語\" text); insert into public.\"日本\" values ('漢字');",
        );
    });
    deployed.back_up("backup-1");
    let values = [("DATABASE", "ascii"), ("INTO", "ascii again")];
    deployed.restore("restore-1", &values).expect_success();
    assert_eq!(deployed.sql("ascii again", ANSWERS).trim_end(), "t\nt\nt");
    let values = [("DATABASE", "eucjp"), ("INTO", "eucjp again")];
    deployed.restore("restore-2", &values).expect_success();
    assert_eq!(
        deployed
            .sql("eucjp again", "select * from public.\"日本\"")
            .trim_end(),
        "漢字"
    );
}

/// Names of another encoding come in errors, too: what rows break is found by them, and told.
#[test]
fn what_rows_break_is_told_in_words_of_any_encoding() {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        let databases =
            "create database latin1 encoding 'LATIN1' locale 'C' template template0 owner orders";
        fixture::run(server, "postgres", databases);
        let tables = "set role orders; create function public.fits(n int) returns boolean language sql immutable as 'select true';
            create table public.\"täble\" (n int, constraint \"prüf\" check (public.fits(n))); insert into public.\"täble\" select generate_series(1, 1000);
            create or replace function public.fits(n int) returns boolean language sql immutable as 'select n < 900'";
        fixture::run(server, "latin1", tables);
    });
    deployed.back_up("backup-1");
    let values = [("DATABASE", "latin1"), ("INTO", "again")];
    let result = deployed.restore("restore-1", &values);
    expect_refused(&result, &["public.täble prüf", "It is kept aside"]);
    let kept = deployed.kept_aside();
    deployed.sql(
        "postgres",
        &format!("alter database {kept} allow_connections true"),
    );
    assert_eq!(
        deployed
            .sql(&kept, "select count(*) from public.\"täble\"")
            .trim_end(),
        "1000"
    );
}

/// What belongs to such a role cannot be told: the message says what to do.
#[test]
fn a_name_that_is_no_text_is_told() {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| {
        let databases = "create role \"Ünï\"; create database eucjp encoding 'EUC_JP' locale 'C' template template0 owner \"Ünï\";";
        fixture::run(server, "postgres", databases);
    });
    let result = deployed.start_backup("backup-1", &[]).wait();
    assert_eq!(result.code(), Some(4), "{}", result.log());
    let said = format!("{}\n{}", result.message(), result.log());
    assert!(
        said.contains("rename that one, or leave the database out (backup.exclude)"),
        "{said}"
    );
    assert!(!result.message().contains("a retry may help"), "{said}");
}
