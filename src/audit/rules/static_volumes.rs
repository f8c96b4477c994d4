//! UP0927: a static volume is the storage of one copy.

use super::Rule;
use crate::audit::Finding;
use crate::audit::context::{Context, Item, text};
use crate::audit::hash::{CLAIM, HASH, storage, volume_hash};

const CODE: &str = "UP0927";

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: CODE,
    summary: "a static volume is the storage of one copy",
    documentation: "
No two PersistentVolumes of ours describe the same storage: the same path on the same node, the
same export, the same volume of a driver.

A warning: an overlay gave the volume to another claim than the base did (`underpin/claim`) and left
its storage as it was (`underpin/hash`). If the base is deployed too, or another overlay of it, both
databases stand on one disk.

Patch the storage in the overlay: another path, another export. If the base itself is never
deployed and this is its only overlay, there is nothing to do.
",
    good: r"
apiVersion: v1
kind: PersistentVolume
metadata: { name: eu-shop-orders-data, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { local: { path: /mnt/disks/eu-orders } }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: us-shop-orders-data, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { local: { path: /mnt/disks/us-orders } }
",
    bad: r"
apiVersion: v1
kind: PersistentVolume
metadata: { name: eu-shop-orders-data, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { local: { path: /mnt/disks/orders } }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: us-shop-orders-data, labels: { app.kubernetes.io/managed-by: underpin } }
spec: { local: { path: /mnt/disks/orders } }
",
    check,
};

const HELP: &str = "patch the storage in the overlay: another path, another export";

fn check(context: &Context) -> Vec<Finding> {
    let mut findings = Vec::new();
    let volumes: Vec<&Item> = context.our_items("PersistentVolume").collect();
    for (index, volume) in volumes.iter().enumerate() {
        let spec = &volume.value["spec"];
        let is_same = |other: &&&Item| {
            other.name != volume.name
                && storage(spec).is_some()
                && storage(spec) == storage(&other.value["spec"])
        };
        if let Some(other) = volumes[..index].iter().find(is_same) {
            let message = format!("describes the same storage as {}", other.title());
            findings.push(volume.error(CODE, "spec", message).help(HELP));
        }
        let annotations = &volume.value["metadata"]["annotations"];
        let (claim, hash) = (text(&annotations[CLAIM]), text(&annotations[HASH]));
        let held = &spec["claimRef"];
        let now = format!("{}/{}", text(&held["namespace"]), text(&held["name"]));
        if !claim.is_empty() && claim != now && hash == volume_hash(spec) {
            let message = format!("an overlay gave the storage of `{claim}` to `{now}`");
            findings.push(volume.warning(CODE, "spec.claimRef", message).help(HELP));
        }
    }
    findings
}
