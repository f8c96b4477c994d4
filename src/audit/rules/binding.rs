//! UP0924: a claim and its volume name each other.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, list, text};
use crate::audit::quantity;

const CODE: &str = "UP0924";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a claim and its volume name each other",
    documentation: "
A PersistentVolumeClaim with `volumeName` has that PersistentVolume among the objects; the volume's
`claimRef` names the claim and its namespace, and carries no `uid`. The volume is large enough, of
the same class, and offers the claim's access modes. No volume is named by two claims.

Else the claim stays `Pending`, or somebody else's claim takes the volume. Two overlays that share a
static volume would be two databases on one disk: give each its own, by a patch of its path.

After an overlay: the base's `kustomizeconfig.yaml` renames `claimRef`; keep it under
`configurations:`.
",
    good: r#"
apiVersion: v1
kind: PersistentVolume
metadata: { name: shop-orders-data, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { storageClassName: "", capacity: { storage: 50Gi }, claimRef: { namespace: shop, name: orders-data } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: orders-data, namespace: shop, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { volumeName: shop-orders-data, storageClassName: "", resources: { requests: { storage: 50Gi } } }
"#,
    bad: r#"
apiVersion: v1
kind: PersistentVolume
metadata: { name: eu-shop-orders-data, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { storageClassName: "", capacity: { storage: 50Gi }, claimRef: { namespace: shop, name: orders-data } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: eu-orders-data, namespace: shop-eu, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { volumeName: eu-shop-orders-data, storageClassName: "", resources: { requests: { storage: 50Gi } } }
"#,
    check,
};

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    for claim in context.our_items("PersistentVolumeClaim") {
        let name = text(&claim.value["spec"]["volumeName"]);
        if name.is_empty() {
            continue;
        }
        let volume = context
            .items_of("PersistentVolume")
            .find(|volume| volume.name == name);
        if let Some(volume) = volume {
            check_pair(claim, volume, &mut findings);
        } else {
            let message = format!("PersistentVolume `{name}` is not among the objects");
            findings.push(claim.error(CODE, "spec.volumeName", message));
        }
        let is_other = |other: &&Item| {
            other.value["spec"]["volumeName"] == name
                && (other.namespace, other.name) != (claim.namespace, claim.name)
        };
        if let Some(other) = context.items_of("PersistentVolumeClaim").find(is_other) {
            let message = format!(
                "PersistentVolume `{name}` is claimed by {} too",
                other.title()
            );
            let finding = claim.error(CODE, "spec.volumeName", message);
            findings.push(finding.help("give each overlay a volume of its own"));
        }
    }
    for volume in context.our_items("PersistentVolume") {
        check_claim_ref(context, volume, &mut findings);
    }
    findings
}

fn check_claim_ref(context: &Context, volume: &Item, findings: &mut Vec<Finding>) {
    let claim = &volume.value["spec"]["claimRef"];
    let (namespace, name) = (text(&claim["namespace"]), text(&claim["name"]));
    if context
        .find("PersistentVolumeClaim", namespace, name)
        .is_none()
    {
        let message = format!("the claim `{namespace}/{name}` is not among the objects");
        let finding = volume.error(CODE, "spec.claimRef", message);
        findings.push(finding.help("keep `configurations:` of the base, which renames it"));
    }
    if !claim["uid"].is_null() {
        let message = "`uid` ties the volume to one claim of one cluster";
        findings.push(volume.error(CODE, "spec.claimRef.uid", message));
    }
}

/// What keeps a claim from binding the volume that it names.
fn check_pair(claim: &Item, volume: &Item, findings: &mut Vec<Finding>) {
    let (wanted, offered) = (&claim.value["spec"], &volume.value["spec"]);
    let held = &offered["claimRef"];
    if (text(&held["namespace"]), text(&held["name"])) != (claim.namespace, claim.name) {
        let message = format!(
            "PersistentVolume `{}` is held for `{}/{}`",
            volume.name,
            text(&held["namespace"]),
            text(&held["name"])
        );
        findings.push(claim.error(CODE, "spec.volumeName", message));
    }
    match wanted["storageClassName"].as_str() {
        None => {
            let message = "no class is written, so the cluster's default one is put in";
            let finding = claim.error(CODE, "spec.storageClassName", message);
            findings.push(finding.help("write the volume's class, `\"\"` for none"));
        }
        Some(class) if class != text(&offered["storageClassName"]) => {
            let message = "the volume that it names is of another class";
            findings.push(claim.error(CODE, "spec.storageClassName", message));
        }
        Some(_) => {}
    }
    let wanted_size = quantity::units(&wanted["resources"]["requests"]["storage"]);
    if wanted_size > quantity::units(&offered["capacity"]["storage"]) {
        let message = "the volume that it names is smaller";
        findings.push(claim.error(CODE, "spec.resources.requests.storage", message));
    }
    for mode in list(&wanted["accessModes"]) {
        if !list(&offered["accessModes"]).any(|offer| offer == mode) {
            let message = format!("the volume that it names does not offer {mode}");
            findings.push(claim.error(CODE, "spec.accessModes", message));
        }
    }
}
