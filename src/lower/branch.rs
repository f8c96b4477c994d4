//! The branch at Neon that a pooler leads to: the container that sees to it, before all else in the
//! pooler's pod.
//!
//! It needs no rights in the cluster: what Neon says of the branch is written into the pod's own
//! memory, and each pod asks for itself.

use super::bootstrap::{item, source};
use super::pod;
use super::pooler::{RENDERED, VOLUME};
use crate::model::{API_KEY, Branch, Model, Neon};
use k8s_openapi::api::core::v1::{Container, ProjectedVolumeSource, Volume};

/// The volume of the API's key, which no other container sees.
const API: &str = "neon-api";

/// What pgbouncer.ini says of it.
pub const NOTES: [&str; 2] = [
    "\
; PgBouncer reads this at its start. Where the branch is and how one logs in there is written by
; branch.py, who may log in here by render.sh, both into a volume in memory, and included here.",
    "\
; The role logs in here with the password of the Secret; at the branch, which may have another one,
; the pooler does so for it.",
];

/// The container and its volume.
pub fn first(model: &Model, neon: &Neon, branch: &Branch) -> (Container, Volume) {
    let parent = branch.parent.as_ref().map(ToString::to_string);
    let container = pod::container_of(
        &branch.image,
        Container {
            name: "branch".into(),
            // Isolated from the environment, and nothing is compiled into files.
            command: Some(
                ["/usr/local/bin/python3", "-I", "-B", "/scripts/branch.py"]
                    .map(String::from)
                    .into(),
            ),
            env: Some(vec![
                pod::variable("PROJECT", branch.project.as_str()),
                pod::variable("BRANCH", branch.name.as_str()),
                pod::variable("PARENT", &parent.unwrap_or_default()),
                pod::variable("ROLE", &neon.role.to_string()),
                pod::variable("TTL_SECONDS", &branch.ttl.seconds().to_string()),
            ]),
            resources: Some(pod::resources("50m", "128Mi", None, ("1Mi", "16Mi"))),
            volume_mounts: Some(vec![
                pod::mount(VOLUME, RENDERED),
                pod::read_only("scripts", "/scripts"),
                pod::read_only(API, "/secrets"),
            ]),
            ..Container::default()
        },
    );
    let key = source(
        model.secret.to_string(),
        vec![item(API_KEY, API_KEY.into())],
        None,
    );
    let volume = Volume {
        name: API.into(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(0o440),
            sources: Some(vec![key]),
        }),
        ..Volume::default()
    };
    (container, volume)
}
