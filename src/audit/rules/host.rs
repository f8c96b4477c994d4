//! UP0901: pods do not reach into their node.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Container, Context, Workload, list, text};

const CODE: &str = "UP0901";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "pods do not reach into their node",
    documentation: "
No pod shares the node's network, processes or IPC (`hostNetwork`, `hostPID`, `hostIPC`), takes a
port of the node (`hostPort`), is a Windows host process, or names a `host` in a probe or lifecycle
hook. Nor do its containers share their processes (`shareProcessNamespace`), since who sees the
server's sees its files and its Secret. The others are clauses of the Pod Security Standard \"baseline\"; the last one since Kubernetes 1.34.

A namespace that enforces the standard refuses such a pod, and for a Job or StatefulSet it does so
only when the pod is made: the object applies cleanly and never runs.

Remove the field. A probe without `host` dials the pod itself.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  containers:
    - name: postgresql
      ports: [{ containerPort: 5432 }]
      readinessProbe: { tcpSocket: { port: 5432 } }
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  hostNetwork: true
  containers:
    - name: postgresql
      ports: [{ containerPort: 5432, hostPort: 5432 }]
      readinessProbe: { tcpSocket: { host: 127.0.0.1, port: 5432 } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            if pod.spec[field] == true {
                let message = format!("`{field}` gives the pod what is the node's");
                findings.push(pod.error(CODE, &format!("spec.{field}"), message));
            }
        }
        if pod.spec["shareProcessNamespace"] == true {
            let message = "each container of the pod sees the others' processes, and their files";
            findings.push(pod.error(CODE, "spec.shareProcessNamespace", message));
        }
        if pod.spec["securityContext"]["windowsOptions"]["hostProcess"] == true {
            let path = "spec.securityContext.windowsOptions.hostProcess";
            findings.push(pod.error(CODE, path, "the pod runs as a process of its host"));
        }
        for container in pod.containers() {
            check_container(pod, &container, &mut findings);
        }
    }
    findings
}

fn check_container(pod: &Workload, container: &Container, findings: &mut Vec<Finding>) {
    let mut add = |tail: String, message: &str| {
        let path = format!("{}.{tail}", container.path);
        findings.push(pod.item.error(CODE, path, message));
    };
    for (index, port) in list(&container.value["ports"]).enumerate() {
        if !port["hostPort"].is_null() && port["hostPort"] != 0 {
            add(
                format!("ports[{index}].hostPort"),
                "the container takes a port of its node",
            );
        }
    }
    if container.value["securityContext"]["windowsOptions"]["hostProcess"] == true {
        add(
            "securityContext.windowsOptions.hostProcess".to_owned(),
            "the container runs as a process of its host",
        );
    }
    let probes = ["startupProbe", "livenessProbe", "readinessProbe"]
        .map(|probe| (probe.to_owned(), &container.value[probe]));
    let hooks = ["postStart", "preStop"].map(|hook| {
        (
            format!("lifecycle.{hook}"),
            &container.value["lifecycle"][hook],
        )
    });
    for (name, handler) in probes.into_iter().chain(hooks) {
        for action in ["httpGet", "tcpSocket"] {
            if !text(&handler[action]["host"]).is_empty() {
                let message = "a probe or hook names a host, which may be any in the node's reach";
                add(format!("{name}.{action}.host"), message);
            }
        }
    }
}
