//! UP0925: no secret is written down.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, text};

const CODE: &str = "UP0925";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "no secret is written down",
    documentation: "
No Secret of ours carries `data` or `stringData`, and no ConfigMap of ours carries a private key.

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
            if text(value).contains("PRIVATE KEY-----")
                || text(value).contains("PRIVATE KEY BLOCK-----")
            {
                let message = format!("the key `{key}` holds a private key");
                findings.push(config.error(CODE, format!("data['{key}']"), message));
            }
        }
    }
    findings
}
