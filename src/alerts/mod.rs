//! A [`Model`] in, rules for Prometheus out: what is counted, and when someone is paged. Pure.
//!
//! One file per concern. Each alert is a [`Guide`], which says what it means and what to do first,
//! with the expression beside it; the RUNBOOK's chapter and `docs/alerts.md` are made of the same
//! guides. Rules read what kube-state-metrics and the kubelet tell, and every metric and label in
//! them stands in `data/metrics/`, or in what the exporter tells in a test.
//!
//! Expressions name namespace and objects literally: those of the base, which an overlay with a
//! prefix does not change. Series are always gathered by what they are about, because
//! kube-state-metrics, restarted, tells everything twice for some minutes under another `pod`.

mod backup;
mod certificate;
pub(crate) mod drill;
mod exporter;
mod misses;
pub(crate) mod pooler;
pub mod promql;
mod render;
mod server;
mod sessions;
mod times;
mod upkeep;
mod volume;

use crate::lower::Names;
use crate::model::{Model, Recovery};
pub use render::{text, value};
pub use times::longest_gap;

/// Rules that are evaluated together, one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What a reviewer would ask of it.
    pub comment: Option<&'static str>,
    /// How often it is evaluated, where that counts.
    pub interval: Option<&'static str>,
    /// In this order.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Something is told to someone.
    Alert(Alert),
    /// Something is reckoned for other rules.
    Record(Record),
}

/// An alert of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What is always the same of it.
    pub guide: &'static Guide,
    /// When it is true.
    pub expr: String,
    /// Beside `severity`, in order.
    pub labels: Vec<(&'static str, String)>,
    /// One sentence for whoever is woken.
    pub summary: String,
}

/// A series that rules make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub expr: String,
    /// In order.
    pub labels: Vec<(&'static str, String)>,
}

/// What is to be known of an alert, the same for every database.
#[derive(Debug, PartialEq, Eq)]
pub struct Guide {
    /// Its name, which is also its heading in RUNBOOK.md.
    pub name: &'static str,
    /// Who is told.
    pub severity: Severity,
    /// For how long it must be true first; none where what it looks at does not flicker.
    pub hold: Option<&'static str>,
    /// What is the matter when it fires, and when it ends.
    pub meaning: &'static str,
    /// What to do first, in order.
    pub steps: &'static [&'static str],
    /// Chapters of RUNBOOK.md that lead on. One that an engine lacks is left out.
    pub chapters: &'static [&'static str],
}

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Someone is paged.
    Critical,
    /// Someone looks today.
    Warning,
}

impl Severity {
    /// The label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Critical => "critical: someone is paged",
            Self::Warning => "warning: someone looks today",
        }
    }
}

/// Every alert that there is.
pub const ALL: &[&Guide] = &[
    &backup::MISSED,
    &backup::FAILED,
    &backup::FIRST_FAILED,
    &backup::SLOW,
    &backup::SUSPENDED,
    &backup::GONE,
    &misses::OFTEN_MISSED,
    &drill::MISSED,
    &drill::FAILED,
    &drill::SUSPENDED,
    &drill::GONE,
    &backup::METRICS_ABSENT,
    &server::DOWN,
    &server::NOT_READY,
    &server::RESTARTING,
    &server::OUT_OF_MEMORY,
    &server::BOOTSTRAP_FAILED,
    &volume::DATA_FULL,
    &volume::DATA_FILLING,
    &volume::DATA_FILLS_SOON,
    &volume::BACKUP_FULL,
    &volume::BACKUP_FILLING,
    &volume::BACKUP_FILLS_SOON,
    &volume::CLAIM_LOST,
    &volume::CLAIM_PENDING,
    &pooler::DOWN,
    &pooler::FEWER,
    &pooler::SATURATED,
    &pooler::CUT_OFF,
    &pooler::METRICS_ABSENT,
    &certificate::NEAR_END,
    &exporter::ABSENT,
    &exporter::FAILING,
    &sessions::RUNNING_OUT,
    &sessions::EXHAUSTED,
    &sessions::LOCK_WAIT,
    &sessions::LONG,
    &sessions::IDLE,
    &sessions::PREPARED,
    &upkeep::WRAPAROUND_NEARS,
    &upkeep::WRAPAROUND_CLOSE,
    &upkeep::SLOT_RETAINS,
    &upkeep::SLOT_UNUSED,
    &upkeep::CHECKSUMS,
    &upkeep::COLLATION,
    &upkeep::PENDING,
];

/// The rules of a database.
pub fn groups(model: &Model) -> Vec<Group> {
    let scope = Scope::of(model);
    let mut groups = Vec::new();
    if let Some(Recovery { backup, .. }) = &model.recovery {
        groups.extend([backup::group(&scope, backup), misses::group(&scope, backup)]);
    }
    groups.extend(drill::group(&scope));
    groups.push(backup::watching(&scope));
    groups.extend(server::group(&scope));
    if let Some(Recovery { backup, .. }) = &model.recovery {
        groups.push(volume::group(&scope, backup));
    }
    groups.extend(pooler::group(&scope));
    groups.extend(certificate::group(&scope));
    if let (Some(_), Some(server)) = (&model.monitoring.exporter, model.server()) {
        groups.extend([
            exporter::group(&scope),
            sessions::group(&scope, server),
            upkeep::group(&scope, server),
        ]);
    }
    groups
}

/// The alerts of a database, each once.
pub fn guides(model: &Model) -> Vec<&'static Guide> {
    let groups = groups(model);
    let used: Vec<&Guide> = groups
        .iter()
        .flat_map(|group| &group.rules)
        .filter_map(|rule| match rule {
            Rule::Alert(alert) => Some(alert.guide),
            Rule::Record(_) => None,
        })
        .collect();
    let all = ALL.iter().copied();
    all.filter(|guide| used.contains(guide)).collect()
}

impl Guide {
    /// Where it stands in RUNBOOK.md.
    pub fn anchor(&self) -> String {
        anchor(self.name)
    }
}

/// The anchor that readers of Markdown make of a heading.
pub fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

/// Whose rules they are, and whose dashboard.
#[derive(Debug)]
pub struct Scope<'m> {
    /// The database.
    pub model: &'m Model,
    /// Its objects.
    pub names: Names<'m>,
}

impl<'m> Scope<'m> {
    /// That of a database.
    pub fn of(model: &'m Model) -> Self {
        Self {
            model,
            names: Names::of(model),
        }
    }

    /// The name of a group.
    fn group(&self, concern: &str) -> String {
        format!("{}.{}-{concern}", self.model.namespace, self.names.name())
    }

    /// The database, in words.
    fn database(&self) -> String {
        format!("{} in {}", self.names.name(), self.model.namespace)
    }

    /// An alert, with the labels that all have.
    fn alert(&self, guide: &'static Guide, expr: String, summary: String) -> Rule {
        Rule::Alert(Alert {
            guide,
            expr,
            labels: vec![("database", self.names.name().to_owned())],
            summary,
        })
    }

    /// The same of one schedule.
    fn alert_of(
        &self,
        cron_job: &str,
        guide: &'static Guide,
        expr: String,
        summary: String,
    ) -> Rule {
        self.alert_with(("cronjob", cron_job), guide, expr, summary)
    }

    /// The same of one of several things that are counted.
    fn alert_with(
        &self,
        label: (&'static str, &str),
        guide: &'static Guide,
        expr: String,
        summary: String,
    ) -> Rule {
        Rule::Alert(Alert {
            guide,
            expr,
            labels: vec![
                ("database", self.names.name().to_owned()),
                (label.0, label.1.to_owned()),
            ],
            summary,
        })
    }

    /// A series, with the label that all have, and one that tells it from its siblings.
    fn record(&self, name: &'static str, expr: String, of: Option<(&'static str, String)>) -> Rule {
        let database = ("database", self.names.name().to_owned());
        Rule::Record(Record {
            name,
            expr,
            labels: std::iter::once(database).chain(of).collect(),
        })
    }

    /// Series of the database's namespace.
    pub fn series(&self, metric: &str, matchers: &[String]) -> String {
        let namespace = promql::is("namespace", &self.model.namespace.to_string());
        promql::series(metric, &[&[namespace], matchers].concat())
    }

    /// Series of the database's exporter, which says whose they are.
    pub fn told(&self, metric: &str) -> String {
        self.series(metric, &[promql::is("database", self.names.name())])
    }

    /// Series that rules made.
    fn recorded(&self, name: &str, matchers: &[String]) -> String {
        let database = promql::is("database", self.names.name());
        self.series(name, &[&[database], matchers].concat())
    }
}
