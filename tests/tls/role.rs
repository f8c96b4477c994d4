//! The role that reloads the server can do that, and nothing else.

use super::{DEBIAN, SPEC, Shielded, dial};
use crate::bootstrap::shop::sql;

const BOUND: &[&str] = &["PGSSLMODE=require", "PGCHANNELBINDING=require"];

#[test]
fn it_reloads_and_fails_at_everything_else() {
    let shielded = Shielded::new(DEBIAN, SPEC);
    let server = shielded.shop.bootstrapped();
    let client = shielded.shop.client();
    let run = |text: &str| dial(&client, "orders-direct", "underpin_reload", BOUND, text);
    sql(&server, "postgres", "create table secrets as select 1 as n");
    assert_eq!(run("select pg_reload_conf()").expect_success().trim(), "t");
    for (statement, refusal) in [
        ("select * from secrets", "permission denied"),
        ("select rolpassword from pg_authid", "permission denied"),
        ("create table mine (n int)", "permission denied"),
        ("create schema mine", "permission denied"),
        ("create database mine", "permission denied"),
        ("create role mine", "permission denied"),
        ("alter role underpin_reload superuser", "permission denied"),
        ("alter system set work_mem = '1GB'", "not allowed"),
        (
            "set session_replication_role = replica",
            "permission denied",
        ),
        (
            "select set_config('log_statement', 'none', false)",
            "permission denied",
        ),
        ("select pg_read_file('/etc/passwd')", "permission denied"),
        ("select pg_read_file('/tls/tls.key')", "permission denied"),
        ("select pg_ls_dir('.')", "permission denied"),
        ("copy (select 1) to '/tmp/x'", "permission denied"),
        ("copy secrets from program 'id'", "permission denied"),
        (
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'postgres' or usename is null limit 1",
            "permission denied",
        ),
        ("select pg_rotate_logfile()", "permission denied"),
        ("select pg_switch_wal()", "permission denied"),
        ("checkpoint", "permission denied"),
        ("set role postgres", "permission denied"),
    ] {
        let output = run(statement);
        assert!(!output.success(), "{statement}: {output:#?}");
        let said = output.stderr.to_lowercase();
        let read_only = said.contains("read-only transaction");
        assert!(
            said.contains(refusal) || read_only || said.contains("no privileges"),
            "{statement}: {output:#?}"
        );
        // It may turn off what it has for a belt.
        if read_only {
            let output = run(&format!(
                "set default_transaction_read_only = off; begin; set transaction read write; {statement}"
            ));
            let said = output.stderr.to_lowercase();
            let refused = said.contains(refusal) || said.contains("cannot run inside");
            assert!(!output.success() && refused, "{statement}: {output:#?}");
        }
    }
    // PostgreSQL only warns of a grant that one may not make.
    run(
        "set default_transaction_read_only = off; begin; set transaction read write; grant execute on function pg_reload_conf() to orders; commit",
    );
    let granted = "select has_function_privilege('orders', 'pg_reload_conf()', 'execute')";
    assert_eq!(sql(&server, "postgres", granted).trim(), "f");
    let elsewhere = [BOUND, &["PGDATABASE=orders"]].concat();
    let output = dial(
        &client,
        "orders-direct",
        "underpin_reload",
        &elsewhere,
        "select 1",
    );
    assert!(
        output.stderr.contains("pg_hba.conf rejects connection"),
        "{output:#?}"
    );
    let attributes = "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls, rolconnlimit from pg_roles where rolname = 'underpin_reload'";
    assert_eq!(sql(&server, "postgres", attributes).trim(), "f|3");
    shielded.shop.again("again").expect_success();
    run("select pg_reload_conf()").expect_success();
}
