//! UP0950: a Job's pod is the one that its name was made for.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::Context;
use crate::audit::hash::{HASH, pod_hash};
use serde_json::Value;

const CODE: &str = "UP0950";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a Job's pod is the one that its name was made for",
    documentation: "
A warning. The name of our Jobs ends in a hash of their pod template, since a Job that stands cannot
be changed: what changes the template in the spec makes another Job. What an overlay changes (an
image, a variable, resources) does not change the name. The annotation `underpin/hash` holds what
the template was made with, and differs now.

If the cluster holds this Job with another template, applying ends with `field is immutable`:
delete the Job first, with the command that the finding gives. It has no state of its own and is
safe to run again.
",
    good: r"
apiVersion: batch/v1
kind: Job
metadata:
  name: orders-bootstrap-0123456789
  labels: { app.kubernetes.io/managed-by: underpin }
spec:
  template: { spec: { containers: [{ name: bootstrap, image: 'postgres:17.12-bookworm' }] } }
",
    bad: r"
apiVersion: batch/v1
kind: Job
metadata:
  name: orders-bootstrap-0123456789
  labels: { app.kubernetes.io/managed-by: underpin }
  annotations: { underpin/hash: '0123456789' }
spec:
  template: { spec: { containers: [{ name: bootstrap, image: 'mirror.example/postgres:17.12-bookworm' }] } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for job in context.our_items("Job") {
        let made_with = &job.value["metadata"]["annotations"][HASH];
        if made_with.is_null()
            || *made_with == Value::String(pod_hash(&job.value["spec"]["template"]))
        {
            continue;
        }
        let message = "an overlay changed this Job's pod, and a Job that stands cannot be changed";
        let delete = match job.namespace {
            "" => format!("`kubectl delete job {}`", job.name),
            namespace => format!("`kubectl -n {namespace} delete job {}`", job.name),
        };
        let finding = job.warning(CODE, "spec.template", message);
        findings.push(finding.help(format!("{delete} before applying, if it stands")));
    }
    findings
}
