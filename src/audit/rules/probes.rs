//! UP0911: what runs for long is probed.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Container, Context, Role};
use serde_json::Value;

const CODE: &str = "UP0911";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "what runs for long is probed",
    documentation: "
Every container of a StatefulSet, Deployment or DaemonSet, and every init container of one that stays
(`restartPolicy: Always`), has a startup, a liveness and a readiness
probe, and liveness asks another question than readiness.

Without a startup probe, liveness kills a server in a long recovery. With one question for both, a
server that rejects connections for a good reason is killed instead of left alone.

For PostgreSQL: `pg_isready` answers 0 or 1 while the server lives, and 0 alone when it is ready.
That a port takes connections (`tcpSocket`) is the least that can be asked: there both may ask it.
",
    good: r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  template:
    spec:
      containers:
        - name: postgresql
          startupProbe: { exec: { command: [bash, -c, 'pg_isready; (( $? <= 1 ))'] } }
          livenessProbe: { exec: { command: [bash, -c, 'pg_isready; (( $? <= 1 ))'] } }
          readinessProbe: { exec: { command: [pg_isready] } }
",
    bad: r"
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: orders, labels: { app.kubernetes.io/managed-by: underpin } }
spec:
  template:
    spec:
      containers:
        - name: postgresql
          livenessProbe: { exec: { command: [pg_isready] }, periodSeconds: 10 }
          readinessProbe: { exec: { command: [pg_isready] } }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for pod in context.our_workloads().filter(|pod| pod.is_long_running()) {
        let containers = pod.containers();
        let stays =
            |one: &&Container<'_>| one.role == Role::Main || one.value["restartPolicy"] == "Always";
        for container in containers.iter().filter(stays) {
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                if handler(&container.value[probe]).all(Value::is_null) {
                    let path = format!("{}.{probe}", container.path);
                    let message = format!("`{}` has no {probe}", container.name);
                    findings.push(pod.item.error(CODE, path, message));
                }
            }
            let liveness = &container.value["livenessProbe"];
            let readiness = &container.value["readinessProbe"];
            if handler(liveness).any(|value| !value.is_null())
                && handler(liveness).eq(handler(readiness))
                && liveness["tcpSocket"].is_null()
            {
                let path = format!("{}.livenessProbe", container.path);
                let message = format!("`{}` is killed for not being ready", container.name);
                let finding = pod.item.error(CODE, path, message);
                findings.push(finding.help("let liveness ask less than readiness"));
            }
        }
    }
    findings
}

/// What a probe does, without how often.
fn handler(probe: &Value) -> impl Iterator<Item = &Value> {
    ["exec", "grpc", "httpGet", "tcpSocket"]
        .into_iter()
        .map(|action| &probe[action])
}
