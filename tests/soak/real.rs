//! Schemas that other people's applications make, by their own migrations, filled with rows: backed
//! up, drilled, restored beside and in place.
//!
//! `tests/real/install` gets the applications; `tests/real/NAME/run` lets one make its schema, as the
//! owner of an empty database, and knows it by the variables of libpq, `URL`, `TOOLS` (where the
//! application stands) and `STATE` (an empty folder).

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::backup::deployed::Deployed;
use crate::cases::Case;
use crate::cases::eye::Seen;
use crate::cases::run::drill;
use crate::kubelet::Pod;

const IMAGE: &str = "17.12-bookworm";
const SPEC: &str = "backup.volume.keep = { last = 50 }\nbackup.drill.size = '2Gi'";
const FILL: &str = include_str!("../real/fill.sql");
const LONG: Duration = Duration::from_mins(15);
const ORDERS: Case = Case::new("orders", "");
const AGAIN: Case = Case::new("again", "");

#[test]
fn wagtail() {
    comes_back("wagtail", 59);
}

#[test]
fn django_oscar() {
    comes_back("oscar", 93);
}

#[test]
fn django_cms() {
    comes_back("cms", 26);
}

#[test]
fn airflow() {
    comes_back("airflow", 58);
}

#[test]
fn mlflow() {
    comes_back("mlflow", 65);
}

#[test]
fn synapse() {
    comes_back("synapse", 170);
}

#[test]
fn tryton() {
    comes_back("trytond", 80);
}

#[test]
fn prefect() {
    comes_back("prefect", 37);
}

#[test]
fn unleash() {
    comes_back("unleash", 102);
}

#[test]
fn vendure() {
    comes_back("vendure", 89);
}

#[test]
fn backstage_catalog() {
    comes_back("catalog", 12);
}

#[test]
fn pg_boss_and_graphile_worker() {
    comes_back("queues", 11);
}

#[test]
fn umami() {
    comes_back("umami", 9);
}

#[test]
fn medusa() {
    comes_back("medusa", 147);
}

#[test]
fn lemmy() {
    comes_back("lemmy", 75);
}

/// At least so many tables, most of them with rows.
#[track_caller]
fn comes_back(name: &str, tables: u32) {
    let deployed = Deployed::new(IMAGE, SPEC, |server: &Pod| make(server, name));
    let told = deployed.sql(
        "orders",
        &format!("set role orders; reset search_path;\n{FILL}"),
    );
    let numbers: Vec<u32> = told
        .split(' ')
        .filter_map(|word| word.trim().parse().ok())
        .collect();
    let [filled, all] = numbers[..] else {
        panic!("{told}")
    };
    assert!(all >= tables && filled * 4 >= all * 3, "{name}: {told}");

    let before = Seen::of(&deployed.server, &ORDERS);
    deployed.back_up("backup-1");
    let result = deployed
        .start_restore("beside", &[("INTO", "again")])
        .wait_within(LONG);
    result.expect_success();
    before.expect_in(&deployed, "again", &ORDERS);
    let again = Seen::of(&deployed.server, &AGAIN);
    deployed
        .start_restore("in-place", &[("REPLACE", "true")])
        .wait_within(LONG)
        .expect_success();
    assert_eq!(Seen::of(&deployed.server, &ORDERS), again, "{name}");
    drill(&deployed, "drill-1").expect_success();
}

/// The application's own migrations, in the network of the server's pod: it reaches nothing else.
#[track_caller]
fn make(server: &Pod, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real")
        .join(name);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let tools = target.join("tools/schemas").join(name);
    assert!(
        tools.join(".pins").exists(),
        "{} is missing: `tests/real/install {name}`",
        tools.display()
    );
    let state = tempfile::tempdir().unwrap();
    let programs = [
        tools.join("bin"),
        tools.join("node_modules/.bin"),
        target.join("tools/postgresql/17.11/bin"),
    ];
    let programs: Vec<String> = programs
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let path = format!("{}:{}", programs.join(":"), std::env::var("PATH").unwrap());
    let process = server.process().to_string();
    let output = Command::new("nsenter")
        .args(["--net", "--target", &process, "bash", "-eu", "run"])
        .current_dir(&folder)
        .env("PATH", path)
        .env("HOME", state.path())
        .env("STATE", state.path())
        .env("TOOLS", &tools)
        .env("PGHOST", "127.0.0.1")
        .env("PGPORT", "5432")
        .env("PGUSER", "orders")
        .env("PGPASSWORD", "of orders")
        .env("PGDATABASE", "orders")
        .env(
            "URL",
            "postgresql://orders:of%20orders@127.0.0.1:5432/orders",
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{said}",
        String::from_utf8_lossy(&output.stdout)
    );
}
