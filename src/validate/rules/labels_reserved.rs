//! Labels that Underpin sets itself.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// See its explanation.
pub const RULE: Rule = Rule {
    explanation: Explanation {
        code: "UP0103",
        title: "a label that is taken",
        text: "Selectors, policies and tools rely on the labels that Underpin sets, and Kubernetes keeps its own prefixes for itself. A label of the spec cannot replace them.",
        bad: r#"[labels]
"app.kubernetes.io/name" = "db"
"#,
        good: r#"[labels]
"example.com/name" = "db"
"#,
    },
    severity: Severity::Error,
    check,
};

fn check(spec: &Spec, findings: &mut Findings) {
    for key in spec.labels.iter().flatten().map(|(key, _)| key.to_string()) {
        let Some((prefix, _)) = key.split_once('/') else {
            continue;
        };
        let taken = prefix == "underpin"
            || ["kubernetes.io", "k8s.io"]
                .iter()
                .any(|domain| prefix == *domain || prefix.ends_with(&format!(".{domain}")));
        if taken {
            findings
                .key(
                    path!["labels", key.as_str()],
                    format!("label `{key}` is not the spec's to set"),
                )
                .label(format!("`{prefix}/` is kept for Kubernetes and Underpin"))
                .help("use a prefix of your own, such as `example.com/`, or none");
        }
    }
}
