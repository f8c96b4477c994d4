//! Alerts, as Prometheus evaluates them: the files beside this one are promtool's, one for each
//! alert, and read `<name>.rules.yaml` as it comes of the spec `<name>.toml`.

pub(crate) mod metrics;

use crate::{generate, tools};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use underpin::alerts;
use underpin::compile::compile;
use underpin::model::Model;
use underpin::source::Source;
use underpin::spec::types::Rules;

const SPECS: &[(&str, &str)] = &[
    ("order-desk", include_str!("order-desk.toml")),
    ("ledger", include_str!("ledger.toml")),
];

/// What a test file must show. That an alert clears is part of firing, but for what ends by itself.
const NEEDED: &[&str] = &["exp_alerts: []", "exp_annotations:"];

fn model(text: &str) -> Model {
    let source = Source {
        path: "database.toml".into(),
        text: text.to_owned(),
    };
    compile(&source).tree.unwrap().model
}

pub(crate) fn models() -> BTreeMap<&'static str, Model> {
    let specs = SPECS.iter();
    specs.map(|(name, text)| (*name, model(text))).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/alerts")
}

/// The files of promtool by the alert that they test.
pub(crate) fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read_to_string(&path).unwrap());
        }
    }
    files
}

#[test]
fn every_alert_does_what_its_file_says() {
    let place = tempfile::tempdir().unwrap();
    for (name, model) in models() {
        let text = alerts::text(&alerts::groups(&model));
        std::fs::write(place.path().join(format!("{name}.rules.yaml")), text).unwrap();
    }
    let mut command = tools::promtool();
    command.current_dir(place.path()).args(["test", "rules"]);
    for (name, text) in files() {
        let file = format!("{name}.yaml");
        std::fs::write(place.path().join(&file), text).unwrap();
        command.arg(file);
    }
    let output = tools::run(&mut command);
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    // It passes over rules that it does not find.
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.contains("WARNING"), "{said}");
}

#[test]
fn every_alert_has_a_file() {
    let files = files();
    for guide in alerts::ALL {
        let text = files
            .get(guide.name)
            .unwrap_or_else(|| panic!("tests/alerts/{}.yaml is missing", guide.name));
        for needed in NEEDED {
            assert!(text.contains(needed), "{}: no `{needed}`", guide.name);
        }
    }
    assert_eq!(files.len(), alerts::ALL.len());
}

/// As a file, and as the groups of a PrometheusRule.
#[test]
fn prometheus_takes_the_rules_of_every_spec() {
    let place = tempfile::tempdir().unwrap();
    let mut command = tools::promtool();
    command.args(["check", "rules", "--lint-fatal"]);
    let mut count = 0;
    for source in generate::listed().iter().chain(&generate::committed()) {
        let Some(compiled) = compile(source).tree else {
            continue;
        };
        let groups = alerts::groups(&compiled.model);
        let texts = match compiled.model.monitoring.rules {
            Rules::None => continue,
            Rules::ConfigMap => vec![alerts::text(&groups)],
            Rules::PrometheusOperator => {
                vec![alerts::text(&groups), alerts::value(&groups).to_string()]
            }
        };
        for text in texts {
            let path = place.path().join(format!("{count}.yaml"));
            std::fs::write(&path, text).unwrap();
            command.arg(path);
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
    let output = tools::run(&mut command);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What a spec says of a setting moves what is too much.
#[test]
fn thresholds_follow_the_settings() {
    let with = |settings: &str| {
        let text = format!(
            "{}\n[postgres.settings]\n{settings}",
            include_str!("ledger.toml")
        );
        let model = model(&format!("{text}\n[monitoring]\nexporter = true\n"));
        alerts::text(&alerts::groups(&model))
    };
    let usual = with("");
    for (settings, before, after) in [
        ("transaction_timeout = '2h'", ") > 3600\n", ") > 7500\n"),
        (
            "idle_in_transaction_session_timeout = '1min'",
            ") > 900\n",
            ") > 360\n",
        ),
        (
            "autovacuum_freeze_max_age = 2000000000",
            ") > 588896729\n",
            ") > 2028896729\n",
        ),
        (
            "autovacuum_multixact_freeze_max_age = 2000000000",
            ") > 1446690187\n",
            ") > 2086690187\n",
        ),
        (
            "max_slot_wal_keep_size = '1GB'",
            ") > 10737418240\n",
            ") > 858993456\n",
        ),
    ] {
        let count = |text: &str, limit: &str| text.matches(limit).count();
        let moved = with(settings);
        assert!(count(&usual, before) > 0, "{before}");
        assert!(count(&moved, after) > 0, "{settings}");
        assert_eq!(
            count(&moved, before),
            count(&usual, before) - 1,
            "{settings}"
        );
    }
}

#[test]
fn both_forms_say_the_same() {
    for (_, model) in models() {
        let groups = alerts::groups(&model);
        let read: serde_json::Value = serde_yaml::from_str(&alerts::text(&groups)).unwrap();
        assert_eq!(read, alerts::value(&groups));
    }
}
