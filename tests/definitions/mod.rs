//! Whether definitions that came back from a restore are told from those that did not: on real servers,
//! through `pg_dump` and `pg_restore` alone.

mod damaged;

use std::time::Duration;

use underpin::scripts::{DEFINITIONS, DEFINITIONS_SQL};

use crate::fixture::run;
use crate::kubelet::Pod;
use crate::server::{deploy, spec, start};

const FORMS: &str = include_str!("forms.sql");
const QUERIES: &str = include_str!("queries.sql");
const MUTATIONS: &str = include_str!("mutations.txt");

/// Runs in the pod, after the scripts' own text: SQL on stdin, the lines and the verdict on stdout.
/// The catalogs are read by a role without any right.
const COMPARE: &str = r#"
export PGHOST=/var/run/postgresql
cd "$(dirname "$(psql -XAtc 'show data_directory' -d postgres)")"
mkdir -p compared
cd compared
cat >definitions.sql
for side in "$1" "$2"; do
    PGDATABASE=$side PGOPTIONS='-c role=powerless' PGCLIENTENCODING=UTF8 \
        psql -X -w -q -A -t -f definitions.sql >"$side.raw"
    canonical_definitions <"$side.raw" >"$side.tsv"
done
compare_definitions "$1.tsv" "$2.tsv" && code=0 || code=$?
echo "code=$code"
"#;

/// What `compare_definitions` says of two databases, and its code.
#[track_caller]
fn compare(server: &Pod, expected: &str, found: &str) -> (Vec<String>, String) {
    let script = format!("{}\n{COMPARE}", DEFINITIONS.text);
    let command = ["bash", "-c", &script, "bash", expected, found];
    let output = server.exec_within(&command, DEFINITIONS_SQL.text, Duration::from_mins(10));
    let mut lines: Vec<String> = output
        .expect_success()
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    let code = lines.pop().unwrap();
    (lines, code)
}

/// Dumps a database and restores it into another.
#[track_caller]
fn restore(server: &Pod, from: &str, to: &str) {
    run(
        server,
        "postgres",
        &format!("create database {to} template template0"),
    );
    let line = "export PGHOST=/var/run/postgresql PGCLIENTENCODING=UTF8
        cd \"$(dirname \"$(psql -XAtc 'show data_directory' -d postgres)\")\"
        pg_dump -Fd -f \"dump-$1\" \"$1\"
        pg_restore -d \"$2\" \"dump-$1\"";
    let command = ["bash", "-ec", line, "bash", from, to];
    server
        .exec_within(&command, "", Duration::from_mins(10))
        .expect_success();
}

#[track_caller]
pub(crate) fn tells_right_from_wrong(image: &str) {
    let cluster = deploy(&spec(image, ""));
    cluster.claim("orders-data").grow(2 << 30);
    let server = start(&cluster);
    let major = image[..2].parse().unwrap();
    run(
        &server,
        "postgres",
        "create role orders; create role powerless",
    );
    for (name, text, least) in [("forms", FORMS, 3600), ("queries", QUERIES, 570)] {
        run(&server, "postgres", &format!("create database {name}"));
        run(&server, name, &format!("set search_path = public;\n{text}"));
        let made = "select sum(made) from public.count where place !~ 'refused'";
        let made: u32 = run(&server, name, made).trim().parse().unwrap();
        assert!(made >= least, "{name}: {made}");
        let again = format!("{name}_again");
        restore(&server, name, &again);
        let (lines, code) = compare(&server, name, &again);
        assert_eq!((lines, code.as_str()), (vec![], "code=0"), "{name}");
    }
    mutants(&server, major);
}

/// Each change is named, and nothing else is.
#[track_caller]
fn mutants(server: &Pod, major: u32) {
    let (mut before, mut after) = (String::new(), String::new());
    let mut expected = Vec::new();
    for block in MUTATIONS.split("\n\n").filter(|b| !b.starts_with('#')) {
        let since = block.lines().find_map(|line| line.strip_prefix("! "));
        if since.is_some_and(|since| since.parse::<u32>().unwrap() > major) {
            continue;
        }
        for line in block.lines() {
            match line.split_at_checked(2) {
                Some(("> ", statement)) => after.extend([statement, ";\n"]),
                Some(("! ", _)) => {}
                Some(("= ", says)) => {
                    let (kind, rest) = says.split_once(' ').unwrap();
                    let (rest, result) = rest.rsplit_once(' ').unwrap();
                    let (name, field) = rest.rsplit_once(' ').unwrap();
                    expected.push(format!(
                        "event=definition kind={kind} name={name} field={field} result={result}"
                    ));
                }
                _ => before.extend([line, ";\n"]),
            }
        }
    }
    run(server, "postgres", "create database mutants");
    let path = "set search_path = public;\n";
    run(server, "mutants", &(path.to_owned() + &before));
    restore(server, "mutants", "mutants_again");
    run(server, "mutants_again", &(path.to_owned() + &after));
    let (mut lines, code) = compare(server, "mutants", "mutants_again");
    lines.sort();
    expected.sort();
    assert_eq!(lines, expected);
    assert_eq!(code, "code=1");
}

#[test]
fn tells_right_from_wrong_on_15() {
    tells_right_from_wrong("15.20-bookworm");
}

#[test]
fn tells_right_from_wrong_on_16_and_busybox() {
    tells_right_from_wrong("16.12-alpine3.22");
}

#[cfg(feature = "soak")]
#[test]
fn tells_right_from_wrong_on_18() {
    tells_right_from_wrong("18.7-bookworm");
}
