//! Namespaces that are not for databases.

use crate::diagnostic::{Explanation, Severity};
use crate::path;
use crate::spec::Spec;
use crate::validate::{Findings, Rule};

/// Kubernetes' own.
pub const SYSTEM: Rule = Rule {
    explanation: Explanation {
        code: "UP0101",
        title: "a namespace of Kubernetes itself",
        text: "Namespaces that begin with `kube-` are Kubernetes' own; what runs there is exempt from policies and may be replaced by an upgrade.",
        bad: "namespace = \"kube-system\"\n",
        good: "namespace = \"shop\"\n",
    },
    severity: Severity::Error,
    check: |spec, findings| {
        if spec.namespace.to_string().starts_with("kube-") {
            report(spec, findings, "is Kubernetes' own");
        }
    },
};

/// The one that everything lands in.
pub const DEFAULT: Rule = Rule {
    explanation: Explanation {
        code: "UP0102",
        title: "the default namespace",
        text: "Whatever names no namespace lands in `default`, beside the database, and its Secrets can be mounted there.",
        bad: "namespace = \"default\"\n",
        good: "namespace = \"shop\"\n",
    },
    severity: Severity::Warning,
    check: |spec, findings| {
        if spec.namespace.to_string() == "default" {
            report(spec, findings, "is where everything lands that names none");
        }
    },
};

fn report(spec: &Spec, findings: &mut Findings, why: &str) {
    findings
        .value(
            path!["namespace"],
            format!("namespace `{}` {why}", spec.namespace),
        )
        .help("give the database a namespace of its own, or its application's");
}
