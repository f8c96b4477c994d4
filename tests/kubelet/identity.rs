//! As whom a container runs: user, groups and capabilities, from the pod's and its own
//! securityContext.

use serde_json::Value;

use super::image::Image;
use super::objects::list;

/// Docker's and containerd's default capabilities, which `drop: [ALL]` takes away.
const DEFAULT_CAPABILITIES: &[&str] = &[
    "chown",
    "dac_override",
    "fsetid",
    "fowner",
    "mknod",
    "net_raw",
    "setgid",
    "setuid",
    "setfcap",
    "setpcap",
    "net_bind_service",
    "sys_chroot",
    "kill",
    "audit_write",
];

/// User, groups and capabilities.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    user: u64,
    group: u64,
    groups: Vec<u64>,
    capabilities: Vec<String>,
}

/// Reads both contexts; the error is the kubelet's, before anything runs.
pub(crate) fn identity(pod: &Value, container: &Value, image: &Image) -> Result<Identity, String> {
    let own = &container["securityContext"];
    let shared = &pod["securityContext"];
    let number = |field: &str| own[field].as_u64().or(shared[field].as_u64());
    // None of the images says USER.
    let user = number("runAsUser").unwrap_or(0);
    let non_root = match &own["runAsNonRoot"] {
        Value::Null => &shared["runAsNonRoot"],
        said => said,
    };
    if *non_root == Value::Bool(true) && user == 0 {
        return Err(match number("runAsUser") {
            None => "container has runAsNonRoot and image will run as root".to_owned(),
            Some(_) => "container's runAsUser breaks non-root policy".to_owned(),
        });
    }
    if own["privileged"] == Value::Bool(true) {
        return Err("the kubelet in small runs no privileged container".to_owned());
    }
    let postgres = u64::from(image.postgres);
    let group = number("runAsGroup").unwrap_or(if user == postgres { postgres } else { 0 });
    let mut groups: Vec<u64> = list(&shared["supplementalGroups"])
        .chain([&shared["fsGroup"]])
        .filter_map(Value::as_u64)
        .collect();
    groups.push(group);
    groups.sort_unstable();
    groups.dedup();
    Ok(Identity {
        user,
        group,
        groups,
        capabilities: capabilities(&own["capabilities"]),
    })
}

fn capabilities(written: &Value) -> Vec<String> {
    let said = |field: &str| -> Vec<String> {
        list(&written[field])
            .filter_map(Value::as_str)
            .map(|name| name.trim_start_matches("CAP_").to_lowercase())
            .collect()
    };
    let (drop, add) = (said("drop"), said("add"));
    let all = |names: &[String]| names.iter().any(|name| name == "all");
    assert!(
        !all(&add),
        "the kubelet in small runs no container with every capability"
    );
    let mut kept: Vec<String> = DEFAULT_CAPABILITIES
        .iter()
        .map(|name| (*name).to_owned())
        .filter(|name| !all(&drop) && !drop.contains(name))
        .collect();
    kept.extend(add);
    kept
}

impl Identity {
    pub(crate) fn user(&self) -> u32 {
        u32::try_from(self.user).expect("a user's id")
    }

    /// The user's home, as the root's `/etc/passwd` has it.
    pub(crate) fn home(&self, image: &Image) -> &'static str {
        match self.user {
            0 => "/root",
            65534 => "/nonexistent",
            user if user == u64::from(image.postgres) => "/var/lib/postgresql",
            _ => "/",
        }
    }

    /// The arguments that make setpriv run a command as this; the command follows.
    pub(crate) fn setpriv(&self) -> Vec<String> {
        let groups: Vec<String> = self.groups.iter().map(ToString::to_string).collect();
        let mut bounding = vec!["-all".to_owned()];
        bounding.extend(self.capabilities.iter().map(|name| format!("+{name}")));
        // As a container runtime leaves them: nobody but root gets one by running a program.
        vec![
            "/.kubelet/bin/setpriv".to_owned(),
            format!("--reuid={}", self.user),
            format!("--regid={}", self.group),
            format!("--groups={}", groups.join(",")),
            "--inh-caps=-all".to_owned(),
            "--ambient-caps=-all".to_owned(),
            format!("--bounding-set={}", bounding.join(",")),
            "--no-new-privs".to_owned(),
            "--".to_owned(),
        ]
    }
}
