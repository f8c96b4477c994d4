//! UP0904: the kernel's guards stay on.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Workload, list, text};
use serde_json::Value;

const CODE: &str = "UP0904";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "the kernel's guards stay on",
    documentation: "
The seccomp profile is `RuntimeDefault` or `Localhost`, for the pod or for each of its containers,
and no container says otherwise. AppArmor is not `Unconfined`, by field or by annotation; SELinux
has no user or role and only the container types; `procMount` is `Default`; sysctls are those that
Kubernetes calls safe. Clauses of the Pod Security Standard \"restricted\" and \"baseline\".

Say `seccompProfile: { type: RuntimeDefault }` in the pod's security context and remove the rest.
",
    good: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  securityContext: { seccompProfile: { type: RuntimeDefault } }
  containers: [{ name: postgresql }]
",
    bad: r"
apiVersion: v1
kind: Pod
metadata: { name: orders, labels: { underpin/workload: orders-server } }
spec:
  securityContext:
    sysctls: [{ name: kernel.msgmax, value: '65536' }]
  containers:
    - name: postgresql
      securityContext: { seccompProfile: { type: Unconfined } }
",
    check,
};

/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>.
const SAFE_SYSCTLS: &[&str] = &[
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

const SELINUX_TYPES: &[&str] = &[
    "",
    "container_t",
    "container_init_t",
    "container_kvm_t",
    "container_engine_t",
];

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads() {
        let security = &pod.spec["securityContext"];
        let place = pod.path("spec.securityContext");
        common(pod, &place, security, &mut findings);
        let by_pod = is_confined(&security["seccompProfile"]);
        if !by_pod && !security["seccompProfile"].is_null() {
            findings.push(seccomp(pod, &place));
        }
        for (index, sysctl) in list(&security["sysctls"]).enumerate() {
            if !SAFE_SYSCTLS.contains(&text(&sysctl["name"])) {
                let path = format!("{place}.sysctls[{index}]");
                let message = format!("the sysctl {} is not a safe one", sysctl["name"]);
                findings.push(pod.item.error(CODE, path, message));
            }
        }
        annotations(pod, &mut findings);
        for container in pod.containers() {
            let own = &container.value["securityContext"];
            let place = format!("{}.securityContext", container.path);
            common(pod, &place, own, &mut findings);
            let profile = &own["seccompProfile"];
            let is_left_to_pod = profile.is_null() && by_pod;
            if !is_confined(profile) && !is_left_to_pod {
                findings.push(seccomp(pod, &place));
            }
            if !own["procMount"].is_null() && own["procMount"] != "Default" {
                let path = format!("{place}.procMount");
                findings.push(pod.item.error(CODE, path, "`procMount` is not `Default`"));
            }
        }
    }
    findings
}

fn is_confined(profile: &Value) -> bool {
    matches!(text(&profile["type"]), "RuntimeDefault" | "Localhost")
}

fn seccomp(pod: &Workload, place: &str) -> Finding {
    let message = "the seccomp profile is neither `RuntimeDefault` nor `Localhost`";
    pod.item
        .error(CODE, format!("{place}.seccompProfile"), message)
}

/// What pod and container may say alike.
fn common(pod: &Workload, place: &str, security: &Value, findings: &mut Vec<Finding>) {
    let profile = &security["appArmorProfile"];
    if !profile.is_null() && !is_confined(profile) {
        let message = "the AppArmor profile is neither `RuntimeDefault` nor `Localhost`";
        findings.push(
            pod.item
                .error(CODE, format!("{place}.appArmorProfile"), message),
        );
    }
    let selinux = &security["seLinuxOptions"];
    for field in ["user", "role"] {
        if !text(&selinux[field]).is_empty() {
            let path = format!("{place}.seLinuxOptions.{field}");
            let message = format!("an SELinux {field} is set");
            findings.push(pod.item.error(CODE, path, message));
        }
    }
    if !SELINUX_TYPES.contains(&text(&selinux["type"])) {
        let path = format!("{place}.seLinuxOptions.type");
        findings.push(
            pod.item
                .error(CODE, path, "the SELinux type is none of a container"),
        );
    }
}

/// `AppArmor` as it was written before it became a field.
fn annotations(pod: &Workload, findings: &mut Vec<Finding>) {
    for (key, value) in pod.metadata["annotations"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let profile = text(value);
        if key.starts_with("container.apparmor.security.beta.kubernetes.io/")
            && !matches!(profile, "" | "runtime/default")
            && !profile.starts_with("localhost/")
        {
            let path = format!("metadata.annotations['{key}']");
            findings.push(pod.error(
                CODE,
                &path,
                "the container's AppArmor profile is switched off",
            ));
        }
    }
}
