//! What makes the folder a base for overlays.

use crate::lower::Object;
use std::fmt::Write;

/// The folder that no other kustomization lists: what is in it runs only when somebody says so.
const APART: &str = "restore/";

/// `kustomization.yaml`: every object that is deployed.
pub fn kustomization(objects: &[Object], header: &str) -> String {
    let mut text = format!(
        "{header}\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nconfigurations:\n- kustomizeconfig.yaml\nresources:\n"
    );
    for object in objects {
        if !object.path.starts_with(APART) {
            let _ = writeln!(text, "- {}", object.path);
        }
    }
    text
}

/// `restore/kustomization.yaml`: the Job of a restore by pull request, which is listed nowhere else.
pub fn restore(objects: &[Object], header: &str) -> String {
    let mut text = format!(
        "{header}\n# Applying this restores what the spec's [restore] says. No other kustomization lists it.\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
    );
    for object in objects {
        if let Some(file) = object.path.strip_prefix(APART) {
            let _ = writeln!(text, "- {file}");
        }
    }
    text
}

/// `kustomizeconfig.yaml`: where, beside the places that kustomize knows, the names of our objects
/// stand, so that a prefix, suffix or namespace of an overlay reaches them
/// (<https://github.com/kubernetes-sigs/kustomize/tree/master/examples/transformerconfigs>).
/// Values of variables are not among them: kustomize would rewrite every value that is equal to a
/// name. So pods carry the names in annotations, and read them from there.
pub fn configuration(objects: &[Object], header: &str) -> String {
    let is_there = |kind: &str| objects.iter().any(|object| object.value["kind"] == kind);
    let pooler = if is_there("Deployment") {
        DEPLOYMENT
    } else {
        ""
    };
    let looked_at = objects.iter().any(|object| {
        !object.value["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["annotations"]["underpin/pooler"].is_null()
    });
    let looked_at = if looked_at { LOOKED_AT } else { "" };
    let certificate = if is_there("Certificate") {
        CERTIFICATE
    } else {
        ""
    };
    // At Neon there is no server whose name a pod would have to know.
    let server = if is_there("StatefulSet") {
        SERVER.replace("{deployment}", pooler)
    } else {
        String::new()
    };
    format!(
        "{header}
nameReference:
{server}{looked_at}{certificate}# The claim that a static volume is kept for, with its namespace.
- kind: PersistentVolumeClaim
  version: v1
  fieldSpecs:
  - kind: PersistentVolume
    path: spec/claimRef
"
    )
}

const DEPLOYMENT: &str = "  - kind: Deployment
    path: spec/template/metadata/annotations/underpin\\/server
";

/// Of a certificate's names the bare ones: our own pods dial those, from the same namespace.
const CERTIFICATE: &str = "\
# The Services that the certificate names, by their bare names.
- kind: Service
  version: v1
  fieldSpecs:
  - kind: Certificate
    group: cert-manager.io
    path: spec/dnsNames
";

const LOOKED_AT: &str = "\
# The poolers' Service, whose certificate is looked at.
- kind: Service
  version: v1
  fieldSpecs:
  - kind: CronJob
    path: spec/jobTemplate/spec/template/metadata/annotations/underpin\\/pooler
";

const SERVER: &str = "\
# The Service and the StatefulSet that a pod's messages and connections go to.
- kind: Service
  version: v1
  fieldSpecs:
{deployment}  - kind: Job
    path: spec/template/metadata/annotations/underpin\\/server
  - kind: CronJob
    path: spec/jobTemplate/spec/template/metadata/annotations/underpin\\/server
- kind: StatefulSet
  group: apps
  version: v1
  fieldSpecs:
  - kind: Job
    path: spec/template/metadata/annotations/underpin\\/stateful-set
  - kind: CronJob
    path: spec/jobTemplate/spec/template/metadata/annotations/underpin\\/stateful-set
# The CronJob that the server's advice names.
- kind: CronJob
  group: batch
  version: v1
  fieldSpecs:
  - kind: StatefulSet
    path: spec/template/metadata/annotations/underpin\\/bootstrap
";
