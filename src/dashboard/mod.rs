//! A [`Model`] in, a dashboard for Grafana out, as the JSON that Grafana reads
//! (<https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/>).
//! Pure.
//!
//! [`rows`] says what is shown; this file places it: a line of panels is as wide as the dashboard and
//! each of them as wide as its siblings, so that nothing overlaps and nothing is left empty.

mod rows;

use crate::alerts::Scope;
use crate::audit::hash::letters;
use crate::model::Model;
use serde_json::{Value, json};

/// How wide a dashboard is, in Grafana's units.
pub const WIDTH: usize = 24;

/// Panels under one heading, line by line.
struct Row {
    title: &'static str,
    lines: Vec<Line>,
}

/// Panels beside each other: as many as the width can be shared among.
struct Line {
    height: usize,
    panels: Vec<Panel>,
}

/// Something that is shown.
struct Panel {
    title: &'static str,
    /// What a reader would ask.
    description: &'static str,
    kind: Kind,
    /// As Grafana names it.
    unit: &'static str,
    queries: Vec<Query>,
}

/// How.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The number that it is now.
    Stat,
    /// What it was.
    Series,
}

/// What Prometheus is asked.
struct Query {
    expr: String,
    /// With labels as `{{label}}`.
    legend: String,
}

/// The dashboard of a database.
pub fn value(model: &Model) -> Value {
    let scope = Scope::of(model);
    let name = model.name.to_string();
    json!({
        // Grafana takes at most 40 signs.
        "uid": format!("underpin-{}", letters(format!("{}/{name}", model.namespace).as_bytes())),
        "title": format!("PostgreSQL {name} in {}", model.namespace),
        "tags": ["postgresql", "underpin"],
        "schemaVersion": 39,
        "editable": false,
        "graphTooltip": 1,
        "refresh": "1m",
        "time": { "from": "now-24h", "to": "now" },
        "timezone": "browser",
        "templating": {
            "list": [{ "name": "datasource", "type": "datasource", "query": "prometheus", "label": "Prometheus" }],
        },
        "panels": placed(rows::of(&scope)),
    })
}

/// The same as text, one field a line.
pub fn text(model: &Model) -> String {
    let text = serde_json::to_string_pretty(&value(model)).expect("it has string keys");
    text + "\n"
}

/// From the top, and from the left.
fn placed(rows: Vec<Row>) -> Vec<Value> {
    let mut panels: Vec<Value> = Vec::new();
    let mut top = 0;
    for row in rows {
        let id = panels.len() + 1;
        panels.push(json!({
            "id": id,
            "type": "row",
            "title": row.title,
            "collapsed": false,
            "gridPos": { "h": 1, "w": WIDTH, "x": 0, "y": top },
            "panels": [],
        }));
        top += 1;
        for line in row.lines {
            let width = WIDTH / line.panels.len().max(1);
            for (at, panel) in line.panels.iter().enumerate() {
                let place = json!({ "h": line.height, "w": width, "x": at * width, "y": top });
                let id = panels.len() + 1;
                panels.push(shown(panel, id, &place));
            }
            top += line.height;
        }
    }
    panels
}

fn shown(panel: &Panel, id: usize, place: &Value) -> Value {
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let is_stat = panel.kind == Kind::Stat;
    let targets: Vec<Value> = ('A'..='Z')
        .zip(&panel.queries)
        .map(|(letter, query)| {
            json!({
                "refId": letter.to_string(),
                "datasource": source,
                "expr": query.expr,
                "legendFormat": query.legend,
                "instant": is_stat,
                "range": !is_stat,
            })
        })
        .collect();
    let (kind, options) = if is_stat {
        let options = json!({ "colorMode": "none", "graphMode": "none", "reduceOptions": { "calcs": ["lastNotNull"] } });
        ("stat", options)
    } else {
        let options = json!({ "legend": { "displayMode": "list", "placement": "bottom" }, "tooltip": { "mode": "multi" } });
        ("timeseries", options)
    };
    json!({
        "id": id,
        "type": kind,
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": source,
        "fieldConfig": { "defaults": { "unit": panel.unit }, "overrides": [] },
        "options": options,
        "targets": targets,
    })
}
