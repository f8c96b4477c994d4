//! From nothing to a server that accepts connections, on every major version and both userlands.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Instant;

use super::{DEBIAN_17, SOON, deploy, listing, query, spec, start, steps};
use crate::kubelet::{Cluster, Pod, Probe};

#[test]
fn a_first_start_says_its_steps_and_is_ready() {
    let cluster = deploy(&spec(DEBIAN_17, ""));
    let begin = Instant::now();
    let pod = cluster.start_stateful_set("orders");
    pod.wait_for_log("database system is ready to accept connections", SOON);
    let accepting = begin.elapsed();
    pod.wait_ready(SOON);
    print_time(&format!(
        "first start: accepts connections after {accepting:.1?}, ready after {:.1?}",
        begin.elapsed()
    ));
    let log = pod.log();
    let volume = log.lines().find(|line| line.starts_with("event=volume"));
    assert!(volume.unwrap().contains(" bytes=536870912 free="), "{log}");
    let volume = volume
        .unwrap()
        .split(' ')
        .take(2)
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(
        steps(&pod),
        [
            "event=lock result=held",
            &volume,
            "event=initdb result=started",
            "event=initdb result=done",
            "event=data result=created",
            "event=reserve result=made",
            "event=settings result=current",
            "event=start version=17.11",
        ]
    );
    assert_eq!(
        listing(&cluster),
        [
            ".underpin-lock",
            ".underpin-reserve",
            "lost+found",
            "pgdata"
        ]
    );
    assert_eq!(pod.exec(&["cat", "/proc/1/comm"]).stdout, "postgres\n");
    for kind in [Probe::Startup, Probe::Liveness, Probe::Readiness] {
        assert!(pod.probe(kind).success(), "{kind:?}");
    }
    assert_eq!(pod.restarts(), 0);
    assert_eq!(query(&pod, "show data_checksums"), "on");
}

#[test]
fn debian_17_runs_what_was_emitted() {
    runs_what_was_emitted(DEBIAN_17, "", "b|C.UTF-8|C|C.UTF-8|UTF8");
}

#[test]
fn debian_15_runs_what_was_emitted() {
    runs_what_was_emitted("15.16-bookworm", "", "c||C|C.UTF-8|UTF8");
}

#[test]
fn alpine_16_runs_what_was_emitted() {
    runs_what_was_emitted("16.12-alpine3.22", "", "c||C|C.UTF-8|UTF8");
}

#[test]
fn alpine_17_runs_what_was_emitted() {
    runs_what_was_emitted("17.12-alpine3.22", "", "b|C.UTF-8|C|C.UTF-8|UTF8");
}

#[test]
fn debian_18_runs_what_was_emitted() {
    runs_what_was_emitted("18.1-trixie", "", "b|C.UTF-8|C|C.UTF-8|UTF8");
}

#[test]
fn an_english_server_runs_what_was_emitted() {
    let more = "postgres.locale = 'en_US.UTF-8'";
    runs_what_was_emitted(DEBIAN_17, more, "c||en_US.UTF-8|en_US.UTF-8|UTF8");
}

/// Starts a server, compares it with the emitted file and with what initdb alone would have written,
/// and lets it live a little: a crash, an orderly end, a new pod.
pub(crate) fn runs_what_was_emitted(image: &str, more: &str, locale: &str) {
    let cluster = deploy(&spec(image, more));
    let pod = start(&cluster);
    assert_eq!(databases_locale(&pod), locale);
    settings_are_those_of_the_file(&cluster, &pod);
    nothing_that_initdb_would_have_written_is_lost(&pod, locale);

    query(&pod, "create table t as select 1 as a");
    pod.kill9();
    pod.wait_for_restarts(1, SOON);
    pod.wait_ready(SOON);
    assert_eq!(query(&pod, "select a from t"), "1");
    pod.delete();
    assert_eq!(pod.termination().unwrap().code, 0, "{}", pod.story());
    let next = start(&cluster);
    assert_eq!(query(&next, "select a from t"), "1");
    assert!(
        !next.log().contains("automatic recovery"),
        "{}",
        next.story()
    );
}

fn databases_locale(pod: &Pod) -> String {
    // The column has had another name in each of these.
    let locale = match query(pod, "show server_version_num").split_at(2).0 {
        "15" | "16" => "daticulocale",
        _ => "datlocale",
    };
    query(
        pod,
        &format!(
            "select distinct datlocprovider, {locale}, datcollate, datctype,
                    pg_encoding_to_char(encoding) from pg_database"
        ),
    )
}

fn settings_are_those_of_the_file(cluster: &Cluster, pod: &Pod) {
    let emitted = emitted(cluster);
    assert!(emitted.len() > 20);
    let read = query(
        pod,
        "select lower(name) || '=' || setting from pg_file_settings
          where applied and error is null and sourcefile = '/etc/postgresql/postgresql.conf'
          order by 1",
    );
    let written: Vec<String> = emitted
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut read: Vec<&str> = read.lines().collect();
    read.sort_unstable();
    assert_eq!(read, written, "what the server read");
    // The server marks these two as its own once it has read them; ours have no row in pg_settings.
    let apart = [
        "hba_file",
        "ident_file",
        "underpin.restart",
        "underpin.settings",
    ];
    let wrong = query(
        pod,
        &format!(
            "select f.name, f.error, f.applied, s.name, s.source, s.sourcefile, s.pending_restart
               from pg_settings s full join pg_file_settings f on lower(f.name) = lower(s.name)
              where (f.error is not null or not f.applied or s.pending_restart
                  or f.name is not null and s.sourcefile is distinct from '/etc/postgresql/postgresql.conf'
                  or f.name is null and s.sourcefile is not null)
                and coalesce(f.name, '') not in ('{}')",
            apart.join("', '")
        ),
    );
    assert_eq!(wrong, "", "what is in force from elsewhere, or not yet");
    for name in apart {
        assert_eq!(query(pod, &format!("show {name}")), emitted[name]);
    }
    let wrong = query(
        pod,
        "select * from pg_hba_file_rules where error is not null",
    );
    assert_eq!(wrong, "");
}

/// The assignments of the emitted postgresql.conf, as its grammar reads them.
fn emitted(cluster: &Cluster) -> BTreeMap<String, String> {
    let mut settings = BTreeMap::new();
    cluster.edit("ConfigMap", "orders-settings", |map| {
        settings = assignments(map["data"]["postgresql.conf"].as_str().unwrap());
    });
    settings
}

fn assignments(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| {
            let value = value.trim();
            let value = match value.strip_prefix('\'') {
                Some(quoted) => quoted.split_once('\'').unwrap().0,
                None => value.split_whitespace().next().unwrap_or_default(),
            };
            (name.trim().to_lowercase(), value.to_owned())
        })
        .collect()
}

/// A file of our own takes the place of initdb's: what initdb finds out about locale, text search and
/// time zone must stand in ours.
fn nothing_that_initdb_would_have_written_is_lost(pod: &Pod, locale: &str) {
    let parts: Vec<&str> = locale.split('|').collect();
    let provider = if parts[0] == "b" {
        format!("--locale-provider=builtin --builtin-locale={}", parts[1])
    } else {
        "--locale-provider=libc".to_owned()
    };
    let line = format!(
        "initdb -D /tmp/reference --no-sync --no-instructions --auth=reject --encoding=UTF8 {provider} \
         --locale={} --lc-collate={} >/dev/null && cat /tmp/reference/postgresql.conf && rm -rf /tmp/reference",
        parts[3], parts[2]
    );
    let reference = pod.exec(&["bash", "-c", &line]);
    let mut compared = 0;
    for (name, value) in assignments(reference.expect_success()) {
        let sized = [
            "autovacuum_worker_slots",
            "max_connections",
            "max_wal_size",
            "min_wal_size",
            "shared_buffers",
        ];
        if sized.contains(&name.as_str()) {
            continue;
        }
        let ours = query(pod, &format!("show {name}")).to_lowercase();
        // One zone of two names, and initdb's choice depends on the image.
        let value = value.replace("Etc/UTC", "UTC").to_lowercase();
        assert_eq!(ours.replace("etc/utc", "utc"), value, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 9, "what initdb writes has changed");
}

/// Past the test runner, which keeps what a good test prints to itself.
fn print_time(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}
