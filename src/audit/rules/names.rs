//! UP0941: names and labels are within the limits of Kubernetes.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item};
use crate::audit::select;
use serde_json::Value;

const CODE: &str = "UP0941";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "names and labels are within the limits of Kubernetes",
    documentation: "
Names are lower-case letters, digits, `-` and `.`, and not too long: 52 characters for a CronJob
(its Jobs get 11 more) and for a StatefulSet (its pods carry a label with the name and a hash), 63
for a Service or a Job, 253 for the rest. A Service's name has no dots and starts with a letter.
Label values have at most 63 characters: letters, digits, `-`, `_`, `.`, no sign at either end.

Some of these are refused when the object is applied, others only when its first pod is made.

An overlay's prefix or suffix counts. Shorten it, or `name` in the spec.
",
    good: r"
apiVersion: batch/v1
kind: CronJob
metadata: { name: orders-backup-nightly, labels: { app.kubernetes.io/managed-by: underpin } }
",
    bad: r"
apiVersion: batch/v1
kind: CronJob
metadata:
  name: a-very-long-prefix-of-an-overlay-orders-backup-nightly
  labels: { app.kubernetes.io/managed-by: underpin }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for item in context.items.iter().filter(|item| item.ours) {
        let limit = match item.kind {
            "CronJob" | "StatefulSet" => 52,
            "Job" | "Service" => 63,
            _ => 253,
        };
        let length = item.name.len();
        if length > limit {
            let message = format!("the name has {length} characters, and may have {limit}");
            findings.push(item.error(CODE, "metadata.name", message));
        }
        if !is_name(item.name, item.kind == "Service") {
            let message = "the name is none that Kubernetes takes";
            findings.push(item.error(CODE, "metadata.name", message));
        }
        let metadata = &item.value["metadata"]["labels"];
        check_labels(item, "metadata.labels", metadata, &mut findings);
    }
    for pod in context.our_workloads() {
        let path = pod.path("metadata.labels");
        check_labels(&pod.item, &path, &pod.metadata["labels"], &mut findings);
    }
    findings
}

fn check_labels(item: &Item, path: &str, labels: &Value, findings: &mut Vec<Finding>) {
    for (key, value) in select::labels(labels) {
        let path = format!("{path}['{key}']");
        if value.len() > 63 {
            let message = format!("the value has {} characters, and may have 63", value.len());
            findings.push(item.error(CODE, path, message));
        } else if !is_label_value(value) {
            let message = "the value is none that Kubernetes takes for a label";
            findings.push(item.error(CODE, path, message));
        }
    }
}

/// RFC 1123 for most kinds; RFC 1035 for a Service, whose name is one label of a DNS name.
fn is_name(name: &str, is_service: bool) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    if is_service {
        return is_part(name) && name.starts_with(|first: char| first.is_ascii_lowercase());
    }
    name.split('.').all(is_part)
}

fn is_label_value(value: &str) -> bool {
    let is_sign = |byte: u8| matches!(byte, b'-' | b'_' | b'.');
    value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte))
        && !value.bytes().next().is_some_and(is_sign)
        && !value.bytes().next_back().is_some_and(is_sign)
}
