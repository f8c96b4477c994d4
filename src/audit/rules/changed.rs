//! UP0954: what runs is what was emitted.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, list, text};
use crate::audit::hash::FOREIGN;
use crate::audit::seal::{SEAL, names, parts};

const CODE: &str = "UP0954";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "what runs is what was emitted",
    documentation: "
What our containers run, mount and may do, and what our ConfigMaps hold (scripts, `pg_hba.conf`,
settings), is what Underpin wrote. The annotation `underpin/digest` of each object holds digests of it.

An overlay that replaces `start.sh` by `postgres` starts a server without the lock that keeps a second
one off the volume; a line in `pg_hba.conf` lets in whoever it names; a Secret that is mounted once
more has one more reader.

Changed commands, mounts and ConfigMaps are errors. A changed environment, probe or security context is
a warning, and so is a container that an overlay adds, unless it mounts a volume of ours. Names, images,
resources, labels and placement are an overlay's to change.

Say it in the spec, and build; what the spec cannot say is not meant to be changed.
",
    good: r"
apiVersion: v1
kind: ConfigMap
metadata:
  name: orders-settings
  labels: { app.kubernetes.io/managed-by: underpin }
  annotations: { underpin/digest: 'data=dnpmlcrmqb' }
data: { pg_hba.conf: '' }
",
    bad: r"
apiVersion: v1
kind: ConfigMap
metadata:
  name: orders-settings
  labels: { app.kubernetes.io/managed-by: underpin }
  annotations: { underpin/digest: 'data=dnpmlcrmqb' }
data: { pg_hba.conf: 'host all all all trust' }
",
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for item in context.items.iter().filter(|item| item.ours) {
        held_to_its_digest(item, &mut findings);
    }
    for pod in context.our_workloads() {
        for (path, volume) in pod.volumes() {
            let direct = [&volume["configMap"]["name"]].into_iter();
            let projected =
                list(&volume["projected"]["sources"]).map(|one| &one["configMap"]["name"]);
            for name in direct.chain(projected).map(text) {
                let foreign = pod.metadata["annotations"][FOREIGN] == name
                    || pod.item.value["metadata"]["annotations"][FOREIGN] == name;
                let theirs = context
                    .find("ConfigMap", pod.item.namespace, name)
                    .is_some_and(|config| !config.ours);
                if theirs && !foreign {
                    let message =
                        format!("mounts `{name}`, which is none of Underpin's ConfigMaps");
                    findings.push(pod.item.error(CODE, path.clone(), message));
                }
            }
        }
    }
    findings
}

fn held_to_its_digest(item: &Item<'_>, findings: &mut Vec<Finding>) {
    let seal = text(&item.value["metadata"]["annotations"][SEAL]);
    let said = |part: &str| {
        seal.split(' ')
            .find_map(|one| one.strip_prefix(part)?.strip_prefix('='))
    };
    let known: Vec<&str> = said("containers").unwrap_or_default().split(',').collect();
    let Some(parts) = parts(item.value, &known) else {
        return;
    };
    if seal.is_empty() {
        let message =
            format!("without the annotation `{SEAL}`, what an overlay changed cannot be told");
        let finding = item.warning(CODE, "metadata.annotations", message);
        findings.push(finding.help("build again, and keep the annotation"));
        return;
    }
    for (part, digest) in parts {
        if said(part) == Some(digest.as_str()) {
            continue;
        }
        let (what, path) = match part {
            "data" => (
                "content is not what was emitted: scripts, settings or who may log in",
                "data",
            ),
            "commands" => (
                "containers run something else than what was emitted",
                "spec",
            ),
            "environment" => (
                "containers have another environment than what was emitted",
                "spec",
            ),
            "mounts" => (
                "containers mount something else than what was emitted",
                "spec",
            ),
            "probes" => (
                "containers are probed otherwise than what was emitted",
                "spec",
            ),
            _ => (
                "containers may do other things than what was emitted",
                "spec",
            ),
        };
        let message = format!("its {what}");
        let finding = match part {
            "data" | "commands" | "mounts" => item.error(CODE, path, message),
            _ => item.warning(CODE, path, message),
        };
        findings.push(
            finding
                .help("take it out of the overlay, and say it in the spec where that has a field"),
        );
    }
    added(item, &known, findings);
}

/// Containers that an overlay adds: whose they are is not known here.
fn added(item: &Item<'_>, known: &[&str], findings: &mut Vec<Finding>) {
    let Some((_, spec)) = crate::audit::context::template(item.value) else {
        return;
    };
    let containers = || list(&spec["initContainers"]).chain(list(&spec["containers"]));
    let of_ours = |mount: &serde_json::Value| {
        let ours = containers().filter(|one| known.contains(&text(&one["name"])));
        ours.flat_map(|one| list(&one["volumeMounts"]))
            .any(|one| one["name"] == mount["name"])
    };
    for name in names(item.value)
        .into_iter()
        .filter(|name| !known.contains(name))
    {
        let reads = containers()
            .filter(|one| text(&one["name"]) == name)
            .flat_map(|one| list(&one["volumeMounts"]))
            .any(of_ours);
        findings.push(if reads {
            let message = format!("the added container `{name}` mounts a volume of ours");
            item.error(CODE, "spec", message)
        } else {
            let message = format!("the container `{name}` was added");
            item.warning(CODE, "spec", message)
        });
    }
}
