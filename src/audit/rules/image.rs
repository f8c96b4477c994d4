//! UP0909: images are pinned.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};

const CODE: &str = "UP0909";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "images are pinned",
    documentation: "
Every image has a tag other than `latest`, or a digest (`sha256:` and 64 hexadecimal digits in
lower case), and its `imagePullPolicy` is written.

What runs is what was reviewed: `latest` is another server tomorrow, and a new base image under an
old database sorts text differently. The policy's default depends on the tag.

Write the version with the name of its base, or a digest.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      image: docker.io/library/postgres:17.12-bookworm
      imagePullPolicy: IfNotPresent
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      image: registry.example:5000/postgres
      imagePullPolicy: IfNotPresent
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for container in pod.containers() {
            if let Some(fault) = fault(text(&container.value["image"])) {
                let path = format!("{}.image", container.path);
                let message = format!("the image of `{}` {fault}", container.name);
                findings.push(pod.item.error(CODE, path, message));
            }
            let policy = text(&container.value["imagePullPolicy"]);
            if !matches!(policy, "Always" | "IfNotPresent" | "Never") {
                let path = format!("{}.imagePullPolicy", container.path);
                let message = format!("the pull policy of `{}` is not written", container.name);
                findings.push(pod.item.error(CODE, path, message));
            }
        }
    }
    findings
}

/// What keeps an image reference from being pinned.
fn fault(image: &str) -> Option<&'static str> {
    if image.is_empty() {
        return Some("is not written");
    }
    if let Some((_, digest)) = image.split_once('@') {
        let is_sha256 = digest.strip_prefix("sha256:").is_some_and(|digits| {
            digits.len() == 64
                && digits
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        });
        return (!is_sha256).then_some("has a digest that is not `sha256:` and 64 digits");
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        None | Some((_, "")) => Some("has neither tag nor digest"),
        Some((_, "latest")) => Some("has the tag `latest`, which names another image every day"),
        Some(_) => None,
    }
}
