//! The certificate, where there is one: near its end, or not what is served.

use super::promql::is;
use super::{Group, Guide, Scope, Severity};
use crate::lower::{NET, RELOAD_DEADLINE, RELOAD_LATE, Workload};

/// See its meaning.
pub const NEAR_END: Guide = Guide {
    name: "PostgresCertificateNearEnd",
    severity: Severity::Warning,
    // For a success that is told a little late.
    hold: Some("5m"),
    meaning: "CronJob `<name>-reload` looks at the certificate each hour, and two runs in a row have found a fault: it is in its last 14 days (or the last sixth of a shorter life), a renewed one is not served, or clients that verify would refuse what is served. Or no one looks: its runs cannot log in, are not started, or the CronJob is suspended or gone. The next success ends the alarm, also that of a Job made from it by hand.",
    steps: &[
        "Read the last line of the newest Job of that CronJob: it says what is the matter, with the days that are left.",
        "Near its end: see why it was not renewed, renew it, and run the CronJob by hand.",
        "No Job at all: apply this folder again, which makes the CronJob again and lets it go on.",
    ],
    chapters: &["TLS", "Look"],
};

/// The time from one run to the next.
const HOUR: i64 = 3600;

/// The rules; none without a certificate.
pub fn group(scope: &Scope<'_>) -> Option<Group> {
    scope.model.access.tls.as_ref()?;
    let cron_job = scope.names.workload(Workload::Reload);
    let of = [is("cronjob", &cron_job)];
    let succeeded = scope.series("kube_cronjob_status_last_successful_time", &of);
    let created = scope.series("kube_cronjob_created", &of);
    let info = scope.series("kube_cronjob_info", &of);
    let claims = scope.series("kube_persistentvolumeclaim_info", &[]);
    let pods = scope.series("kube_pod_info", &[]);
    let expr = format!(
        "\
time() - max by (namespace) (
    # None, or 0: it has never succeeded, and its own age counts.
    {succeeded} > 0
  or
    {created}
)
# Two hours, a late start, and a run that takes as long as it may.
> 2 * {HOUR} + {RELOAD_LATE} + {}
or
# The CronJob is gone, and what else there is says that the namespace is being looked at.
count by (namespace) (
    {claims}
  or
    {pods}
)
unless on (namespace)
  {info}",
        i64::from(RELOAD_DEADLINE) + NET,
    );
    let summary = format!(
        "The certificate of {} is near its end or not served as it should be: CronJob {cron_job} has not succeeded for hours.",
        scope.database()
    );
    Some(Group {
        name: scope.group("certificate"),
        comment: None,
        interval: None,
        rules: vec![scope.alert_of(&cron_job, &NEAR_END, expr, summary)],
    })
}
