//! The exporter: gone, or unable to ask.

use super::{Group, Guide, Rule, Scope, Severity};

/// See its meaning.
pub const ABSENT: Guide = Guide {
    name: "PostgresExporterAbsent",
    severity: Severity::Warning,
    hold: Some("15m"),
    meaning: "Prometheus reads nothing from the exporter. Until it does, the alarms that look into the server are blind; those on backups, volumes and pods are not.",
    steps: &[
        "Does its pod run?",
        "Does Prometheus look for it, and may it reach it (`monitoring.scrapers`)? Its page of targets says what it tried.",
    ],
    chapters: &["The exporter", "What a state means"],
};

/// See its meaning.
pub const FAILING: Guide = Guide {
    name: "PostgresExporterFailing",
    severity: Severity::Warning,
    hold: Some("10m"),
    meaning: "The exporter runs and cannot ask the server, or not all that it should: the server is down (then other alarms say so, too), refuses the password, or takes too long to answer. What it could not ask, no alarm sees.",
    steps: &[
        "Read its log: the line with `level=ERROR` says why.",
        "Look that up in its chapter.",
    ],
    chapters: &["The exporter", "Look"],
};

/// The rules.
pub fn group(scope: &Scope<'_>) -> Group {
    Group {
        name: scope.group("exporter"),
        comment: None,
        interval: None,
        rules: vec![absent(scope), failing(scope)],
    }
}

fn absent(scope: &Scope<'_>) -> Rule {
    let summary = format!("The exporter of {} tells nothing.", scope.database());
    scope.alert(&ABSENT, format!("absent({})", scope.told("pg_up")), summary)
}

fn failing(scope: &Scope<'_>) -> Rule {
    let expr = format!(
        "\
min by (namespace) (
  {}
) == 0
or
max by (namespace) (
  # One of its queries failed.
  {}
) == 1",
        scope.told("pg_up"),
        scope.told("pg_exporter_last_scrape_error"),
    );
    let summary = format!(
        "The exporter of {} cannot ask the server what it should.",
        scope.database()
    );
    scope.alert(&FAILING, expr, summary)
}
