//! Exporters: where there can be none, images of it that move, and who reads from none.

use super::pooler_image::version;
use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::spec::types::{Choice, Exporter, PoolerExporter};
use crate::validate::defaults::monitoring::IMAGE;
use crate::validate::defaults::pooler::EXPORTER_IMAGE;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const AT_NEON: Rule = Rule {
    explanation: Explanation {
        code: "UP1201",
        title: "an exporter that keeps a compute awake",
        text: "An exporter asks the server with every scrape, mostly each minute. A compute at Neon sleeps after five minutes without a query, and is paid for as long as it is awake: with an exporter it would never sleep. Neon's console shows the same numbers, and its plans with an export of metrics send them to Prometheus without waking anything. Alerts on backups, volumes and poolers need no exporter, and the poolers' own (`pooler.exporter`) asks PgBouncer alone.",
        bad: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
[monitoring]
exporter = true
"#,
        good: r#"allow = [{ rule = "UP1001" }]
[neon]
host = "ep-cool-darkness-a1b2c3d4.us-east-2.aws.neon.tech"
database = "neondb"
role = "neondb_owner"
postgres = 17
[monitoring]
rules = "config-map"
"#,
    },
    severity: Severity::Error,
    check: at_neon,
};

/// See its explanation.
pub const FLOATS: Rule = Rule {
    explanation: Explanation {
        code: "UP1202",
        title: "an image of an exporter that moves",
        text: "What runs is what was reviewed: a tag such as `latest` or `v0` is another exporter tomorrow, and its options change between releases. The tag names the whole release, or a digest follows.",
        bad: r#"[monitoring]
exporter = { image = "quay.io/prometheuscommunity/postgres-exporter:latest" }
"#,
        good: r#"[monitoring]
exporter = { image = "quay.io/prometheuscommunity/postgres-exporter:v0.17.1" }
"#,
    },
    severity: Severity::Error,
    check: floats,
};

/// See its explanation.
pub const UNREAD: Rule = Rule {
    explanation: Explanation {
        code: "UP1203",
        title: "scrapers of no exporter",
        text: "`monitoring.scrapers` says who reads from the exporter and from those of the poolers (`pooler.exporter`), and there is none: nobody would be let in anywhere. kube-state-metrics and the kubelet are scraped where they run, which no policy of ours has a say in.",
        bad: r#"[monitoring]
scrapers = [{ namespace = "monitoring", pods = { "app.kubernetes.io/name" = "prometheus" } }]
"#,
        good: r#"[monitoring]
exporter = true
scrapers = [{ namespace = "monitoring", pods = { "app.kubernetes.io/name" = "prometheus" } }]
"#,
    },
    severity: Severity::Error,
    check: unread,
};

/// What is said of an exporter that there shall be.
fn wanted(spec: &Spec) -> Option<Exporter> {
    spec.monitoring.as_ref()?.exporter.as_ref()?.wanted()
}

/// The same of one beside each pooler.
fn wanted_of_poolers(spec: &Spec) -> Option<PoolerExporter> {
    spec.pooler.as_ref()?.exporter.as_ref()?.wanted()
}

fn at_neon(spec: &Spec, findings: &mut Findings) {
    if spec.neon.is_some() && spec.postgres.is_none() && wanted(spec).is_some() {
        findings
            .key(
                path!["monitoring", "exporter"],
                "an exporter would keep the compute at Neon awake",
            )
            .context(path!["neon"], "the databases are there")
            .help("leave it out: the alerts on backups, volumes and poolers need none; `pooler.exporter` asks PgBouncer alone");
    }
}

fn floats(spec: &Spec, findings: &mut Findings) {
    let of_server = wanted(spec).and_then(|exporter| exporter.image);
    let of_poolers = wanted_of_poolers(spec).and_then(|exporter| exporter.image);
    for (image, path, known) in [
        (of_server, path!["monitoring", "exporter", "image"], IMAGE),
        (
            of_poolers,
            path!["pooler", "exporter", "image"],
            EXPORTER_IMAGE,
        ),
    ] {
        if image.is_some_and(|image| image.digest.is_none() && version(&image).is_none()) {
            findings
                .value(path, "the image may change without a change here")
                .label("no release in the tag, and no digest")
                .help(format!(
                    "write a tag such as `{known}` has, or add a digest"
                ));
        }
    }
}

fn unread(spec: &Spec, findings: &mut Findings) {
    let Some(monitoring) = &spec.monitoring else {
        return;
    };
    let read = wanted(spec).is_some() || wanted_of_poolers(spec).is_some();
    if monitoring.scrapers.is_none() || read {
        return;
    }
    let finding = findings.key(
        path!["monitoring", "scrapers"],
        "there is no exporter that they could read from",
    );
    match monitoring.exporter {
        Some(Choice::Wanted(_)) => finding.help("write `exporter = true`, or leave it out"),
        _ => finding.help("add `exporter = true`, or leave it out"),
    };
}
