//! What is not good does not pass, and the last line says what it is.

use std::fs;
use std::path::Path;

use super::{DRILL, IMAGE, expect_finding, small};
use crate::backup::deployed::Deployed;
use crate::backup::mutant::Mutant;
use crate::fixture;
use crate::kubelet::Pod;

fn manifest_gone(backup: &Path) {
    fs::remove_file(backup.join("manifest.json")).unwrap();
}

fn manifest_edited(backup: &Path) {
    let file = backup.join("manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("\"nightly\"", "\"weekly\"")).unwrap();
}

fn dump_flipped(backup: &Path) {
    let file = backup.join("2/dump/toc.dat");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn description_gone(backup: &Path) {
    fs::remove_file(backup.join("2/database.json")).unwrap();
}

/// A way to damage a backup, and what a drill says of it.
type Way = (fn(&Path), &'static str);

/// The newest is meant, whatever it is like: a drill never slips to the next one.
#[test]
fn a_damaged_newest() {
    let deployed = small(DRILL);
    expect_finding(
        &{
            fs::create_dir_all(deployed.directory()).unwrap();
            deployed.drill("none", &[])
        },
        &["there is no backup of orders"],
    );
    let good = deployed.back_up("backup-good").id;
    let ways: [Way; 4] = [
        (manifest_gone, "its manifest is missing"),
        (
            manifest_edited,
            "its manifest is missing or is not the one that was published",
        ),
        (dump_flipped, "2/dump/toc.dat is not what was written"),
        (description_gone, "2/database.json is not what was written"),
    ];
    for (number, (damage, words)) in ways.into_iter().enumerate() {
        let id = deployed.back_up(&format!("backup-{number}")).id;
        damage(&deployed.directory().join(&id));
        let result = deployed.drill(&format!("drill-{number}"), &[]);
        expect_finding(&result, &[&id, "is damaged", words, "back up now"]);
    }
    deployed
        .drill("drill-good", &[("BACKUP", &good)])
        .expect_success();
    expect_finding(
        &deployed.drill("drill-nowhere", &[("BACKUP", "20200101T000000Z-aaaaa")]),
        &["there is no backup 20200101T000000Z-aaaaa", &good],
    );
}

/// All files are as they were written, and what is in them is not what the database held.
#[test]
fn what_is_not_equal() {
    let deployed = small(DRILL);
    let backup = deployed.back_up("backup-1");
    let folder = backup.folder("orders");
    let mutant = Mutant::of(&deployed, &backup, "29990102T030405Z-moree");
    let proof = format!("{folder}/proof.jsonl");
    let text = fs::read_to_string(mutant.path(&proof)).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains("\"others\""))
        .unwrap();
    mutant.edit(
        &proof,
        line,
        &format!("{line}\n{}", line.replace("others", "lost")),
    );
    mutant.seal();
    let result = deployed.drill("drill-1", &[]);
    let words = [
        "is not what was backed up",
        "public.lost",
        "missing",
        "back up now",
        "; databases of this backup that were not tried: 1",
    ];
    expect_finding(&result, &words);
}

/// What a restore would be refused for, a drill is refused for; and as the spec lets restores, so drills.
#[test]
fn what_needs_a_superuser() {
    let load = |server: &Pod| {
        fixture::load_files(server, "orders", &["roles.sql"]);
        fixture::load_for_superuser(server, "orders");
    };
    let deployed = Deployed::new(IMAGE, DRILL, load);
    deployed.back_up("backup-1");
    let result = deployed.drill("drill-1", &[]);
    expect_finding(
        &result,
        &["a restore", "would be refused", "as_superuser = true"],
    );
    let result = deployed.drill("drill-2", &[("AS_SUPERUSER", "true")]);
    result.expect_success();
}

#[test]
fn what_is_asserted_and_not_true() {
    let deployed = small(DRILL);
    deployed.sql(
        "orders",
        "set role orders; create function public.writes() returns bool language sql security definer as 'insert into public.others values (1) returning true'",
    );
    deployed.back_up("backup-1");
    for (number, (sql, result, words)) in [
        ("select false", "false", "is not true"),
        ("select null::bool", "false", "is not true"),
        ("select true from others", "false", "is not true"),
        ("select count(*) > 1000 from wares", "false", "is not true"),
        ("select true from wares", "error", "more than one row"),
        ("select true, true", "error", "must return only one column"),
        (
            "select no_such_column from wares",
            "error",
            "no_such_column",
        ),
        ("select public.writes()", "error", "read-only"),
        (
            "select true); drop table wares; select (true",
            "error",
            "read-only",
        ),
        (
            "select true\n\\! touch /scratch/here",
            "error",
            "syntax error",
        ),
        (
            "select pg_sleep(600) is not null",
            "error",
            "statement timeout",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let asserts = serde_json::json!([
            { "database": "orders", "sql": "select count(*) = 1000 from wares" },
            { "database": "orders", "sql": sql },
            { "database": "orders", "sql": "select true" },
        ]);
        let values = [
            ("ASSERTS", asserts.to_string()),
            ("ASSERT_SECONDS", "2".into()),
        ];
        let values = values
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let ended = deployed.drill(&format!("drill-{number}"), &values);
        let named = "assert 2 of backup.drill.asserts, of database \"orders\"";
        expect_finding(&ended, &[named, words, "is equal to what was backed up"]);
        let log = ended.log();
        for told in [
            "number=1 result=true".to_owned(),
            format!("number=2 result={result}"),
            "number=3 result=true".to_owned(),
        ] {
            let told = format!("event=assert database=\"orders\" {told}");
            assert!(log.contains(&told), "{told}\n{log}");
        }
    }
    let asserts = r#"[{"database": "nowhere", "sql": "true"}]"#;
    let result = deployed.drill("drill-nowhere", &[("ASSERTS", asserts)]);
    expect_finding(&result, &["does not hold database \"nowhere\"", "assert 1"]);
}

#[test]
fn no_room() {
    let deployed = small("backup.drill.size = '100Mi'");
    deployed.back_up("backup-1");
    let result = deployed.drill("drill-1", &[]);
    expect_finding(&result, &["has no room", "grow backup.drill.size"]);
    let deployed = small("backup.drill.size = '300Mi'");
    fixture::load_megabytes(&deployed.server, "orders", 300, 1);
    let backup = deployed.back_up("backup-2");
    let mutant = Mutant::of(&deployed, &backup, "29990102T030405Z-fulll");
    let databases = backup.manifest["databases"].as_array().unwrap();
    let orders = databases
        .iter()
        .find(|held| held["name"] == "orders")
        .unwrap();
    let bytes = orders["bytes"].to_string();
    mutant.edit(
        "manifest.json",
        &format!("\"bytes\": {bytes}"),
        "\"bytes\": 1000",
    );
    mutant.seal();
    let result = deployed.drill("drill-2", &[]);
    let words = [
        "scratch volume is full",
        "grow backup.drill.size",
        "says nothing against",
    ];
    expect_finding(&result, &words);
}
