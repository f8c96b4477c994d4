//! UP0952: text reaches containers as it is written.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, list, text};
use std::collections::BTreeSet;

const CODE: &str = "UP0952";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "text reaches containers as it is written",
    documentation: "
In `command`, `args` and the values of variables, `$(` is written `$$(` unless it names a variable
of the same container (in a value: one that stands before it).

Kubernetes replaces `$(NAME)` with the variable. A database called `$(PGPASSWORD)` would be another
one than the spec says.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      env:
        - { name: VOLUME, value: /data }
        - { name: PGDATA, value: $(VOLUME)/pgdata }
        - { name: DATABASES, value: $$(id) }
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      env:
        - { name: PGDATA, value: $(VOLUME)/pgdata }
        - { name: VOLUME, value: /data }
        - { name: DATABASES, value: $(id) }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for container in pod.containers() {
            let mut known = BTreeSet::new();
            let mut look = |tail: String, written: &str, known: &BTreeSet<&str>| {
                if let Some(name) = unknown(written, known) {
                    let path = format!("{}.{tail}", container.path);
                    let message = format!("`$({name}` names no variable that is known here");
                    let finding = pod.item.error(CODE, path, message);
                    findings.push(finding.help("write `$$(` for a dollar and a parenthesis"));
                }
            };
            for (index, variable) in list(&container.value["env"]).enumerate() {
                let written = text(&variable["value"]);
                look(format!("env[{index}].value"), written, &known);
                known.insert(text(&variable["name"]));
            }
            for field in ["command", "args"] {
                for (index, argument) in list(&container.value[field]).enumerate() {
                    look(format!("{field}[{index}]"), text(argument), &known);
                }
            }
        }
    }
    findings
}

/// The first name after `$(` that is not known, where it looks like a variable's: what stands there
/// may be part of a password. Reads as the kubelet does: `$$` is a dollar.
fn unknown(written: &str, known: &BTreeSet<&str>) -> Option<String> {
    let mut rest = written;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(after_escape) = after.strip_prefix('$') {
            rest = after_escape;
            continue;
        }
        rest = after;
        if let Some(inside) = after.strip_prefix('(') {
            match inside.split_once(')') {
                Some((name, after_name)) if known.contains(name) => rest = after_name,
                Some((name, _)) => return Some(format!("{})", short(name))),
                None => return Some("…".to_owned()),
            }
        }
    }
    None
}

fn short(name: &str) -> String {
    let of_a_variable = |letter: char| letter.is_ascii_uppercase() || letter == '_';
    if name.len() <= 40 && name.chars().all(of_a_variable) {
        name.to_owned()
    } else {
        "…".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_the_kubelet_does() {
        let known = BTreeSet::from(["A", "B"]);
        for (written, expected) in [
            ("", None),
            ("$", None),
            ("$A ${B} $$", None),
            ("$(A)$(B)", None),
            ("$$(id)", None),
            ("$$$(A)", None),
            ("$(ID)", Some("ID)")),
            ("$$$(id)", Some("…)")),
            ("$(A", Some("…")),
            ("$(A)$(x y)", Some("…)")),
            ("é$(C)", Some("C)")),
        ] {
            assert_eq!(unknown(written, &known).as_deref(), expected, "{written}");
        }
    }
}
