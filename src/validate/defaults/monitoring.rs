//! What a spec leaves out of `[monitoring]`.

use super::{known, one_label, peers};
use crate::model::{Exporter, Monitoring, Peer, Resources};
use crate::spec::types::{self, Choice, Rules, Spec};
use crate::value::{Cpu, Image, Label, Size};

/// `monitoring.exporter.image`.
pub const IMAGE: &str = "quay.io/prometheuscommunity/postgres-exporter:v0.17.1";
/// `monitoring.exporter.cpu`: a scrape takes a few milliseconds.
pub const CPU: &str = "20m";
/// `monitoring.exporter.memory`.
pub const MEMORY: &str = "64Mi";
/// The namespace and the label of the pods that may scrape, where the spec names none.
pub const SCRAPER: (&str, [&str; 2]) = ("monitoring", ["app.kubernetes.io/name", "prometheus"]);

/// What is watched.
pub fn monitoring(spec: &Spec) -> Monitoring {
    let table = spec.monitoring.clone().unwrap_or_default();
    Monitoring {
        rules: table.rules.unwrap_or(Rules::ConfigMap),
        dashboard: table.dashboard.unwrap_or_default(),
        exporter: table
            .exporter
            .as_ref()
            .and_then(Choice::wanted)
            .map(exporter),
        scrapers: match &table.scrapers {
            Some(scrapers) => peers(spec, scrapers),
            None => vec![usual(spec)],
        },
    }
}

fn exporter(written: types::Exporter) -> Exporter {
    Exporter {
        image: written.image.unwrap_or_else(|| known(IMAGE, Image::parse)),
        resources: Resources {
            cpu: written.cpu.unwrap_or_else(|| known(CPU, Cpu::parse)),
            memory: written.memory.unwrap_or_else(|| known(MEMORY, Size::parse)),
            cpu_limit: written.cpu_limit,
        },
    }
}

/// Where Prometheus mostly runs.
fn usual(spec: &Spec) -> Peer {
    let (namespace, [key, value]) = SCRAPER;
    Peer {
        namespace: Some(known(namespace, Label::parse))
            .filter(|namespace| *namespace != spec.namespace),
        pods: one_label(key, value),
    }
}
