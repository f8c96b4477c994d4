//! Lines of the runbook that change something on the server, pasted on a real one.

use super::{runbook, tree};
use crate::bootstrap::shop::{SOCKET, Shop, spec, sql};
use crate::kubelet::{Output, Pod};

const IMAGE: &str = "docker.io/library/postgres:17.12-bookworm";
const DATABASES: &str = "databases = [{ name = 'a \"b $(id)' }]\nroles = [{ name = 'a \"b $(id)', password = { secret = 'r', key = 'p' } }]";
/// The server's pod stands for the person's terminal: what `kubectl exec` would run there runs here.
const KUBECTL: &str = "kubectl() { while [[ $1 != -- ]]; do shift; done; shift; \"$@\"; }\n";

/// The block of a chapter of a spec's runbook that holds these words.
pub(crate) fn block(spec: &str, chapter: &str, words: &str) -> String {
    let tree = tree(spec);
    let (_, text) = runbook(&tree)
        .split_once(&format!("\n## {chapter}\n"))
        .unwrap();
    let (text, _) = text.split_once("\n## ").unwrap();
    let mut blocks = text.split("```sh\n").skip(1);
    let block = blocks.find(|block| block.contains(words)).unwrap();
    block.split("```").next().unwrap().to_owned()
}

/// Runs it in the server's pod.
pub(crate) fn paste(server: &Pod, block: &str) -> Output {
    server.exec_with_input(
        &["env", SOCKET, "bash", "-eu"],
        &format!("{KUBECTL}{block}"),
    )
}

#[test]
fn a_restore_is_undone_and_what_is_not_wanted_is_dropped() {
    let block = |chapter, words| block(&spec(IMAGE, DATABASES), chapter, words);
    let shop = Shop::of_image(IMAGE, DATABASES, &[("superuser", "x")]);
    shop.cluster.secret("r", &[("p", "of owner")]);
    let server = shop.bootstrapped();
    let (now, old) = ("a \"b $(id)", "a \"b $(id)_replaced_20261123t021500");
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    sql(
        &server,
        "postgres",
        &format!(
            "create database {} owner {} allow_connections false",
            quoted(old),
            quoted(now)
        ),
    );
    let made = "set role \"a \"\"b $(id)\"; create table public.items (n int primary key); insert into public.items values (1), (2)";
    sql(&server, now, made);

    let listed = paste(&server, &block("Undo a restore", "_replaced"));
    assert!(listed.expect_success().contains(old), "{listed:#?}");
    let undo = block("Undo a restore", "NAME_FROM_ABOVE");
    let wrong = paste(&server, &undo);
    assert!(
        wrong
            .stderr
            .contains("database \"NAME_FROM_ABOVE\" does not exist"),
        "{wrong:#?}"
    );
    let names = || {
        sql(
            &server,
            "postgres",
            "select string_agg(datname, ' | ' order by oid) from pg_database where oid >= 16384 and datname <> 'underpin'",
        )
    };
    assert_eq!(names(), format!("{now} | {old}"), "nothing has happened");

    let quoted_for_shell = format!("'{old}'");
    let undone = paste(&server, &undo.replace("NAME_FROM_ABOVE", &quoted_for_shell));
    assert!(undone.expect_success().contains("COMMIT"), "{undone:#?}");
    let names = names();
    let aside = names.split(" | ").next().unwrap().to_owned();
    assert!(
        aside.starts_with("undone_") && names.ends_with(&format!(" | {now}")),
        "{names}"
    );
    assert_eq!(
        sql(&server, now, "select to_regclass('public.items') is null"),
        "t"
    );

    // Rows come back beside the table that they are of.
    let (from, into) = (quoted(&aside), quoted("a \"b $(id)_restored"));
    sql(
        &server,
        "postgres",
        &format!(
            "alter database {from} rename to {into}; alter database {into} allow_connections true"
        ),
    );
    sql(
        &server,
        now,
        "set role \"a \"\"b $(id)\"; create table public.items (n int primary key)",
    );
    // No tunnel: the server is here.
    let copy = block("Restore", "TABLE=public.items").replace(" -p 15432", "");
    let copied = paste(
        &server,
        &format!("cd /tmp; export PGPASSWORD='of owner'\n{copy}"),
    );
    assert_eq!(copied.expect_success(), "CREATE TABLE\nCOPY 2\nCOPY 2");
    assert_eq!(
        sql(&server, now, "select count(*) from public.items_restored"),
        "2"
    );

    let drop = block("Restore", "NOT_WANTED=");
    let drop = drop.replace("one_table", "'a \"b $(id)_restored'");
    let (drop, _) = drop.split_once("kubectl -n shop delete").unwrap();
    assert_eq!(paste(&server, drop).expect_success(), "DROP DATABASE");
}

/// What a line of a runbook sets in the pod of the Job that it makes of a `CronJob`: `KEY`, `value`, as
/// bash reads it.
#[track_caller]
pub(crate) fn values(block: &str) -> Vec<(String, String)> {
    const KUBECTL: &str = "kubectl() {
        [[ \" $* \" == *' set env --local '* ]] || return 0
        for word; do [[ $word != [A-Z]*=* ]] || printf '%s\\0' \"$word\"; done >&3
    }\n";
    let script = format!("exec 3>&1 >/dev/null\n{KUBECTL}{block}");
    let output = std::process::Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &script])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let words = String::from_utf8(output.stdout).unwrap();
    let values: Vec<(String, String)> = words
        .split_terminator('\0')
        .map(|word| word.split_once('=').unwrap())
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    assert!(!values.is_empty(), "{block}");
    values
}
