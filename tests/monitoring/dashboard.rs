//! The dashboard: every query of it asked of a real Prometheus, and every panel in its place. Grafana
//! itself is not here.

use super::exposition::Scrape;
use super::{SPEC, Stack};
use crate::bootstrap::IMAGE;
use crate::bootstrap::shop::{spec, sql, wait_for};
use crate::{generate, tools};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Stdio};
use underpin::compile::compile;
use underpin::dashboard::{self, WIDTH};
use underpin::model::Model;

/// The last of an hour of samples.
const NOW: u64 = 1_790_000_000;

/// A Prometheus that is gone with the test.
struct Prometheus {
    process: Child,
    address: String,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Prometheus {
    /// With series as OpenMetrics has them.
    #[track_caller]
    fn with(series: &str, place: &Path) -> Prometheus {
        let [file, data, config] =
            ["series", "data", "prometheus.yml"].map(|name| place.join(name));
        std::fs::write(&file, series).unwrap();
        std::fs::write(&config, "global: {}\n").unwrap();
        let mut command = tools::promtool();
        command.args(["tsdb", "create-blocks-from", "openmetrics"]);
        tools::stdout(command.arg(&file).arg(&data));
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let process = tools::prometheus()
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address={address}"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let prometheus = Prometheus { process, address };
        wait_for("Prometheus answers", || {
            prometheus.ask("vector(1)").is_some()
        });
        prometheus
    }

    /// The lines of an answer; none where there is none, or where the query is wrong.
    fn ask(&self, expr: &str) -> Option<Vec<String>> {
        let mut command = tools::promtool();
        command.args(["query", "instant", &format!("--time={NOW}")]);
        let output = tools::run(command.arg(format!("http://{}", self.address)).arg(expr));
        let said = String::from_utf8(output.stdout).unwrap();
        let lines = said.lines().filter(|line| !line.is_empty());
        output
            .status
            .success()
            .then(|| lines.map(str::to_owned).collect())
    }
}

/// An hour of the same, each a little more than the one before.
fn hour(scrape: &Scrape) -> String {
    let mut text = String::new();
    let kube = Scrape::read(&include_str!("kube.txt").replace(", ", ","));
    for (metric, series) in scrape.metrics.iter().chain(&kube.metrics) {
        for (labels, value) in series {
            let labels: Vec<String> = labels
                .iter()
                .map(|(name, value)| format!("{name}={value:?}"))
                .collect();
            for minute in 0..=60_u32 {
                let time = NOW - 3600 + u64::from(minute) * 60;
                let grown = if metric.starts_with("underpin_") {
                    value + f64::from(minute)
                } else {
                    *value
                };
                let _ = writeln!(text, "{metric}{{{}}} {grown} {time}", labels.join(","));
            }
        }
    }
    text + "# EOF\n"
}

fn model(rest: &str) -> Model {
    let source = generate::source(spec(IMAGE, rest));
    generate::compiled(&source).model
}

fn panels(model: &Model) -> Vec<Value> {
    dashboard::value(model)["panels"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn every_panel_shows_something() {
    let stack = Stack::new("");
    sql(
        &stack.server,
        "postgres",
        "select pg_create_physical_replication_slot('s1', true)",
    );
    let place = tempfile::tempdir().unwrap();
    let prometheus = Prometheus::with(&hour(&stack.scrape()), place.path());
    let model = model(&format!(
        "allow = [{{ rule = 'UP1001' }}]\npooler.exporter = true\nbackup.drill = {{}}\n{SPEC}"
    ));
    let mut asked = 0;
    for panel in panels(&model) {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expr = target["expr"].as_str().unwrap();
            let answer = prometheus.ask(&expr.replace("$__rate_interval", "5m"));
            let answer = answer.unwrap_or_else(|| panic!("Prometheus refuses {expr}"));
            assert!(!answer.is_empty(), "nothing: {expr}");
            for line in &answer {
                assert!(
                    !line.contains("NaN") && !line.contains("Inf"),
                    "{expr}: {line}"
                );
                // What a legend names is there.
                let legend = target["legendFormat"].as_str().unwrap();
                for label in legend
                    .split("{{")
                    .skip(1)
                    .map(|rest| rest.split("}}").next().unwrap())
                {
                    assert!(line.contains(&format!("{label}=\"")), "{expr}: {line}");
                }
            }
            asked += 1;
        }
    }
    assert!(asked > 25, "{asked}");
    // What says otherwise would pass over everything.
    assert_eq!(prometheus.ask("nothing{"), None);
    assert_eq!(prometheus.ask("nothing").unwrap(), Vec::<String>::new());
}

/// No panel over another, none beyond the edge, no place left empty; names and letters once.
#[test]
fn every_panel_has_its_place() {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for source in generate::listed().iter().chain(&generate::committed()) {
        let Some(compiled) = compile(source).tree else {
            continue;
        };
        let value = dashboard::value(&compiled.model);
        let text = dashboard::text(&compiled.model);
        assert!(text.len() < 100 * 1024, "{}", text.len());
        assert!(value["uid"].as_str().unwrap().len() <= 40);
        seen.insert(value["uid"].to_string());
        count += 1;
        let mut taken = BTreeSet::new();
        let mut bottom = 0;
        let mut ids = BTreeSet::new();
        for panel in value["panels"].as_array().unwrap() {
            assert!(ids.insert(panel["id"].as_u64()), "{panel}");
            let of =
                |side: &str| usize::try_from(panel["gridPos"][side].as_u64().unwrap()).unwrap();
            for x in of("x")..of("x") + of("w") {
                for y in of("y")..of("y") + of("h") {
                    assert!(x < WIDTH && taken.insert((x, y)), "{panel}");
                }
            }
            bottom = bottom.max(of("y") + of("h"));
        }
        assert_eq!(taken.len(), WIDTH * bottom, "a hole");
    }
    assert!(count > 50 && seen.len() >= 5, "{count} {seen:?}");
}

/// As a picture, to be looked at: `target/tmp/dashboard.svg`.
#[test]
fn it_can_be_drawn() {
    let mut svg = String::new();
    let mut bottom = 0;
    for panel in panels(&model(&format!(
        "allow = [{{ rule = 'UP1001' }}]\npooler.exporter = true\nbackup.drill = {{}}\n{SPEC}"
    ))) {
        let [x, y, w, h] =
            ["x", "y", "w", "h"].map(|side| panel["gridPos"][side].as_u64().unwrap());
        bottom = bottom.max(y + h);
        let fill = if panel["type"] == "row" {
            "lightgrey"
        } else {
            "white"
        };
        let title = panel["title"].as_str().unwrap();
        let _ = write!(
            svg,
            "<rect x='{}' y='{}' width='{}' height='{}' fill='{fill}' stroke='black'/><text x='{}' y='{}' font-size='16'>{title}</text>",
            x * 50,
            y * 25,
            w * 50,
            h * 25,
            x * 50 + 6,
            y * 25 + 19
        );
    }
    let size = format!("width='{}' height='{}'", WIDTH * 50, bottom * 25);
    let svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' {size} font-family='sans-serif'>{svg}</svg>\n"
    );
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("dashboard.svg");
    assert!(svg.matches("<rect").count() > 20);
    std::fs::write(path, svg).unwrap();
}
