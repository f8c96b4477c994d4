//! What an overlay must not change, as digests in an annotation: written when an object is emitted,
//! and held against it by the audit. Names of other objects, images, resources, labels and placement
//! are not in it: these are an overlay's to change.

use super::context::{list, template, text};
use super::hash::{digest, leave_out_names};
use serde_json::{Value, json};

/// The annotation on every object that makes pods and on every `ConfigMap`.
pub const SEAL: &str = "underpin/digest";

/// Part and digest, in the order in which they are written.
pub type Parts = Vec<(&'static str, String)>;

/// What the annotation of an object says; none for an object that has none.
pub fn seal(object: &Value) -> Option<String> {
    let containers = names(object);
    let listed = (!containers.is_empty()).then(|| format!("containers={}", containers.join(",")));
    let parts = parts(object, &containers)?;
    let digests = parts
        .iter()
        .map(|(part, digest)| format!("{part}={digest}"));
    Some(
        listed
            .into_iter()
            .chain(digests)
            .collect::<Vec<_>>()
            .join(" "),
    )
}

/// Writes it.
pub fn set(object: &mut Value) {
    if let Some(seal) = seal(object) {
        object["metadata"]["annotations"][SEAL] = seal.into();
    }
}

/// The containers of an object's pods.
pub fn names(object: &Value) -> Vec<&str> {
    let Some((_, spec)) = template(object) else {
        return Vec::new();
    };
    let all = list(&spec["initContainers"]).chain(list(&spec["containers"]));
    all.map(|container| text(&container["name"])).collect()
}

/// The digests of an object, of these containers of its pods alone; none where nothing is sealed.
pub fn parts(object: &Value, containers: &[&str]) -> Option<Parts> {
    if object["kind"] == "ConfigMap" && object["apiVersion"] == "v1" {
        let content = json!([object["data"], object["binaryData"]]);
        return Some(vec![("data", digest(&content))]);
    }
    let (_, spec) = template(object)?;
    let kept: Vec<(&str, &Value)> = ["initContainers", "containers"]
        .into_iter()
        .flat_map(|field| list(&spec[field]).map(move |container| (field, container)))
        .filter(|(_, container)| containers.contains(&text(&container["name"])))
        .collect();
    let of_each = |fields: &[&str]| {
        let each = kept.iter().map(|(role, container)| {
            let values: Vec<&Value> = fields.iter().map(|field| &container[*field]).collect();
            json!([role, container["name"], values])
        });
        let mut all: Value = each.collect();
        leave_out_names(&mut all);
        all
    };
    let of_pod = [
        "securityContext",
        "shareProcessNamespace",
        "hostUsers",
        "hostPID",
        "hostIPC",
        "hostNetwork",
    ]
    .map(|field| &spec[field]);
    Some(vec![
        (
            "commands",
            digest(&of_each(&[
                "command",
                "args",
                "workingDir",
                "lifecycle",
                "restartPolicy",
            ])),
        ),
        ("environment", digest(&environment(&kept))),
        (
            "mounts",
            digest(&json!([
                of_each(&["volumeMounts", "volumeDevices"]),
                volumes(spec, &kept)
            ])),
        ),
        (
            "probes",
            digest(&of_each(&[
                "startupProbe",
                "livenessProbe",
                "readinessProbe",
            ])),
        ),
        (
            "security",
            digest(&json!([of_pod, of_each(&["securityContext"])])),
        ),
    ])
}

/// What an overlay for each preview sets.
const AN_OVERLAYS: [&str; 1] = ["BRANCH"];

/// The variables by name: a patch puts its own before the others.
fn environment(containers: &[(&str, &Value)]) -> Value {
    let each = containers.iter().map(|(_, container)| {
        let mut variables: Vec<&Value> = list(&container["env"])
            .filter(|variable| !AN_OVERLAYS.contains(&text(&variable["name"])))
            .collect();
        variables.sort_by_key(|variable| text(&variable["name"]));
        json!([container["name"], variables, container["envFrom"]])
    });
    let mut all: Value = each.collect();
    leave_out_names(&mut all);
    all
}

/// The volumes that those containers mount, without names and sizes.
fn volumes(spec: &Value, containers: &[(&str, &Value)]) -> Value {
    let is_mounted = |volume: &&Value| {
        let mut mounts = containers
            .iter()
            .flat_map(|(_, container)| list(&container["volumeMounts"]));
        mounts.any(|mount| mount["name"] == volume["name"])
    };
    let mounted = list(&spec["volumes"]).filter(is_mounted);
    mounted
        .map(|volume| {
            let mut volume = volume.clone();
            for sized in ["emptyDir", "ephemeral"] {
                if !volume[sized].is_null() {
                    volume[sized] = json!(volume[sized]["medium"]);
                }
            }
            leave_out_names(&mut volume);
            volume
        })
        .collect()
}
