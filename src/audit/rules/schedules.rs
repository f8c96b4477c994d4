//! UP0951: Jobs and their schedules say what happens when something goes wrong.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};

const CODE: &str = "UP0951";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "Jobs and schedules say what happens when something goes wrong",
    documentation: "
Pods of Jobs and CronJobs have `restartPolicy: Never`. A CronJob says `concurrencyPolicy: Forbid`,
`startingDeadlineSeconds` of at least 10, both history limits, and, unless it is suspended, its
`timeZone`, which is not written into the schedule.

With `OnFailure` the last failed pod is deleted with its log. `Replace` kills a backup that runs,
`Allow` starts a second one. A deadline under ten seconds never starts anything. One failure in the
history is overwritten by the next before anybody looked. Without a time zone it is the cluster's.
",
    good: r"
apiVersion: batch/v1
kind: CronJob
metadata: { name: orders-backup, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  schedule: 15 2 * * *
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never } } } }
",
    bad: r"
apiVersion: batch/v1
kind: CronJob
metadata: { name: orders-backup, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  schedule: 15 2 * * *
  concurrencyPolicy: Replace
  jobTemplate: { spec: { template: { spec: { restartPolicy: OnFailure } } } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let is_job = matches!(pod.item.kind, "Job" | "CronJob");
        if is_job && pod.spec["restartPolicy"] != "Never" {
            let message = "a failed container is restarted in place, and its log is lost";
            findings.push(pod.error(CODE, "spec.restartPolicy", message));
        }
    }
    for schedule in context.our_items("CronJob") {
        let spec = &schedule.value["spec"];
        let mut add = |field: &str, message: &str| {
            findings.push(schedule.error(CODE, format!("spec.{field}"), message));
        };
        if spec["concurrencyPolicy"] != "Forbid" {
            add("concurrencyPolicy", "a run may start while another runs");
        }
        if spec["startingDeadlineSeconds"]
            .as_u64()
            .is_none_or(|seconds| seconds < 10)
        {
            add(
                "startingDeadlineSeconds",
                "no time of at least 10 seconds is left for a late start",
            );
        }
        for field in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
            if !spec[field].is_u64() {
                add(field, "how many past runs are kept is not written");
            }
        }
        if spec["suspend"] != true && text(&spec["timeZone"]).is_empty() {
            add(
                "timeZone",
                "the schedule is in whatever zone the cluster's controller is",
            );
        }
        if text(&spec["schedule"]).contains("TZ=") {
            add(
                "schedule",
                "the API server refuses a time zone in the schedule",
            );
        }
    }
    findings
}
