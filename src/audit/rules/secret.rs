//! UP0925: no secret is written down.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list, text};

const CODE: &str = "UP0925";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "no secret is written down",
    documentation: "
No Secret of ours carries `data` or `stringData`, and no ConfigMap of ours carries a private key. No
variable of a container of ours whose name speaks of a password, a secret or a token has a literal
value, and no key of a ConfigMap of ours is called so.

Everything that Underpin emits is committed and reviewed, and what was committed once is in the
history for good. Base64 hides nothing. Passwords live in a Secret that the team makes (or that
an ExternalSecret or SealedSecret makes); only its name and keys stand here.

If a real secret was committed: change it first, then remove it. The audit never repeats a value.
",
    good: r"
apiVersion: v1
kind: Secret
metadata: { name: somebody-elses, namespace: shop }
data: { password: aHVudGVyMg== }
",
    bad: r"
apiVersion: v1
kind: Secret
metadata: { name: orders-postgres, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
data: { superuser: aHVudGVyMg== }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for secret in context.our_items("Secret") {
        for field in ["data", "stringData"] {
            if secret.value[field]
                .as_object()
                .is_some_and(|keys| !keys.is_empty())
            {
                let message = "a Secret with values stands among the objects of Underpin";
                findings.push(secret.error(CODE, field, message));
            }
        }
    }
    for config in context.our_items("ConfigMap") {
        for (key, value) in config.value["data"].as_object().into_iter().flatten() {
            if speaks_of_a_secret(key) {
                let message = format!("the key `{key}` is called like a secret");
                findings.push(config.error(CODE, format!("data['{key}']"), message));
            }
            if text(value).contains("PRIVATE KEY-----")
                || text(value).contains("PRIVATE KEY BLOCK-----")
            {
                let message = format!("the key `{key}` holds a private key");
                findings.push(config.error(CODE, format!("data['{key}']"), message));
            }
        }
    }
    for pod in context.our_workloads() {
        for container in pod.containers() {
            for (index, variable) in list(&container.value["env"]).enumerate() {
                let name = text(&variable["name"]);
                if speaks_of_a_secret(name) && !text(&variable["value"]).is_empty() {
                    let path = format!("{}.env[{index}].value", container.path);
                    let message = format!("`{name}`, which is called like a secret, is written");
                    findings.push(pod.item.error(CODE, path, message));
                }
            }
        }
    }
    findings
}

fn speaks_of_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token", "bearer"]
        .iter()
        .any(|word| name.contains(word))
}
